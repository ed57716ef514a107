#include "credence/base/sha256.h"

#include <array>

#include <openssl/evp.h>

#include "credence/base/errors.h"

namespace credence {

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require<InternalError>(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
                         "sha256: OpenSSL cannot make a digest");
}

void Sha256::update(std::span<const std::byte> bytes) {
  require<InternalError>(context_ != nullptr, "sha256: updated after its end");
  require<InternalError>(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1,
                         "sha256: OpenSSL cannot update a digest");
}

std::string Sha256::hex() {
  require<InternalError>(context_ != nullptr, "sha256: ended twice");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require<InternalError>(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1,
                         "sha256: OpenSSL cannot end a digest");
  context_.reset();
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

std::string text_sha256(std::string_view text) {
  Sha256 digest;
  digest.update(text);
  return digest.hex();
}

}  // namespace credence
