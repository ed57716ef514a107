#include "credence/comm/launcher.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

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

int number_of(const char* text) {
  return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

Launcher find_launcher() {
  // srun --mpi=pmi2 tells as mpirun of MPICH does, and as Slurm does.
  const char* const pmi = std::getenv("PMI_SIZE");
  const char* const slurm = std::getenv("SLURM_STEP_NUM_TASKS");
  if (pmi != nullptr && slurm != nullptr && std::string_view(pmi) == slurm)
    return {.name = "srun",
            .ranks = std::max(1, std::atoi(slurm)),
            .rank = number_of(std::getenv("PMI_RANK"))};
  // mpirun inside srun: what it says itself goes before what Slurm says of the step around it.
  for (const auto& [name, size, rank] :
       {std::array{"mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
        std::array{"mpirun", "PMI_SIZE", "PMI_RANK"},
        std::array{"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"}}) {
    const char* const text = std::getenv(size);
    if (text != nullptr)
      return {.name = name,
              .ranks = std::max(1, std::atoi(text)),
              .rank = number_of(std::getenv(rank))};
  }
  return {};
}

void check_launcher(int ranks_seen, const std::string& library) {
  const Launcher launcher = find_launcher();
  if (ranks_seen > 1 || launcher.ranks == 1) return;
  require<CommError>(library != "none", launcher.name, " started ", launcher.ranks,
                     " ranks, but this build has no MPI, so each would train alone and write the "
                     "same files: start one, or build Credence with -DCREDENCE_MPI=ON");
  throw CommError(concat(launcher.name, " started ", launcher.ranks,
                         " ranks, but this program's MPI (", library,
                         ") sees one: start it with the mpirun of the MPI it was built with",
                         launcher.name == "srun" ? ", or by srun --mpi=pmix or pmi2" : ""));
}

void set_mpi_defaults() {
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  if (!can_read_processes()) setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
}

}  // namespace credence
