#include "credence/predict/predictions_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/data/npz.h"

namespace credence {
namespace {

std::string shortest(float value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

std::string csv_header(const std::vector<NamedTensor>& arrays) {
  std::string text;
  for (const auto& [name, tensor] : arrays)
    for (std::int64_t i = 0; i < tensor.shape().row_size(); ++i)
      text += concat(text.empty() ? "" : ",", name,
                     tensor.shape().rank() > 1 ? concat("_", i) : std::string());
  return text + '\n';
}

std::string csv_line(const std::vector<NamedTensor>& arrays, std::int64_t row) {
  std::string text;
  for (const auto& [name, tensor] : arrays) {
    const std::int64_t width = tensor.shape().row_size();
    for (std::int64_t i = 0; i < width; ++i)
      text += (text.empty() ? "" : ",") + shortest(tensor.data<float>()[row * width + i]);
  }
  return text + '\n';
}

void write_csv(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays) {
  AtomicFile file(path);
  const auto write = [&](const std::string& text) { file.write(std::as_bytes(std::span(text))); };
  write(csv_header(arrays));
  constexpr std::size_t block_bytes = 1 << 16;
  std::string block;
  for (std::int64_t row = 0; row < arrays.at(0).tensor.shape()[0]; ++row) {
    block += csv_line(arrays, row);
    if (block.size() < block_bytes) continue;
    write(block);
    block.clear();
  }
  write(block);
  file.commit();
}

/// The most probable class of each row.
Tensor top_classes(const Tensor& probabilities) {
  Tensor classes({probabilities.shape()[0]});
  const std::int64_t width = probabilities.shape().row_size();
  for (std::int64_t n = 0; n < classes.size(); ++n) {
    const auto row = probabilities.span<float>().subspan(static_cast<std::size_t>(n * width),
                                                         static_cast<std::size_t>(width));
    classes.span<float>()[n] = static_cast<float>(std::ranges::max_element(row) - row.begin());
  }
  return classes;
}

}  // namespace

std::vector<NamedTensor> named_arrays(const Predictions& predictions, std::int64_t classes) {
  const Predictions& p = predictions;
  std::vector<NamedTensor> arrays;
  if (classes > 0) arrays.push_back({"predicted_class", top_classes(p.mean)});
  const std::vector<NamedTensor> all{{"mean", p.mean},
                                     {"predictive_entropy", p.predictive_entropy},
                                     {"mutual_information", p.mutual_information},
                                     {"sigma", p.sigma},
                                     {"epistemic_sigma", p.epistemic_sigma},
                                     {"lower", p.lower},
                                     {"upper", p.upper},
                                     {"samples", p.samples}};
  std::ranges::copy_if(all, std::back_inserter(arrays),
                       [](const NamedTensor& array) { return !array.tensor.empty(); });
  return arrays;
}

void check_predictions_name(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  require<UsageError>(extension.empty() || extension == ".npz" || extension == ".csv",
                      "predictions are written as .npz or .csv, got ", path.string());
}

void write_predictions(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays) {
  check_predictions_name(path);
  if (path.extension() == ".csv")
    write_csv(path, arrays);
  else
    write_npz(path, arrays);
}

}  // namespace credence
