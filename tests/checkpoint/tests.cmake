# Used by scripts/torture.sh.
add_executable(corrupt_checkpoint checkpoint/corrupt_checkpoint.cpp)
target_link_libraries(corrupt_checkpoint PRIVATE credence_test_support)
add_library(faulty_disk MODULE support/faulty_disk.cpp)
target_link_libraries(faulty_disk PRIVATE ${CMAKE_DL_LIBS})
