# A program in C, linked with the library, against `credence predict`.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_executable(c_api_client c_api/client.c)
target_compile_options(c_api_client PRIVATE -Wall -Wextra -Wpedantic -std=c99)
target_link_libraries(c_api_client PRIVATE credence_library credence_compiler)
add_test(NAME c_api.client
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/c_api/c_api_test.py
                 $<TARGET_FILE:credence> $<TARGET_FILE:c_api_client>)
set_tests_properties(c_api.client PROPERTIES
  TIMEOUT 300 ENVIRONMENT "OMP_NUM_THREADS=1;PYTHONDONTWRITEBYTECODE=1")
