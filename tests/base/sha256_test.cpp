#include "credence/base/sha256.h"

#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

std::string digest_of(std::string_view text) {
  Sha256 digest;
  digest.update(text);
  return digest.hex();
}

// FIPS 180-4, examples of SHA-256.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  Sha256 digest;
  for (const char* piece : {"a", "", "bc"}) digest.update(std::string_view(piece));
  EXPECT_EQ(digest.hex(), digest_of("abc"));
}

TEST(Sha256, EndsOnce) {
  Sha256 digest;
  digest.hex();
  EXPECT_THROW(digest.update("abc"), InternalError);
  EXPECT_THROW(digest.hex(), InternalError);
}

}  // namespace
}  // namespace credence
