#include "credence/checkpoint/weights_hash.h"

#include <vector>

#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

Parameter parameter(const std::string& name, Shape shape, const std::vector<float>& values) {
  Parameter result(name, shape, DType::float32);
  std::copy(values.begin(), values.end(), result.value.data<float>());
  return result;
}

std::string hash(std::vector<Parameter> parameters) {
  std::vector<Parameter*> pointers;
  for (Parameter& p : parameters) pointers.push_back(&p);
  return weights_sha256(pointers);
}

TEST(WeightsHash, IsThatOfTheStreamDescribed) {
  // python3 -c 'import hashlib, struct; n = lambda *a: struct.pack("<%dQ" % len(a), *a)
  // print(hashlib.sha256(n(1) + b"a" + n(1, 2) + struct.pack("<2f", 1, -2.5) + n(3) + b"b.w" +
  //       n(2, 1, 1) + struct.pack("<f", 0.5)).hexdigest())'
  EXPECT_EQ(hash({parameter("b.w", {1, 1}, {0.5F}), parameter("a", {2}, {1.0F, -2.5F})}),
            "77f31b7b422165925b81987dcbb6405bce98204ec2621be891bd6da80abc9462");
}

TEST(WeightsHash, TellsNamesShapesAndEveryBitApart) {
  const std::string reference = hash({parameter("a", {2}, {0.0F, 1.0F})});
  EXPECT_EQ(reference, hash({parameter("a", {2}, {0.0F, 1.0F})}));
  EXPECT_NE(reference, hash({parameter("b", {2}, {0.0F, 1.0F})}));
  EXPECT_NE(reference, hash({parameter("a", {2, 1}, {0.0F, 1.0F})}));
  EXPECT_NE(reference, hash({parameter("a", {2}, {-0.0F, 1.0F})}));
}

TEST(WeightsHash, IgnoresOrderAndGradients) {
  Parameter a = parameter("a", {1}, {1.0F}), b = parameter("b", {1}, {2.0F});
  const std::string reference = hash({a, b});
  EXPECT_EQ(reference, hash({b, a}));
  a.gradient.fill(3.0);
  EXPECT_EQ(reference, hash({a, b}));
}

TEST(WeightsHash, RefusesANameThatIsUsedTwice) {
  EXPECT_THROW(hash({parameter("a", {1}, {1.0F}), parameter("a", {1}, {2.0F})}), InternalError);
}

}  // namespace
}  // namespace credence
