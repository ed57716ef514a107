#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "credence/comm/communicator.h"

namespace credence {

/// Memory that ranks of one host share, until its end.
class SharedMemory {
 public:
  /// The same `bytes`, zero, for all of these ranks; nothing if they are not on one host, or it has
  /// not so much (a container often has 64 MiB, in /dev/shm). Collective. Errors: CommError.
  static std::optional<SharedMemory> make(Communicator& ranks_of_host, std::size_t bytes);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) = delete;
  ~SharedMemory();

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit SharedMemory(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

}  // namespace credence
