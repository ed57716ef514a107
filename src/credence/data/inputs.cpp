#include "credence/data/inputs.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/base/log.h"
#include "credence/base/text.h"
#include "credence/data/idx.h"
#include "credence/data/npy.h"
#include "credence/data/npz.h"
#include "credence/data/text_table.h"

namespace credence {
namespace {

Tensor read_archive(const std::filesystem::path& path) {
  const NpzFile file(path);
  for (const char* name : {"x", "x_test"})
    if (file.contains(name)) return file.read(name);
  require<DataError>(file.names().size() == 1, path.string(),
                     ": expected an array x or x_test, or a single one, got ", join(file.names()));
  return file.read(file.names()[0]);
}

std::string first_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  require<IoError>(file.is_open(), path.string(), ": cannot open");
  std::string bytes(512, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

bool is_text(std::string_view bytes) {
  return std::ranges::none_of(bytes, [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r';
  });
}

Tensor read_rows(const std::filesystem::path& path) {
  const TextTable table = read_text_table(path, {});
  Tensor rows({static_cast<std::int64_t>(table.rows()), static_cast<std::int64_t>(table.columns)},
              DType::float64);
  std::ranges::copy(table.cells, rows.span<double>().begin());
  return rows;
}

Tensor read_array(const std::filesystem::path& path) {
  using namespace std::string_view_literals;
  const std::string head = first_bytes(path);
  if (head.starts_with("PK")) return read_archive(path);
  if (head.starts_with("\x93NUMPY")) return read_npy(path);
  if (head.starts_with("\x1f\x8b") || head.starts_with("\0\0"sv)) return read_idx(path, 3);
  require<DataError>(!head.empty() && is_text(head), path.string(),
                     ": expected inputs as .npz, .npy, IDX (packed with gzip or not) or CSV, got ",
                     head.empty() ? "an empty file" : "a file that is none of them");
  return read_rows(path);
}

template <class From, class To>
Tensor converted(const Tensor& array) {
  Tensor result(array.shape(), dtype_of<To>);
  std::ranges::transform(array.span<From>(), result.data<To>(),
                         [](From value) { return static_cast<To>(value); });
  return result;
}

Tensor to_float64(const Tensor& array) {
  if (array.dtype() == DType::uint8) return converted<std::uint8_t, double>(array);
  return array.dtype() == DType::float32 ? converted<float, double>(array) : array;
}

float greatest_magnitude(std::span<const float> values) {
  float greatest = 0;
  for (const float value : values) greatest = std::max(greatest, std::abs(value));
  return greatest;
}

/// Of the first thousand examples.
float greatest_magnitude(const Dataset& dataset) {
  std::vector<std::int64_t> indices(
      static_cast<std::size_t>(std::min<std::int64_t>(dataset.size(), 1000)));
  std::iota(indices.begin(), indices.end(), 0);
  Tensor src(dataset.src_shape().prepend(std::ssize(indices)));
  Tensor target(dataset.target_shape().prepend(std::ssize(indices)));
  dataset.read(indices, 0, src, target);
  return greatest_magnitude(src.span<float>());
}

void warn_of_scale(const std::filesystem::path& path, const Tensor& src, const Dataset& like) {
  if (src.dtype() != DType::float32) return;
  const float given = greatest_magnitude(src.span<float>()), known = greatest_magnitude(like);
  if (given <= 10 * known) return;
  const bool bytes = known <= 1 && given <= 255;
  log_warning(concat(path.string(), ": inputs reach ", given, ", those of training ", known,
                     bytes ? "; give bytes (uint8), or divide by 255" : "; are the units right?"));
}

}  // namespace

std::shared_ptr<const Dataset> read_inputs(const std::filesystem::path& path, const Dataset& like) {
  std::error_code error;
  require<DataError>(std::filesystem::is_regular_file(path, error), path.string(),
                     ": expected a file of inputs, found none");
  Tensor src = read_array(path);
  const Shape example = like.src_shape();
  const bool lacks_channel =
      example.rank() > 1 && example[-1] == 1 && src.shape().rank() == example.rank();
  if (lacks_channel) src = src.reshaped(src.shape().append(1));
  require<DataError>(
      src.shape().rank() == example.rank() + 1 && src.shape().without_leading() == example,
      path.string(), ": expected examples of shape ", example, ", got an array ", src.shape());
  require<DataError>(src.shape()[0] > 0, path.string(), ": expected examples, got none");
  if (const std::vector<Units> units = like.src_units(); !units.empty()) {
    src = to_float64(src);
    to_given_units(src, units);
  }
  if (src.dtype() == DType::float64) src = converted<double, float>(src);
  warn_of_scale(path, src, like);
  Tensor target(like.target_shape().prepend(src.shape()[0]));
  return std::make_shared<InMemoryDataset>(path.filename().string(), src, target,
                                           like.target_info());
}

}  // namespace credence
