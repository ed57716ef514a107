#include "credence/config/yaml.h"

#include <chrono>

#include "config/expect_error.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

ConfigNode parse(const std::string& text) {
  return parse_yaml(text, "recipe.yaml");
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Yaml, KeepsOrderKindsAndLines) {
  const ConfigNode root = parse("# a recipe\nb: 5\na:\n  - x\n  - 'y'\nc: ~\nd: {}\n");
  EXPECT_EQ(root.keys, (std::vector<std::string>{"b", "a", "c", "d"}));
  EXPECT_EQ(root.find("b")->text, "5");
  EXPECT_EQ(root.find("b")->where(), "recipe.yaml:2");
  EXPECT_EQ(root.find("a")->where(), "recipe.yaml:3");  // of its key, not of its first item
  EXPECT_FALSE(root.find("a")->items[0].quoted);
  EXPECT_TRUE(root.find("a")->items[1].quoted);
  EXPECT_TRUE(root.find("c")->is_null());
  EXPECT_TRUE(root.find("d")->is_mapping());
  EXPECT_EQ(root.find("e"), nullptr);
}

TEST(Yaml, AcceptsNothing) {
  for (const char* text : {"", "\n\n", "# only a comment", "---", "\xef\xbb\xbf"})
    EXPECT_TRUE(parse(text).is_null()) << text;
  EXPECT_EQ(parse("\xef\xbb\xbf"
                  "a: 1")
                .find("a")
                ->text,
            "1");
  EXPECT_EQ(parse("a: 1\r\nb: 2\r\n").find("b")->text, "2");
  EXPECT_EQ(parse("a: 1\rb: 2\r").find("b")->text, "2");
}

TEST(Yaml, ExpandsAliases) {
  const ConfigNode root = parse("a: &x {b: [1, 2]}\nc: *x\n");
  EXPECT_EQ(emit_inline(*root.find("c")), "{b: [1, 2]}");
  EXPECT_EQ(root.find("c")->line, 2);
}

struct Bad {
  std::string text;
  std::string message;
};

TEST(Yaml, RefusesWithFileLineAndColumn) {
  const std::vector<Bad> all = {
      {"a: [1, 2", "recipe.yaml:1:1: expected a \",\" or the \"]\""},
      {"a: 1\nb: }", "recipe.yaml:2:4: expected a bracket that was opened"},
      {"a: 'open", "recipe.yaml:1:9: expected a closing quote"},
      {"a: {b: 1\nc: 2", "recipe.yaml:2:2: expected a \",\" or the \"}\""},
      {"a:\n  b: 1\n c: 2", "recipe.yaml:3:2: expected the next key, indented as those before"},
      {"a:\n  - b\n  c: 1", "recipe.yaml:3:3: expected the next key"},
      {"train\n  epochs: 3", "recipe.yaml:2:9: expected one \"key: value\" a line"},
      {"a: - 1", "recipe.yaml:1:4: expected the \"- item\" of a list on a line of its own"},
      {"a: \"x\\q\"", "recipe.yaml:1:8: expected an escape"},
      {"model:\n\tname: x", "recipe.yaml:2:6: expected spaces to indent with, got a tab"},
      {"a: &", "recipe.yaml:1:5: expected a name"},
      {"%YAML 3.0\n---\na: 1", "recipe.yaml:1:1: expected YAML: YAML major version too large"},
      {"a: 1\n\tb: 2", "recipe.yaml:2:1: expected spaces to indent with, got a tab"},
      {"a: 1\n b: 2", "recipe.yaml:2:3: expected one \"key: value\" a line"},
      {"a: b: c", "recipe.yaml:1:5: expected one \"key: value\" a line"},
      {"a: *nobody", "recipe.yaml:1:4: expected an anchor \"&name\" above"},
      {"a: @x", "recipe.yaml:1:4: expected a value"},
      {"a: 1\nb: 2\na: 3", "recipe.yaml:3:1: the key \"a\" comes twice"},
      {"m: {a: 1, a: 2}", "recipe.yaml:1:11: the key \"a\" comes twice"},
      {"a: 1\n\"a\": 2", "recipe.yaml:2:1: the key \"a\" comes twice"},
      {"[a, b]: c", "recipe.yaml:1:1: expected a word as a key, got a list"},
      {"? {a: 1}\n: c", "expected a word as a key, got a mapping"},
      {"~: c", "expected a word as a key, got nothing"},
      {repeat("k", 129) + ": 1",
       "recipe.yaml:1:1: expected a key of at most 128 bytes, got one of"},
      {"a: !!python/object:os.system x", "recipe.yaml:1:"},
      {"a: !mine {b: 1}", "tags such as !mine mean nothing here"},
      {"a: 1\n---\nb: 2", "expected one YAML document, got a second one"},
      {"a: \"x\\N\"", "recipe.yaml:1:4: expected text, got an escape"},
      {"a: \"\\0\"", "expected text, got an escape"},
      {"a: &x [*x]", "an alias inside what it stands for"},
      {"a: \0b"s, "recipe.yaml: expected UTF-8 text, got a byte at offset 3 that is none"},
      {"a: \xff\xfe", "at offset 3"},
      {"\x7f"
       "ELF\x02",
       "at offset 0"},
      {repeat("x", max_yaml_bytes + 1), "recipe.yaml: expected at most 1048576 bytes, got more"},
  };
  for (const Bad& bad : all) {
    SCOPED_TRACE(bad.text.substr(0, 40));
    EXPECT_ERROR(parse(bad.text), ConfigError, HasSubstr(bad.message));
  }
}

TEST(Yaml, RefusesDeepNestingSoon) {
  const auto start = std::chrono::steady_clock::now();
  const std::string deep = repeat("[", 100000);
  EXPECT_ERROR(parse(deep), ConfigError, HasSubstr("at most 64 levels"));
  EXPECT_ERROR(parse(repeat("{a: ", 50000)), ConfigError, HasSubstr("at most 64 levels"));
  EXPECT_ERROR(parse(repeat("- ", 50000)), ConfigError, HasSubstr("at most 64 levels"));
  EXPECT_NO_THROW(parse(repeat("[", 64) + repeat("]", 64)));
  EXPECT_ERROR(parse(repeat("[", 65) + repeat("]", 65)), ConfigError, HasSubstr("64 levels"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Yaml, EmitsTheLongestKey) {
  const std::string key = repeat("\u0085", 64);  // of which each is written as an escape
  EXPECT_EQ(parse(emit_yaml(parse("\"" + key + "\": 1"))).keys, std::vector{key});
}

TEST(Yaml, RefusesAliasesThatExplode) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    laughs += repeat(", " + last, 9) + "]\n";
  }
  EXPECT_ERROR(parse(laughs), ConfigError, HasSubstr("aliases expand this to too much"));

  const std::string large = "a: &a " + repeat("x", 500000) + "\nb: [" + repeat("*a, ", 10000) + "]";
  EXPECT_ERROR(parse(large), ConfigError, HasSubstr("aliases expand this to too much"));

  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 80; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  EXPECT_ERROR(parse(deep), ConfigError, HasSubstr("64 levels"));
}

TEST(Yaml, EmitsWhatItReads) {
  const std::string text =
      "seed: 3\nname: \"5\"\nnothing: null\nempty: []\nnone: {}\nkernel: [5, 5]\n"
      "layers:\n  - type: Conv2D\n    filters: 64\n  - type: ReLU\n";
  EXPECT_EQ(emit_yaml(parse(text)), text);
}

TEST(Yaml, TextSurvivesTheWayThroughYaml) {
  for (const std::string& text :
       {"plain"s,       "two words"s,  "a: b"s,     "- x"s,         "# no comment"s,
        "it's"s,        "say \"hi\""s, "@at"s,      "*star"s,       "&and"s,
        "[x"s,          "{x"s,         "!tag"s,     "%x"s,          "tab\tbed"s,
        "line\nbreak"s, " padded "s,   "C:\\data"s, "caf\xc3\xa9"s, "\xf0\x9f\x98\x80"s,
        "~/runs"s,      "|"s,          ">"s,        "?"s,           "-"s,
        "a,b"s,         "--- a"s,      "...s"s,     "a\rb"s}) {
    ConfigNode root;
    root.kind = ConfigNode::Kind::mapping;
    root.keys = {"key", "list", text};
    root.items.resize(3);
    root.items[0].kind = ConfigNode::Kind::scalar;
    root.items[0].text = text;
    root.items[1].kind = ConfigNode::Kind::sequence;
    root.items[1].items = {root.items[0]};
    const ConfigNode back = parse(emit_yaml(root));
    EXPECT_EQ(back.find("key")->text, text) << emit_yaml(root);
    EXPECT_EQ(back.find("list")->items.at(0).text, text) << emit_yaml(root);
    EXPECT_EQ(back.keys.at(2), text) << emit_yaml(root);
  }
}

}  // namespace
}  // namespace credence
