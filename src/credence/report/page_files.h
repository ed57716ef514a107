#pragma once

#include <string_view>

namespace credence {

/// What a page carries within itself, as the build found it: text of report/page, and Chart.js.
struct PageFiles {
  std::string_view style;   ///< CSS
  std::string_view script;  ///< makes the page of the figures in it
  std::string_view charts;  ///< Chart.js 3
};

PageFiles page_files();

}  // namespace credence
