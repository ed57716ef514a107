#!/usr/bin/env bash
# Runs clang-tidy over the library and the program, or over the sources named, with the flags of the
# clang build (cmake --preset clang), which it configures if need be.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

[[ -e build/clang/compile_commands.json ]] || cmake --preset clang >/dev/null
cmake --build build/clang --target credence_revision >/dev/null

if [[ $# == 0 ]]; then
  mapfile -t files < <(find src -name '*.cpp' | sort)
  set -- "${files[@]}"
fi
# What the build leaves out (no_mpi.cpp) has no flags to be checked with.
for file in "$@"; do
  if grep -qF "/$file\"" build/clang/compile_commands.json; then printf '%s\0' "$file"; fi
done | xargs -0 -r -P "$cores" -n 1 clang-tidy -p build/clang --quiet 2>&1 |
  { grep -v 'warnings\? generated' || true; }
