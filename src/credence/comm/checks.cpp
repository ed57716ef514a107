#include "credence/comm/checks.h"

#include <functional>

namespace credence {
namespace {

bool overlap(const Buffer& a, const Buffer& b) {
  const auto* first = static_cast<const std::byte*>(a.data);
  const auto* second = static_cast<const std::byte*>(b.data);
  const std::less<const std::byte*> before;
  return before(first, second + bytes_of(b)) && before(second, first + bytes_of(a));
}

void check_parts(const Buffer& whole, const Buffer& part, int size, const char* operation) {
  check_dtype(whole, operation);
  require<CommError>(whole.dtype == part.dtype, operation, ": src and dst must have one type, got ",
                     name_of(whole.dtype), " and ", name_of(part.dtype));
  require<CommError>(whole.count == part.count * static_cast<std::size_t>(size), operation,
                     ": expected ", size, " parts of ", part.count, " elements, got ", whole.count,
                     " elements");
}

}  // namespace

void check_dtype(const Buffer& buffer, const char* operation) {
  require<CommError>(buffer.dtype != DType::bf16, operation,
                     ": expected float32, float64 or uint8, got ", name_of(buffer.dtype));
}

void check_reduce_scatter(const Buffer& src, const Buffer& dst, int size) {
  check_parts(src, dst, size, "reduce_scatter");
  require<CommError>(!overlap(src, dst), "reduce_scatter: dst overlaps src");
}

void check_all_gather(const Buffer& src, const Buffer& dst, int size, int rank) {
  check_parts(dst, src, size, "all_gather");
  const bool own_part = src.data == part_of(dst, static_cast<std::size_t>(rank), src.count);
  require<CommError>(own_part || !overlap(src, dst),
                     "all_gather: src overlaps dst, and is not this rank's part of it");
}

void check_peer(int peer, int rank, int size, const char* operation) {
  require<CommError>(peer >= 0 && peer < size && peer != rank, operation,
                     ": expected another rank of ", size, ", got ", peer, " on rank ", rank);
}

void check_root(int root, int size) {
  require<CommError>(root >= 0 && root < size, "broadcast: expected a root below ", size, ", got ",
                     root);
}

void check_color(int color) {
  require<CommError>(color >= 0, "split: expected a color of zero or more, got ", color);
}

}  // namespace credence
