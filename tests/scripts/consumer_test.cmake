# cmake -Dbuild=DIR -Dsource=DIR -Dversion=X.Y.Z -P consumer_test.cmake
# Installs Credence below its build directory, then configures, builds and runs tests/consumer
# against what is installed.
set(folder ${build}/consumer)
file(REMOVE_RECURSE ${folder})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} --install ${build} --prefix ${folder}/installed)
run(${CMAKE_COMMAND} -S ${source}/tests/consumer -B ${folder}/build -G Ninja
    -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_PREFIX_PATH=${folder}/installed)
run(${CMAKE_COMMAND} --build ${folder}/build)

execute_process(COMMAND ${folder}/build/consumer OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
if(NOT said STREQUAL "${version} [2, 3] 9\n")
  message(FATAL_ERROR "expected \"${version} [2, 3] 9\", got \"${said}\"")
endif()
