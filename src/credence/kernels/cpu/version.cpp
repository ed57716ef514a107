#include "credence/kernels/cpu/version.h"

#include <oneapi/dnnl/dnnl.h>

#include "credence/base/errors.h"

namespace credence::cpu {

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return concat(version->major, ".", version->minor, ".", version->patch);
}

}  // namespace credence::cpu
