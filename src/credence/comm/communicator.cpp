#include "credence/comm/communicator.h"

namespace credence {

void Request::wait() {
  if (operation_ != nullptr) operation_->wait();
  operation_.reset();
}

bool Request::test() {
  if (operation_ != nullptr && operation_->test()) operation_.reset();
  return operation_ == nullptr;
}

}  // namespace credence
