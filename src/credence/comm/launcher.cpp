#include "credence/comm/launcher.h"

#include <algorithm>
#include <cstdlib>

#include <sys/uio.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

bool can_read_processes() {
  char from = 1;
  char to = 0;
  iovec remote{.iov_base = &from, .iov_len = 1};
  iovec local{.iov_base = &to, .iov_len = 1};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

}  // namespace

int launched_ranks() {
  int ranks = 1;
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* text = std::getenv(name);
    if (text != nullptr) ranks = std::max(ranks, std::atoi(text));
  }
  return ranks;
}

void check_launcher(int ranks_seen, const std::string& library) {
  const int launched = launched_ranks();
  require<CommError>(ranks_seen > 1 || launched == 1, "the launcher started ", launched,
                     " ranks, but this program's MPI (", library,
                     ") sees one: start it with the mpirun of the MPI it was built with");
}

void set_mpi_defaults() {
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  if (!can_read_processes()) setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
}

}  // namespace credence
