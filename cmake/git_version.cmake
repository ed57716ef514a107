# Writes the commit that is built into a header, and only when it changed. Run at each build:
# cmake -D SOURCE=... -D HEADER=... -P git_version.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git describe --always --dirty --abbrev=12 --match "v*"
                WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define CREDENCE_GIT \"@commit@\"\n" @ONLY)
