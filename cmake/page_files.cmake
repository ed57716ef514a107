# What the page of `credence report` carries goes into the library as text: its own style and script,
# and Chart.js as the distribution has it.
set(page_dir ${CMAKE_CURRENT_SOURCE_DIR}/credence/report/page)
file(GLOB page_scripts CONFIGURE_DEPENDS ${page_dir}/*.js)
list(SORT page_scripts)
file(READ ${page_dir}/page.css page_style)
file(READ ${CHART_JS} page_charts)
set(page_script "")
foreach(script ${page_scripts})
  file(READ ${script} text)
  string(APPEND page_script "${text}")
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${page_scripts} ${page_dir}/page.css ${CHART_JS})
set(page_source ${generated_dir}/credence/report/page_files.cpp)
configure_file(${PROJECT_SOURCE_DIR}/cmake/page_files.cpp.in ${page_source} @ONLY)
# A compiler need not take literals this long; g++ and clang do.
set_source_files_properties(${page_source} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
