// What a training step may cost, and what it may not depend on.

#include "support/counted_allocations.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "credence/checkpoint/weights_hash.h"
#include "credence/config/model_section.h"
#include "credence/config/yaml.h"
#include "credence/kernels/parallel.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/optim/adam.h"
#include "credence/train/trainer.h"
#include "credence/zoo/zoo.h"

namespace credence {
namespace {

std::int64_t page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

std::shared_ptr<const Dataset> random_images(const Shape& image, std::int64_t count) {
  Tensor src = random_tensor(image.prepend(count), DType::float32, "images"), target({count, 1});
  for (std::int64_t n = 0; n < count; ++n) target.span<float>()[n] = static_cast<float>(n % 10);
  return std::make_shared<InMemoryDataset>("images", src, target, TargetInfo{.classes = 10});
}

/// A model of the zoo in training on random images.
class Training {
 public:
  Training(const std::string& name, std::int64_t batch, std::int64_t examples,
           std::int64_t micro_batch = 0)
      : communicator_(self_communicator()),
        model_(graph(name), {.max_batch = rows_at_once(batch, micro_batch), .seed = 4}),
        loss_({.from_logits = model_.summary().back().layer.type != "Softmax"}),
        loader_(random_images(zoo().find(name).input, examples),
                {.global_batch = batch, .seed = 4}),
        trainer_({.model = model_,
                  .loss = loss_,
                  .optimizer = optimizer_,
                  .loader = loader_,
                  .communicator = *communicator_},
                 {.epochs = 3, .micro_batch = micro_batch, .seed = 4}) {
    loss_.setup(model_.output_shape(), {1}, 10);
  }

  Trainer& trainer() { return trainer_; }
  std::string weights() const { return weights_sha256(model_.parameters()); }

 private:
  static GraphSpec graph(const std::string& name) {
    OptionReader reader(parse_yaml("name: " + name, "test"));
    return read_model_section(reader).make_graph(zoo().find(name).input, 10);
  }

  std::unique_ptr<Communicator> communicator_;
  Model model_;
  CategoricalCrossEntropy loss_;
  Adam optimizer_;
  Loader loader_;
  Trainer trainer_;
};

/// Counts between the second step and the last but one of a run.
struct CostObserver : Observer {
  std::int64_t allocations_before = allocation_count(), faults_before = 0;
  std::int64_t allocated_at_first = 0, allocated = 0, faulted = 0;
  void on_step(const StepReport& report) override {
    if (report.step == 1) allocated_at_first = allocation_count() - allocations_before;
    if (report.step_in_epoch == 2) {
      allocations_before = allocation_count();
      faults_before = page_faults();
    }
    if (report.epoch > 1 && report.step_in_epoch == report.steps_per_epoch) {
      allocated += allocation_count() - allocations_before;
      faulted += page_faults() - faults_before;
    }
  }
};

class Step : public ::testing::TestWithParam<std::string> {
 protected:
  void TearDown() override { set_thread_count(before_); }
  int before_ = thread_count();
};

TEST_P(Step, AllocatesNothingAndTouchesNoNewPage) {
  set_thread_count(2);
  for (const std::int64_t micro_batch : {0, 3}) {
    Training training(GetParam(), 8, 40, micro_batch);
    CostObserver cost;
    training.trainer().add_observer(cost);
    training.trainer().run();
    EXPECT_GT(cost.allocated_at_first, 0);  // so they are counted
    EXPECT_EQ(cost.allocated, 0) << "micro-batches of " << micro_batch;
    EXPECT_LE(cost.faulted, 2);  // the system's own, now and then
  }
}

TEST_P(Step, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (const std::int64_t micro_batch : {0, 9}) {
    std::string first;
    for (const int threads : {1, 2, 3}) {
      set_thread_count(threads);
      Training training(GetParam(), 21, 63, micro_batch);
      training.trainer().run();
      if (first.empty()) first = training.weights();
      EXPECT_EQ(training.weights(), first)
          << threads << " threads, micro-batches of " << micro_batch;
    }
  }
}

/// But for those of 1200 units, which are those of 400 but wider.
std::vector<std::string> models() {
  std::vector<std::string> names = zoo().names();
  std::erase_if(names, [](const std::string& name) { return name.ends_with("_1200"); });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, Step, ::testing::ValuesIn(models()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace credence
