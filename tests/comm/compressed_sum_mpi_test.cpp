#include <algorithm>
#include <cmath>
#include <limits>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/bfloat16.h"
#include "credence/comm/compressed_sum.h"
#include "credence/comm/gather.h"
#include "credence/comm/int8.h"
#include "credence/comm/top_k.h"

namespace credence::test {
namespace {

/// Each kind, with and without feedback where there is a choice.
struct Kind {
  std::string name;
  std::shared_ptr<const Compression> compression;
};

/// Of int8, by levels of two ranks: what more than 16 ranks do by levels of 16.
class ByTwos final : public Compression {
 public:
  std::string description() const override { return "by twos"; }
  bool has_error_feedback() const override { return true; }
  double bytes(double count, int ranks) const override {
    return Int8Compression({}).bytes(count, ranks);
  }
  std::unique_ptr<GradientSum> make_sum(Communicator& ranks, Buffer gradients) const override {
    return make_compressed_sum(ranks, gradients, std::make_unique<Int8Code>(),
                               {.error_feedback = true, .most_peers = 2});
  }
};

std::vector<Kind> kinds() {
  const auto bf16 = [](bool feedback) {
    return std::make_shared<Bfloat16Compression>(
        Bfloat16Compression::Options{.error_feedback = feedback});
  };
  const auto int8 = [](bool feedback) {
    return std::make_shared<Int8Compression>(Int8Compression::Options{.error_feedback = feedback});
  };
  return {{"bf16", bf16(false)},
          {"bf16_feedback", bf16(true)},
          {"int8", int8(false)},
          {"int8_feedback", int8(true)},
          {"int8_by_twos", std::make_shared<ByTwos>()},
          {"top_k", std::make_shared<TopKCompression>(TopKCompression::Options{.ratio = 0.1})},
          {"top_all", std::make_shared<TopKCompression>(TopKCompression::Options{.ratio = 1})}};
}

const std::size_t counts[] = {1, 3, 256, 257, 2000};

/// What a rank has of step `step`.
float gradient(int rank, int step, std::size_t i) {
  return static_cast<float>(std::sin(1.0 + rank + 7 * static_cast<double>(i) + 0.3 * step) *
                            std::pow(10.0, static_cast<double>(i % 3)));
}

double exact_sum(int step, std::size_t i) {
  double sum = 0;
  for (int rank = 0; rank < communicator().size(); ++rank) sum += gradient(rank, step, i);
  return sum;
}

/// A sum over the ranks, and the gradients that it works on.
struct Sum {
  std::vector<float> gradients;
  std::unique_ptr<GradientSum> sum;

  Sum(const Compression& compression, std::size_t count, Communicator& ranks = communicator())
      : gradients(count), sum(compression.make_sum(ranks, std::span<float>(gradients))) {}

  const std::vector<float>& take_step(int step) {
    for (std::size_t i = 0; i < gradients.size(); ++i)
      gradients[i] = gradient(communicator().rank(), step, i);
    run();
    return gradients;
  }
  void run() {
    sum->start(0, gradients.size()).wait();
    sum->end_step();
  }
};

class Compressions : public ::testing::TestWithParam<Kind> {
 protected:
  const Compression& compression() const { return *GetParam().compression; }
  bool is_top_k() const { return GetParam().name.starts_with("top"); }
};

void expect_same_on_all_ranks(const std::vector<float>& values) {
  const std::string bytes(reinterpret_cast<const char*>(values.data()),
                          values.size() * sizeof(float));
  const std::vector<std::string> all = all_gather_text(communicator(), bytes);
  for (std::size_t rank = 0; rank < all.size(); ++rank) ASSERT_EQ(all[rank], all[0]) << rank;
}

TEST_P(Compressions, GiveEveryRankTheSameBits) {
  for (const std::size_t count : counts) {
    Sum sum(compression(), count);
    for (int step = 0; step < 2; ++step) expect_same_on_all_ranks(sum.take_step(step));
  }
}

TEST_P(Compressions, AreExactForWhatTheyCanWrite) {
  if (GetParam().name == "top_k") GTEST_SKIP() << "leaves gradients for later steps";
  const float largest = GetParam().name.starts_with("int8") ? 127 : 128;  // in each block of 256
  const auto value = [&](std::size_t i) {
    return (i % 200 == 0 ? largest : 8 * (static_cast<float>(i % 5) - 2)) / 4;
  };
  for (const std::size_t count : counts) {
    Sum sum(compression(), count);
    for (int step = 0; step < 2; ++step) {
      for (std::size_t i = 0; i < count; ++i) sum.gradients[i] = value(i);
      sum.run();
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(sum.gradients[i], value(i) * static_cast<float>(communicator().size()))
            << i << " of " << count;
    }
  }
}

TEST_P(Compressions, LoseNoMoreThanTheirRoundingsOfGradientsAndOfSums) {
  if (is_top_k()) GTEST_SKIP() << "leaves gradients for later steps";
  const int ranks = communicator().size();
  const bool is_bf16 = GetParam().name.starts_with("bf16");
  Sum sum(compression(), 5000);
  sum.take_step(0);
  for (std::size_t i = 0; i < 5000; ++i) {
    double magnitudes = 0;
    for (int rank = 0; rank < ranks; ++rank) magnitudes += std::abs(gradient(rank, 0, i));
    const double bound = ranks == 1 ? 1e-6  // of gradients of 100 at most, each and their sum
                         : is_bf16  ? 2 * magnitudes / 256
                                    : 3 * 100.0 * ranks / 254 * 1.02;
    ASSERT_NEAR(sum.gradients[i], exact_sum(0, i), bound + 1e-5) << i;
  }
}

/// That it was once, and never more, whatever the steps.
TEST_P(Compressions, WithFeedbackLoseNoMoreOverManySteps) {
  if (!compression().has_error_feedback()) GTEST_SKIP() << "keeps nothing";
  constexpr std::size_t count = 3000;
  constexpr int steps = 50;
  Sum sum(compression(), count);
  std::vector<double> got(count), expected(count);
  for (int step = 0; step < steps; ++step) {
    const std::vector<float>& sums = sum.take_step(step % 7);
    for (std::size_t i = 0; i < count; ++i) {
      got[i] += sums[i];
      expected[i] += exact_sum(step % 7, i);
    }
  }
  // What is missing is just what the ranks keep.
  std::vector<double> kept(count);
  if (communicator().size() > 1) std::ranges::copy(sum.sum->residual(), kept.begin());
  communicator().sum(std::span<double>(kept));
  for (std::size_t i = 0; i < count; ++i)
    ASSERT_NEAR(got[i] + kept[i], expected[i], 1e-5 * steps * 100) << i;
  if (is_top_k()) return;
  const double quantum = GetParam().name.starts_with("bf16") ? 100.0 / 128 : 100.0 / 127;
  for (std::size_t i = 0; i < count; ++i)
    ASSERT_LE(std::abs(kept[i]), 1.1 * quantum * communicator().size()) << i;
}

/// Gradients below half a step of their block.
TEST(Int8Compression, LetsSmallGradientsThroughByFeedbackAlone) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  for (const bool feedback : {false, true}) {
    Sum sum(Int8Compression({.error_feedback = feedback}), 256);
    double got = 0;
    for (int step = 0; step < 100; ++step) {
      std::ranges::fill(sum.gradients, 0.003F);
      sum.gradients[0] = 1;
      sum.run();
      got += sum.gradients[100];
    }
    const double expected = 0.3 * communicator().size();
    if (feedback)
      EXPECT_NEAR(got, expected, 0.05 * expected);
    else
      EXPECT_EQ(got, 0);
  }
}

TEST(TopKCompression, SendsTheLargestAndKeepsTheOthers) {
  Communicator& ranks = communicator();
  if (ranks.size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  Sum sum(TopKCompression({.ratio = 0.25}), 8);
  const auto size = static_cast<float>(ranks.size());
  sum.gradients = {1, -5, 2, 4, 0, 0, 0, 0};  // on every rank
  sum.run();
  EXPECT_EQ(sum.gradients, (std::vector<float>{0, -5 * size, 0, 4 * size, 0, 0, 0, 0}));
  sum.gradients = {1, 0, 1, 0, 0, 0, 0, 1};
  sum.run();
  EXPECT_EQ(sum.gradients, (std::vector<float>{2 * size, 0, 3 * size, 0, 0, 0, 0, 0}));
}

TEST_P(Compressions, GiveZerosForZeros) {
  for (const std::size_t count : counts) {
    Sum sum(compression(), count);
    sum.run();
    for (const float value : sum.gradients) ASSERT_EQ(value, 0);
  }
}

TEST_P(Compressions, TakeDenormals) {
  Sum sum(compression(), 300);
  std::ranges::fill(sum.gradients, 1e-42F);
  sum.run();
  for (const float value : sum.gradients) ASSERT_LE(std::abs(value), 1e-41F);
}

TEST_P(Compressions, TellAllRanksOfWhatIsNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    for (int from = 0; from < communicator().size(); ++from) {
      Sum sum(compression(), 1000);
      std::ranges::fill(sum.gradients, 1.0F);
      if (communicator().rank() == from) sum.gradients[700] = bad;
      sum.run();
      ASSERT_FALSE(std::isfinite(sum.gradients[700])) << from;
    }
  }
}

TEST_P(Compressions, GoOnBesideEachOther) {
  constexpr std::size_t count = 4000;
  Sum whole(compression(), count);
  std::vector<std::unique_ptr<Sum>> parts;
  for (int step = 0; step < 3; ++step) {
    for (std::size_t i = 0; i < count; ++i)
      whole.gradients[i] = gradient(communicator().rank(), step, i);
    std::vector<Request> requests;
    for (std::size_t begin = 0; begin < count; begin += 512)
      requests.push_back(whole.sum->start(begin, std::min<std::size_t>(512, count - begin)));
    while (!requests.back().test()) requests.front().test();
    for (Request& request : requests) request.wait();
    whole.sum->end_step();
    for (std::size_t begin = 0, part = 0; begin < count; begin += 512, ++part) {
      const std::size_t size = std::min<std::size_t>(512, count - begin);
      if (step == 0) parts.push_back(std::make_unique<Sum>(compression(), size));
      for (std::size_t i = 0; i < size; ++i)
        parts[part]->gradients[i] = gradient(communicator().rank(), step, begin + i);
      parts[part]->run();
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_EQ(whole.gradients[begin + i], parts[part]->gradients[i]) << begin + i;
    }
  }
}

TEST_P(Compressions, SendTheBytesTheyTell) {
  constexpr std::size_t count = 1 << 16;
  Sum sum(compression(), count);
  sum.take_step(0);
  const double told = compression().bytes(count, communicator().size());
  EXPECT_NEAR(static_cast<double>(sum.sum->bytes_sent()), told, 0.01 * told);
  sum.take_step(1);
  EXPECT_NEAR(static_cast<double>(sum.sum->bytes_sent()), 2 * told, 0.02 * told);
}

INSTANTIATE_TEST_SUITE_P(All, Compressions, ::testing::ValuesIn(kinds()),
                         [](const auto& test) { return test.param.name; });

double bytes_of_float32(std::size_t count) {
  std::vector<float> gradients(count);
  const auto sum = make_gradient_sum(communicator(), std::span<float>(gradients), {});
  sum->start(0, count).wait();
  return static_cast<double>(sum->bytes_sent());
}

TEST(Compressions, SaveTheBytesTheyAreFor) {
  constexpr std::size_t count = 1 << 16;
  const double plain = bytes_of_float32(count);
  EXPECT_NEAR(plain, 8.0 * count * (communicator().size() - 1) / communicator().size(), 1);
  const auto bytes = [](const Compression& compression, std::size_t of) {
    return compression.bytes(static_cast<double>(of), communicator().size());
  };
  EXPECT_NEAR(bytes(Bfloat16Compression({}), 2 * count), plain, 1)
      << "mu and rho of as many weights";
  EXPECT_NEAR(bytes(Int8Compression({}), count), (0.25 + 1.0 / 256) * plain, 1);
}

TEST(TreeSumOfParts, CountsWhatItSends) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  std::vector<float> gradients(1 << 16);
  const auto sum =
      make_gradient_sum(communicator(), std::span<float>(gradients), {.order = SumOrder::tree});
  sum->start(0, gradients.size()).wait();
  EXPECT_EQ(static_cast<double>(sum->bytes_sent()), bytes_of_float32(gradients.size()));
}

TEST(TopKCompression, RefusesARatioThatIsNone) {
  for (const double ratio : {0.0, -0.1, 1.1, std::nan("")})
    EXPECT_THROW(TopKCompression({.ratio = ratio}), ConfigError) << ratio;
}

}  // namespace
}  // namespace credence::test
