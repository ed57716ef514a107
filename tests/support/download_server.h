#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"
#include <stdio.h>

namespace credence::testing {

/// download_server.py on a folder of files.
class DownloadServer {
 public:
  DownloadServer() {
    const std::string script = std::string(CREDENCE_TEST_SUPPORT_DIR) + "/download_server.py";
    // The system's own Python starts faster than what may shadow it; -S and -E speed it up further.
    const std::string python =
        std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
    pipe_ = ::popen(("exec " + python + " -SE '" + script + "' '" + files.path().string() + "' '" +
                     (state_ / "port").string() + "'")
                        .c_str(),
                    "w");
    for (int wait = 0; port_.empty() && wait < 1000; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      std::ifstream(state_ / "port") >> port_;
    }
  }
  ~DownloadServer() {
    if (pipe_) ::pclose(pipe_);
  }
  DownloadServer(const DownloadServer&) = delete;
  DownloadServer& operator=(const DownloadServer&) = delete;

  bool runs() const { return !port_.empty(); }
  /// `way` is good, short, stall, redirect, or anything else for 404.
  std::string url(const std::string& way, const std::string& name) const {
    return "http://127.0.0.1:" + port_ + "/" + way + "/" + name;
  }
  /// The paths asked for so far.
  std::vector<std::string> requests() const {
    std::ifstream log(state_ / "port.log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    return lines;
  }

  TemporaryFolder files;  ///< what it serves

 private:
  TemporaryFolder state_;
  FILE* pipe_ = nullptr;
  std::string port_;
};

}  // namespace credence::testing
