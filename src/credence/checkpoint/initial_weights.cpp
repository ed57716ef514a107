#include "credence/checkpoint/initial_weights.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/distributions/softplus.h"

namespace credence {
namespace {

constexpr double least_sigma = 1e-4;
constexpr std::string_view mu_suffix = "_mu", rho_suffix = "_rho";
constexpr const char* doubt = "; are these the weights of another architecture?";

/// The name without the suffix; empty if it has none.
std::string without(const std::string& name, std::string_view suffix) {
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : "";
}

/// The tensors of a checkpoint by name, and which of them are of use.
class Source {
 public:
  explicit Source(const TrainedWeights& trained) : file_(trained.file.string()) {
    for (const auto& [name, tensor] : trained.tensors) tensors_[name] = {&tensor};
  }

  /// Null if there is none of that name.
  const Tensor* find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : found->second.tensor;
  }

  /// The values of a weight, or of the mean of its posterior, which may be called otherwise there.
  const Tensor& use(const NamedTensor& wanted) {
    const std::string names[] = {wanted.name, without(wanted.name, mu_suffix),
                                 wanted.name + std::string(mu_suffix)};
    const auto name = std::ranges::find_if(names, [this](auto& tried) { return find(tried); });
    if (name == std::end(names)) fail_missing(wanted);
    const Tensor& tensor = *tensors_[*name].tensor;
    require<DataError>(kind(tensor) == kind(wanted.tensor), file_, ": tensor \"", *name,
                       "\": expected ", kind(wanted.tensor), ", got ", kind(tensor), doubt);
    tensors_[*name].is_used = true;
    if (name == names + 2) use_if_there(wanted.name + std::string(rho_suffix));
    return tensor;
  }

  [[noreturn]] void fail_missing(const NamedTensor& wanted) const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : tensors_) names.push_back(name);
    throw DataError(concat(file_, ": expected tensor \"", wanted.name, "\", ", kind(wanted.tensor),
                           ", found none; the closest is \"", closest(wanted.name, names), "\"",
                           doubt));
  }

  void require_all_used() const {
    for (const auto& [name, entry] : tensors_)
      require<DataError>(entry.is_used || is_auxiliary(name), file_, ": tensor \"", name, "\", ",
                         kind(*entry.tensor), ", is of no layer of this network", doubt);
  }

 private:
  struct Entry {
    const Tensor* tensor = nullptr;
    bool is_used = false;
  };

  void use_if_there(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found != tensors_.end()) found->second.is_used = true;
  }

  std::string file_;
  std::map<std::string, Entry> tensors_;
};

void set_relative_sigma(const Tensor& weight, double relative_sigma, Tensor& rho) {
  with_real_type(rho.dtype(), [&]<class T>(T) {
    std::ranges::transform(weight.span<T>(), rho.data<T>(), [=](T w) {
      const double sigma = relative_sigma * std::abs(static_cast<double>(w));
      return static_cast<T>(softplus_inverse(std::max(least_sigma, sigma)));
    });
  });
}

}  // namespace

TrainedWeights read_trained_weights(const std::filesystem::path& checkpoint_or_run) {
  TrainedWeights trained{.file = find_checkpoint(checkpoint_or_run), .tensors = {}};
  for (NamedTensor& tensor : read_safetensors(trained.file).tensors)
    if (!tensor.name.starts_with("optimizer.")) trained.tensors.push_back(std::move(tensor));
  return trained;
}

void begin_from(const TrainedWeights& trained, std::span<NamedTensor> model,
                double relative_sigma) {
  struct Step {
    const Tensor* from;
    Tensor* to;
    bool is_sigma;  // of a weight that has none there
  };
  Source source(trained);
  std::vector<Step> steps;
  for (NamedTensor& wanted : model) {
    const std::string weight = without(wanted.name, rho_suffix);
    const Tensor* const plain = weight.empty() ? nullptr : source.find(weight);
    if (plain && !source.find(wanted.name))
      steps.push_back({plain, &wanted.tensor, true});
    else
      steps.push_back({&source.use(wanted), &wanted.tensor, false});
  }
  source.require_all_used();
  for (const auto& [from, to, is_sigma] : steps) {
    if (!is_sigma)
      to->copy_from(*from);
    else if (relative_sigma > 0)
      set_relative_sigma(*from, relative_sigma, *to);
  }
}

}  // namespace credence
