# The program from end to end: each script starts it many times, on one rank and on several.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
credence_mpi_command(launcher RANKS $<TARGET_FILE:credence>)
foreach(topic train predict ranks errors progress doctor bench)
  add_test(NAME cli.${topic}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/cli/${topic}_test.py
                   $<TARGET_FILE:credence> ${launcher})
  credence_mpi_test_properties(cli.${topic} 2 PYTHONDONTWRITEBYTECODE=1)
  set_tests_properties(cli.${topic} PROPERTIES TIMEOUT 300)
endforeach()
