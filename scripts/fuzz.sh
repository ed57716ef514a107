#!/usr/bin/env bash
# Feeds the readers of files whatever libFuzzer makes up, with both sanitizers and limits on memory
# and time, and fails if one crashes, hangs, takes too much or throws what it should not.
#
#   scripts/fuzz.sh [READER ...]               all readers, or those named, for 60 s each
#   scripts/fuzz.sh --seconds N [READER ...]   for N seconds each
#   scripts/fuzz.sh --keep [READER ...]        then adds to tests/fuzz/corpus what reaches new code
#   scripts/fuzz.sh --list                     prints the readers
#
# Needs clang with its runtime (libclang-rt-dev). Begins with tests/fuzz/corpus and with what earlier
# runs left in build/fuzz/corpus. A finding is a file in build/fuzz/findings, which
# build/fuzz/tests/fuzz/fuzz_READER reads again; mend it, and put it into tests/fuzz/corpus/READER.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

usage_error() { echo "fuzz.sh: $1" >&2 && exit 64; }

mapfile -t all < <(sed -n 's/^foreach(reader \(.*\))$/\1/p' tests/fuzz/CMakeLists.txt | tr ' ' '\n')
seconds=60
keep=false
readers=()
while [[ $# != 0 ]]; do
  case $1 in
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/fuzz.sh" && exit ;;
    --list) printf '%s\n' "${all[@]}" && exit ;;
    --keep) keep=true ;;
    --seconds)
      seconds=${2-}
      [[ $seconds =~ ^[1-9][0-9]*$ ]] || usage_error "--seconds: expected a number, got \"$seconds\""
      shift
      ;;
    -*) usage_error "unknown option $1 (known: --seconds, --keep, --list)" ;;
    *) printf '%s\n' "${all[@]}" | grep -qxF -- "$1" || usage_error "no reader $1: ${all[*]}"
      readers+=("$1")
      ;;
  esac
  shift
done
if [[ ${#readers[@]} == 0 ]]; then readers=("${all[@]}"); fi

cmake --preset fuzz --log-level=WARNING
cmake --build --preset fuzz --target "${readers[@]/#/fuzz_}"

# What a reader may take for an input of at most 4 KiB, which gzip may unpack to 4 MiB.
limits=(-max_len=4096 -timeout=10 -malloc_limit_mb=64 -rss_limit_mb=1024)
export OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

findings=build/fuzz/findings
mkdir -p "$findings"
failed=()
printf '%-12s %12s %10s %10s  %s\n' reader inputs edges corpus verdict
for reader in "${readers[@]}"; do
  program=build/fuzz/tests/fuzz/fuzz_$reader
  kept=tests/fuzz/corpus/$reader
  corpus=build/fuzz/corpus/$reader
  log=build/fuzz/$reader.log
  mkdir -p "$corpus"
  verdict=clean
  "$program" "$corpus" "$kept" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$findings/$reader-" >"$log" 2>&1 || verdict="FINDING: see $log"
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-12s %12s %10s %10s  %s\n' "$reader" "${runs:--}" "${edges:--}" \
    "$(find "$corpus" -type f | wc -l)" "$verdict"
  if [[ $verdict != clean ]]; then
    failed+=("$reader")
    grep -m 1 -E 'ERROR|runtime error|finding:|what\(\)' "$log" || true
  elif $keep; then
    "$program" -merge=1 -use_counters=0 "${limits[@]}" "$kept" "$corpus" >>"$log" 2>&1
  fi
done
if [[ ${#failed[@]} != 0 ]]; then
  echo "FAILED: ${failed[*]}"
  exit 1
fi
