# bench/simulated: the model of a step under this machine's MPI, and where SimGrid is, simulated.
if(TARGET simulated_step OR CREDENCE_BENCH)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  credence_mpi_command(launcher 2 $<TARGET_FILE:simulated_step>)
  add_test(NAME bench.simulated_step
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/bench/simulated_step_test.py
                   $<TARGET_FILE:simulated_step> ${launcher})
  credence_mpi_test_properties(bench.simulated_step 2 PYTHONDONTWRITEBYTECODE=1)

  find_program(SMPIRUN smpirun)
  mark_as_advanced(SMPIRUN)
  if(SMPIRUN AND NOT CREDENCE_SANITIZE)
    set(simulate ${PROJECT_SOURCE_DIR}/scripts/simulate_scaling.sh
                 --program ${PROJECT_BINARY_DIR}/bench/simulated_step.smpi)
    # All platforms are read, and give what four ranks take; then 64 nodes.
    add_test(NAME bench.simulated_platforms
             COMMAND ${simulate} --nodes 4 --modes strong --networks bnn --steps 1
                     --output ${CMAKE_CURRENT_BINARY_DIR}/simulated_platforms --anew)
    set_tests_properties(bench.simulated_platforms PROPERTIES
      LABELS slow TIMEOUT 600
      PASS_REGULAR_EXPRESSION "theta +bnn.*fat_tree +bnn.*ethernet +bnn")
    add_test(NAME bench.simulated_64
             COMMAND ${simulate} --nodes 64 --platforms theta --modes weak --steps 1 --at-least 0.9
                     --output ${CMAKE_CURRENT_BINARY_DIR}/simulated_64 --anew)
    set_tests_properties(bench.simulated_64 PROPERTIES LABELS slow TIMEOUT 900)
  endif()
endif()
