#include "credence/data/mnist.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "support/gzip.h"
#include "support/idx_bytes.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/data/datasets.h"
#include "credence/data/npz.h"

namespace credence {
namespace {

using ::testing::AllOf;
using testing::gzip;
using ::testing::HasSubstr;
using testing::idx_bytes;
using ::testing::ThrowsMessage;

/// `count` images, image i being i + first everywhere but for its last pixel, 255.
std::string pixels(int count, int first) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += std::string(783, static_cast<char>(first + i)) + '\xff';
  return bytes;
}
const std::string three_labels = std::string("\0\x9\5", 3);

class Mnist : public ::testing::Test {
 protected:
  void write_train(const std::string& images, const std::string& labels) {
    folder_.write("train-images-idx3-ubyte", images);
    folder_.write("train-labels-idx1-ubyte", labels);
  }
  void write_usual() {
    write_train(idx_bytes({3, 28, 28}, pixels(3, 1)), idx_bytes({3}, three_labels));
    folder_.write("t10k-images.idx3-ubyte.gz", gzip(idx_bytes({2, 28, 28}, pixels(2, 50))));
    folder_.write("t10k-labels.idx1-ubyte.gz", gzip(idx_bytes({2}, "\7\1")));
  }
  std::vector<NamedTensor> arrays(DType label_type) const {
    std::vector<NamedTensor> arrays;
    for (const auto& [split, count, first] :
         {std::tuple("train", 3, 1), std::tuple("test", 2, 50)}) {
      Tensor images({count, 28, 28}, DType::uint8), labels({count}, label_type);
      std::memcpy(images.raw(), pixels(count, first).data(), images.bytes());
      labels.fill(count);
      arrays.push_back({std::string("x_") + split, images});
      arrays.push_back({std::string("y_") + split, labels});
    }
    return arrays;
  }
  DataSplits load() { return load_mnist({.path = folder_.path().string()}); }
  void expect_error(const std::string& file, const std::string& message) {
    EXPECT_THAT([&] { load(); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(file), HasSubstr(message))));
  }

  testing::TemporaryFolder folder_;
};

void read_one(const Dataset& dataset, std::int64_t index, Tensor& src, Tensor& target) {
  src = Tensor({1, 28, 28, 1});
  target = Tensor({1, 1});
  dataset.read(std::vector<std::int64_t>{index}, 0, src, target);
}

TEST_F(Mnist, ReadsTheFourFiles) {
  write_usual();
  const DataSplits splits = load();
  EXPECT_EQ(splits.train->name(), "mnist");
  EXPECT_EQ(splits.train->size(), 3);
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_EQ(splits.train->src_shape(), (Shape{28, 28, 1}));
  EXPECT_EQ(splits.train->target_shape(), (Shape{1}));
  EXPECT_EQ(splits.train->target_info().classes, 10);
  EXPECT_EQ(splits.train->target_info().labels[9], "9");
  Tensor src, target;
  read_one(*splits.train, 1, src, target);
  EXPECT_EQ(target.data<float>()[0], 9.0f);
  EXPECT_FLOAT_EQ(src.data<float>()[0], 2.0f / 255.0f);
  EXPECT_FLOAT_EQ(src.data<float>()[783], 1.0f);
  read_one(*splits.test, 0, src, target);
  EXPECT_EQ(target.data<float>()[0], 7.0f);
  EXPECT_FLOAT_EQ(src.data<float>()[0], 50.0f / 255.0f);
}

TEST_F(Mnist, ReadsTheArchive) {
  for (const DType label_type : {DType::uint8, DType::float64}) {
    write_npz(folder_ / "mnist.npz", arrays(label_type), {.compress = true});
    for (const auto& path : {folder_.path(), folder_ / "mnist.npz"}) {
      const DataSplits splits = load_mnist({.path = path.string()});
      EXPECT_EQ(splits.train->size(), 3);
      EXPECT_EQ(splits.test->size(), 2);
      Tensor src, target;
      read_one(*splits.test, 1, src, target);
      EXPECT_FLOAT_EQ(src.data<float>()[0], 51.0f / 255.0f);
      EXPECT_EQ(target.data<float>()[0], 2.0f);
    }
  }
}

TEST_F(Mnist, PrefersTheFourFilesToTheArchive) {
  write_usual();
  write_npz(folder_ / "mnist.npz", arrays(DType::uint8));
  Tensor src, target;
  read_one(*load().test, 1, src, target);
  EXPECT_EQ(target.data<float>()[0], 1.0f);
  // With one of the four gone, the archive serves.
  std::filesystem::remove(folder_ / "t10k-labels.idx1-ubyte.gz");
  read_one(*load().test, 1, src, target);
  EXPECT_EQ(target.data<float>()[0], 2.0f);
}

TEST_F(Mnist, NamesTheFilesItReads) {
  using ::testing::ElementsAre;
  const std::string folder = folder_.path().string();
  write_npz(folder_ / "mnist.npz", arrays(DType::uint8));
  EXPECT_THAT(mnist_files({.path = folder}), ElementsAre(folder_ / "mnist.npz"));
  EXPECT_THAT(mnist_files({.path = folder + "/mnist.npz"}), ElementsAre(folder_ / "mnist.npz"));
  write_usual();
  EXPECT_THAT(
      mnist_files({.path = folder}),
      ElementsAre(folder_ / "train-images-idx3-ubyte", folder_ / "train-labels-idx1-ubyte",
                  folder_ / "t10k-images.idx3-ubyte.gz", folder_ / "t10k-labels.idx1-ubyte.gz"));
}

TEST_F(Mnist, NamesMissingFiles) {
  write_usual();
  std::filesystem::remove(folder_ / "t10k-images.idx3-ubyte.gz");
  expect_error(folder_.path().string(), "has no t10k-images-idx3-ubyte[.gz], and no mnist.npz");
  EXPECT_THAT([&] { load_mnist({.path = "/no/such/place"}); },
              ThrowsMessage<DataError>(HasSubstr("mnist: /no/such/place does not exist")));
}

TEST_F(Mnist, RefusesImagesOfAnotherSize) {
  write_usual();
  write_train(idx_bytes({3, 28, 27}, std::string(3 * 28 * 27, 'x')), idx_bytes({3}, three_labels));
  expect_error("train-images-idx3-ubyte",
               "expected images uint8 [n, 28, 28], got uint8 [3, 28, 27]");
  write_train(idx_bytes({0, 28, 28}, ""), idx_bytes({0}, ""));
  expect_error("train-images-idx3-ubyte", "got uint8 [0, 28, 28]");
}

TEST_F(Mnist, RefusesLabelsBeyondNine) {
  write_usual();
  write_train(idx_bytes({3, 28, 28}, pixels(3, 1)), idx_bytes({3}, std::string("\0\x9\xa", 3)));
  expect_error("train-labels-idx1-ubyte", "expected labels 0 to 9, got 10 for example 2");
  std::filesystem::remove(folder_ / "train-labels-idx1-ubyte");
  std::vector<NamedTensor> bad = arrays(DType::float64);
  bad[1].tensor.fill(2.5);
  write_npz(folder_ / "mnist.npz", bad);
  expect_error("mnist.npz: y_train", "got 2.5 for example 0");
  bad[1].tensor.fill(-1);
  write_npz(folder_ / "mnist.npz", bad);
  expect_error("mnist.npz: y_train", "got -1");
  bad[1].tensor.fill(1e300);
  write_npz(folder_ / "mnist.npz", bad);
  expect_error("mnist.npz: y_train", "got 1e+300");
}

TEST_F(Mnist, RefusesCountsThatDiffer) {
  write_usual();
  folder_.write("train-labels-idx1-ubyte", idx_bytes({2}, "\1\2"));
  expect_error("train-labels-idx1-ubyte", "expected 3 labels, as there are images in ");
}

TEST_F(Mnist, RefusesMislabelledFiles) {
  write_usual();
  write_train(idx_bytes({3}, three_labels), idx_bytes({3, 28, 28}, pixels(3, 1)));
  expect_error("train-images-idx3-ubyte", "expected magic number 0x00000803");
  write_usual();
  folder_.write("t10k-images.idx3-ubyte.gz", "<html>404</html>");
  expect_error("t10k-images.idx3-ubyte.gz", "no IDX file");
}

TEST_F(Mnist, RefusesArchivesThatLackArrays) {
  std::vector<NamedTensor> few = arrays(DType::uint8);
  few.pop_back();
  write_npz(folder_ / "mnist.npz", few);
  expect_error("mnist.npz", "\"y_test\": not in the file");
}

TEST_F(Mnist, IsInTheTableOfDataSets) {
  write_usual();
  const std::vector<std::string> names = datasets().names();
  EXPECT_NE(std::find(names.begin(), names.end(), "mnist"), names.end());
  EXPECT_EQ(datasets().find("mnist").source->folder, "mnist");
  EXPECT_THAT([&] { with_dataset("minst", [](const auto&) {}); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"mnist\"?")));

  // What the configuration does: fill the options by their keys, and load.
  DataSplits splits;
  with_dataset("mnist", [&](const auto& kind) {
    typename std::decay_t<decltype(kind)>::Options options;
    const auto fill = [&](const std::string& key, auto& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
        if (key == "path") value = folder_.path().string();
    };
    options.visit(fill);
    splits = load_dataset(kind, options);
  });
  ASSERT_NE(splits.train, nullptr);
  EXPECT_EQ(splits.train->size(), 3);
}

TEST_F(Mnist, SourceTellsFoldersThatHoldIt) {
  const DatasetSource source = mnist_source();
  EXPECT_THAT(source.missing(folder_.path()), HasSubstr("train-images-idx3-ubyte[.gz], train-lab"));
  write_usual();
  EXPECT_EQ(source.missing(folder_.path()), "");
  for (const auto& files : source.downloads)
    for (const RemoteFile& file : files) {
      EXPECT_EQ(file.sha256.size(), 64u);
      for (const std::string& url : file.urls) EXPECT_TRUE(url.ends_with("/" + file.name));
    }
}

/// The real data set. Of the training images the sum of pixels is checked to a part in a hundred
/// only: copies recovered from pictures differ by a grey level here and there.
TEST(MnistFiles, AreTheRealOnes) {
  const char* directory = ::getenv("CREDENCE_DATA_DIR");
  if (!directory) GTEST_SKIP() << "CREDENCE_DATA_DIR is not set";
  const std::filesystem::path path = std::filesystem::path(directory) / "mnist";
  if (const std::string missing = mnist_source().missing(path); !missing.empty())
    GTEST_SKIP() << path << " " << missing;

  const DataSplits splits = load_mnist({.path = path.string()});
  EXPECT_EQ(splits.train->size(), 60000);
  EXPECT_EQ(splits.test->size(), 10000);
  const auto sums = [](const Dataset& dataset, Sha256* digest) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(dataset.size()));
    std::iota(all.begin(), all.end(), 0);
    Tensor src(dataset.src_shape().prepend(dataset.size())), target({dataset.size(), 1});
    dataset.read(all, 0, src, target);
    std::vector<int> counts(10);
    std::string labels;
    for (const float label : target.span<float>()) {
      ++counts[static_cast<std::size_t>(label)];
      labels += static_cast<char>(label);
    }
    digest->update(labels);
    double sum = 0;
    for (const float pixel : src.span<float>()) sum += pixel;
    return std::pair(counts, sum / static_cast<double>(src.size()));
  };
  Sha256 train_labels, test_labels;
  const auto [train_counts, train_mean] = sums(*splits.train, &train_labels);
  const auto [test_counts, test_mean] = sums(*splits.test, &test_labels);
  EXPECT_EQ(train_counts,
            (std::vector{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  EXPECT_EQ(test_counts, (std::vector{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  EXPECT_NEAR(train_mean, 0.1306604, 0.0013);
  EXPECT_NEAR(test_mean, 0.1325149, 1e-6);
  EXPECT_EQ(train_labels.hex(), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13");
  EXPECT_EQ(test_labels.hex(), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5");
}

}  // namespace
}  // namespace credence
