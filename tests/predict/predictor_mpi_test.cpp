#include <algorithm>

#include "support/mpi.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/layers/dense.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/predict/predictor.h"

namespace credence {
namespace {

/// The share of right answers over examples of which each is one: neither a rank's part nor a batch
/// is padded, whatever the sizes.
TEST(Evaluate, CountsEachExampleOnceOnAnyNumberOfRanks) {
  GraphSpec graph{.name = "linear", .input = {5}};
  graph.add("dense", dense({.units = 3}));
  Model model(graph, {.max_batch = 8});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 3);
  Communicator& ranks = test::communicator();
  for (const std::int64_t count : {3, 33, 103}) {
    const Tensor src = random_tensor({count, 5}, DType::float32, "examples");
    Tensor target({count, 1});
    for (std::int64_t n = 0; n < count; ++n) target.span<float>()[n] = static_cast<float>(n % 3);
    const InMemoryDataset data("examples", src, target, {.classes = 3});

    Predictor predictor(model, loss, 1, {.samples = 1});
    const auto part = predictor.predict(data, ranks);
    double rows = static_cast<double>(part.target.shape()[0]);
    ranks.sum(std::span(&rows, 1));
    EXPECT_EQ(rows, static_cast<double>(count));

    double right = 0;
    for (std::int64_t n = 0; n < count; ++n) {
      model.forward(src.rows(n, 1), {.training = false});
      const auto logits = model.output().span<float>();
      right += std::ranges::max_element(logits) - logits.begin() == n % 3;
    }
    for (const auto& [name, value] : evaluate(predictor, data, ranks))
      if (name == "accuracy") {
        EXPECT_DOUBLE_EQ(value, right / static_cast<double>(count)) << count;
      }
  }
}

}  // namespace
}  // namespace credence
