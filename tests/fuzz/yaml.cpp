#include "credence/config/yaml.h"

#include <algorithm>

#include "fuzz/fuzz.h"

#include "credence/config/scalars.h"

using namespace credence;

namespace {

/// Whether `b` says what `a` does. Quotes count where they keep text from being a number.
bool same(const ConfigNode& a, const ConfigNode& b) {
  if (a.kind != b.kind || a.text != b.text || a.keys != b.keys) return false;
  if (a.quoted != b.quoted && needs_quotes(a.text)) return false;
  return std::ranges::equal(a.items, b.items, same);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of({data, size}));
  ConfigNode node;
  if (!fuzz::accepts<ConfigError>("input", [&] { node = parse_yaml(text, "input"); })) return 0;
  const std::string emitted = emit_yaml(node);
  if (!same(parse_yaml(emitted, "emitted"), node)) fuzz::fail("not the same again:\n" + emitted);
  if (emit_inline(node).find('\n') != std::string::npos) fuzz::fail("more than a line");
  return 0;
}
