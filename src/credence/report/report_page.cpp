#include "credence/report/report_page.h"

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/report/page_files.h"
#include "credence/report/report_json.h"

namespace credence {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += letter;
    }
  }
  return safe;
}

std::string title_of(std::span<const ReportedRun> runs) {
  std::vector<std::string> names;
  for (const ReportedRun& run : runs) names.push_back(run.name);
  return escaped(join(names));
}

}  // namespace

std::string report_page(std::span<const ReportedRun> runs) {
  const PageFiles files = page_files();
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>",
      title_of(runs), " - Credence</title>\n<style>\n", files.style,
      "</style>\n</head>\n<body>\n"
      "<noscript>This page draws its charts with its own script, which is switched "
      "off.</noscript>\n"
      "<main id=\"report\"></main>\n<script type=\"application/json\" id=\"figures\">",
      report_json(runs), "</script>\n<script>\n", files.charts, "</script>\n<script>\n",
      files.script, "</script>\n</body>\n</html>\n");
}

}  // namespace credence
