#include "credence/config/option_reader.h"

#include <limits>

#include "config/expect_error.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/config/yaml.h"

namespace credence {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

enum class Padding { same, valid };
EnumNames<Padding> enum_names(Padding) {
  static constexpr EnumName<Padding> names[] = {{Padding::same, "same"}, {Padding::valid, "valid"}};
  return names;
}

struct Prior {
  double sigma = 1.0;
  std::optional<double> mix;

  template <class Visitor>
  void visit(Visitor& v) {
    v("sigma", sigma);
    v("mix", mix);
  }
};

struct Everything {
  bool flag = true;
  int epochs = 10;
  std::int64_t filters = 32;
  std::uint64_t seed = 1;
  double rate = 0.001;
  float momentum = 0.9f;
  std::string text = "on";
  Padding padding = Padding::valid;
  std::array<std::int64_t, 2> kernel = {3, 3};
  std::vector<int> widths = {64, 32};
  std::vector<Prior> priors;
  std::map<std::string, double> weights = {{"kl", 0.5}};
  Prior prior;

  template <class Visitor>
  void visit(Visitor& v) {
    v("flag", flag);
    v("epochs", epochs);
    v("filters", filters);
    v("seed", seed);
    v("rate", rate);
    v("momentum", momentum);
    v("text", text);
    v("padding", padding);
    v("kernel", kernel);
    v("widths", widths);
    v("priors", priors);
    v("weights", weights);
    v("prior", prior);
  }
};

OptionReader reader_of(const std::string& text) {
  return OptionReader(parse_yaml(text, "recipe.yaml"));
}

Everything read(const std::string& text) {
  OptionReader reader = reader_of(text);
  Everything options;
  reader.read(options);
  reader.finish();
  return options;
}

const char* const defaults =
    "flag: true\nepochs: 10\nfilters: 32\nseed: 1\nrate: 0.001\nmomentum: 0.9\ntext: \"on\"\n"
    "padding: valid\nkernel: [3, 3]\nwidths: [64, 32]\npriors: []\nweights:\n  kl: 0.5\n"
    "prior:\n  sigma: 1.0\n  mix: null\n";

TEST(OptionReader, KeepsDefaultsAndEmitsThem) {
  OptionReader reader;
  Everything options;
  reader.read(options);
  reader.finish();
  EXPECT_EQ(emit_yaml(reader), defaults);
}

TEST(OptionReader, ReadsEveryType) {
  const Everything options = read(
      "flag: no\nepochs: 1e3\nfilters: -5\nseed: 18446744073709551615\nrate: 1e-05\n"
      "momentum: .inf\ntext: 5\npadding: same\nkernel: [5, 7]\nwidths: [1]\n"
      "priors: [{sigma: 2}, {mix: 0.25}]\nweights: {a: 1, b: 2}\nprior: {sigma: 0.1, mix: 0.5}\n");
  EXPECT_FALSE(options.flag);
  EXPECT_EQ(options.epochs, 1000);
  EXPECT_EQ(options.filters, -5);
  EXPECT_EQ(options.seed, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(options.rate, 1e-5);
  EXPECT_EQ(options.momentum, std::numeric_limits<float>::infinity());
  EXPECT_EQ(options.text, "5");
  EXPECT_EQ(options.padding, Padding::same);
  EXPECT_THAT(options.kernel, ElementsAre(5, 7));
  EXPECT_THAT(options.widths, ElementsAre(1));
  ASSERT_EQ(options.priors.size(), 2u);
  EXPECT_EQ(options.priors[0].sigma, 2.0);
  EXPECT_EQ(options.priors[1].sigma, 1.0);
  EXPECT_EQ(options.priors[1].mix, 0.25);
  EXPECT_EQ(options.weights, (std::map<std::string, double>{{"a", 1.0}, {"b", 2.0}}));
  EXPECT_EQ(options.prior.sigma, 0.1);
  EXPECT_EQ(options.prior.mix, 0.5);
}

TEST(OptionReader, OneValueStandsForAllOfAnArray) {
  EXPECT_THAT(read("kernel: 5").kernel, ElementsAre(5, 5));
  OptionReader reader = reader_of("kernel: 5");
  Everything options;
  reader.read(options);
  EXPECT_THAT(emit_yaml(reader), HasSubstr("kernel: [5, 5]\n"));
}

TEST(OptionReader, NullIsAValueOfOptionalsAndAnEmptySection) {
  OptionReader reader = reader_of("mix: ~");
  std::optional<double> mix = 0.5;
  reader("mix", mix);
  EXPECT_EQ(mix, std::nullopt);
  EXPECT_EQ(read("prior:\n").prior.sigma, 1.0);
}

TEST(OptionReader, TheResolvedConfigurationResolvesToItself) {
  for (const char* text :
       {"", "text: 'null'", "text: ''", "text: 'true'", "text: \"line\\nbreak: x\"", "rate: 1e-300",
        "rate: .nan", "rate: -.inf", "momentum: 0.1", "kernel: 7", "widths: []", "weights: {}",
        "weights: {'null': 1, '5': 2}", "priors: [{}, {mix: 3}]",
        "prior: {mix: 0.3333333333333333}", "seed: 0xffffffffffffffff"}) {
    OptionReader first = reader_of(text);
    Everything options;
    first.read(options);
    const std::string resolved = emit_yaml(first);

    OptionReader second = reader_of(resolved);
    Everything again;
    second.read(again);
    second.finish();
    EXPECT_EQ(emit_yaml(second), resolved) << text;
  }
}

struct Bad {
  const char* text;
  const char* message;
};

TEST(OptionReader, TakesASingleValueForAListOfOne) {
  OptionReader reader(parse_yaml("widths: 5", "recipe.yaml"));
  std::vector<int> widths{1, 2};
  reader("widths", widths);
  EXPECT_THAT(widths, testing::ElementsAre(5));
  EXPECT_EQ(emit_yaml(reader), "widths: [5]\n");
}

TEST(OptionReader, SaysWhatWasExpectedWhatCameAndWhere) {
  const std::vector<Bad> all = {
      {"\n\nepochs: five", "epochs: expected an integer, got \"five\" (recipe.yaml:3)"},
      {"epochs: 1.5", "epochs: expected an integer, got \"1.5\" (recipe.yaml:1)"},
      {"epochs: '5'", "epochs: expected an integer, got \"5\" in quotes (recipe.yaml:1)"},
      {"epochs:", "epochs: expected an integer, got nothing (recipe.yaml:1)"},
      {"epochs: [5]", "epochs: expected an integer, got a list (recipe.yaml:1)"},
      {"epochs: {a: 5}", "epochs: expected an integer, got a mapping (recipe.yaml:1)"},
      {"epochs: 3e9",
       "epochs: expected an integer from -2147483648 to 2147483647, got \"3e9\" (recipe.yaml:1)"},
      {"seed: -1",
       "seed: expected an integer from 0 to 18446744073709551615, got \"-1\" (recipe.yaml:1)"},
      {"flag: 1", "flag: expected true or false, got \"1\" (recipe.yaml:1)"},
      {"rate: fast", "rate: expected a number, got \"fast\" (recipe.yaml:1)"},
      {"rate: 1e999", "rate: expected a number, got \"1e999\" (recipe.yaml:1)"},
      {"momentum: 1e39", "momentum: expected a number, got \"1e39\" (recipe.yaml:1)"},
      {"text: [a]", "text: expected text, got a list (recipe.yaml:1)"},
      {"text: ~", "text: expected text, got nothing (recipe.yaml:1)"},
      {"padding: vlid",
       "padding: expected one of same, valid, got \"vlid\"; did you mean \"valid\"? "
       "(recipe.yaml:1)"},
      {"kernel: [1, 2, 3]", "kernel: expected 2 items, got 3 (recipe.yaml:1)"},
      {"kernel: []", "kernel: expected 2 items, got 0 (recipe.yaml:1)"},
      {"kernel: big", "kernel: expected an integer, got \"big\" (recipe.yaml:1)"},
      {"kernel: [1, x]", "kernel.1: expected an integer, got \"x\" (recipe.yaml:1)"},
      {"kernel: {a: 1}", "kernel: expected an integer, got a mapping (recipe.yaml:1)"},
      {"widths: five", "widths: expected an integer, got \"five\" (recipe.yaml:1)"},
      {"widths:\n  - 1\n  - two", "widths.1: expected an integer, got \"two\" (recipe.yaml:3)"},
      {"widths:", "widths: expected an integer, got nothing (recipe.yaml:1)"},
      {"priors: [{sgma: 1}]", "priors.0.sgma: unknown key; did you mean \"sigma\"?"},
      {"priors: [5]", "priors.0: expected a mapping, got \"5\" (recipe.yaml:1)"},
      {"weights: {a: b}", "weights.a: expected a number, got \"b\" (recipe.yaml:1)"},
      {"weights: 5", "weights: expected a mapping, got \"5\" (recipe.yaml:1)"},
      {"prior: 5", "prior: expected a mapping, got \"5\" (recipe.yaml:1)"},
      {"prior:\n  sigma: wide", "prior.sigma: expected a number, got \"wide\" (recipe.yaml:2)"},
      {"prior:\n  mix: much", "prior.mix: expected a number, got \"much\" (recipe.yaml:2)"},
      {"[1, 2]", "expected a mapping, got a list (recipe.yaml:1)"},
      {"5", "expected a mapping, got \"5\" (recipe.yaml:1)"},
  };
  for (const Bad& bad : all) {
    SCOPED_TRACE(bad.text);
    EXPECT_ERROR(read(bad.text), ConfigError, testing::StartsWith(bad.message));
  }
}

TEST(OptionReader, LongValuesAreCutInMessages) {
  EXPECT_ERROR(read("epochs: " + std::string(5000, 'x')), ConfigError,
               testing::SizeIs(testing::Lt(200u)));
}

TEST(OptionReader, RefusesUnknownKeysByTheirFullPath) {
  EXPECT_ERROR(read("epochs: 5\nprior:\n  sigma: 1\n  sgima: 2\n"), ConfigError,
               "prior.sgima: unknown key; did you mean \"sigma\"? (known: sigma, mix) "
               "(recipe.yaml:4)");
  EXPECT_ERROR(read("Epochs: 5"), ConfigError, HasSubstr("did you mean \"epochs\"?"));
}

TEST(OptionReader, SuggestsOnlyWhatIsNear) {
  EXPECT_ERROR(read("prior: {zebra: 1}"), ConfigError,
               "prior.zebra: unknown key (known: sigma, mix) (recipe.yaml:1)");
  EXPECT_ERROR(read("prior: {std: 1}"), ConfigError, HasSubstr("did you mean \"sigma\"?"));
  EXPECT_ERROR(read("std: 1"), ConfigError, HasSubstr("did you mean \"prior.sigma\"?"));
  EXPECT_ERROR(read("threads: 4"), ConfigError, HasSubstr("the option --threads"));
  EXPECT_ERROR(read("padding: reflect"), ConfigError,
               "padding: expected one of same, valid, got \"reflect\" (recipe.yaml:1)");
}

TEST(OptionReader, ForgetsWhatTheFileGives) {
  ConfigNode config = parse_yaml("epochs: 5\nprior: {sigma: 2, mix: 3}\nseed: 4", "recipe.yaml");
  config.find("seed")->overridden = true;
  config.find("prior")->find("mix")->overridden = true;
  OptionReader reader(config);
  reader.forget(std::vector<std::string>{"epochs", "prior.sigma", "prior.mix", "seed", "none"});
  EXPECT_EQ(emit_inline(*reader.node()), "{prior: {mix: 3}, seed: 4}");
  reader.forget(std::vector<std::string>{"prior"});
  EXPECT_EQ(emit_inline(*reader.node()), "{prior: {mix: 3}, seed: 4}");
  Everything options;
  reader.read(options);
  EXPECT_NO_THROW(reader.finish());
  EXPECT_EQ(options.epochs, 10);
  EXPECT_EQ(options.prior.mix, 3.0);
}

TEST(OptionReader, TellsAllUnknownKeysUpToAFew) {
  EXPECT_ERROR(read("prior: {x: 1}\nepoch: 5"), ConfigError,
               AllOf(HasSubstr("prior.x: unknown"), HasSubstr("\nepoch: unknown")));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "unknown" + std::to_string(i) + ": 1\n";
  EXPECT_ERROR(
      read(many), ConfigError,
      AllOf(HasSubstr("unknown7: "), Not(HasSubstr("unknown8: ")), HasSubstr("\nand 12 more")));
}

TEST(OptionReader, PointsToTheSameKeyElsewhere) {
  EXPECT_ERROR(read("sigma: 5"), ConfigError, HasSubstr("; there is prior.sigma)"));
}

TEST(OptionReader, AKeyThatIsOnlyAskedForIsUnused) {
  OptionReader reader = reader_of("train: {epochs: 5}\nmodel: {layers: []}\n");
  EXPECT_TRUE(reader.has("train"));
  EXPECT_FALSE(reader.has("data"));
  reader.sequence("model.layers");
  EXPECT_TRUE(reader.child("model").sequence("layers").empty());
  EXPECT_ERROR(reader.finish(), ConfigError, "train: not used here (recipe.yaml:1)");
  EXPECT_EQ(emit_yaml(reader), "model.layers: []\nmodel:\n  layers: []\n");
}

TEST(OptionReader, ChildrenStayWhereTheyAre) {
  OptionReader reader = reader_of("a: {x: 1}");
  OptionReader& first = reader.child("a");
  for (int i = 0; i < 1000; ++i) reader.child("k" + std::to_string(i));
  EXPECT_EQ(&reader.child("a"), &first);
  OptionReader moved = std::move(reader);
  int x = 0;
  first("x", x);
  EXPECT_EQ(x, 1);
  EXPECT_EQ(&moved.child("a"), &first);
  EXPECT_NO_THROW(moved.finish());
}

std::vector<std::string> layer_names(OptionReader& root) {
  std::vector<std::string> names;
  for (OptionReader& layer : root.child("model").sequence("layers")) {
    names.push_back(layer.name());
    if (names.back() == "Conv2D") {
      std::int64_t filters = 8;
      layer("filters", filters);
    }
  }
  root.finish();
  return names;
}

TEST(OptionReader, ReadsNamesInEveryForm) {
  OptionReader root = reader_of(
      "model:\n  layers:\n    - {type: Conv2D, filters: 64}\n    - Conv2D: {filters: 32}\n"
      "    - Conv2D:\n        filters: 16\n    - Conv2D:\n    - ReLU\n    - {type: ReLU}\n"
      "    - {filters: 4, type: Conv2D}\n");
  EXPECT_THAT(layer_names(root),
              ElementsAre("Conv2D", "Conv2D", "Conv2D", "Conv2D", "ReLU", "ReLU", "Conv2D"));
  const std::string resolved = emit_yaml(root);
  EXPECT_EQ(resolved,
            "model:\n  layers:\n    - type: Conv2D\n      filters: 64\n    - type: Conv2D\n"
            "      filters: 32\n    - type: Conv2D\n      filters: 16\n    - type: Conv2D\n"
            "      filters: 8\n    - type: ReLU\n    - type: ReLU\n    - type: Conv2D\n"
            "      filters: 4\n");
  OptionReader again = reader_of(resolved);
  layer_names(again);
  EXPECT_EQ(emit_yaml(again), resolved);
}

TEST(OptionReader, RefusesBadNames) {
  const std::vector<Bad> all = {
      {"{filters: 64}",
       "model.layers.0: expected a name, such as {type: Name, ...}, got a mapping "
       "without \"type\" (recipe.yaml:3)"},
      {"{Conv2D: 5}", "model.layers.0: expected a name"},
      {"[Conv2D]", "model.layers.0: expected a mapping, got a list (recipe.yaml:3)"},
      {"~", "model.layers.0: expected a name"},
      {"{}", "model.layers.0: expected a name"},
      {"''", "model.layers.0: expected a name"},
      {"{type: ''}", "model.layers.0.type: expected a name, got an empty one"},
      {"{type: }", "model.layers.0.type: expected text, got nothing"},
      {"{type: [a]}", "model.layers.0.type: expected text, got a list"},
      {"{Conv2D: , filters: 5}", "indent the options of Conv2D further"},
      {"{Conv2D: {type: ReLU}}",
       "model.layers.0.Conv2D: expected one name, got a \"type\" besides"},
      {"{Conv2D: {filter: 5}}",
       "model.layers.0.Conv2D.filter: unknown key; did you mean \"filters\""},
      {"{type: ReLU, filters: 5}", "model.layers.0.filters: unknown key"},
  };
  for (const Bad& bad : all) {
    SCOPED_TRACE(bad.text);
    OptionReader root = reader_of(std::string("model:\n  layers:\n    - ") + bad.text);
    EXPECT_ERROR(layer_names(root), ConfigError, HasSubstr(bad.message));
  }
}

TEST(OptionReader, FallsBackToAName) {
  const std::vector<std::string> known = {"SGD", "Adam"};
  const auto optimizer = [&](const std::string& text) {
    OptionReader root = reader_of(text);
    OptionReader& reader = root.child("optimizer");
    std::string name = reader.name("type", "SGD", known);
    Prior options;
    reader.read(options);
    root.finish();
    return name + " " + emit_inline(root.resolved());
  };
  const std::string rest = ", sigma: 1.0, mix: null}}";
  EXPECT_EQ(optimizer(""), "SGD {optimizer: {type: SGD" + rest);
  EXPECT_EQ(optimizer("optimizer:"), "SGD {optimizer: {type: SGD" + rest);
  EXPECT_EQ(optimizer("optimizer: Adam"), "Adam {optimizer: {type: Adam" + rest);
  EXPECT_EQ(optimizer("optimizer: {sigma: 2}"),
            "SGD {optimizer: {type: SGD, sigma: 2.0, mix: null}}");
  EXPECT_EQ(optimizer("optimizer: {Adam: {sigma: 2}}"),
            "Adam {optimizer: {type: Adam, sigma: 2.0, mix: null}}");
  EXPECT_ERROR(optimizer("optimizer: {Adm: {sigma: 2}}"), ConfigError,
               HasSubstr("optimizer.Adm: "));
}

TEST(OptionReader, ListsOptionsForHelp) {
  OptionReader reader;
  Everything options;
  reader.read(options);
  std::string help;
  for (const OptionInfo& info : reader.options())
    help += info.key + ": " + info.type + " = " + info.value + "\n";
  EXPECT_EQ(help,
            "flag: true or false = true\nepochs: integer = 10\nfilters: integer = 32\n"
            "seed: integer = 1\nrate: number = 0.001\nmomentum: number = 0.9\n"
            "text: text = \"on\"\npadding: same | valid = valid\n"
            "kernel: integer or 2 of them = [3, 3]\nwidths: list of integer = [64, 32]\n"
            "priors: list of mapping = []\nweights: mapping to number = {kl: 0.5}\n"
            "prior.sigma: number = 1.0\nprior.mix: number or null = null\n");
}

TEST(EnumNames, GoBothWays) {
  EXPECT_EQ(enum_name(Padding::valid), "valid");
  EXPECT_THAT(names_of<Padding>(), ElementsAre("same", "valid"));
  EXPECT_THROW(enum_name(Padding(7)), InternalError);
  OptionReader reader;
  Padding padding = Padding(7);
  EXPECT_THROW(reader("padding", padding), InternalError);
}

TEST(OptionReader, SaysWhatItExpectedWhere) {
  OptionReader root(parse_yaml("train:\n  epochs: -1", "recipe.yaml"));
  OptionReader& train = root.child("train");
  std::optional<int> steps;
  int epochs = 0;
  train("epochs", epochs);
  train("steps", steps);
  EXPECT_NO_THROW(train.expect("epochs", true, "0 or more"));
  EXPECT_ERROR(train.expect("epochs", epochs >= 0, "0 or more"), ConfigError,
               "train.epochs: expected 0 or more, got -1 (recipe.yaml:2)");
  EXPECT_ERROR(train.expect("steps", false, "a number"), ConfigError,
               "train.steps: expected a number, got null (recipe.yaml:1)");
}

TEST(OptionReader, ErrorsOfOthersGetThePlaceOfTheOptionTheyName) {
  OptionReader root(parse_yaml("prior:\n  mix: 3\n  sigma: -1", "recipe.yaml"));
  OptionReader& reader = root.child("prior");
  Prior prior;
  reader.read(prior);
  const auto fail = [&](const std::string& message) {
    reader.check([&] { require<ConfigError>(false, message); });
  };
  EXPECT_ERROR(fail("sigma is negative"), ConfigError,
               "prior.sigma: sigma is negative (recipe.yaml:3)");
  EXPECT_ERROR(fail("p: mix, too"), ConfigError, "prior.mix: p: mix, too (recipe.yaml:2)");
  // No whole word, or not given: the place of all.
  for (const std::string message : {"sigmas", "log_sigma", "sigma_2", "mixture", "mean", "all"})
    EXPECT_ERROR(fail(message), ConfigError, "prior: " + message + " (recipe.yaml:1)");
  EXPECT_ERROR(reader.check([] { require<DataError>(false, "sigma"); }), DataError, "sigma");
  EXPECT_EQ(reader.check([] { return 7; }), 7);
}

}  // namespace
}  // namespace credence
