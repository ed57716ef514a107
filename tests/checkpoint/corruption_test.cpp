#include <cstring>

#include "support/damage.h"
#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

namespace fs = std::filesystem;
using credence::testing::damaged;
using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A checkpoint of a small network, and the network to load it into.
class Corruption : public ::testing::Test {
 protected:
  void SetUp() override {
    for (NamedTensor& tensor : model_) tensor.tensor.fill(0.37);
    optimizer_[0].tensor.fill(-2);
    const CheckpointInfo info{.step = 12, .epoch = 3, .seed = 5, .config_hash = "c0ffee"};
    file_ = save_checkpoint(folder_.path(), model_, optimizer_, info);
    whole_ = read_text(file_);
    std::uint64_t length = 0;
    std::memcpy(&length, whole_.data(), 8);
    head_ = 8 + length;
    for (NamedTensor& tensor : model_) tensor.tensor.fill(0);
  }

  /// A file of these bytes is refused by a DataError that names it, and nothing of it is loaded.
  void expect_detected(const std::string& bytes) {
    folder_.write(file_.filename().string(), bytes);
    try {
      load_training(file_, model_, optimizer_);
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(file_.string()));
      EXPECT_EQ(model_[0].tensor.span<float>()[0], 0);
      return;
    }
    ADD_FAILURE() << "damage that nobody saw";
  }

  TemporaryFolder folder_;
  std::vector<NamedTensor> model_{{"conv1.weight_mu", Tensor({4, 3, 2})},
                                  {"conv1.bias", Tensor({4})},
                                  {"scale", Tensor({1}, DType::float64)}};
  std::vector<NamedTensor> optimizer_{{"conv1.weight_mu.first_moment", Tensor({4, 3, 2})}};
  fs::path file_;
  std::string whole_;
  std::size_t head_ = 0;
};

TEST_F(Corruption, OfAnyBitIsDetected) {
  for (std::size_t byte = 0; byte < whole_.size() && !HasFailure(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(concat("byte ", byte, " bit ", bit));
      std::string bytes = whole_;
      bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
      expect_detected(bytes);
    }
}

TEST_F(Corruption, ByATruncationAnywhereIsDetected) {
  for (std::size_t size = 0; size < whole_.size() && !HasFailure(); ++size) {
    SCOPED_TRACE(concat("cut to ", size, " bytes of ", whole_.size()));
    expect_detected(whole_.substr(0, size));
  }
}

TEST_F(Corruption, OfEveryKindIsDetected) {
  for (std::uint64_t number = 0; number < 3000 && !HasFailure(); ++number) {
    SCOPED_TRACE(concat("case ", number));
    expect_detected(damaged(whole_, number, head_).bytes);
  }
}

TEST_F(Corruption, NamesTheTensorAndItsPlace) {
  std::string bytes = whole_;
  const std::size_t begin = head_ + 8;  // behind the only one of float64
  bytes[begin + 5] = static_cast<char>(bytes[begin + 5] ^ 4);
  folder_.write(file_.filename().string(), bytes);
  EXPECT_THAT(message_of<DataError>([&] { load_weights(file_, model_); }),
              AllOf(HasSubstr(concat("tensor \"conv1.bias\", bytes ", begin, " to ", begin + 16)),
                    HasSubstr("expected SHA-256 "), HasSubstr(", got ")));
  bytes = whole_;
  bytes[bytes.find("\"epoch\":\"3\"") + 9] = '4';
  folder_.write(file_.filename().string(), bytes);
  EXPECT_THAT(message_of<DataError>([&] { load_weights(file_, model_); }),
              HasSubstr("header, from byte 8: damaged"));
}

TEST_F(Corruption, IsWhatChecksumsThatAreGoneLookLike) {
  // A file of the same content without any, as another program would write it.
  const std::string header =
      R"({"__metadata__":{"config_hash":"c0ffee","epoch":"3","seed":"5","step":"12"},)"
      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const std::uint64_t length = header.size();
  const std::string bytes = std::string(reinterpret_cast<const char*>(&length), 8) + header + "x";
  std::vector<NamedTensor> model{{"b", Tensor({1}, DType::uint8)}};
  const fs::path file = folder_.write("w.safetensors", bytes);
  EXPECT_THAT(message_of<DataError>([&] { load_training(file, model, {}); }),
              HasSubstr("expected the checksums"));
  EXPECT_THAT(message_of<DataError>([&] { load_weights(file, model); }),
              HasSubstr("expected the checksums"));
}

TEST_F(Corruption, OfTheLatestLeadsToTheNewestWholeOneBeforeIt) {
  const auto save = [&](std::uint64_t step) {
    return save_checkpoint(folder_.path(), model_, {}, {.step = step, .config_hash = ""});
  };
  const auto flip = [&](const fs::path& file) {
    std::string bytes = read_text(file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    folder_.write(file.filename().string(), bytes);
  };
  std::string warning;
  const Warn warn = [&](std::string_view text) { warning += text; };
  const fs::path middle = save(20), last = save(30);
  EXPECT_EQ(find_checkpoint(folder_.path(), warn), last);
  EXPECT_EQ(warning, "");
  flip(last);
  EXPECT_EQ(find_checkpoint(folder_.path(), warn), middle);
  EXPECT_THAT(warning, AllOf(HasSubstr(last.string() + ": not a valid"), HasSubstr("damaged"),
                             HasSubstr("going on with " + middle.string())));
  folder_.write(middle.filename().string(), "");
  EXPECT_EQ(find_checkpoint(folder_.path(), warn), file_);
  flip(file_);
  EXPECT_THAT(message_of<DataError>([&] { find_checkpoint(folder_.path(), warn); }),
              AllOf(HasSubstr(last.string()), HasSubstr(file_.string()),
                    HasSubstr("there is no whole checkpoint before it")));
}

TEST_F(Corruption, OfTheNameInLatestLeadsToTheNewestWholeOne) {
  const fs::path last =
      save_checkpoint(folder_.path(), model_, {}, {.step = 30, .config_hash = ""});
  std::string warning;
  const Warn warn = [&](std::string_view text) { warning = text; };
  for (const char* name : {"step-00000029.safetensors\n", "stfp-00000030.safetensors\n"}) {
    folder_.write("latest", name);
    EXPECT_EQ(find_checkpoint(folder_.path(), warn), last);
    EXPECT_THAT(warning, HasSubstr((folder_ / "latest").string()));
  }
  fs::remove(folder_ / "latest");
  EXPECT_EQ(find_checkpoint(folder_.path(), warn), last);
  EXPECT_THAT(warning, HasSubstr("expected a file \"latest\", found none"));
}

}  // namespace
}  // namespace credence
