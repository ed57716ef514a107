#pragma once

#include "credence/base/errors.h"

namespace credence {

/// A request that cannot be answered as it was asked, with the status of HTTP that says so.
class RequestError : public std::runtime_error {
 public:
  RequestError(int status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

// Statuses, by what they mean here.
inline constexpr int bad_syntax = 400, unauthorized = 401, not_found = 404, bad_method = 405,
                     too_slow = 408, too_large = 413, too_long = 414, bad_type = 415,
                     bad_content = 422, our_defect = 500, overloaded = 503;

/// Throws a RequestError of that status with the parts as its message unless `condition` holds.
template <class... Parts>
void require_request(bool condition, int status, const Parts&... parts) {
  if (!condition) [[unlikely]]
    throw RequestError(status, concat(parts...));
}

}  // namespace credence
