# The program from end to end: each script starts it many times, on one rank and on several.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
credence_mpi_command(launcher RANKS $<TARGET_FILE:credence>)
foreach(topic train predict evaluate inference weights ranks errors progress records mlflow
              watch doctor check bench)
  add_test(NAME cli.${topic}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/cli/${topic}_test.py
                   $<TARGET_FILE:credence> ${launcher})
  credence_mpi_test_properties(cli.${topic} 2 PYTHONDONTWRITEBYTECODE=1)
  set_tests_properties(cli.${topic} PROPERTIES TIMEOUT 300)
endforeach()

# Trains two recipes on MNIST: minutes.
add_test(NAME cli.uncertainty
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/cli/uncertainty_test.py
                 $<TARGET_FILE:credence>)
set_tests_properties(cli.uncertainty PROPERTIES
  LABELS slow TIMEOUT 3600 PROCESSORS 2 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1
  SKIP_REGULAR_EXPRESSION "skipped=1")
