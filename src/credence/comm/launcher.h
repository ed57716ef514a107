#pragma once

#include <string>

namespace credence {

/// What started this process as one of several ranks.
struct Launcher {
  std::string name;  ///< "mpirun" (Open MPI's or MPICH's), "srun"; empty: none
  int ranks = 1;     ///< that it says it started
  int rank = 0;      ///< that it says this one is
};

/// As the environment tells.
Launcher find_launcher();

/// CommError if the launcher started more ranks than the library sees, as happens when a program
/// is run by another MPI's mpirun than its own, or was built without MPI: all would be rank 0 and
/// write the same files.
void check_launcher(int ranks_seen, const std::string& library);

/// Defaults of Open MPI that must stand in the environment before MPI_Init; what is set stays.
///   OMPI_MCA_ess_singleton_isolated=1          one rank without mpirun starts no daemon, so needs
///                                              no network and a tenth of the time
///   OMPI_MCA_btl_vader_single_copy_mechanism=none   only where the kernel forbids reading another
///                                              process's memory (containers), else each message
///                                              would print a warning
void set_mpi_defaults();

}  // namespace credence
