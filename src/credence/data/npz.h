#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "credence/tensor/parameter.h"

struct zip;

namespace credence {

/// A NumPy archive of arrays (.npz): a zip file of .npy files, stored or deflated.
///
/// Errors  DataError, naming file and array, if it is no zip file, is cut short or damaged (every
///         array's CRC is checked), lacks the array, or the array is none that we read (see npy.h).
///         A header that announces more than the file can hold is told before memory is taken.
///         IoError if the file cannot be read.
class NpzFile {
 public:
  explicit NpzFile(std::filesystem::path path);

  /// The arrays' names, without ".npy", in the order of the file.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(const std::string& name) const;

  /// The array, as npy_tensor() makes it.
  Tensor read(const std::string& name) const;

 private:
  struct Close {
    void operator()(zip* archive) const;
  };

  std::filesystem::path path_;
  std::unique_ptr<zip, Close> archive_;
  std::vector<std::string> names_;
};

struct NpzOptions {
  bool compress = false;  ///< deflate, which NumPy reads as well
};

/// Writes uint8, float32 and float64 tensors as an archive that numpy.load reads. The file appears
/// whole or not at all, and its bytes depend on nothing but the arrays.
///
/// Errors  UsageError if a name is empty or there twice; CreateError, IoError as for AtomicFile.
void write_npz(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays,
               const NpzOptions& options = {});

/// The same as bytes in memory, which `where` names in messages.
std::string npz_bytes(const std::string& where, const std::vector<NamedTensor>& arrays,
                      const NpzOptions& options = {});

}  // namespace credence
