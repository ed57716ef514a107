# What recipes state is what they give. Each trains for minutes, so none is in the everyday tests.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(recipe mnist_bbb_400 mnist_bbb_1200 mnist_lenet5_vi)
  add_test(NAME recipes.${recipe}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/results_test.py
                   $<TARGET_FILE:credence> ${recipe})
  set_tests_properties(recipes.${recipe} PROPERTIES LABELS slow TIMEOUT 7200 PROCESSORS 2
                                                    SKIP_RETURN_CODE 77)
endforeach()
