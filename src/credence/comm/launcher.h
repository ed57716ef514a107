#pragma once

#include <string>

namespace credence {

/// Ranks that the launcher of this process (Open MPI's or MPICH's) says it started; 1 if none did.
int launched_ranks();

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
