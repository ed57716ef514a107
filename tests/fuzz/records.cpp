#include "fuzz/fuzz.h"

#include "credence/records/profile.h"
#include "credence/records/run_course.h"
#include "credence/report/learning_curves.h"
#include "credence/report/weight_histograms.h"

using namespace credence;

/// What a run leaves of its course: metrics.jsonl, histograms.jsonl and profile.json.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const fuzz::InputFile file(input);
  const RunCourse course = course_of(file.path());
  if (sparkline(course.losses(), 20).size() > 3 * 20) fuzz::fail("a line that is too wide");
  fuzz::accepts<DataError>("", [&] { parse_learning_curves(fuzz::text_of(input)); });
  fuzz::accepts<DataError>("", [&] {
    for (const WeightHistogram& histogram : parse_weight_histograms(fuzz::text_of(input)))
      if (histogram.edges.size() != histogram.counts.size() + 1) fuzz::fail("edges without bins");
  });
  file.is_accepted_by<DataError>([&] { read_profile(file.path()); });
  return 0;
}
