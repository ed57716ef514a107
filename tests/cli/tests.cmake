# The program from end to end: each script starts it many times, on one rank and on several.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
credence_mpi_command(launcher RANKS $<TARGET_FILE:credence>)
foreach(topic train resume launch predict serve evaluate inference weights ranks compression errors file_errors progress records
              mlflow watch doctor check bench report report_browser scale)
  add_test(NAME cli.${topic}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/cli/${topic}_test.py
                   $<TARGET_FILE:credence> ${launcher})
  credence_mpi_test_properties(cli.${topic} 2 PYTHONDONTWRITEBYTECODE=1)
  set_tests_properties(cli.${topic} PROPERTIES TIMEOUT 300)
endforeach()

set_tests_properties(cli.report_browser PROPERTIES SKIP_RETURN_CODE 77)

# Trains two recipes on MNIST: minutes.
add_test(NAME cli.uncertainty
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/cli/uncertainty_test.py
                 $<TARGET_FILE:credence>)
set_tests_properties(cli.uncertainty PROPERTIES
  LABELS slow TIMEOUT 3600 PROCESSORS 2 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1
  SKIP_REGULAR_EXPRESSION "skipped=1")

# A minute of load: good requests, malformed ones and clients that dawdle. Ten minutes of it are
# scripts/torture/serve.sh.
add_test(NAME cli.serve_load
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/cli/serve_load.py
                 $<TARGET_FILE:credence> --seconds 60)
set_tests_properties(cli.serve_load PROPERTIES
  LABELS slow TIMEOUT 300 PROCESSORS 2
  ENVIRONMENT "OMP_NUM_THREADS=1;PYTHONDONTWRITEBYTECODE=1")
