#include "credence/config/factory.h"

#include "config/expect_error.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/config/yaml.h"

namespace credence {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Optimizer {
  virtual ~Optimizer() = default;
  virtual std::string text() const = 0;
};

struct SgdOptions {
  double momentum = 0.9;
  bool nesterov = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("momentum", momentum);
    v("nesterov", nesterov);
  }
};

class Sgd : public Optimizer {
 public:
  using Options = SgdOptions;
  explicit Sgd(const SgdOptions& options) : options_(options) {
    require<ConfigError>(options.momentum < 1, "SGD: momentum must be below 1, got ",
                         options.momentum);
  }
  std::string text() const override { return concat("SGD ", options_.momentum); }

 private:
  SgdOptions options_;
};

class Plain : public Optimizer {
 public:
  std::string text() const override { return "plain"; }
};

const Registry<Factory<Optimizer>>& optimizers() {
  static const Registry<Factory<Optimizer>> registry{
      "optimizer", {{"SGD", entry<Sgd>()}, {"Plain", entry<Plain>()}}};
  return registry;
}

std::string make(const std::string& text, const std::string& fallback = "") {
  OptionReader root(parse_yaml(text, "recipe.yaml"));
  OptionReader& reader = root.child("optimizer");
  const auto optimizer = find_named(optimizers(), reader, fallback).make(reader);
  root.finish();
  return optimizer->text() + " " + emit_inline(root.resolved());
}

TEST(Factory, MakesByName) {
  EXPECT_EQ(make("optimizer: {type: SGD, momentum: 0.5}"),
            "SGD 0.5 {optimizer: {type: SGD, momentum: 0.5, nesterov: false}}");
  EXPECT_EQ(make("optimizer: {SGD: {momentum: 0.5}}"),
            make("optimizer: {type: SGD, momentum: 0.5}"));
  EXPECT_EQ(make("optimizer: Plain"), "plain {optimizer: {type: Plain}}");
  EXPECT_EQ(make("optimizer: {momentum: 0.5}", "SGD"), make("optimizer: {SGD: {momentum: 0.5}}"));
  EXPECT_EQ(make("optimizer: {Plain: }", "SGD"), "plain {optimizer: {type: Plain}}");
}

TEST(Factory, SaysWhereItFails) {
  EXPECT_ERROR(make("\noptimizer: SDG"), ConfigError,
               "optimizer: unknown optimizer \"SDG\"; did you mean \"SGD\"? (known: SGD, Plain) "
               "(recipe.yaml:2)");
  EXPECT_ERROR(make("optimizer:\n  momentum: 0.5\n  type: SDG"), ConfigError,
               AllOf(HasSubstr("optimizer.type: unknown optimizer"), HasSubstr("recipe.yaml:3")));
  EXPECT_ERROR(make("optimizer:\n  type: SGD\n  momentum: 2"), ConfigError,
               "optimizer.momentum: SGD: momentum must be below 1, got 2 (recipe.yaml:3)");
  EXPECT_ERROR(make("optimizer: {type: Plain, momentum: 2}"), ConfigError,
               "optimizer.momentum: unknown key (known: type) (recipe.yaml:1)");
  EXPECT_ERROR(make(""), ConfigError, HasSubstr("optimizer: expected a name"));
}

TEST(Factory, ReadsNowAndMakesLater) {
  OptionReader root(parse_yaml("{type: SGD, momentum: 0.25}", "recipe.yaml"));
  const auto maker = find_named(optimizers(), root).prepare(root);
  EXPECT_NO_THROW(root.finish());
  EXPECT_EQ(maker()->text(), "SGD 0.25");
  EXPECT_EQ(maker()->text(), "SGD 0.25");
}

TEST(Factory, FindsMistakesWhenItReads) {
  OptionReader root(parse_yaml("nesterov: true\nmomentum: 2", "recipe.yaml"));
  const Factory<Optimizer>& sgd = optimizers().find("SGD");
  EXPECT_ERROR(sgd.prepare(root), ConfigError,
               "momentum: SGD: momentum must be below 1, got 2 (recipe.yaml:2)");
}

TEST(Factory, TellsUnknownKeysBeforeWhatTheyMayCause) {
  const auto unknown = AllOf(HasSubstr("optimizer.momentun: unknown key; did you mean "),
                             testing::Not(HasSubstr("below 1")));
  EXPECT_ERROR(make("optimizer: {type: SGD, momentum: 2, momentun: 0.5}"), ConfigError, unknown);
}

TEST(Factory, DescribesWithoutMaking) {
  const std::vector<OptionInfo> options = optimizers().find("SGD").describe();
  ASSERT_EQ(options.size(), 2u);
  EXPECT_EQ(options[0].key, "momentum");
  EXPECT_EQ(options[0].type, "number");
  EXPECT_EQ(options[0].value, "0.9");
  EXPECT_TRUE(optimizers().find("Plain").describe().empty());
  EXPECT_EQ(describe_options<Sgd>().size(), 2u);
}

TEST(Factory, ReadsOptionsOfWhatIsNotMade) {
  OptionReader root(parse_yaml("{momentum: 0.25}", "recipe.yaml"));
  EXPECT_EQ(read_options<Sgd>(root).momentum, 0.25);
}

struct Layer {
  virtual ~Layer() = default;
  std::string name;
};
struct Dense : Layer {
  struct Options {
    std::int64_t units = 10;
    template <class Visitor>
    void visit(Visitor& v) {
      v("units", units);
    }
  };
  Dense(const Options& options, std::string given, std::unique_ptr<int> weight) {
    name = concat(given, " ", options.units, " ", *weight);
  }
};
struct Flatten : Layer {
  Flatten(std::string given, std::unique_ptr<int>) { name = std::move(given); }
};

TEST(Factory, PassesArgumentsOn) {
  using LayerFactory = Factory<Layer, std::string, std::unique_ptr<int>>;
  const Registry<LayerFactory> layers{"layer",
                                      {{"Dense", entry<Dense>()}, {"Flatten", entry<Flatten>()}}};
  OptionReader reader;
  EXPECT_EQ(layers.find("Dense").make(reader, "fc1", std::make_unique<int>(7))->name, "fc1 10 7");
  EXPECT_EQ(layers.find("Flatten").make(reader, "flat", nullptr)->name, "flat");
}

}  // namespace
}  // namespace credence
