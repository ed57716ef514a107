# Tests over MPI ranks: credence_add_mpi_tests(<name> <target> [ARGUMENTS ...] [RANKS 1 2 4 8]
# [ENVIRONMENT A=1 ...]) registers <name>_<ranks>. Without MPI they run on one rank.
# credence_add_mpi_exit_test(<name> <target> RANKS 3 CODE 75 [SAYS regex] [TIMES 1]
# [ARGUMENTS ...]) asks for an exit code of mpirun within 10 s, and for a text (so many times).

add_library(credence_mpi_test_support STATIC support/mpi_main.cpp)
target_link_libraries(credence_mpi_test_support PUBLIC credence_test_support GTest::gmock)

set(credence_mpi_flags)
if(CREDENCE_MPI)
  execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version
                  OUTPUT_VARIABLE mpiexec_version ERROR_VARIABLE mpiexec_version)
  if(mpiexec_version MATCHES "Open MPI|OpenRTE|open-mpi")
    set(credence_mpi_flags --oversubscribe --allow-run-as-root --bind-to none)
  endif()
endif()

# The command that runs `arguments` on `ranks` ranks.
function(credence_mpi_command output ranks)
  if(CREDENCE_MPI)
    set(${output} ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${credence_mpi_flags}
                  ${MPIEXEC_PREFLAGS} ${ARGN} ${MPIEXEC_POSTFLAGS} PARENT_SCOPE)
  else()
    set(${output} ${ARGN} PARENT_SCOPE)
  endif()
endfunction()

function(credence_mpi_test_properties test ranks)
  set(environment OMP_NUM_THREADS=1 ${ARGN})
  if(CREDENCE_SANITIZE)
    list(APPEND environment ASAN_OPTIONS=detect_leaks=0)  # MPI libraries keep memory at the end
  endif()
  set_tests_properties(${test} PROPERTIES
    TIMEOUT 120 PROCESSORS ${ranks} LABELS mpi ENVIRONMENT "${environment}")
endfunction()

function(credence_add_mpi_tests name target)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "ARGUMENTS;RANKS;ENVIRONMENT")
  if(NOT arg_RANKS)
    set(arg_RANKS 1 2 4 8)
  endif()
  if(NOT CREDENCE_MPI)
    set(arg_RANKS 1)
  endif()
  foreach(ranks ${arg_RANKS})
    credence_mpi_command(command ${ranks} $<TARGET_FILE:${target}> ${arg_ARGUMENTS})
    add_test(NAME ${name}_${ranks} COMMAND ${command})
    credence_mpi_test_properties(${name}_${ranks} ${ranks} ${arg_ENVIRONMENT})
  endforeach()
endfunction()

function(credence_add_mpi_exit_test name target)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "RANKS;CODE;SAYS;TIMES" "ARGUMENTS")
  credence_mpi_command(command ${arg_RANKS} $<TARGET_FILE:${target}> ${arg_ARGUMENTS})
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -DCODE=${arg_CODE} -DTIMEOUT_S=10
           -DSAYS=${arg_SAYS} -DTIMES=${arg_TIMES}
           -P ${PROJECT_SOURCE_DIR}/tests/support/expect_exit.cmake -- ${command})
  credence_mpi_test_properties(${name} ${arg_RANKS})
endfunction()
