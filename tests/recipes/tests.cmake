# What recipes state is what they give. Each trains for minutes, so none is in the everyday tests.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(recipe mnist_bbb_400 mnist_bbb_1200 mnist_lenet5_vi)
  add_test(NAME recipes.${recipe}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/recipes/results_test.py
                   $<TARGET_FILE:credence> ${recipe})
  set_tests_properties(recipes.${recipe} PROPERTIES LABELS slow TIMEOUT 7200 PROCESSORS 2
                                                    SKIP_RETURN_CODE 77)
endforeach()

# The comparison on UCI sets, half an hour.
credence_mpi_command(on_two_ranks 2 $<TARGET_FILE:credence>)
add_test(NAME recipes.uci
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/recipes/uci_test.py ${on_two_ranks})
credence_mpi_test_properties(recipes.uci 2)
set_tests_properties(recipes.uci PROPERTIES LABELS slow TIMEOUT 14400 SKIP_RETURN_CODE 77)
