#include "credence/base/descriptor.h"

#include <utility>

#include <unistd.h>

namespace credence {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  const Descriptor before(std::exchange(number_, other.release()));
  return *this;
}

Descriptor::~Descriptor() {
  close();
}

int Descriptor::release() {
  return std::exchange(number_, -1);
}

bool Descriptor::close() {
  return !is_open() || ::close(release()) == 0;
}

}  // namespace credence
