# cmake -Dsource=DIR -Doutput=FILE -P git_revision.cmake
cmake_minimum_required(VERSION 3.25)

set(revision "")
if(EXISTS ${source}/.git)
  execute_process(COMMAND git --no-optional-locks describe --always --dirty --tags
                  WORKING_DIRECTORY ${source} OUTPUT_VARIABLE revision ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
file(CONFIGURE OUTPUT ${output} @ONLY
     CONTENT "#pragma once\n\n#define CREDENCE_GIT_REVISION \"@revision@\"\n")
