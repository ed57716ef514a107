#include "credence/base/text.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(Text, CountsThings) {
  EXPECT_EQ(counted(0, "rank"), "0 ranks");
  EXPECT_EQ(counted(1, "rank"), "1 rank");
  EXPECT_EQ(counted(2, "NUMA node"), "2 NUMA nodes");
}

TEST(Text, TellsBytesInThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(32LL << 20), "32.0 MiB");
  EXPECT_EQ(bytes_text(800LL << 20), "800 MiB");
  EXPECT_EQ(bytes_text(5LL << 50), "5.0 PiB");
  EXPECT_EQ(bytes_text(5000LL << 50), "5000 PiB");
}

TEST(Text, SuggestsWhatIsNear) {
  const std::vector<std::string> keys{"epochs", "learning_rate", "batch_size", "kl", "sigma"};
  const auto suggested = [&](const char* word) { return suggestion(word, keys); };
  EXPECT_EQ(suggested("epoch"), "epochs");
  EXPECT_EQ(suggested("EPOCHS"), "epochs");
  EXPECT_EQ(suggested("epcohs"), "epochs");
  EXPECT_EQ(suggested("sgmia"), "");  // two edits of five letters
  EXPECT_EQ(suggested("learn_rate"), "learning_rate");
  EXPECT_EQ(suggested("learning"), "learning_rate");
  EXPECT_EQ(suggested("batch_size_of_a_rank"), "batch_size");
  EXPECT_EQ(suggested("momentum"), "");
  EXPECT_EQ(suggested("k"), "");
  EXPECT_EQ(suggested(""), "");
  EXPECT_EQ(suggestion("epochs", {}), "");
}

TEST(Text, SuggestsWhatTheFieldCallsSo) {
  const std::vector<std::string> keys{"learning_rate", "batch_size", "global_batch_size", "l"};
  EXPECT_EQ(suggestion("lr", keys), "learning_rate");
  EXPECT_EQ(suggestion("LR", keys), "learning_rate");
  EXPECT_EQ(suggestion("bs", keys), "batch_size");
  EXPECT_EQ(suggestion("mse", keys), "");
  EXPECT_EQ(did_you_mean("lr", keys), "; did you mean \"learning_rate\"?");
  EXPECT_EQ(did_you_mean("zebra", keys), "");
  EXPECT_EQ(unknown_name("key", "zebra", std::vector<std::string>{"a"}),
            "unknown key \"zebra\" (known: a)");
}

}  // namespace
}  // namespace credence
