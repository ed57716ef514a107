#pragma once

#include <string>

#include <gmock/gmock.h>

namespace credence::testing {

/// The message of the `E` that `action` throws; a failure and "" if it throws none.
template <class E, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected an error, got none";
  return {};
}

}  // namespace credence::testing
