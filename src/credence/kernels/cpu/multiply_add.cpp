#include "credence/kernels/cpu/multiply_add.h"

#include <utility>

#include "credence/kernels/vector.h"

namespace credence::cpu {
namespace {

/// Sums that do not wait for one another: at least latency times units of a core, which is 10 on
/// x86 (5 x 2, Haswell) and 16 on Arm (4 x 4, Neoverse V2). With both operands they fit in the
/// registers.
constexpr int chains = native_registers * 3 / 4;

/// Written out chain by chain: left in a loop, they may stay in memory.
template <int... chain>
float run(std::int64_t rounds, Vector<float, native_lanes> half,
          std::integer_sequence<int, chain...>) {
  Vector<float, native_lanes> sums[] = {half * static_cast<float>(chain)...};
  for (std::int64_t round = 0; round < rounds; ++round)
    ((sums[chain] = sums[chain] * half + half), ...);  // tends to 1
  const Vector<float, native_lanes> total = (sums[chain] + ...);
  float sum = 0;
  for (int lane = 0; lane < native_lanes; ++lane) sum += total[lane];
  return sum;
}

}  // namespace

double multiply_add_in_registers(std::int64_t rounds) {
  volatile float memory = 0.5F;  // so that no compiler knows what the sums come to
  memory = run(rounds, Vector<float, native_lanes>{} + memory,
               std::make_integer_sequence<int, chains>());
  return 2.0 * native_lanes * chains * static_cast<double>(rounds);
}

}  // namespace credence::cpu
