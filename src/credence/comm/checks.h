#pragma once

#include "credence/comm/communicator.h"

namespace credence {

// What every communicator asks of its arguments. Errors: CommError.
void check_dtype(const Buffer& buffer, const char* operation);
void check_reduce_scatter(const Buffer& src, const Buffer& dst, int size);
void check_all_gather(const Buffer& src, const Buffer& dst, int size, int rank);
void check_peer(int peer, int rank, int size, const char* operation);
void check_root(int root, int size);
void check_color(int color);

inline std::size_t bytes_of(const Buffer& buffer) {
  return buffer.count * bytes_of(buffer.dtype);
}
/// Part `index` of `count` elements of the buffer.
inline std::byte* part_of(const Buffer& buffer, std::size_t index, std::size_t count) {
  return static_cast<std::byte*>(buffer.data) + index * count * bytes_of(buffer.dtype);
}
/// Elements [offset, offset + count) of the buffer.
inline Buffer window_of(Buffer buffer, std::size_t offset, std::size_t count) {
  buffer.data = part_of(buffer, offset, 1);
  buffer.count = count;
  return buffer;
}

}  // namespace credence
