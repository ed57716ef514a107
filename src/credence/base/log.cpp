#include "credence/base/log.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// "warning: ", "error: ", and nothing for information, as programs of the shell do.
class LevelPrefix : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& text) override {
    const std::string_view prefix = message.level == spdlog::level::err    ? "error: "
                                    : message.level == spdlog::level::warn ? "warning: "
                                                                           : "";
    text.append(prefix.data(), prefix.data() + prefix.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelPrefix>();
  }
};

spdlog::sink_ptr stderr_sink() {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelPrefix>('*').set_pattern("%^%*%$%v");
  sink->set_formatter(std::move(formatter));
  return sink;
}

/// The program's one log. Its sinks change under the mutex, which every message takes too.
struct Log {
  std::mutex mutex;
  spdlog::logger logger{"credence", stderr_sink()};
  std::atomic<int> rank = 0;
  std::atomic<int> size = 1;

  Log() { logger.flush_on(spdlog::level::info); }

  void write(spdlog::level::level_enum level, std::string_view text) {
    const std::lock_guard lock(mutex);
    logger.log(level, spdlog::string_view_t(text.data(), text.size()));
  }
};

Log& program_log() {
  static Log log;
  return log;
}

void write_to_files(spdlog::level::level_enum level, std::string_view text) {
  Log& log = program_log();
  const std::lock_guard lock(log.mutex);
  const auto& sinks = log.logger.sinks();
  const spdlog::details::log_msg message(log.logger.name(), level,
                                         spdlog::string_view_t(text.data(), text.size()));
  for (std::size_t i = 1; i < sinks.size(); ++i) {  // the first is stderr
    try {
      sinks[i]->log(message);
      sinks[i]->flush();
    } catch (const spdlog::spdlog_ex&) {
      // A full disk is reported by what has to be written; this may be that very report.
    }
  }
}

}  // namespace

void log_info(std::string_view text) {
  if (program_log().rank == 0) program_log().write(spdlog::level::info, text);
}

void log_warning(std::string_view text) {
  if (program_log().rank == 0) program_log().write(spdlog::level::warn, text);
}

void log_error(std::string_view text) {
  Log& log = program_log();
  const std::string rank =
      log.size > 1 ? concat("[rank ", log.rank, " of ", log.size, "] ") : std::string();
  log.write(spdlog::level::err, rank + std::string(text));
}

void log_to_files(std::string_view text) {
  write_to_files(spdlog::level::info, text);
}

void log_error_to_files(std::string_view text) {
  write_to_files(spdlog::level::err, text);
}

void add_log_file(const std::filesystem::path& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
    sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    const std::lock_guard lock(program_log().mutex);
    program_log().logger.sinks().push_back(std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    throw CreateError(concat(path.string(), ": cannot open: ", error.what()));
  }
}

void remove_log_files() {
  const std::lock_guard lock(program_log().mutex);
  program_log().logger.sinks().resize(1);
}

void set_log_rank(int rank, int size) {
  program_log().rank = rank;
  program_log().size = size;
}

}  // namespace credence
