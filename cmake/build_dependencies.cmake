# What only the build of Credence needs, beside dependencies.cmake. MPI is here because the installed
# library is tied to the one it was built with: its users link that one, not the one they would find.
credence_find(CLI11)
credence_find(nlohmann_json)
credence_find(Eigen3)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
mark_as_advanced(RANDOM123_INCLUDE_DIR)
if(NOT RANDOM123_INCLUDE_DIR)
  list(APPEND credence_missing Random123)
endif()
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js
          PATH_SUFFIXES share/javascript/chart.js NO_CMAKE_FIND_ROOT_PATH)
mark_as_advanced(CHART_JS)
if(NOT CHART_JS)
  list(APPEND credence_missing Chart.js)
endif()
if(CREDENCE_MPI)
  credence_find(MPI COMPONENTS C)
endif()

if(credence_missing)
  list(JOIN credence_missing ", " missing)
  set(advice "scripts/install_dependencies.sh installs it on Debian and Ubuntu; elsewhere, name its "
             "folder in CMAKE_PREFIX_PATH.")
  if("MPI" IN_LIST credence_missing)
    list(APPEND advice "\nTo build without MPI: -DCREDENCE_MPI=OFF (preset no-mpi).")
  endif()
  message(FATAL_ERROR "Credence: not found: ${missing}.\n" ${advice})
endif()
