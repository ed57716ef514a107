# The same tests with messages cut into small pieces, as those beyond INT_MAX elements are.
credence_add_mpi_tests(comm.mpi_pieces comm_mpi_test RANKS 2 4
                       ARGUMENTS --gtest_filter=TypedCommunicator/*
                       ENVIRONMENT CREDENCE_MPI_PIECE_BYTES=64)

add_executable(failing_ranks comm/failing_ranks.cpp)
target_link_libraries(failing_ranks PRIVATE credence_library credence_compiler)
credence_add_mpi_exit_test(comm.together_1 failing_ranks RANKS 1 CODE 78 ARGUMENTS together
                           SAYS "credence: a wrong key" TIMES 1)
credence_add_mpi_exit_test(comm.code_1 failing_ranks RANKS 1 CODE 65 ARGUMENTS code)
if(CREDENCE_MPI)
  credence_add_mpi_exit_test(comm.alone_2 failing_ranks RANKS 2 CODE 75 ARGUMENTS alone
                             SAYS "rank 1: lost its way" TIMES 1)
  credence_add_mpi_exit_test(comm.alone_4 failing_ranks RANKS 4 CODE 75 ARGUMENTS alone
                             SAYS "rank 3: lost its way" TIMES 1)
  credence_add_mpi_exit_test(comm.in_flight_3 failing_ranks RANKS 3 CODE 74 ARGUMENTS in_flight
                             SAYS "rank 2: lost its disk" TIMES 1)
  credence_add_mpi_exit_test(comm.in_split_4 failing_ranks RANKS 4 CODE 75 ARGUMENTS in_split
                             SAYS "lost its way")
  credence_add_mpi_exit_test(comm.unknown_2 failing_ranks RANKS 2 CODE 70 ARGUMENTS unknown
                             SAYS "rank 0: internal error: a defect" TIMES 1)
  credence_add_mpi_exit_test(comm.together_4 failing_ranks RANKS 4 CODE 78 ARGUMENTS together
                             SAYS "rank 0: a wrong key" TIMES 1)
  credence_add_mpi_exit_test(comm.code_2 failing_ranks RANKS 2 CODE 65 ARGUMENTS code)
  # Started by the mpirun of another MPI.
  add_test(NAME comm.wrong_launcher COMMAND ${CMAKE_COMMAND} -E env --unset=OMPI_COMM_WORLD_SIZE
           PMI_SIZE=2 ${CMAKE_COMMAND} -DCODE=75 -DTIMEOUT_S=10 -DSAYS=sees.one
           -P ${PROJECT_SOURCE_DIR}/tests/support/expect_exit.cmake --
           $<TARGET_FILE:failing_ranks> code)
  credence_mpi_test_properties(comm.wrong_launcher 1)
  # An MPI without threads is told of once, by all ranks.
  add_library(single_threaded_mpi MODULE comm/single_threaded_mpi.cpp)
  credence_add_mpi_exit_test(comm.single_threaded_2 failing_ranks RANKS 2 CODE 75 ARGUMENTS code
                             SAYS "support of threads" TIMES 1)
  set_property(TEST comm.single_threaded_2 APPEND PROPERTY
               ENVIRONMENT_MODIFICATION LD_PRELOAD=set:$<TARGET_FILE:single_threaded_mpi>)
  # Without mpirun: one rank, quick and quiet.
  add_test(NAME comm.singleton COMMAND comm_mpi_test)
  credence_mpi_test_properties(comm.singleton 1)
endif()
