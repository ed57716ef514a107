#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace credence {

/// What the program knows of its environment and the system cannot tell.
struct EnvironmentOptions {
  std::vector<std::string> command_line = {};
  std::vector<std::string> hosts = {};           ///< the host of each rank, by rank
  std::vector<std::string> oversubscribed = {};  ///< what CPUs are shared by ranks, in words
  std::string mpi_library = {};  ///< what the MPI library says it is; empty without MPI
  std::string device = "cpu";
  std::vector<std::filesystem::path> data_files = {};  ///< told with their SHA-256
};

/// The content of env.json: how and from what the program was built, the libraries and machine it
/// runs on, and the environment variables that matter to it. Values of variables whose name says
/// that they are secret (TOKEN, JWT, PASSWORD, ...) are hidden. A data file of more than 1 GiB has
/// no digest, which would take seconds, and one that cannot be read has no size either.
std::string environment_json(const EnvironmentOptions& options);

/// The largest memory this process has had resident so far; 0 if the system does not tell.
std::int64_t peak_rss_bytes();

}  // namespace credence
