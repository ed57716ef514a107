#include "credence/checkpoint/best_figure.h"

#include <cmath>
#include <utility>

namespace credence {

Better better_of_epoch(std::string figure) {
  constexpr std::string_view validation = "val_";
  if (figure.starts_with(validation)) figure.erase(0, validation.size());
  return better(figure);
}

bool BestFigure::is_improved_by(std::optional<double> figure) const {
  if (!figure || std::isnan(*figure)) return false;
  if (!best_) return true;
  return better_of_epoch(name_) == Better::more ? *figure > *best_ : *figure < *best_;
}

void BestFigure::begin(double figure) {
  before_ = best_;
  best_ = figure;
}

bool BestFigure::take_failure() {
  return std::exchange(has_failed_, false);
}

}  // namespace credence
