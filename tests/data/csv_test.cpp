#include "credence/data/csv.h"

#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::message_of;

class Csv : public ::testing::Test {
 protected:
  CsvOptions options(const std::string& text) {
    return {.path = folder_.write("table.csv", text).string(),
            .test_fraction = 0,
            .standardise = false};
  }
  template <class E>
  std::string error_of(const CsvOptions& options) {
    return message_of<E>([&] { load_csv(options); });
  }
  std::string data_error_of(const std::string& text) { return error_of<DataError>(options(text)); }

  testing::TemporaryFolder folder_;
};

struct Rows {
  std::vector<std::vector<float>> src, target;
};

Rows rows_of(const Dataset& data) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(data.size()));
  std::iota(all.begin(), all.end(), 0);
  Tensor src(data.src_shape().prepend(data.size())),
      target(data.target_shape().prepend(data.size()));
  data.read(all, 0, src, target);
  Rows rows;
  const auto split = [](const Tensor& tensor, auto& into) {
    const auto width = static_cast<std::size_t>(tensor.shape().row_size());
    for (std::size_t i = 0; i < tensor.span<float>().size(); i += width)
      into.emplace_back(tensor.span<float>().begin() + i, tensor.span<float>().begin() + i + width);
  };
  split(src, rows.src);
  split(target, rows.target);
  return rows;
}

/// The inputs of the rows, sorted.
std::vector<std::vector<float>> sorted_inputs(const CsvOptions& options) {
  auto rows = rows_of(*load_csv(options).train).src;
  std::ranges::sort(rows);
  return rows;
}

TEST_F(Csv, ReadsInputsAndTheLastColumnAsTarget) {
  const DataSplits splits = load_csv(options("a,b,y\n1,2.5,3\n-4,5e1,+6\n"));
  EXPECT_EQ(splits.test, nullptr);
  EXPECT_EQ(splits.train->src_shape(), Shape{2});
  EXPECT_EQ(splits.train->target_shape(), Shape{1});
  const TargetInfo info = splits.train->target_info();
  EXPECT_EQ(info.classes, 0);
  EXPECT_THAT(info.labels, ElementsAre("y"));
  EXPECT_TRUE(info.units.empty());
  const Rows rows = rows_of(*splits.train);
  const std::size_t first = rows.src[0][0] == 1 ? 0 : 1;
  EXPECT_THAT(rows.src[first], ElementsAre(1, 2.5F));
  EXPECT_THAT(rows.target[first], ElementsAre(3));
  EXPECT_THAT(rows.src[1 - first], ElementsAre(-4, 50));
  EXPECT_THAT(rows.target[1 - first], ElementsAre(6));
}

TEST_F(Csv, FindsTargetsByNameAndNumber) {
  for (const auto& [target, input] : std::vector<std::pair<std::vector<std::string>, float>>{
           {{"b", "y"}, 1}, {{"2", "3"}, 1}, {{"-2", "-1"}, 1}, {{"y", "1"}, 2}}) {
    CsvOptions o = options("a,b,y\n1,2,3\n");
    o.target = target;
    const Rows rows = rows_of(*load_csv(o).train);
    EXPECT_THAT(rows.src[0], ElementsAre(input));
    EXPECT_THAT(rows.target[0], ElementsAre(target[0] == "y" ? 3 : 2, target[0] == "y" ? 1 : 3));
  }
  CsvOptions o = options("1,2,3\n");
  o.target = {"1"};
  EXPECT_THAT(load_csv(o).train->target_info().labels, ElementsAre("column 1"));
}

TEST_F(Csv, TellsAHeaderByItsWords) {
  EXPECT_EQ(load_csv(options("1,2\n3,4\n")).train->size(), 2);
  EXPECT_EQ(load_csv(options("a,y\n3,4\n")).train->size(), 1);
  EXPECT_THAT(load_csv(options("b,a,y\n3,4,5\n")).train->src_labels(), ElementsAre("b", "a"));
  EXPECT_TRUE(load_csv(options("3,4,5\n")).train->src_labels().empty());
  CsvOptions o = options("2019,2020,y\n3,4,5\n");
  EXPECT_THAT(error_of<DataError>(o), HasSubstr("table.csv:1, column 3: expected a number"));
  o.header = TableHeader::yes;
  EXPECT_THAT(load_csv(o).train->src_labels(), ElementsAre("2019", "2020"));
  o = options("1,2\n3,4\n");
  o.header = TableHeader::yes;
  EXPECT_EQ(load_csv(o).train->size(), 1);
  o = options("a,b\n3,4\n");
  o.header = TableHeader::no;
  EXPECT_THAT(error_of<DataError>(o),
              EndsWith("table.csv:1, column 1: expected a number, got \"a\""));
}

TEST_F(Csv, ReadsTheDialectsOfTheField) {
  const std::vector<std::vector<float>> expected{{1}, {3}};
  EXPECT_EQ(
      sorted_inputs(options("\xEF\xBB\xBF\"a \"\"b\"\", c\",y\r\n1, 2\r\n \"3\" ,4\r\n\r\n \n")),
      expected);
  for (const char* text : {"1,2\n3,4", "1;2\n3;4\n", "x\ty\n1\t2\n3\t4\n", "1 2\n 3  4\n"})
    EXPECT_EQ(sorted_inputs(options(text)), expected) << text;
  CsvOptions o = options("  1   2\n3\t4  \n");
  o.delimiter = " ";
  EXPECT_EQ(sorted_inputs(o), expected);
  o.delimiter = "whitespace";
  EXPECT_EQ(sorted_inputs(o), expected);
  o = options("x\ty\n1\t2\n3\t 4\n");
  o.delimiter = "\t";
  EXPECT_EQ(sorted_inputs(o), expected);
  o.delimiter = "tab";
  EXPECT_EQ(sorted_inputs(o), expected);
  o = options("1;2\n3;4\n");
  o.delimiter = ";";
  EXPECT_EQ(sorted_inputs(o), expected);
}

TEST_F(Csv, NamesFileLineAndColumnOfWhatIsNoNumber) {
  EXPECT_THAT(data_error_of("a,y\n1,2\n3\n"),
              EndsWith("table.csv:3: expected 2 columns, as in the first line, got 1"));
  EXPECT_THAT(data_error_of("a,y\n1,2,3\n"), HasSubstr("table.csv:2: expected 2 columns"));
  EXPECT_THAT(data_error_of("a,y\n1,2\n\n3,4\n"), HasSubstr("table.csv:3: "));
  EXPECT_THAT(data_error_of("a,y\n1,\n"),
              EndsWith("table.csv:2, column 2 (y): expected a number, got an empty cell"));
  EXPECT_THAT(data_error_of("a,y\n1,2\n1x,2\n"),
              EndsWith("table.csv:3, column 1 (a): expected a number, got \"1x\""));
  for (const char* cell : {"nan", "NaN", "inf", "-inf", "1e39", "1e999"})
    EXPECT_THAT(data_error_of(concat("a,y\n", cell, ",2\n")),
                EndsWith(concat("table.csv:2, column 1 (a): expected a finite number, got \"", cell,
                                "\"")));
  for (const char* cell : {"0x10", "1 2", "1,5\"", "+-1", "--1", "?"})
    EXPECT_FALSE(data_error_of(concat("a,y\n", cell, ",2\n")).empty()) << cell;
  EXPECT_THAT(data_error_of("a,y\n1,\"2\n"), EndsWith("table.csv:2: a quote is not closed"));
  EXPECT_THAT(data_error_of("a,y\n\"1\"1,2\n"),
              EndsWith("table.csv:2, column 1: text after a closing quote"));
  EXPECT_THAT(data_error_of(" \n"), EndsWith("the file is empty"));
  EXPECT_THAT(data_error_of("a,y\n"), EndsWith("a header and no rows"));
}

TEST_F(Csv, RefusesOptionsThatDoNotFit) {
  const auto refuse = [&](auto change, const char* expected) {
    CsvOptions o = options("a,b,b\n1,2,3\n");
    change(o);
    EXPECT_THAT(error_of<ConfigError>(o), HasSubstr(expected));
  };
  refuse([](CsvOptions& o) { o.path.clear(); }, "data.path");
  refuse([](CsvOptions& o) { o.test_fraction = 1; }, "test_fraction");
  refuse([](CsvOptions& o) { o.test_fraction = std::nan(""); }, "test_fraction");
  refuse([](CsvOptions& o) { o.delimiter = ", "; }, "delimiter");
  refuse([](CsvOptions& o) { o.target = {"A"}; }, "did you mean \"a\"");
  refuse([](CsvOptions& o) { o.target = {"b"}; }, "2 columns called \"b\"");
  refuse([](CsvOptions& o) { o.target = {"0"}; }, "from 1 to 3");
  refuse([](CsvOptions& o) { o.target = {"4"}; }, "from 1 to 3");
  refuse([](CsvOptions& o) { o.target = {"a", "1"}; }, "twice");
  refuse([](CsvOptions& o) { o.target = {"1", "2", "3"}; }, "no column is left");
  refuse([](CsvOptions& o) { o.target = {}; }, "got none");
  CsvOptions o = options("1,2\n");
  o.test_fraction = 0.5;
  EXPECT_THAT(error_of<DataError>(o), HasSubstr("leave none to train on"));
  o.path = (folder_ / "missing.csv").string();
  EXPECT_THAT(error_of<DataError>(o), HasSubstr("there is no file \"" + o.path + "\""));
  o.path = "missing.csv";
  EXPECT_THAT(
      error_of<DataError>(o),
      EndsWith(concat("(", (std::filesystem::current_path() / "missing.csv").string(), ")")));
  o.path = folder_.write("x", "").parent_path().string();
  EXPECT_THAT(error_of<DataError>(o), HasSubstr("expected a file, got the folder"));
  o.path = "/proc/self/mem";  // is there, and cannot be read
  EXPECT_THAT(error_of<IoError>(o), HasSubstr("cannot read"));
}

std::string ramp(int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) text += concat(i, ",7,", 3 * i + 100, "\n");
  return text;
}

TEST_F(Csv, SplitsEveryRowOnceByTheSeed) {
  CsvOptions o = options(ramp(50));
  o.test_fraction = 0.3;
  const auto split = [&] {
    const DataSplits splits = load_csv(o);
    return std::pair(rows_of(*splits.train).src, rows_of(*splits.test).src);
  };
  const auto [train, test] = split();
  EXPECT_EQ(train.size(), 35);
  EXPECT_EQ(test.size(), 15);
  std::set<float> all;
  for (const auto& rows : {train, test})
    for (const auto& row : rows) all.insert(row[0]);
  EXPECT_EQ(all.size(), 50);
  EXPECT_EQ(split().first, train);
  o.seed = 1;
  EXPECT_NE(split().second, test);
}

TEST_F(Csv, StandardisesByTheTrainingPartAndTellsTheWayBack) {
  CsvOptions plain = options(ramp(50));
  plain.test_fraction = 0.3;
  CsvOptions o = plain;
  o.standardise = true;
  const DataSplits splits = load_csv(o), unchanged = load_csv(plain);
  const Rows train = rows_of(*splits.train);
  for (std::size_t column = 0; column < 3; ++column) {
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < 35; ++row) {
      const double x = column < 2 ? train.src[row][column] : train.target[row][0];
      sum += x;
      squares += x * x;
    }
    EXPECT_NEAR(sum / 35, 0, 1e-6) << column;
    EXPECT_NEAR(squares / 35, column == 1 ? 0 : 1, 1e-6) << column;  // column 1 is constant
  }
  for (const auto& [given, expected] :
       {std::pair(splits.train, unchanged.train), std::pair(splits.test, unchanged.test)}) {
    const Rows before = rows_of(*given), after = rows_of(*expected);
    for (std::size_t row = 0; row < before.target.size(); ++row) {
      Tensor target({1, 1});
      target.span<float>()[0] = before.target[row][0];
      to_own_units(target, given->target_info());
      EXPECT_NEAR(target.span<float>()[0], after.target[row][0], 1e-4);
    }
  }
}

}  // namespace
}  // namespace credence
