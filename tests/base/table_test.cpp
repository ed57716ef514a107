#include "credence/base/table.h"

#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

TEST(Table, AlignsItsColumns) {
  Table table({{"Layer"}, {"Output"}, {"Parameters", Align::right}});
  table.add_row({"conv1", "[28, 28, 8]", "208"});
  table.add_row({"output", "[10]", "62,730"});
  table.add_rule();
  table.add_row({"total", "", "62,938"});
  EXPECT_EQ(table.text(),
            "Layer   Output       Parameters\n"
            "-------------------------------\n"
            "conv1   [28, 28, 8]         208\n"
            "output  [10]             62,730\n"
            "-------------------------------\n"
            "total                    62,938\n");
}

TEST(Table, LeavesNoBlanksAtTheEndOfALine) {
  Table table({{"Key"}, {"Meaning"}});
  table.add_row({"a", ""});
  EXPECT_EQ(table.text(), "Key  Meaning\n------------\na\n");
}

TEST(Table, AlignsTextByTheColumnsItTakes) {
  Table table({{"Name"}, {"x"}});
  table.add_row({"\xCF\x83\xC2\xB2", "1"});  // sigma squared: two columns in four bytes
  table.add_row({"e\xCC\x81t", "2"});        // e and an accent that joins it
  table.add_row({"\xE6\xBC\xA2", "3"});      // a Chinese character: two columns
  EXPECT_EQ(table.text(),
            "Name  x\n-------\n\xCF\x83\xC2\xB2    1\ne\xCC\x81t    2\n\xE6\xBC\xA2    3\n");
}

TEST(Table, CountsEveryByteOfTextThatIsNotUtf8) {
  EXPECT_EQ(display_width("\xFF\xC3"), 2);
  EXPECT_EQ(display_width("\xE2\x28\xA1"), 3);
}

TEST(Table, CutsTextAtWholeCharacters) {
  EXPECT_EQ(fit_width("abc", 5), "abc");
  EXPECT_EQ(fit_width("abc", 2), "ab");
  EXPECT_EQ(fit_width("a\xE6\xBC\xA2", 2), "a");
  EXPECT_EQ(fit_width("a\xE6\xBC\xA2", 3), "a\xE6\xBC\xA2");
  EXPECT_EQ(fit_width("abc", -1), "");
}

TEST(WrapWords, FillsLinesOfSoManyColumns) {
  EXPECT_EQ(wrap_words("one two  three\nfour", 8), "one two\nthree\nfour\n");
  EXPECT_EQ(wrap_words("one two three four", 10, "  "), "  one two\n  three\n  four\n");
  EXPECT_EQ(wrap_words("a longest-word b", 5), "a\nlongest-word\nb\n");
  EXPECT_EQ(wrap_words("\xCF\x83\xCF\x83 \xCF\x83\xCF\x83", 5),
            "\xCF\x83\xCF\x83 \xCF\x83\xCF\x83\n");
  EXPECT_EQ(wrap_words("", 5), "");
}

TEST(Table, StandsCloserWhereThereIsNoRoom) {
  Table table({{"Key"}, {"Value", Align::right}, {"Meaning"}});
  table.add_row({"a", "1", "one"});
  table.add_row({"b", "2", "more than fits"});
  const std::string rows = "a        1  one\nb        2  more than fits\n";
  for (const int columns : {100, 26})
    EXPECT_EQ(table.text(columns), "Key  Value  Meaning\n" + std::string(26, '-') + "\n" + rows);
  const std::string narrow = "a       1 one\nb       2 more than fits\n";
  EXPECT_EQ(table.text(25), "Key Value Meaning\n" + std::string(24, '-') + "\n" + narrow);
  EXPECT_EQ(table.text(20), "Key Value Meaning\n" + std::string(20, '-') + "\n" + narrow);
}

TEST(FitItems, BreaksLinesBetweenItemsAtNeed) {
  const std::string items = "epoch 1/5  loss 0.25  accuracy 0.9";
  EXPECT_EQ(fit_items(items, 34), items);
  EXPECT_EQ(fit_items(items, 33), "epoch 1/5 loss 0.25 accuracy 0.9");
  EXPECT_EQ(fit_items(items, 32), "epoch 1/5 loss 0.25 accuracy 0.9");
  EXPECT_EQ(fit_items(items, 31), "epoch 1/5  loss 0.25\n  accuracy 0.9");
  EXPECT_EQ(fit_items(items, 1), "epoch 1/5\n  loss 0.25\n  accuracy 0.9");
  EXPECT_EQ(fit_items("", 0), "");
}

TEST(Table, RefusesARowOfAnotherLength) {
  Table table({{"Key"}, {"Meaning"}});
  EXPECT_THROW(table.add_row({"a"}), InternalError);
}

}  // namespace
}  // namespace credence
