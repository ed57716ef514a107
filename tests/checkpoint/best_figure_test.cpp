#include "credence/checkpoint/best_figure.h"

#include <cmath>

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(BestFigure, IsTheLeastOrTheLargestAsTheFigureGoes) {
  BestFigure nll("val_nll"), accuracy("val_accuracy");
  for (BestFigure* best : {&nll, &accuracy}) {
    EXPECT_TRUE(best->is_improved_by(0.5));
    EXPECT_FALSE(best->is_improved_by(std::nullopt));
    EXPECT_FALSE(best->is_improved_by(std::nan("")));
    best->begin(0.5);
    EXPECT_FALSE(best->is_improved_by(0.5));
  }
  EXPECT_TRUE(nll.is_improved_by(0.4));
  EXPECT_FALSE(nll.is_improved_by(0.6));
  EXPECT_TRUE(accuracy.is_improved_by(0.6));
}

TEST(BestFigure, IsTheOneBeforeWhereItCouldNotBeWritten) {
  BestFigure best("val_nll");
  best.begin(0.5);
  best.begin(0.4);
  EXPECT_EQ(best.saved(), 0.4);
  best.fail();
  EXPECT_EQ(best.saved(), 0.5);
  EXPECT_TRUE(best.take_failure());
  EXPECT_FALSE(best.take_failure());  // it is told once
  best.take_back();
  EXPECT_EQ(best.saved(), 0.5);
  EXPECT_TRUE(best.is_improved_by(0.45));
}

}  // namespace
}  // namespace credence
