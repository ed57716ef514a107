#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

namespace fs = std::filesystem;
using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using credence::testing::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;

NamedTensor named(const std::string& name, Shape shape, double value,
                  DType dtype = DType::float32) {
  NamedTensor result{name, Tensor(shape, dtype)};
  result.tensor.fill(value);
  return result;
}

std::vector<NamedTensor> model(double value) {
  return {named("conv1.weight_mu", {2, 3}, value), named("output.bias", {2}, 2 * value)};
}

std::vector<NamedTensor> optimizer(double value) {
  return {named("conv1.weight_mu.first_moment", {2, 3}, value)};
}

const CheckpointInfo info{.step = 938,
                          .epoch = 2,
                          .seed = 18446744073709551615U,
                          .config_hash = "c0ffee",
                          .more = {{"loader", "5"}}};

TEST(Checkpoint, RestoresAllThatWasSaved) {
  const TemporaryFolder directory;
  const fs::path file = save_checkpoint(directory / "checkpoints", model(1), optimizer(5), info);
  EXPECT_EQ(file, directory / "checkpoints" / "step-00000938.safetensors");

  auto weights = model(0), state = optimizer(0);
  const CheckpointInfo loaded = load_training(file, weights, state).info;
  EXPECT_EQ(loaded.step, info.step);
  EXPECT_EQ(loaded.epoch, info.epoch);
  EXPECT_EQ(loaded.seed, info.seed);
  EXPECT_EQ(loaded.config_hash, info.config_hash);
  EXPECT_EQ(loaded.more, info.more);
  EXPECT_THAT(weights[0].tensor.span<float>(), ::testing::Each(1.0F));
  EXPECT_THAT(weights[1].tensor.span<float>(), ::testing::Each(2.0F));
  EXPECT_THAT(state[0].tensor.span<float>(), ::testing::Each(5.0F));
}

TEST(Checkpoint, LoadsIntoParametersInPlace) {
  const TemporaryFolder directory;
  Parameter bias("output.bias", {2}, DType::float32);
  const std::vector<Parameter*> parameters{&bias};
  bias.value.fill(4);
  const fs::path file = save_checkpoint(directory.path(), named_values(parameters), {}, info);
  bias.value.fill(0);
  auto values = named_values(parameters);
  load_weights(file, values);
  EXPECT_THAT(bias.value.span<float>(), ::testing::Each(4.0F));
}

TEST(Checkpoint, LoadsWeightsAloneWhateverTheOptimizer) {
  const TemporaryFolder directory;
  const fs::path file = save_checkpoint(directory.path(), model(1), optimizer(5), info);
  auto weights = model(0);
  load_weights(file, weights);
  EXPECT_THAT(weights[0].tensor.span<float>(), ::testing::Each(1.0F));
}

TEST(Checkpoint, GivesWhatWasSavedOfTheDataBesideTheWeights) {
  const TemporaryFolder directory;
  auto saved = model(1);
  saved.push_back(named("data.weight", {2}, 3));  // of a layer called "data"
  auto weights = model(0);
  weights.push_back(named("data.weight", {2}, 0));
  saved.push_back(named("data.src_scale", {2}, 7, DType::float64));
  const fs::path file = save_checkpoint(directory.path(), saved, optimizer(5), info);
  const std::vector<NamedTensor> data = load_weights(file, weights).data;
  ASSERT_EQ(data.size(), 1u);
  EXPECT_EQ(data[0].name, "data.src_scale");
  EXPECT_THAT(data[0].tensor.span<double>(), ::testing::Each(7.0));
  EXPECT_THAT(weights[2].tensor.span<float>(), ::testing::Each(3.0F));
}

TEST(Checkpoint, RefusesTensorsThatDoNotMatchAndCopiesNone) {
  const TemporaryFolder directory;
  const fs::path file = save_checkpoint(directory.path(), model(1), optimizer(5), info);
  const auto message = [&](std::vector<NamedTensor> weights, std::vector<NamedTensor> state) {
    const std::string text = message_of<DataError>([&] { load_training(file, weights, state); });
    for (const NamedTensor& weight : weights) {
      if (weight.tensor.dtype() != DType::float32) continue;
      EXPECT_THAT(weight.tensor.span<float>(), ::testing::Each(0.0F));
    }
    EXPECT_THAT(text, HasSubstr(file.string()));
    return text;
  };
  auto missing = model(0);
  missing.push_back(named("conv2.weight_mu", {4}, 0));
  EXPECT_THAT(message(missing, optimizer(0)),
              AllOf(HasSubstr("expected tensor \"conv2.weight_mu\", float32 [4], found none"),
                    HasSubstr("closest is \"conv1.weight_mu\"")));

  auto fewer = model(0);
  fewer.pop_back();
  EXPECT_THAT(message(fewer, optimizer(0)), HasSubstr("\"output.bias\", float32 [2]"));

  auto other_shape = model(0);
  other_shape[1] = named("output.bias", {3}, 0);
  EXPECT_THAT(message(other_shape, optimizer(0)),
              HasSubstr("\"output.bias\": expected float32 [3], got float32 [2]"));

  auto other_type = model(0);
  other_type[1] = named("output.bias", {2}, 0, DType::float64);
  EXPECT_THAT(message(other_type, optimizer(0)),
              HasSubstr("\"output.bias\": expected float64 [2], got float32 [2]"));

  EXPECT_THAT(message(model(0), {}), HasSubstr("\"optimizer.conv1.weight_mu.first_moment\""));
}

TEST(Checkpoint, RefusesCountersThatAreMissingOrNoNumbers) {
  const TemporaryFolder directory;
  auto weights = model(0);
  const auto message = [&](const Metadata& metadata) {
    write_safetensors(directory / "w", weights, metadata);
    return message_of<DataError>([&] { load_training(directory / "w", weights, {}); });
  };
  EXPECT_THAT(message({{"step", "1"}, {"epoch", "1"}, {"config_hash", ""}}),
              HasSubstr("expected metadata \"seed\", found none"));
  EXPECT_THAT(message({{"step", "1x"}, {"epoch", "1"}, {"seed", "1"}, {"config_hash", ""}}),
              HasSubstr("\"step\": expected a whole number, got \"1x\""));
}

TEST(Checkpoint, RefusesNamesThatCollide) {
  const TemporaryFolder directory;
  const std::vector<NamedTensor> weights{named("optimizer.a", {1}, 0)};
  EXPECT_THROW(save_checkpoint(directory.path(), weights, {}, info), InternalError);
  const CheckpointInfo colliding{.config_hash = "", .more = {{"step", "1"}}};
  EXPECT_THROW(save_checkpoint(directory.path(), {}, {}, colliding), InternalError);
}

}  // namespace
}  // namespace credence
