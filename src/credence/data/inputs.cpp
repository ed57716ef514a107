#include "credence/data/inputs.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <system_error>

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

void require_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const bool exists = std::filesystem::exists(status);
  if (error && status.type() != std::filesystem::file_type::not_found)
    throw IoError(concat(path.string(), ": cannot open: ", error.message()));
  require<DataError>(exists, path.string(), ": expected a file of inputs, found none");
  require<DataError>(!std::filesystem::is_directory(status), path.string(),
                     ": expected a file, got the folder");
  require<DataError>(std::filesystem::is_regular_file(status), path.string(),
                     ": expected a file of inputs, got a pipe or device");
}

std::string first_bytes(const std::filesystem::path& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const auto reason = [] { return std::generic_category().message(errno); };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) throw IoError(concat(path.string(), ": cannot open: ", reason()));
  std::string bytes(512, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get())) throw IoError(concat(path.string(), ": cannot read: ", reason()));
  return bytes;
}

bool is_text(std::string_view bytes) {
  return std::ranges::none_of(bytes, [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r';
  });
}

/// For each name wanted the column of that name; empty if they stand in that order, or if the table
/// or the training data have no names.
std::vector<std::size_t> order_of_columns(const std::filesystem::path& path, const TextTable& table,
                                          const std::vector<std::string>& wanted) {
  const std::vector<std::string>& names = table.names;
  if (names.empty() || wanted.empty() || names == wanted) return {};
  for (const std::string& name : wanted)
    require<DataError>(std::ranges::count(names, name) == std::ranges::count(wanted, name),
                       path.string(), ": expected the columns of training, ", join(wanted),
                       ", got ", join(names));
  require<DataError>(names.size() == wanted.size(), path.string(),
                     ": expected the columns of training alone, ", join(wanted), ", got ",
                     join(names));
  std::vector<std::size_t> order;
  for (const std::string& name : wanted) {
    require<DataError>(std::ranges::count(names, name) == 1, path.string(),
                       ": several columns are called \"", name,
                       "\": expected them in the order of training, ", join(wanted));
    order.push_back(static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()));
  }
  return order;
}

Tensor read_rows(const std::filesystem::path& path, const Dataset& like) {
  const TextTable table = read_text_table(path, {});
  const std::vector<std::size_t> order = order_of_columns(path, table, like.src_labels());
  Tensor rows({static_cast<std::int64_t>(table.rows()), static_cast<std::int64_t>(table.columns)},
              DType::float64);
  const auto to = rows.span<double>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t column = i % table.columns;
    to[i] = table.cells[i - column + (order.empty() ? column : order[column])];
  }
  return rows;
}

Tensor read_array(const std::filesystem::path& path, const Dataset& like) {
  using namespace std::string_view_literals;
  const std::string head = first_bytes(path);
  if (head.starts_with("PK")) return read_archive(path);
  if (head.starts_with("\x93NUMPY")) return read_npy(path);
  if (head.starts_with("\x1f\x8b") || head.starts_with("\0\0"sv)) return read_idx(path, 3);
  require<DataError>(!head.empty() && is_text(head), path.string(),
                     ": expected inputs as .npz, .npy, IDX (packed with gzip or not) or CSV, got ",
                     head.empty() ? "an empty file" : "a file that is none of them");
  return read_rows(path, like);
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

/// Where an element stands: "[3][14][0]".
std::string place_of(std::int64_t index, const Shape& shape) {
  std::string place;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    place = concat("[", index % shape[axis], "]", place);
    index /= shape[axis];
  }
  return place;
}

template <class Number>
void require_finite(const std::string& where, const Tensor& array) {
  const auto values = array.span<Number>();
  const auto bad = std::ranges::find_if(values, [](Number value) { return !std::isfinite(value); });
  if (bad == values.end()) return;
  throw DataError(concat(where, place_of(bad - values.begin(), array.shape()),
                         ": expected a finite number, got ", *bad));
}

void require_finite(const std::string& where, const Tensor& array) {
  if (array.dtype() == DType::float32) require_finite<float>(where, array);
  if (array.dtype() == DType::float64) require_finite<double>(where, array);
}

/// Of float64 values, given in those units: each is to be one of float32 too.
void require_narrow(const std::string& where, const Tensor& src, std::span<const Units> units) {
  const auto values = src.span<double>();
  const auto bad = std::ranges::find_if(
      values, [](double value) { return !std::isfinite(static_cast<float>(value)); });
  if (bad == values.end()) return;
  const std::int64_t index = bad - values.begin();
  const Units unit =
      units.empty() ? Units{} : units[static_cast<std::size_t>(index) % units.size()];
  throw DataError(concat(where, place_of(index, src.shape()),
                         ": expected a finite number in float32, got ",
                         *bad * unit.scale + unit.shift));
}

/// The array as examples [n, ...], of which the last axis, of one channel, may be missing.
Tensor as_examples(const std::string& where, const Tensor& given, const Shape& example) {
  const bool may_lack_channel = example.rank() > 1 && example[-1] == 1;
  const bool lacks_channel = may_lack_channel && given.shape().rank() == example.rank();
  const Shape shape = lacks_channel ? given.shape().append(1) : given.shape();
  const bool fits = shape.rank() == example.rank() + 1 && shape.without_leading() == example;
  if (fits) return given.reshaped(shape);
  const bool is_one =
      given.shape() == example || (may_lack_channel && given.shape().rank() == example.rank() - 1 &&
                                   given.shape().append(1) == example);
  std::string expected = example.text();
  expected.insert(1, example.rank() > 0 ? "n, " : "n");
  throw DataError(concat(where, ": expected examples of shape ", example, ", got an array ",
                         given.shape(),
                         is_one ? concat("; one example? expected ", expected) : ""));
}

/// Of examples [begin, end).
float greatest_magnitude(const Dataset& dataset, std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(end - begin));
  std::iota(indices.begin(), indices.end(), begin);
  Tensor src(dataset.src_shape().prepend(end - begin));
  Tensor target(dataset.target_shape().prepend(end - begin));
  dataset.read(indices, 0, src, target);
  float greatest = 0;
  for (const float value : src.span<float>()) greatest = std::max(greatest, std::abs(value));
  return greatest;
}

/// Of the first so many examples, of which not all are held at once.
float greatest_magnitude(const Dataset& dataset, std::int64_t most) {
  constexpr std::int64_t together = 1000;
  float greatest = 0;
  const std::int64_t count = std::min(dataset.size(), most);
  for (std::int64_t begin = 0; begin < count; begin += together)
    greatest =
        std::max(greatest, greatest_magnitude(dataset, begin, std::min(begin + together, count)));
  return greatest;
}

/// The array as the network takes it: examples, in given units, uint8 or float32.
Tensor as_source(const std::string& where, const Tensor& array, const Dataset& like) {
  Tensor src = as_examples(where, array, like.src_shape());
  require<DataError>(src.shape()[0] > 0, where, ": expected examples, got none");
  require_finite(where, array);
  const std::vector<Units> units = like.src_units();
  if (!units.empty()) {
    src = to_float64(src);
    to_given_units(src, units);
  }
  if (src.dtype() != DType::float64) return src;
  require_narrow(where, src.reshaped(array.shape()), units);
  return converted<double, float>(src);
}

std::shared_ptr<const Dataset> without_targets(const std::string& name, const Tensor& src,
                                               const Dataset& like) {
  const Tensor target(like.target_shape().prepend(src.shape()[0]));
  return std::make_shared<InMemoryDataset>(name, src, target, like.target_info());
}

}  // namespace

InputScale::InputScale(const Dataset& like)
    : known_(greatest_magnitude(like, 1000)), is_standardised_(!like.src_units().empty()) {}

std::string InputScale::warning(const Dataset& inputs) const {
  const float given = greatest_magnitude(inputs, inputs.size());
  if (known_ == 0 || given <= 10 * known_) return "";
  const bool bytes = known_ <= 1 && given <= 255;
  if (is_standardised_)
    return concat("inputs reach ", given, " standard deviations from the mean of training, whose ",
                  "own reach ", known_, "; are the units right?");
  return concat("inputs reach ", given, ", those of training ", known_,
                bytes ? "; give bytes (uint8), or divide by 255" : "; are the units right?");
}

std::shared_ptr<const Dataset> read_inputs(const std::filesystem::path& path, const Dataset& like) {
  require_file(path);
  const Tensor src = as_source(path.string(), read_array(path, like), like);
  auto inputs = without_targets(path.filename().string(), src, like);
  const std::string warning = InputScale(like).warning(*inputs);
  if (!warning.empty()) log_warning(concat(path.string(), ": ", warning));
  return inputs;
}

std::shared_ptr<const Dataset> inputs_of(const Tensor& array, const std::string& where,
                                         const Dataset& like) {
  // Units are taken off in place.
  const bool is_changed = array.dtype() == DType::float64 && !like.src_units().empty();
  return without_targets(where, as_source(where, is_changed ? array.clone() : array, like), like);
}

}  // namespace credence
