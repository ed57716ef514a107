// What Linux says of a machine, as text: nothing of it is wrong, whatever it says.

#include <algorithm>
#include <cmath>

#include "fuzz/fuzz.h"

#include "credence/comm/cgroup.h"
#include "credence/comm/topology.h"
#include "credence/machine/output_place.h"

using namespace credence;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of({data, size}));
  const std::vector<int> cpus = parse_cpu_list(text);
  if (std::ranges::any_of(cpus, [](int cpu) { return cpu < 0; })) fuzz::fail("a negative CPU");
  if (!std::isfinite(parse_cpu_max(text)) || parse_cpu_max(text) < 0) fuzz::fail("a wrong quota");
  file_system_of("/a/b c", text);
  read_cgroup_limits("/proc/self/fdinfo", text);
  return 0;
}
