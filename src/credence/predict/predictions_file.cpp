#include "credence/predict/predictions_file.h"

#include <array>
#include <charconv>

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

}  // namespace

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
