#include "credence/data/inputs.h"

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/data/idx.h"
#include "credence/data/npz.h"

namespace credence {
namespace {

Tensor read_array(const std::filesystem::path& path) {
  const NpzFile file(path);
  for (const char* name : {"x", "x_test"})
    if (file.contains(name)) return file.read(name);
  require<DataError>(file.names().size() == 1, path.string(),
                     ": expected an array x or x_test, or a ", "single one, got ",
                     join(file.names()));
  return file.read(file.names()[0]);
}

Tensor to_float32(const Tensor& array) {
  Tensor result(array.shape());
  const auto values = array.span<double>();
  for (std::size_t i = 0; i < values.size(); ++i)
    result.span<float>()[i] = static_cast<float>(values[i]);
  return result;
}

}  // namespace

std::shared_ptr<const Dataset> read_inputs(const std::filesystem::path& path, const Dataset& like) {
  std::error_code error;
  require<DataError>(std::filesystem::is_regular_file(path, error), path.string(),
                     ": expected a file of inputs, found none");
  Tensor src = path.extension() == ".npz" ? read_array(path) : read_idx(path, 3);
  if (src.dtype() == DType::float64) src = to_float32(src);
  const Shape example = like.src_shape();
  const bool lacks_channel =
      example.rank() > 1 && example[-1] == 1 && src.shape().rank() == example.rank();
  if (lacks_channel) src = src.reshaped(src.shape().append(1));
  require<DataError>(
      src.shape().rank() == example.rank() + 1 && src.shape().without_leading() == example,
      path.string(), ": expected examples of shape ", example, ", got an array ", src.shape());
  Tensor target(like.target_shape().prepend(src.shape()[0]));
  return std::make_shared<InMemoryDataset>(path.filename().string(), src, target,
                                           like.target_info());
}

}  // namespace credence
