#include "credence/data/digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

constexpr std::int64_t pixels = 784;

struct Examples {
  std::int64_t count;
  Tensor src;
  Tensor target;
  std::span<const float> image(std::int64_t i) const {
    return src.span<float>().subspan(static_cast<std::size_t>(i * pixels), pixels);
  }
  int digit(std::int64_t i) const { return static_cast<int>(target.data<float>()[i]); }
};

Examples all_of(const Dataset& dataset) {
  const std::int64_t count = dataset.size();
  Examples examples{count, Tensor({count, 28, 28, 1}), Tensor({count, 1})};
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  dataset.read(indices, 0, examples.src, examples.target);
  return examples;
}

bool same(const Examples& a, const Examples& b, std::int64_t count) {
  return std::equal(a.src.data<float>(), a.src.data<float>() + count * pixels,
                    b.src.data<float>()) &&
         std::equal(a.target.data<float>(), a.target.data<float>() + count, b.target.data<float>());
}

Examples train(const DigitsOptions& options) {
  return all_of(*make_digits(options).train);
}

TEST(Digits, DescribeThemselves) {
  const DataSplits splits = make_digits({.train_count = 30, .test_count = 20});
  EXPECT_EQ(splits.train->name(), "digits");
  EXPECT_EQ(splits.train->size(), 30);
  EXPECT_EQ(splits.test->size(), 20);
  EXPECT_EQ(splits.train->src_shape(), (Shape{28, 28, 1}));
  EXPECT_EQ(splits.train->target_shape(), (Shape{1}));
  EXPECT_EQ(splits.train->target_info().classes, 10);
  EXPECT_EQ(splits.train->target_info().labels.at(7), "7");
  EXPECT_EQ(DigitsOptions{}.train_count, 60000);
  EXPECT_EQ(DigitsOptions{}.test_count, 10000);
}

TEST(Digits, AnExampleDependsOnSeedPartAndIndexAlone) {
  const int threads = thread_count();
  set_thread_count(1);
  const Examples one = train({.train_count = 500, .test_count = 1});
  set_thread_count(3);
  const Examples three = train({.train_count = 500, .test_count = 1});
  const Examples fewer = train({.train_count = 77, .test_count = 5});
  set_thread_count(threads);
  EXPECT_TRUE(same(one, three, 500));
  EXPECT_TRUE(same(one, fewer, 77));
  const Examples other = train({.seed = 1, .train_count = 500, .test_count = 1});
  EXPECT_FALSE(std::ranges::equal(one.target.span<float>(), other.target.span<float>()));
  for (std::int64_t i = 0; i < 500; ++i)
    EXPECT_FALSE(std::ranges::equal(one.image(i), other.image(i))) << i;
}

/// Recipes state accuracies on these very bytes: another machine or compiler must make the same.
TEST(Digits, BytesNeverChange) {
  const DataSplits splits = make_digits({.train_count = 1000, .test_count = 500});
  std::uint64_t hash = 0xcbf29ce484222325;  // 64-bit FNV-1a
  for (const auto& part : {splits.train, splits.test}) {
    const Examples examples = all_of(*part);
    for (std::int64_t i = 0; i < examples.count; ++i) {
      for (const float pixel : examples.image(i))
        hash = (hash ^ static_cast<std::uint8_t>(std::lround(pixel * 255.0F))) * 0x100000001b3;
      hash = (hash ^ static_cast<std::uint8_t>(examples.digit(i))) * 0x100000001b3;
    }
  }
  EXPECT_EQ(hash, 0x33fc4f2797f59476U);
}

TEST(Digits, AreBalancedInRandomOrder) {
  const DataSplits splits = make_digits({.train_count = 2000, .test_count = 1000});
  for (const auto& part : {splits.train, splits.test}) {
    const Examples examples = all_of(*part);
    std::set<std::vector<int>> orders;
    std::array<int, 10> first{};
    for (std::int64_t block = 0; block < examples.count; block += 10) {
      std::vector<int> order;
      for (std::int64_t i = block; i < block + 10; ++i) order.push_back(examples.digit(i));
      ++first[static_cast<std::size_t>(order[0])];
      orders.insert(order);
      std::ranges::sort(order);
      EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    }
    EXPECT_GT(std::ssize(orders), examples.count / 10 * 9 / 10);
    for (const int count : first) EXPECT_GT(count, 0);
  }
}

TEST(Digits, NoTwoAreEqual) {
  const DataSplits splits = make_digits({.train_count = 4000, .test_count = 2000});
  std::set<std::vector<float>> images;
  for (const auto& part : {splits.train, splits.test}) {
    const Examples examples = all_of(*part);
    for (std::int64_t i = 0; i < examples.count; ++i)
      images.emplace(examples.image(i).begin(), examples.image(i).end());
  }
  EXPECT_EQ(images.size(), 6000);
}

TEST(Digits, AreInkOnAnEmptyPageAndNotCutOff) {
  const Examples examples = train({.seed = 9, .train_count = 3000, .test_count = 1});
  double sum = 0;
  for (std::int64_t i = 0; i < examples.count; ++i) {
    const auto image = examples.image(i);
    const double ink = std::accumulate(image.begin(), image.end(), 0.0) / pixels;
    sum += ink;
    EXPECT_GT(ink, 0.01) << i;
    EXPECT_LT(ink, 0.3) << i;
    EXPECT_GT(std::ranges::max(image), 0.5F) << i;
    float border = 0;
    for (std::size_t k = 0; k < 28; ++k)
      border = std::max({border, image[k], image[27 * 28 + k], image[28 * k], image[28 * k + 27]});
    EXPECT_LT(border, 0.5F) << i;
  }
  const double mean = sum / static_cast<double>(examples.count);
  EXPECT_GT(mean, 0.08);
  EXPECT_LT(mean, 0.10);
}

TEST(Digits, RefuseCountsThatMakeNoSense) {
  EXPECT_THROW(make_digits({.train_count = 0}), ConfigError);
  EXPECT_THROW(make_digits({.train_count = 10, .test_count = -1}), ConfigError);
}

/// One-against-all least squares on images halved to 14 x 14, with a constant.
class RidgeClassifier {
 public:
  static constexpr int features = 197;
  using Features = std::array<double, features>;

  explicit RidgeClassifier(const Examples& examples) : gram_(features * features) {
    for (std::int64_t n = 0; n < examples.count; ++n) {
      const Features x = features_of(examples.image(n));
      for (int i = 0; i < features; ++i) {
        for (int j = 0; j <= i; ++j) gram(i, j) += x[i] * x[j];
        weights_[i][examples.digit(n)] += x[i];
      }
    }
    for (int i = 0; i < features; ++i) gram(i, i) += 1.0;
    solve();
  }

  double accuracy(const Examples& examples) const {
    int right = 0;
    for (std::int64_t n = 0; n < examples.count; ++n) {
      const Features x = features_of(examples.image(n));
      std::array<double, 10> score{};
      for (int i = 0; i < features; ++i)
        for (int c = 0; c < 10; ++c) score[c] += x[i] * weights_[i][c];
      right += std::ranges::max_element(score) - score.begin() == examples.digit(n);
    }
    return static_cast<double>(right) / static_cast<double>(examples.count);
  }

 private:
  static Features features_of(std::span<const float> image) {
    Features x{};
    for (std::size_t p = 0; p < pixels; ++p) x[p / 56 * 14 + p % 28 / 2] += image[p] / 4;
    x[196] = 1.0;
    return x;
  }
  double& gram(int i, int j) { return gram_[static_cast<std::size_t>(i * features + j)]; }

  /// Cholesky factor, then forward and backward substitution.
  void solve() {
    for (int i = 0; i < features; ++i)
      for (int j = 0; j <= i; ++j) {
        for (int k = 0; k < j; ++k) gram(i, j) -= gram(i, k) * gram(j, k);
        gram(i, j) = i == j ? std::sqrt(gram(i, i)) : gram(i, j) / gram(j, j);
      }
    for (int c = 0; c < 10; ++c) {
      for (int i = 0; i < features; ++i) {
        for (int k = 0; k < i; ++k) weights_[i][c] -= gram(i, k) * weights_[k][c];
        weights_[i][c] /= gram(i, i);
      }
      for (int i = features - 1; i >= 0; --i) {
        for (int k = i + 1; k < features; ++k) weights_[i][c] -= gram(k, i) * weights_[k][c];
        weights_[i][c] /= gram(i, i);
      }
    }
  }

  std::vector<double> gram_;
  std::array<std::array<double, 10>, features> weights_{};
};

TEST(Digits, ALinearClassifierIsNotEnough) {
  const DataSplits splits = make_digits({.train_count = 8000, .test_count = 2000});
  const double accuracy = RidgeClassifier(all_of(*splits.train)).accuracy(all_of(*splits.test));
  EXPECT_LT(accuracy, 0.93);
  EXPECT_GT(accuracy, 0.6);  // but they are digits
  RecordProperty("accuracy", std::to_string(accuracy));
}

}  // namespace
}  // namespace credence
