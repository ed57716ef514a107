#include "credence/config/overrides.h"

#include "config/expect_error.h"
#include <gtest/gtest.h>

#include "credence/config/config_file.h"
#include "credence/config/experiment.h"
#include "credence/config/yaml.h"

namespace credence {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ConfigNode with(const std::string& file, const std::vector<std::string>& overrides) {
  ConfigNode config = parse_yaml(file, "recipe.yaml");
  for (const std::string& assignment : overrides) apply_override(config, assignment);
  return config;
}

Experiment read(const std::string& file, const std::vector<std::string>& overrides) {
  return read_experiment(with(file, overrides));
}

std::string resolved(const std::string& file, const std::vector<std::string>& overrides) {
  return read(file, overrides).resolved;
}

std::string error_of(const std::string& file, const std::vector<std::string>& overrides) {
  try {
    read(file, overrides);
    return "none";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(Overrides, RememberWhatTheyReplace) {
  const ConfigNode config = with("a: {b: 1, c: 2}", {"a.b=3", "a.b=4", "d.e=5"});
  const ConfigNode& a = *config.find("a");
  EXPECT_FALSE(a.overridden);
  EXPECT_TRUE(a.has_override());
  EXPECT_TRUE(a.find("b")->overridden);
  EXPECT_EQ(a.find("b")->replaced, "1");
  EXPECT_FALSE(a.find("c")->has_override());
  EXPECT_EQ(config.find("d")->where(), "command line");
}

TEST(Overrides, OfAKeyThatIsNotThereStandOnTheCommandLine) {
  EXPECT_THAT(error_of("model: {name: CNN_FC}\n", {"trian.epochs=2"}),
              AllOf(StartsWith("trian: "), EndsWith("(command line)")));
  EXPECT_THAT(error_of("model: {name: CNN_FC}\n", {"train.kl.wieght=2"}),
              AllOf(StartsWith("train.kl.wieght: "), EndsWith("(command line)")));
}

const std::string saved_mnist = resolved("model: {name: BNN_conv_flip}", {"data.path=/data/mnist"});
const std::string saved_digits =
    resolved("model: {name: BNN_conv_flip}\ndata: {name: digits, seed: 7, train_count: 600}", {});

TEST(Overrides, OfTheDataSetDropTheOptionsOfTheOldOne) {
  EXPECT_EQ(read(saved_mnist, {"data.name=digits"}).data_name, "digits");
  EXPECT_EQ(read(saved_digits, {"data.name=mnist"}).data_name, "mnist");
  EXPECT_EQ(
      read("model: {name: CNN_FC}\ndata: {path: /data/mnist}", {"data.name=digits"}).data_name,
      "digits");
  // What the new one has too stays, in whatever order the overrides come.
  const std::string csv = resolved(saved_digits, {"data.path=t.csv", "data.name=csv"});
  EXPECT_THAT(csv, AllOf(HasSubstr("  seed: 7\n"), HasSubstr("path: t.csv"),
                         Not(HasSubstr("train_count"))));
}

TEST(Overrides, OfTheDataSetKeepWhatIsWrong) {
  EXPECT_THAT(error_of(saved_mnist, {"data.name=digits", "data.path=/x"}),
              AllOf(StartsWith("data.path: unknown key"), EndsWith("(command line)")));
  EXPECT_THAT(error_of("model: {name: CNN_FC}\ndata: {pth: /x}", {"data.name=digits"}),
              StartsWith("data.pth: unknown key"));
  EXPECT_THAT(error_of("model: {name: CNN_FC}\ndata: {name: digits, path: /x}", {"seed=2"}),
              StartsWith("data.path: unknown key"));
  EXPECT_THAT(
      error_of("model: {name: CNN_FC}\ndata: {name: digits, path: /x}", {"data.name=digits"}),
      StartsWith("data.path: unknown key"));
}

TEST(Overrides, OfAnOptimizerDropTheOptionsOfTheOldOne) {
  const std::string adam = "model: {name: CNN_FC}\ntrain: {optimizer: ";
  const std::string sgd = "optimizer:\n    type: SGD\n    momentum: 0.0\n    nesterov: false\n";
  const std::string kept = sgd + "    weight_decay: 0.1\n";
  for (const char* optimizer :
       {"{type: Adam, beta1: 0.8, weight_decay: 0.1}}", "{Adam: {beta1: 0.8, weight_decay: 0.1}}}",
        "{beta1: 0.8, weight_decay: 0.1}}"})
    EXPECT_THAT(resolved(adam + optimizer, {"train.optimizer.type=SGD"}), HasSubstr(kept));
  EXPECT_THAT(resolved(adam + "Adam}", {"train.optimizer.type=SGD"}),
              HasSubstr(sgd + "    weight_decay: 0.0\n"));
  EXPECT_THAT(resolved(adam + "{type: Adam, weight_decay: 0.1}}", {"train.optimizer=SGD"}),
              HasSubstr(sgd + "    weight_decay: 0.0\n"));
  EXPECT_THAT(
      error_of(adam + "{type: Adam}}", {"train.optimizer.type=SGD", "train.optimizer.beta1=0.8"}),
      StartsWith("train.optimizer.beta1: unknown key"));
}

TEST(Overrides, OfTheLossDropTheOptionsOfTheOldOne) {
  const std::string loss =
      "model: {name: CNN_FC}\ntrain: {loss: {type: categorical_cross_entropy, from_logits: true}}";
  EXPECT_THAT(resolved(loss, {"train.loss.type=mean_squared_error"}),
              HasSubstr("loss:\n    type: mean_squared_error\n  val"));
  EXPECT_THAT(resolved(loss, {"train.loss.type=auto"}), HasSubstr("loss:\n    type: auto\n  val"));
}

TEST(Overrides, OfTheModelTakeItsPosteriorAlong) {
  const std::string fc = resolved(saved_mnist, {"model.name=BNN_FC_nonflip"});
  EXPECT_EQ(fc, resolved("model: {name: BNN_FC_nonflip}", {"data.path=/data/mnist"}));
  const std::string cnn = resolved(saved_mnist, {"model.name=CNN_FC"});
  EXPECT_EQ(cnn, resolved("model: {name: CNN_FC}", {"data.path=/data/mnist"}));
  EXPECT_EQ(resolved(cnn, {"model.name=BNN_conv_flip"}), saved_mnist);
  // Its prior stays where there is one to have.
  const std::string narrow = "model: {name: BNN_conv_flip, bayesian: {prior: {sigma: 0.1}}}";
  EXPECT_THAT(resolved(narrow, {"model.name=BNN_FC_flip"}), HasSubstr("sigma: 0.1\n"));
  EXPECT_THAT(resolved(narrow, {"model.name=CNN_FC"}), HasSubstr("sigma: 1.0\n"));
  EXPECT_THAT(resolved(narrow, {"model.name=CNN_FC", "model.bayesian.layers=all"}),
              AllOf(HasSubstr("layers: [all]\n"), HasSubstr("sigma: 0.1\n")));
}

const std::string listed =
    "model:\n  name: mine\n  layers: [Flatten, {type: Dense, units: 10}]\n"
    "  bayesian: {layers: all, prior: {sigma: 0.1}}\n";

TEST(Overrides, OfTheModelReplaceAListOfLayersAndBack) {
  EXPECT_EQ(resolved(listed, {"model.name=CNN_FC"}), resolved("model: {name: CNN_FC}", {}));
  EXPECT_THAT(resolved(listed, {"model.name=BNN_FC_flip"}),
              AllOf(HasSubstr("layers: [dense1]\n"), HasSubstr("sigma: 0.1\n")));
  const std::string custom = resolved(saved_mnist, {"model.layers=[Flatten, {Dense: {units: 3}}]"});
  EXPECT_THAT(custom, AllOf(HasSubstr("name: custom\n"), HasSubstr("units: 3\n"),
                            HasSubstr("bayesian:\n    layers: []\n")));
  EXPECT_THAT(resolved(listed, {"model.layers.1.units=4"}),
              AllOf(HasSubstr("name: mine\n"), HasSubstr("units: 4\n")));
}

TEST(Overrides, OfTheModelAndItsLayersAreRefusedTogether) {
  EXPECT_THAT(
      error_of(listed, {"model.name=CNN_FC", "model.layers.1.units=4"}),
      AllOf(StartsWith("model.name: \"CNN_FC\" is a model of the zoo, and layers are listed "
                       "too (recipe.yaml:3): remove one"),
            EndsWith("(command line)")));
  EXPECT_THAT(error_of("model:\n  name: CNN_FC\n  layers: [ReLU]\n", {}),
              AllOf(HasSubstr("(recipe.yaml:3): remove one"), EndsWith("(recipe.yaml:2)")));
  EXPECT_THAT(error_of(listed, {"model.name=CNN_FCC"}),
              HasSubstr("unknown model \"CNN_FCC\"; did you mean \"CNN_FC\"?"));
}

TEST(Overrides, OfOneOfTwoThatExcludeEachOtherReplaceTheOther) {
  const std::string all = "model: {name: CNN_FC}\ntrain: {global_batch_size: 64}";
  EXPECT_EQ(read(all, {"train.batch_size=8"}).train.global_batch(2), 16);
  EXPECT_EQ(read("model: {name: CNN_FC}\ntrain: {batch_size: 64}", {"train.global_batch_size=8"})
                .train.global_batch(2),
            8);
  EXPECT_EQ(read(resolved(all, {}), {"train.batch_size=8"}).train.global_batch(2), 16);
  EXPECT_EQ(read(all, {"train.batch_size=null"}).train.global_batch(2), 64);
  EXPECT_EQ(
      error_of(all, {"train.batch_size=8", "train.global_batch_size=8"}),
      "train.batch_size: there is global_batch_size (of all ranks) too (command line): remove "
      "it, or batch_size (of one rank) (command line)");
  const std::string warmup = "model: {name: CNN_FC}\ntrain: {warmup: {epochs: 2}}";
  EXPECT_EQ(read(warmup, {"train.warmup.steps=10"}).train.warmup.epochs, 0);
  EXPECT_EQ(read(warmup, {"train.warmup.steps=0"}).train.warmup.epochs, 2);
  const std::string kl = "model: {name: BNN_FC_flip}\ntrain: {kl: {warmup_epochs: 2}}";
  EXPECT_EQ(read(kl, {"train.kl.warmup_steps=10"}).train.kl.warmup_epochs, 0);
  EXPECT_EQ(read(kl, {"train.kl.warmup_steps=10"}).train.kl.warmup_steps, 10);
}

}  // namespace
}  // namespace credence
