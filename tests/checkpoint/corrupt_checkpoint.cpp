// Damages a checkpoint in many ways, and tells how many of them are detected when it is read.
//
//   corrupt_checkpoint FILE               fails unless it is whole
//   corrupt_checkpoint FILE CASES         damages copies, reads them, and prints a table
//   corrupt_checkpoint FILE CASE RESULT   writes the file damaged as in case number CASE
//
// Exit code 1 if damage is not detected, or by something else than a DataError that names the file.

#include <cstdio>
#include <cstring>
#include <map>

#include "support/damage.h"
#include "support/temporary_folder.h"

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/checkpoint/safetensors.h"

namespace {

using credence::testing::Damage;
using credence::testing::damaged;
using credence::testing::kinds_of_damage;

struct Count {
  int cases = 0, detected = 0, silent = 0, otherwise = 0;
};

std::size_t head_of(const std::string& whole) {
  std::uint64_t length = 0;
  credence::require<credence::DataError>(whole.size() >= 8, "expected a checkpoint, got ",
                                         whole.size(), " bytes");
  std::memcpy(&length, whole.data(), 8);
  return std::min<std::size_t>(8 + length, whole.size());
}

const char* place_of(const Damage& damage, std::size_t head, std::size_t size) {
  if (damage.place < 8) return "length";
  if (damage.place < head) return "header";
  return damage.place < size ? "tensors" : "end";
}

void read_damaged(const std::filesystem::path& copy, std::uint64_t number, Count& result) {
  ++result.cases;
  try {
    credence::read_safetensors(copy);
    ++result.silent;
    std::printf("case %llu: not detected\n", static_cast<unsigned long long>(number));
  } catch (const credence::DataError& error) {
    const bool names_it = std::string_view(error.what()).find(copy.native()) != std::string::npos;
    ++(names_it ? result.detected : result.otherwise);
  } catch (const std::exception& error) {
    ++result.otherwise;
    std::printf("case %llu: %s\n", static_cast<unsigned long long>(number), error.what());
  }
}

int corrupt(const std::string& whole, std::uint64_t cases) {
  const credence::testing::TemporaryFolder folder;
  const std::size_t head = head_of(whole);
  std::map<std::pair<std::size_t, std::string>, Count> counts;
  Count all;
  for (std::uint64_t number = 0; number < cases; ++number) {
    const Damage damage = damaged(whole, number, head);
    Count one;
    read_damaged(folder.write("damaged.safetensors", damage.bytes), number, one);
    for (Count* sum : {&counts[{damage.kind, place_of(damage, head, whole.size())}], &all}) {
      sum->cases += one.cases;
      sum->detected += one.detected;
      sum->silent += one.silent;
      sum->otherwise += one.otherwise;
    }
  }
  std::printf("%-20s %-8s %8s %9s %8s %10s\n", "damage", "place", "cases", "detected", "silent",
              "otherwise");
  const auto print = [](const char* kind, const std::string& place, const Count& sum) {
    std::printf("%-20s %-8s %8d %9d %8d %10d\n", kind, place.c_str(), sum.cases, sum.detected,
                sum.silent, sum.otherwise);
  };
  for (const auto& [which, sum] : counts) print(kinds_of_damage[which.first], which.second, sum);
  print("all", "", all);
  return all.detected == all.cases && all.cases > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2 || count > 4) {
    std::fputs("expected FILE, FILE CASES, or FILE CASE RESULT\n", stderr);
    return 64;
  }
  const std::string whole = credence::read_file(arguments[1]);
  credence::require<credence::DataError>(credence::check_safetensors(arguments[1]).has_checksums,
                                         arguments[1], ": has no checksums");
  if (count == 2) return 0;
  const std::uint64_t number = std::stoull(arguments[2]);
  if (count == 3) return corrupt(whole, number);
  credence::write_file(arguments[3], damaged(whole, number, head_of(whole)).bytes);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "corrupt_checkpoint: %s\n", error.what());
  return 70;
}
