include(CheckCXXCompilerFlag)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()

add_library(credence_compiler INTERFACE)
target_compile_features(credence_compiler INTERFACE cxx_std_20)
target_compile_options(credence_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                       -Wno-missing-field-initializers)  # designated initialisers leave out defaults
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(credence_compiler INTERFACE -Wno-restrict)  # false alarms, GCC bug 105651
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(credence_compiler INTERFACE -Wno-psabi)  # vectors stay inside the library
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(credence_compiler INTERFACE -Wno-pass-failed)  # "omp simd" is but a wish
endif()
if(CREDENCE_WARNINGS_AS_ERRORS)
  target_compile_options(credence_compiler INTERFACE -Werror)
endif()
# Draws, sums and updates must not depend on which loops a compiler chose to contract or reorder.
# Nobody looks at floating-point traps, and that promise lets g++ vectorise a choice of two values.
target_compile_options(credence_compiler INTERFACE -ffp-contract=off -fno-math-errno
                       -fno-trapping-math)
if(CREDENCE_NATIVE)
  foreach(flag -march=native -mprefer-vector-width=512)
    string(MAKE_C_IDENTIFIER "CREDENCE_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(credence_compiler INTERFACE ${flag})
    endif()
  endforeach()
endif()
if(CREDENCE_SANITIZE)
  target_compile_options(credence_compiler INTERFACE -fsanitize=${CREDENCE_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(credence_compiler INTERFACE -fsanitize=${CREDENCE_SANITIZE})
endif()
if(CREDENCE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CREDENCE_FUZZ needs clang, got ${CMAKE_CXX_COMPILER_ID}: use the preset fuzz")
  endif()
  target_compile_options(credence_compiler INTERFACE -fsanitize=fuzzer-no-link)
endif()
