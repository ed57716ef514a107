# Writes what base/version.cpp says of this build. The revision is asked for at each build, but its
# file changes, and anything is compiled, only if the answer does.
set(generated_dir ${PROJECT_BINARY_DIR}/generated)
string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
get_target_property(options credence_compiler INTERFACE_COMPILE_OPTIONS)
list(FILTER options EXCLUDE REGEX "^-W")
string(JOIN " " compile_flags ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${options})
set(library_versions "")
foreach(library CLI11 nlohmann_json Eigen3 yaml-cpp spdlog fmt CURL ZLIB OPENSSL libzip)
  foreach(version ${library}_VERSION ${library}_VERSION_STRING)
    if(${version})
      string(TOLOWER ${library} name)
      string(APPEND library_versions "${name} ${${version}} ")
      break()
    endif()
  endforeach()
endforeach()
configure_file(cmake/build_constants.h.in ${generated_dir}/credence/base/build_constants.h @ONLY)

add_custom_target(credence_revision
  COMMAND ${CMAKE_COMMAND} -Dsource=${PROJECT_SOURCE_DIR}
          -Doutput=${generated_dir}/credence/base/git_revision.h
          -P ${PROJECT_SOURCE_DIR}/cmake/git_revision.cmake
  BYPRODUCTS ${generated_dir}/credence/base/git_revision.h
  COMMENT "Asking git for the revision" VERBATIM)
