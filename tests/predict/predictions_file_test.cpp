#include "credence/predict/predictions_file.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/data/npz.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using testing::read_text;
using testing::TemporaryFolder;

std::vector<NamedTensor> arrays() {
  Tensor classes({2}), mean({2, 3});
  classes.data<float>()[1] = 2;
  const std::vector<float> values{0.5F, 0.25F, 0.25F, 1e-7F, 0.1F, 0.9F};
  std::ranges::copy(values, mean.data<float>());
  return {{"predicted_class", classes}, {"mean", mean}};
}

TEST(PredictionsFile, IsTextWithALineForEachExample) {
  const TemporaryFolder folder;
  write_predictions(folder / "y.csv", arrays());
  EXPECT_EQ(read_text(folder / "y.csv"),
            "predicted_class,mean_0,mean_1,mean_2\n"
            "0,0.5,0.25,0.25\n"
            "2,1e-07,0.1,0.9\n");
}

TEST(PredictionsFile, IsAnArchiveUnlessItsNameSaysOtherwise) {
  const TemporaryFolder folder;
  for (const char* name : {"y.npz", "y"}) {
    write_predictions(folder / name, arrays());
    EXPECT_THAT(NpzFile(folder / name).names(), ElementsAre("predicted_class", "mean"));
  }
  EXPECT_THROW(write_predictions(folder / "y.json", arrays()), UsageError);
  EXPECT_THAT(folder.names(), ElementsAre("y", "y.npz"));
}

}  // namespace
}  // namespace credence
