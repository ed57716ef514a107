#include <cmath>
#include <cstdlib>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/rank_parts.h"
#include "credence/comm/sharded_sum.h"
#include "credence/comm/tree_sum.h"

namespace credence {
namespace {

/// Of magnitudes so unlike that sums in another order have other bits.
float summand(int rank, std::size_t i) {
  return static_cast<float>(std::sin(1.0 + rank + 7 * static_cast<double>(i)) *
                            std::pow(10.0, static_cast<double>((i + 3u * rank) % 7)));
}

/// Parts of unlike lengths, some of them empty.
std::vector<std::size_t> begins_of(int size) {
  std::vector<std::size_t> begins{0};
  for (int part = 0; part < size; ++part)
    begins.push_back(begins.back() + static_cast<std::size_t>(part % 3) * 700u);
  begins.back() += 5;
  return begins;
}

TEST(RankParts, AreSummedToTheBitsOfTheTreeAndThenGathered) {
  Communicator& ranks = test::communicator();
  const std::vector<std::size_t> begins = begins_of(ranks.size());
  std::vector<float> values(begins.back());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = summand(ranks.rank(), i);
  std::vector<float> tree = values;
  start_tree_sum(ranks, std::span<float>(tree), 100).wait();
  start_reduce_scatter(ranks, std::span<float>(values), begins, 40).wait();
  const auto own = static_cast<std::size_t>(part_of_rank(ranks.rank(), ranks.size()));
  for (std::size_t i = begins[own]; i < begins[own + 1]; ++i) ASSERT_EQ(values[i], tree[i]) << i;
  // What is not this rank's own must come from the others.
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i < begins[own] || i >= begins[own + 1]) values[i] = NAN;
  start_all_gather(ranks, std::span<float>(values), begins, 40).wait();
  EXPECT_EQ(values, tree);
}

TEST(RankParts, AreOneOfEachRank) {
  for (const int size : {1, 2, 3, 4, 6, 8, 16}) {
    std::vector<int> owners(static_cast<std::size_t>(size));
    for (int rank = 0; rank < size; ++rank)
      ++owners[static_cast<std::size_t>(part_of_rank(rank, size))];
    EXPECT_EQ(owners, std::vector<int>(owners.size(), 1)) << size;
  }
}

/// Counts what a rank sends.
class CountingCommunicator : public Communicator {
 public:
  explicit CountingCommunicator(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  Request start_sum(Buffer /*buffer*/) override { return Request(); }
  Request start_reduce_scatter(Buffer /*src*/, Buffer /*dst*/) override { return Request(); }
  Request start_all_gather(Buffer /*src*/, Buffer /*dst*/) override { return Request(); }
  void send(Buffer /*buffer*/, int /*destination*/, int /*tag*/) override {}
  void receive(Buffer /*buffer*/, int /*source*/, int /*tag*/) override {}
  Request start_exchange(Buffer out, Buffer in, int /*peer*/, int /*tag*/) override {
    sent += out.count;
    received += in.count;
    return Request();
  }
  void broadcast(Buffer /*buffer*/, int /*root*/) override {}
  void barrier() override {}
  std::unique_ptr<Communicator> split(int /*color*/, int /*key*/) override { return nullptr; }
  [[noreturn]] void abort(ExitCode code) override { std::exit(static_cast<int>(code)); }

  std::size_t sent = 0, received = 0;

 private:
  int rank_, size_;
};

TEST(RankParts, CostWhatTheOthersPartsHave) {
  for (const int size : {2, 3, 4, 6, 8}) {
    std::vector<std::size_t> begins;
    for (int part = 0; part <= size; ++part) begins.push_back(static_cast<std::size_t>(part) * 24);
    std::vector<float> values(begins.back());
    const std::size_t others = static_cast<std::size_t>(size - 1) * 24;
    for (int rank = 0; rank < size; ++rank) {
      CountingCommunicator scatter(rank, size), gather(rank, size);
      start_reduce_scatter(scatter, std::span<float>(values), begins, 0).wait();
      start_all_gather(gather, std::span<float>(values), begins, 0).wait();
      for (const CountingCommunicator* counted : {&scatter, &gather}) {
        EXPECT_EQ(counted->sent, others) << size;
        EXPECT_EQ(counted->received, others) << size;
      }
    }
  }
}

TEST(ShardedSum, GivesEachRankTheSumOfItsElementsAndAllWhatIsMadeOfThem) {
  Communicator& ranks = test::communicator();
  const int size = ranks.size();
  std::vector<OwnedPiece> pieces;
  std::size_t count = 0;
  for (int piece = 0; piece < 5 * size; ++piece) {  // each rank has several, of unlike lengths
    pieces.push_back({count, static_cast<std::size_t>(3 + piece * 7 % 11), (piece * 3 + 1) % size});
    count += pieces.back().count;
  }
  std::vector<float> values(count);
  ShardedSum sum(ranks, std::span<float>(values), pieces);
  for (int step = 0; step < 2; ++step) {
    std::vector<float> tree(count);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = tree[i] = summand(ranks.rank(), i + static_cast<std::size_t>(step));
    start_tree_sum(ranks, std::span<float>(tree), 40).wait();
    const std::size_t half = count / 2;  // amid a piece
    std::vector<Request> requests;
    requests.push_back(sum.start(half, count - half));
    requests.push_back(sum.start(0, half));
    for (Request& request : requests) request.wait();
    sum.end_step();
    for (const OwnedPiece& piece : pieces)
      for (std::size_t i = piece.offset; i < piece.offset + piece.count; ++i) {
        if (piece.owner == ranks.rank()) {
          ASSERT_EQ(values[i], tree[i]) << i;
          values[i] = 2 * tree[i];
        } else {
          values[i] = NAN;
        }
      }
    std::vector<std::size_t> arrived;
    sum.gather([&](std::size_t offset, std::size_t some) {
      arrived.push_back(offset);
      for (std::size_t i = offset; i < offset + some; ++i) ASSERT_EQ(values[i], 2 * tree[i]) << i;
    });
    EXPECT_EQ(arrived, (std::vector<std::size_t>{half, 0}));
  }
}

}  // namespace
}  // namespace credence
