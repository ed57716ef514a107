#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/data/source.h"

namespace credence {

struct MnistOptions {
  /// A directory with the four IDX files, packed or not, or with mnist.npz; or that file.
  std::string path;

  template <class Visitor>
  void visit(Visitor& v) {
    v("path", path);
  }
};

/// The handwritten digits of MNIST: images [28, 28, 1], bytes read as value / 255, and the digit.
/// The files are told by magic number, size and label range, not by a checksum, so those of a data
/// set in the same format (Fashion-MNIST, KMNIST) load as well. File names may have '.' instead of
/// '-' before "idx" and end in ".gz"; mnist.npz holds x_train, y_train, x_test and y_test.
///
/// Errors  DataError, naming the file, for one that is missing, damaged or of another format,
///         for images of another size, labels beyond 9, or labels that are not as many as images.
/// Source  LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
DataSplits load_mnist(const MnistOptions& options);

/// The files that it reads.
std::vector<std::filesystem::path> mnist_files(const MnistOptions& options);

DatasetSource mnist_source();

}  // namespace credence
