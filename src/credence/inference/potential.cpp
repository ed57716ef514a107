#include "credence/inference/potential.h"

#include <algorithm>
#include <numeric>

namespace credence {

Potential::Potential(const Training& training, Communicator& communicator, const WeightPrior& prior,
                     std::int64_t rows)
    : model_(training.model),
      loss_(training.loss),
      communicator_(communicator),
      examples_(training.data->size()),
      rows_(std::min(rows, examples_)),
      pieces_((examples_ + rows_ - 1) / rows_) {
  for (const Parameter* parameter : model_.parameters()) {
    const auto count = static_cast<std::size_t>(parameter->value.size());
    precision_.insert(precision_.end(), count, prior.precision(*parameter));
  }
  size_ = static_cast<std::int64_t>(precision_.size());
  const Dataset& data = *training.data;
  for (std::int64_t piece = communicator.rank(); piece < pieces_; piece += communicator.size()) {
    std::vector<std::int64_t> indices(
        static_cast<std::size_t>(std::min(rows_, examples_ - piece * rows_)));
    std::iota(indices.begin(), indices.end(), piece * rows_);
    const auto count = static_cast<std::int64_t>(indices.size());
    src_.emplace_back(data.src_shape().prepend(count));
    target_.emplace_back(data.target_shape().prepend(count));
    data.read(indices, 0, src_.back(), target_.back());
  }
  sums_.resize(static_cast<std::size_t>(pieces_ * (size_ + 1)));
}

std::vector<double> Potential::position() const {
  std::vector<double> w;
  for (const Parameter* parameter : model_.parameters())
    for (const float value : parameter->value.span<float>()) w.push_back(value);
  return w;
}

void set_values(std::span<const double> w, std::span<Parameter* const> parameters) {
  auto from = w.begin();
  for (Parameter* parameter : parameters)
    for (float& value : parameter->value.span<float>()) value = static_cast<float>(*from++);
}

void Potential::add_piece(std::int64_t piece) {
  const auto number = static_cast<std::size_t>(piece / communicator_.size());
  const StepContext context{.global_batch = examples_, .training = false};
  model_.forward(src_[number], context);
  double* to = sums_.data() + piece * (size_ + 1);
  *to++ = loss_.forward(model_.output(), target_[number], 1, &model_.diff_output());
  model_.backward(context);
  for (const Parameter* parameter : model_.parameters())
    for (const float value : parameter->gradient.span<float>()) *to++ = value;
}

double Potential::evaluate(std::span<const double> w, std::span<double> gradient) {
  set_values(w, model_.parameters());
  std::ranges::fill(sums_, 0.0);
  for (std::int64_t piece = communicator_.rank(); piece < pieces_; piece += communicator_.size())
    add_piece(piece);
  communicator_.sum(std::span(sums_));  // each piece is one rank's, the others add zeros
  nll_ = 0;
  for (std::size_t i = 0; i < w.size(); ++i) gradient[i] = precision_[i] * w[i];
  double energy = 0;
  for (std::size_t i = 0; i < w.size(); ++i) energy += precision_[i] * w[i] * w[i] / 2;
  for (std::int64_t piece = 0; piece < pieces_; ++piece) {
    const double* from = sums_.data() + piece * (size_ + 1);
    nll_ += *from++;
    for (double& g : gradient) g += *from++;
  }
  return energy + nll_;
}

}  // namespace credence
