#include "credence/data/uci.h"

#include <cmath>
#include <numeric>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::message_of;

/// Five rows; features in columns 2 and 0, of which column 0 is constant in training of split 1.
class Uci : public ::testing::Test {
 protected:
  Uci() {
    folder_.write("data.txt", " 5  10.0 1\t \n7 20.0 2\n5 30.0 3\n5 40.0 4\n9 50.0 5\n\n\n");
    folder_.write("index_features.txt", "2\n0\n\n");
    folder_.write("index_target.txt", "1\n");
    folder_.write("n_splits.txt", "2\n");
    folder_.write("index_train_0.txt", "4\n1\n0\n");
    folder_.write("index_test_0.txt", "3\n2\n");
    folder_.write("index_train_1.txt", "0\n2\n3\n");
    folder_.write("index_test_1.txt", "1\n4\n\n");
  }
  UciOptions options(std::int64_t split = 0, bool standardise = true) const {
    return {.path = folder_.path().string(), .split = split, .standardise = standardise};
  }
  std::string data_error() {
    return message_of<DataError>([&] { load_uci(options()); });
  }
  std::string place(const std::string& name) const { return (folder_ / name).string(); }

  testing::TemporaryFolder folder_;
};

struct Rows {
  std::vector<float> src, target;
};

Rows rows_of(const Dataset& data) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(data.size()));
  std::iota(all.begin(), all.end(), 0);
  Tensor src(data.src_shape().prepend(data.size())),
      target(data.target_shape().prepend(data.size()));
  data.read(all, 0, src, target);
  return {{src.span<float>().begin(), src.span<float>().end()},
          {target.span<float>().begin(), target.span<float>().end()}};
}

TEST_F(Uci, ReadsTheRowsOfASplitInItsOrder) {
  const DataSplits splits = load_uci(options(0, false));
  EXPECT_EQ(splits.train->src_shape(), Shape{2});
  EXPECT_EQ(splits.train->target_shape(), Shape{1});
  EXPECT_TRUE(splits.train->target_info().units.empty());
  const Rows train = rows_of(*splits.train), test = rows_of(*splits.test);
  EXPECT_THAT(train.src, ElementsAre(5, 9, 2, 7, 1, 5));
  EXPECT_THAT(train.target, ElementsAre(50, 20, 10));
  EXPECT_THAT(test.src, ElementsAre(4, 5, 3, 5));
  EXPECT_THAT(test.target, ElementsAre(40, 30));
  EXPECT_THAT(rows_of(*load_uci(options(1, false)).test).target, ElementsAre(20, 50));
}

TEST_F(Uci, StandardisesByTheTrainingPartAlone) {
  const DataSplits splits = load_uci(options());
  const double scale = std::sqrt((100.0 + 400 + 2500) / 3 - 80.0 * 80 / 9);
  const Units units = splits.test->target_info().units.at(0);
  EXPECT_DOUBLE_EQ(units.shift, 80.0 / 3);
  EXPECT_NEAR(units.scale, scale, 1e-12);
  EXPECT_EQ(splits.test->src_units(), splits.train->src_units());
  const Rows test = rows_of(*splits.test);
  EXPECT_FLOAT_EQ(test.target[0], static_cast<float>((40 - 80.0 / 3) / scale));
  double mean = 0, square = 0;
  for (const float y : rows_of(*splits.train).target) {
    mean += y / 3;
    square += y * y / 3;
  }
  EXPECT_NEAR(mean, 0, 1e-6);
  EXPECT_NEAR(square, 1, 1e-6);
}

TEST_F(Uci, OnlyShiftsAColumnThatIsConstantInTraining) {
  const DataSplits splits = load_uci(options(1));
  EXPECT_EQ(splits.train->src_units()[1], (Units{.scale = 1, .shift = 5}));
  const Rows train = rows_of(*splits.train), test = rows_of(*splits.test);
  EXPECT_THAT((std::vector{train.src[1], train.src[3], train.src[5]}), ElementsAre(0, 0, 0));
  EXPECT_THAT((std::vector{test.src[1], test.src[3]}), ElementsAre(2, 4));
}

TEST_F(Uci, TellsHowManySplitsThereAre) {
  EXPECT_EQ(uci_splits(folder_.path()), 2);
  EXPECT_TRUE(is_uci_folder(folder_.path()));
  for (const char* const wrong : {"0\n", "2.5\n", "1 2\n", "1\n2\n"}) {
    folder_.write("n_splits.txt", wrong);
    EXPECT_THAT(message_of<DataError>([&] { uci_splits(folder_.path()); }),
                AllOf(HasSubstr("n_splits.txt"), HasSubstr("at least 1")))
        << wrong;
  }
  std::filesystem::remove(folder_ / "n_splits.txt");
  EXPECT_FALSE(is_uci_folder(folder_.path()));
}

TEST_F(Uci, NamesTheFilesItReads) {
  const std::vector<std::filesystem::path> files = uci_files(options(1));
  EXPECT_THAT(
      files, ::testing::UnorderedElementsAre(
                 place("data.txt"), place("n_splits.txt"), place("index_features.txt"),
                 place("index_target.txt"), place("index_train_1.txt"), place("index_test_1.txt")));
  for (const auto& file : files) {  // none of them is there for nothing
    const std::string content = testing::read_text(file);
    std::filesystem::remove(file);
    EXPECT_THROW(load_uci(options(1)), DataError) << file;
    testing::write_text(file, content);
  }
  EXPECT_NO_THROW(load_uci(options(1)));
}

TEST_F(Uci, RefusesASplitThatThereIsNot) {
  for (const std::int64_t split : {-1, 2})
    EXPECT_THAT(message_of<ConfigError>([&] { load_uci(options(split)); }),
                AllOf(HasSubstr("expected 0 to 1"), EndsWith(concat("got ", split))));
}

TEST_F(Uci, NamesTheFolderThatIsNotThere) {
  EXPECT_THAT(message_of<ConfigError>([] { load_uci({}); }), HasSubstr("data.path"));
  EXPECT_THAT(message_of<DataError>([] { load_uci({.path = "/no/such/set"}); }),
              HasSubstr("no folder \"/no/such/set\""));
  EXPECT_THAT(message_of<DataError>([&] { load_uci({.path = place("data.txt")}); }),
              HasSubstr("expected a folder"));
}

TEST_F(Uci, NamesTheFileThatIsMissingOrEmpty) {
  for (const char* const name : {"data.txt", "index_features.txt", "index_target.txt",
                                 "n_splits.txt", "index_train_0.txt", "index_test_0.txt"}) {
    const std::string kept = testing::read_text(folder_ / name);
    folder_.write(name, "\n\n");
    EXPECT_THAT(data_error(), AllOf(HasSubstr(place(name)), EndsWith("the file is empty")));
    std::filesystem::remove(folder_ / name);
    EXPECT_THAT(data_error(), HasSubstr("no file " + place(name)));
    folder_.write(name, kept);
  }
}

TEST_F(Uci, NamesTheLineOfARaggedRow) {
  folder_.write("data.txt", "1 2 3\n4 5 6\n7 8\n1 2 3\n1 2 3\n");
  EXPECT_THAT(data_error(), HasSubstr("data.txt:3: expected 3 columns"));
}

TEST_F(Uci, NamesTheLineOfAnIndexThatIsNone) {
  for (const char* const index : {"5", "-1", "0.5"}) {
    folder_.write("index_train_0.txt", concat("4\n", index, "\n"));
    EXPECT_THAT(data_error(),
                AllOf(HasSubstr("index_train_0.txt:2: expected a row of data.txt, from 0 to 4"),
                      EndsWith(concat("got ", index))));
  }
  folder_.write("index_train_0.txt", "4 1\n");
  EXPECT_THAT(data_error(), HasSubstr("index_train_0.txt: expected one row a line, got 2"));
  folder_.write("index_features.txt", "3\n");
  EXPECT_THAT(data_error(), HasSubstr("index_features.txt:1: expected a column"));
}

TEST_F(Uci, RefusesWhatWouldGiveTheTestAway) {
  folder_.write("index_test_0.txt", "3\n1\n");
  EXPECT_THAT(data_error(), HasSubstr("index_test_0.txt:2: row 1 is in index_train_0.txt too"));
  folder_.write("index_test_0.txt", "3\n");
  folder_.write("index_features.txt", "0\n1\n");
  EXPECT_THAT(data_error(), HasSubstr("index_target.txt:1: column 1 is in index_features.txt"));
}

}  // namespace
}  // namespace credence
