#include "credence/comm/shared_memory.h"

#include <array>
#include <random>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "credence/base/descriptor.h"
#include "credence/comm/rank_zero.h"

namespace credence {
namespace {

/// One that no other job, of this host or of another, has taken.
std::string new_name() {
  std::random_device random;
  return concat("/credence-", getpid(), "-", random(), random());
}

Descriptor create(const std::string& name, std::size_t bytes) {
  Descriptor memory(shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  // Memory that is promised and not there ends a process when it is written.
  if (memory.is_open() && posix_fallocate(memory.get(), 0, static_cast<off_t>(bytes)) != 0) {
    shm_unlink(name.c_str());
    return {};
  }
  return memory;
}

std::span<std::byte> map(const Descriptor& memory, std::size_t bytes) {
  if (!memory.is_open()) return {};
  void* const begin = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (begin == MAP_FAILED) return {};
  return {static_cast<std::byte*>(begin), bytes};
}

bool on_all(Communicator& ranks, bool is_well) {
  std::array<double, 1> amiss{is_well ? 0.0 : 1.0};
  ranks.sum(std::span<double>(amiss));
  return amiss[0] == 0;
}

}  // namespace

std::optional<SharedMemory> SharedMemory::make(Communicator& ranks_of_host, std::size_t bytes) {
  Descriptor memory;
  const std::string name = text_of_rank_zero(ranks_of_host, [&] {
    std::string made = new_name();
    memory = create(made, bytes);
    return made;
  });
  if (ranks_of_host.rank() != 0) memory = Descriptor(shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0));
  SharedMemory shared(map(memory, bytes));
  const bool is_well = on_all(ranks_of_host, !shared.bytes().empty());
  if (ranks_of_host.rank() == 0) shm_unlink(name.c_str());  // it lasts while it is mapped
  if (!is_well) return std::nullopt;
  return shared;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

}  // namespace credence
