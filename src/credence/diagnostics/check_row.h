#pragma once

#include <string>

namespace credence {

enum class Verdict { ok, failed, skipped };

/// What one check found: a figure, and how large it may be.
struct CheckRow {
  std::string check;  ///< "gradients", "kl of conv1.weight"
  Verdict verdict = Verdict::ok;
  double figure = 0;
  double limit = 0;
  std::string unit;  ///< of both: "relative error", "z"
  std::string says;  ///< a sentence; of a check that was skipped, why
};

/// ok if the figure does not exceed its limit; what is not a number does.
inline CheckRow judged(CheckRow row) {
  row.verdict = row.figure <= row.limit ? Verdict::ok : Verdict::failed;
  return row;
}

inline CheckRow skipped(std::string check, std::string why) {
  return {.check = std::move(check), .verdict = Verdict::skipped, .says = std::move(why)};
}

}  // namespace credence
