# The same tests with messages cut into small pieces, as those beyond INT_MAX elements are.
credence_add_mpi_tests(comm.mpi_pieces comm_mpi_test RANKS 2 4
                       ARGUMENTS --gtest_filter=TypedCommunicator/*
                       ENVIRONMENT CREDENCE_MPI_PIECE_BYTES=64)
