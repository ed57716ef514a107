#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace credence {

/// What a launcher tells of a rank that has ended badly.
struct RankFate {
  int rank = -1;          ///< -1: it does not say which
  int signal = 0;         ///< that ended it; 0: none did
  std::string host = {};  ///< if it is a host that is lost
};

/// Takes the words of mpirun and srun about ranks that have ended out of what the ranks write, and
/// passes on all else, unchanged and at once: lines that are not complete yet, too.
class LauncherNoise {
 public:
  /// What can be passed on.
  std::string pass(std::string_view text);
  /// What is left once there is no more.
  std::string finish();

  /// The first bad end that it tells of.
  const std::optional<RankFate>& fate() const { return fate_; }
  /// All that was not passed on: of use where nothing else explains the end.
  const std::string& held() const { return held_; }

 private:
  void take(std::string_view part, bool is_complete);
  void take_line(const std::string& line);
  void close_block();
  void hold(const std::string& text);

  std::string passed_;
  std::string line_;       // that is not complete, and may be the launcher's
  bool in_line_ = false;   // whose beginning was passed on
  bool in_block_ = false;  // between two rules
  std::string block_;
  std::string held_;
  std::optional<RankFate> fate_;
};

}  // namespace credence
