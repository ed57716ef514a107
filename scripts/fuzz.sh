#!/usr/bin/env bash
# Feeds the readers of files whatever libFuzzer makes up, with both sanitizers and limits on memory
# and time, and fails if one crashes, hangs, leaks, takes too much memory or throws what it should
# not.
#
#   scripts/fuzz.sh [READER ...]               all readers, or those named, for an hour together
#   scripts/fuzz.sh --seconds N [READER ...]   for N seconds together
#   scripts/fuzz.sh --jobs N [READER ...]      N at a time (default: 2)
#   scripts/fuzz.sh --keep [READER ...]        then adds to tests/fuzz/corpus what reaches new code
#
# Needs clang with its runtime (libclang-rt-dev). Begins with tests/fuzz/corpus and with what earlier
# runs left in build/fuzz/corpus. A finding is a file in build/fuzz/findings, which
# build/fuzz/tests/fuzz/fuzz_READER reads again; mend it, and put it into tests/fuzz/corpus/READER.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

usage_error() { echo "fuzz.sh: $1" >&2 && exit 64; }
expect_number() { [[ $2 =~ ^[1-9][0-9]*$ ]] || usage_error "$1: expected a number, got \"$2\""; }

seconds=3600
jobs=2
keep=false
readers=()
while [[ $# != 0 ]]; do
  case $1 in
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/fuzz.sh" && exit ;;
    --keep) keep=true ;;
    --seconds | --jobs)
      expect_number "$1" "${2-}"
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    -*) usage_error "unknown option $1 (known: --seconds, --jobs, --keep)" ;;
    *) readers+=("$1") ;;
  esac
  shift
done

cmake --preset fuzz --log-level=WARNING
mapfile -t known < <(tr ';' '\n' <build/fuzz/tests/fuzz/readers && echo)
for reader in "${readers[@]}"; do
  printf '%s\n' "${known[@]}" | grep -qxF -- "$reader" || usage_error "no reader $reader: ${known[*]}"
done
if [[ ${#readers[@]} == 0 ]]; then readers=("${known[@]}"); fi
cmake --build --preset fuzz --target "${readers[@]/#/fuzz_}"

# What a reader may take for an input of at most 4 KiB, which gzip may unpack to 4 MiB.
limits=(-print_funcs=0 -max_len=4096 -timeout=10 -malloc_limit_mb=64 -rss_limit_mb=1024)
export OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

# In the last of several rounds fewer run than may, so that the time is that of the rounds.
rounds=$(((${#readers[@]} + jobs - 1) / jobs))
each=$((seconds / rounds > 0 ? seconds / rounds : 1))
findings=build/fuzz/findings
mkdir -p "$findings"

fuzz() {
  local program=build/fuzz/tests/fuzz/fuzz_$1 kept=tests/fuzz/corpus/$1 corpus=build/fuzz/corpus/$1
  local log=build/fuzz/$1.log verdict=clean
  mkdir -p "$corpus"
  "$program" "$corpus" "$kept" "${limits[@]}" -max_total_time="$each" -print_final_stats=1 \
    -artifact_prefix="$findings/$1-" >"$log" 2>&1 || verdict="FINDING: see $log"
  printf '%-12s %12s %10s %10s  %s\n' "$1" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
    "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" \
    "$(find "$corpus" -type f | wc -l)" "$verdict"
  if [[ $verdict != clean ]]; then
    grep -m 1 -E 'ERROR|runtime error|finding:|what\(\)' "$log" || true
    return 1
  fi
  if ! $keep; then return 0; fi
  "$program" -merge=1 -use_counters=0 "${limits[@]}" "$kept" "$corpus" >>"$log" 2>&1
}

printf '%d s each, %d at a time\n%-12s %12s %10s %10s  %s\n' "$each" "$jobs" \
  reader inputs edges corpus verdict
failed=$(mktemp)
trap 'rm -f "$failed"' EXIT
for reader in "${readers[@]}"; do
  while (($(jobs -rp | wc -l) >= jobs)); do sleep 0.2; done
  { fuzz "$reader" || echo "$reader" >>"$failed"; } &
done
wait
if [[ -s $failed ]]; then
  echo "FAILED: $(paste -sd ' ' "$failed")"
  exit 1
fi
