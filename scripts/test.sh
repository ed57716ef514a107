#!/usr/bin/env bash
# Installs what is needed, builds Credence and runs its tests.
#
#   scripts/test.sh          the release build, all tests but those labelled slow
#   scripts/test.sh --all    all tests, then the other builds: ASan and UBSan, clang, without vector
#                            extensions, MPICH, no MPI; the checks of style
#
# Stops at the first section that fails, and names it. CREDENCE_DATA_DIR names a folder of data sets
# for the tests that need one; they say so when they skip.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

all=false
case ${1-} in
  "") ;;
  --all) all=true ;;
  -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/test.sh" && exit ;;
  *) echo "test.sh: unknown option $1 (known: --all)" >&2 && exit 64 ;;
esac

passed=()
current=""
section() {
  if [[ -n $current ]]; then passed+=("$current"); fi
  current=$1
  if [[ -n $current ]]; then printf '\n=== %s ===\n' "$current"; fi
}

finish() {
  local status=$?
  printf '\n'
  if [[ ${#passed[@]} != 0 ]]; then printf 'passed: %s\n' "${passed[@]}"; fi
  if [[ $status != 0 ]]; then printf 'FAILED: %s\n' "$current"; fi
  printf 'time: %d min %02d s\n' $((SECONDS / 60)) $((SECONDS % 60))
}
trap finish EXIT

# build_and_test PRESET [option of ctest ...]
build_and_test() {
  cmake --preset "$1" --log-level=WARNING
  cmake --build --preset "$1"
  ctest --preset "$1" --parallel "$cores" "${@:2}"
}
fast=(--label-exclude '^slow$')

section "dependencies"
if $all; then
  scripts/install_dependencies.sh --all
else
  scripts/install_dependencies.sh
fi

if ! $all; then
  section "release build, tests but the slow ones"
  build_and_test release "${fast[@]}"
  section ""
  exit
fi

section "style: clang-format, shellcheck"
scripts/format.sh --check
shellcheck scripts/*.sh scripts/torture/*.sh .ci/run

section "release build, all tests"
build_and_test release

section "address and undefined-behaviour sanitizers"
build_and_test asan "${fast[@]}"

section "clang"
build_and_test clang "${fast[@]}"

section "clang-tidy"
scripts/tidy.sh

section "kernels of a machine without vector extensions"
cmake --preset debug --log-level=WARNING
cmake --build --preset debug --target kernels_test
build/debug/tests/kernels_test --gtest_brief=1

section "MPICH"
build_and_test mpich "${fast[@]}"

section "no MPI"
build_and_test no-mpi "${fast[@]}"

section ""
