#pragma once

#include <filesystem>
#include <string_view>

namespace credence {

/// Messages of the program: to stderr, and to log.txt once a run directory exists. Information and
/// warnings come from rank 0 alone, errors from every rank, with its number. Safe from any thread.
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

/// To log.txt alone: what the terminal is shown in another way. A disk that is full is no error.
void log_to_files(std::string_view text);
void log_error_to_files(std::string_view text);

/// Appends every later message to the file as well, with time and level. CreateError if it cannot
/// be opened.
void add_log_file(const std::filesystem::path& path);
/// Closes the files.
void remove_log_files();

/// Says which rank speaks; 0 of 1 until then.
void set_log_rank(int rank, int size);

}  // namespace credence
