#include "credence/jobs/launcher_noise.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <regex>
#include <utility>

namespace credence {
namespace {

/// Open MPI sets its words between two rules of dashes, MPICH some of its own between equal signs.
constexpr std::size_t rule_length = 70;
constexpr std::size_t longest_block = 4000;

bool is_rule(std::string_view line, char of) {
  return line.size() >= rule_length && line.find_first_not_of(of) == std::string_view::npos;
}

bool begins_as(std::string_view line, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings,
                             [&](std::string_view each) { return line.starts_with(each); });
}

/// Whether a line that is not complete may yet turn out to be the launcher's.
bool may_be_noise(std::string_view line) {
  constexpr std::array<std::string_view, 6> beginnings{"srun: ",  "slurmstepd: ",      "[mpiexec@",
                                                       "[proxy:", "YOUR APPLICATION ", "Abort("};
  const std::string_view rules = "-=";
  if (rules.find(line[0]) != std::string_view::npos) return true;
  return std::ranges::any_of(beginnings, [&](std::string_view each) {
    return each.starts_with(line) || line.starts_with(each);
  });
}

bool is_noise(const std::string& line) {
  static const std::regex words(
      R"(^(\[[^\]]*\] (\d+ more process(es)? ha(s|ve) sent help message|Set MCA parameter).*)"
      R"(|Abort\(\d+\) on node \d+ .*application called MPI_Abort.*)"
      R"(|=   (BAD TERMINATION|RANK|PID|EXIT CODE|KILLED BY SIGNAL|CLEANING UP|YOU CAN IGNORE).*)"
      R"(|YOUR APPLICATION TERMINATED WITH THE EXIT STRING.*)"
      R"(|This typically refers to a problem with your application\.)"
      R"(|Please see the FAQ page for debugging suggestions)"
      R"(|\[(mpiexec@|proxy:).*|(srun|slurmstepd): .*)$)");
  return is_rule(line, '=') || std::regex_match(line, words);
}

/// Whether a block of Open MPI is about the end of ranks.
bool is_of_the_end(std::string_view block) {
  return begins_as(block, {"Primary job", "MPI_ABORT was invoked", "ORTE has lost communication",
                           "PRTE has lost communication", "An MPI communication peer process"}) ||
         std::regex_search(block.begin(),
                           block.begin() + std::min<std::ptrdiff_t>(60, std::ssize(block)),
                           std::regex("^(mpirun|mpiexec|prterun) (noticed|detected|has exited)"));
}

std::optional<RankFate> fate_in(const std::string& text) {
  static const std::regex killed(
      R"(process rank (\d+) with PID \d+ on node \S+ exited on signal (\d+))");
  static const std::regex of_slurm(
      R"(srun: error: (\S+): tasks? (\d+)[^:]*: (Killed|Terminated|Segmentation fault|Aborted|Bus error))");
  static const std::regex node(R"(Remote daemon:\s+\S+ on node (\S+))");
  std::smatch match;
  if (std::regex_search(text, match, killed))
    return RankFate{.rank = std::stoi(match[1]), .signal = std::stoi(match[2])};
  if (std::regex_search(text, match, of_slurm)) {
    constexpr std::array<std::pair<std::string_view, int>, 5> signals{{{"Killed", 9},
                                                                       {"Terminated", 15},
                                                                       {"Segmentation fault", 11},
                                                                       {"Aborted", 6},
                                                                       {"Bus error", 7}}};
    const std::string name = match[3];
    return RankFate{.rank = std::stoi(match[2]),
                    .signal = std::ranges::find(signals, name, [](const auto& pair) {
                                return pair.first;
                              })->second};
  }
  if (std::regex_search(text, match, node)) return RankFate{.host = match[1]};
  return std::nullopt;
}

}  // namespace

std::string LauncherNoise::pass(std::string_view text) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const bool is_complete = newline != std::string_view::npos;
    take(text.substr(0, newline), is_complete);
    text.remove_prefix(is_complete ? newline + 1 : text.size());
  }
  return std::exchange(passed_, {});
}

void LauncherNoise::take(std::string_view part, bool is_complete) {
  if (in_line_) {
    passed_ += part;
    if (is_complete) passed_ += '\n';
    in_line_ = !is_complete;
    return;
  }
  line_ += part;
  if (is_complete) {
    take_line(std::exchange(line_, {}));
  } else if (!in_block_ && !line_.empty() && !may_be_noise(line_)) {
    passed_ += std::exchange(line_, {});
    in_line_ = true;
  }
}

std::string LauncherNoise::finish() {
  if (in_block_) passed_ += block_;
  in_block_ = false;
  block_.clear();
  passed_ += std::exchange(line_, {});
  return std::exchange(passed_, {});
}

void LauncherNoise::take_line(const std::string& line) {
  if (is_rule(line, '-')) {
    block_ += line + '\n';
    if (in_block_)
      close_block();
    else
      in_block_ = true;
  } else if (in_block_) {
    block_ += line + '\n';
    if (block_.size() > longest_block) {  // it is no block of the launcher
      passed_ += std::exchange(block_, {});
      in_block_ = false;
    }
  } else if (is_noise(line)) {
    hold(line + '\n');
  } else {
    passed_ += line + '\n';
  }
}

void LauncherNoise::close_block() {
  in_block_ = false;
  const std::string block = std::exchange(block_, {});
  if (is_of_the_end(std::string_view(block).substr(block.find('\n') + 1)))
    hold(block);
  else
    passed_ += block;
}

void LauncherNoise::hold(const std::string& text) {
  held_ += text;
  if (!fate_) fate_ = fate_in(text);
}

}  // namespace credence
