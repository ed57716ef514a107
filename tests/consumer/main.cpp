#include <iostream>

#include "credence/base/version.h"
#include "credence/tensor/tensor.h"

// Prints "0.1.0 [2, 3] 9".
int main() {
  credence::Tensor tensor({2, 3});
  tensor.fill(1.5);
  float sum = 0;
  for (const float value : tensor.span<float>()) sum += value;
  std::cout << credence::version() << ' ' << tensor.shape() << ' ' << sum << '\n';
}
