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

# A run, predicted from C++ and from C.
set(rows "x,y\n")
foreach(x RANGE 1 40)
  string(APPEND rows "${x},${x}${x}\n")
endforeach()
file(WRITE ${folder}/table.csv ${rows})
file(WRITE ${folder}/zero.csv "x\n0\n")
file(WRITE ${folder}/table.yaml
     "model: {layers: [{type: Dense, units: 2}], bayesian: {layers: all}}\n"
     "data: {name: csv, path: ${folder}/table.csv}\n"
     "train: {epochs: 2, batch_size: 10, loss: gaussian}\n")
run(${folder}/installed/bin/credence train ${folder}/table.yaml --output ${folder}/run)
execute_process(COMMAND ${folder}/build/predict ${folder}/run ${folder}/zero.csv
                OUTPUT_VARIABLE from_cpp COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${folder}/build/predict_c ${folder}/run
                OUTPUT_VARIABLE from_c COMMAND_ERROR_IS_FATAL ANY)
if(NOT from_cpp MATCHES "^-?[0-9.]+\n$" OR NOT from_cpp STREQUAL from_c)
  message(FATAL_ERROR "expected one number, the same from C++ and C, got \"${from_cpp}\" and "
                      "\"${from_c}\"")
endif()
