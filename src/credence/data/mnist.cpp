#include "credence/data/mnist.h"

#include <filesystem>
#include <optional>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/data/idx.h"
#include "credence/data/npz.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t side = 28;
constexpr std::int64_t classes = 10;
constexpr const char* archive_name = "mnist.npz";

/// How a split's files, and its arrays in the archive, are called.
struct Split {
  std::string_view stem;
  std::string_view suffix;
};
constexpr Split train_split{"train", "train"};
constexpr Split test_split{"t10k", "test"};

std::string images_name(const Split& split) {
  return std::string(split.stem) + "-images-idx3-ubyte";
}
std::string labels_name(const Split& split) {
  return std::string(split.stem) + "-labels-idx1-ubyte";
}

/// The file in one of its spellings.
std::optional<fs::path> find_file(const fs::path& folder, const std::string& name) {
  std::string dotted = name;
  dotted[name.find("-idx")] = '.';
  std::error_code error;
  for (const std::string& spelling : {name, name + ".gz", dotted, dotted + ".gz"})
    if (fs::is_regular_file(folder / spelling, error)) return folder / spelling;
  return std::nullopt;
}

std::vector<std::string> missing_files(const fs::path& folder) {
  std::vector<std::string> missing;
  for (const Split& split : {train_split, test_split})
    for (const std::string& name : {images_name(split), labels_name(split)})
      if (!find_file(folder, name)) missing.push_back(name + "[.gz]");
  return missing;
}

/// mnist.npz at `path` or in it, if it is to be taken.
std::optional<fs::path> find_archive(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return path;
  if (fs::is_regular_file(path / archive_name, error)) return path / archive_name;
  return std::nullopt;
}

/// Images [n, 28, 28] of bytes and labels [n] as a data set, once they are what they should be.
std::shared_ptr<const Dataset> make_split(const Tensor& images, const std::string& images_from,
                                          const Tensor& labels, const std::string& labels_from) {
  const Shape& shape = images.shape();
  const bool images_fit = images.dtype() == DType::uint8 && shape.rank() == 3 && shape[0] > 0 &&
                          shape[1] == side && shape[2] == side;
  require<DataError>(images_fit, images_from, ": expected images uint8 [n, 28, 28], got ",
                     name_of(images.dtype()), " ", shape);
  require<DataError>(labels.shape() == Shape{shape[0]}, labels_from, ": expected ", shape[0],
                     " labels, as there are images in ", images_from, ", got ", labels.shape());
  Tensor target({shape[0], 1});
  const auto check_and_copy = [&](auto values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto label = static_cast<double>(values[i]);
      const bool valid = 0 <= label && label < classes && label == static_cast<int>(label);
      if (!valid)
        throw DataError(
            concat(labels_from, ": expected labels 0 to 9, got ", label, " for example ", i));
      target.data<float>()[i] = static_cast<float>(label);
    }
  };
  require<DataError>(labels.dtype() == DType::uint8 || labels.dtype() == DType::float64,
                     labels_from, ": expected labels that are integers, got ",
                     name_of(labels.dtype()));
  if (labels.dtype() == DType::uint8)
    check_and_copy(labels.span<std::uint8_t>());
  else
    check_and_copy(labels.span<double>());

  TargetInfo info{.classes = classes, .labels = {}};
  for (int digit = 0; digit < classes; ++digit) info.labels.push_back(std::to_string(digit));
  return std::make_shared<InMemoryDataset>("mnist", images.reshaped(shape.append(1)), target,
                                           std::move(info));
}

std::shared_ptr<const Dataset> read_files(const fs::path& folder, const Split& split) {
  const fs::path images = *find_file(folder, images_name(split));
  const fs::path labels = *find_file(folder, labels_name(split));
  const Tensor bytes = read_idx(images, 3);
  return make_split(bytes, images.string(), read_idx(labels, 1), labels.string());
}

std::shared_ptr<const Dataset> read_archive(const fs::path& path, const Split& split) {
  const NpzFile file(path);
  const std::string images = concat("x_", split.suffix), labels = concat("y_", split.suffix);
  const std::string where = path.string() + ": ";
  const Tensor bytes = file.read(images);
  return make_split(bytes, where + images, file.read(labels), where + labels);
}

std::string missing_mnist(const fs::path& path) {
  if (find_archive(path)) return "";
  const std::vector<std::string> missing = missing_files(path);
  if (missing.empty()) return "";
  return concat("has no ", join(missing), ", and no ", archive_name);
}

}  // namespace

DataSplits load_mnist(const MnistOptions& options) {
  const fs::path path = options.path;
  std::error_code error;
  require<DataError>(fs::exists(path, error), "mnist: ", path.string(), " does not exist");
  if (missing_files(path).empty())
    return {.train = read_files(path, train_split), .test = read_files(path, test_split)};
  const std::string missing = missing_mnist(path);
  require<DataError>(missing.empty(), "mnist: ", path.string(), " ", missing);
  const fs::path archive = *find_archive(path);
  return {.train = read_archive(archive, train_split), .test = read_archive(archive, test_split)};
}

std::vector<fs::path> mnist_files(const MnistOptions& options) {
  const fs::path path = options.path;
  if (!missing_files(path).empty()) return {*find_archive(path)};
  std::vector<fs::path> files;
  for (const Split& split : {train_split, test_split})
    for (const std::string& name : {images_name(split), labels_name(split)})
      files.push_back(*find_file(path, name));
  return files;
}

DatasetSource mnist_source() {
  const auto file = [](const std::string& name, const std::string& sha256, std::uint64_t bytes) {
    return RemoteFile{.name = name,
                      .urls = {"https://ossci-datasets.s3.amazonaws.com/mnist/" + name,
                               "https://storage.googleapis.com/cvdf-datasets/mnist/" + name},
                      .sha256 = sha256,
                      .most_bytes = bytes};
  };
  return {.folder = "mnist",
          .missing = missing_mnist,
          .downloads = {
              {file("train-images-idx3-ubyte.gz",
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9'912'422),
               file("train-labels-idx1-ubyte.gz",
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28'881),
               file("t10k-images-idx3-ubyte.gz",
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1'648'877),
               file("t10k-labels-idx1-ubyte.gz",
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4'542)},
              {RemoteFile{
                  .name = archive_name,
                  .urls = {"https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"},
                  .sha256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
                  .most_bytes = 11'490'434}}}};
}

}  // namespace credence
