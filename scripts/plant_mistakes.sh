#!/usr/bin/env bash
# Plants known mistakes, one at a time, and sees that the test made for each of them fails.
#
#   scripts/plant_mistakes.sh                    in build/release, which must be built with its tests
#   scripts/plant_mistakes.sh BUILD [NAME ...]   in another build; only tests/mistakes/NAME.patch
#
# Each patch in tests/mistakes changes one .cpp file and names, in its first lines, the mistake and
# the test. The file is compiled, as the build compiles it, to an object elsewhere, which takes the
# place of the library's when the test program is linked once more: sources and build stay as they
# are. Exit code 1 if a mistake is not caught, 77 if the build is not one of Ninja's.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh
root=$PWD

case ${1-} in
  -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/plant_mistakes.sh" && exit ;;
esac
build=$(cd "${1:-build/release}" && pwd)
shift || true
if [[ ! -e $build/build.ninja ]]; then echo "plant_mistakes.sh: $build: no build of Ninja's" && exit 77; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/credence-mistakes-XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

# field PATCH NAME: what the patch's first lines say.
field() { sed -n "s/^$2: //p;/^--- /q" "$1"; }

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

# compile FILE OBJECT: the file of the patched tree, by the command for the one of this tree, whose
# object is then named by `replaced`.
compile() {
  local command
  command=$(python3 -c '
import json, sys
for entry in json.load(open(sys.argv[1])):
    if entry["file"] == sys.argv[2]: print(entry["command"])
' "$build/compile_commands.json" "$root/$1")
  if [[ -z $command ]]; then echo "no command compiles $1" && return 1; fi
  replaced=${command#*" -o "}
  replaced=${replaced%% *}
  command=${command//"$root/$1"/"$work/tree/$1"}
  command=${command//"$replaced"/"$2"}
  (cd "$build" && eval "$command -w")  # what a mistake leaves unused is no matter
}

# link TARGET OBJECT PROGRAM: the target with the object in the place of its own, or before all
# others, so that the library's is not asked for.
link() {
  local command output
  command=$(ninja -C "$build" -t commands "$1" | tail -n 1)
  command=${command#": && "}
  command=${command%%" && "*}  # what follows finds the tests
  output=${command#*" -o "}
  output=${output%% *}
  if [[ $command == *" $replaced "* ]]; then
    command=${command/" $replaced "/" $2 "}
  else
    command=${command/" -o "/" $2 -o "}
  fi
  command=${command/" -o $output "/" -o $3 "}
  (cd "$build" && eval "$command")
}

# run_test PROGRAM SCRIPT FILTER RANKS
run_test() {
  if [[ $2 == *.py ]]; then
    python3 - "$1" "$root/tests/cli" "${2%.py}" "$3" <<'PYTHON'
import importlib, sys, unittest
program, folder, module, name = sys.argv[1:]
sys.argv[1:] = [program]
sys.path.insert(0, folder)
unittest.main(importlib.import_module(module), argv=["test", name])
PYTHON
  elif [[ $4 != 1 ]]; then
    "$(cached MPIEXEC_EXECUTABLE)" -np "$4" "$1" --gtest_filter="$3" --gtest_brief=1
  else
    "$1" --gtest_filter="$3" --gtest_brief=1
  fi
}

plant() {
  local patch=$1 target script filter ranks file program
  read -r target filter ranks <<<"$(field "$patch" Test)"
  script=$target
  if [[ $script == *.py ]]; then target=credence; fi
  ranks=${ranks:-1}
  file=$(sed -n 's|^--- a/\([^ \t]*\).*|\1|p' "$patch")
  if [[ $ranks != 1 && $(cached CREDENCE_MPI) != ON ]]; then
    verdict="skipped: needs MPI" && return
  fi
  rm -rf "$work/tree" && mkdir -p "$work/tree/$(dirname "$file")"
  cp "$file" "$work/tree/$file"
  patch --quiet --strip=1 --directory="$work/tree" <"$patch" || return
  program=$build/tests/$target
  if [[ $target == credence ]]; then program=$build/credence; fi
  if ! run_test "$program" "$script" "$filter" "$ranks" >"$work/log" 2>&1; then
    verdict="FAILS WITHOUT IT" && return
  fi
  compile "$file" "$work/mistake.o" >"$work/log" 2>&1 || return
  link "$target" "$work/mistake.o" "$work/$target" >"$work/log" 2>&1 || return
  if run_test "$work/$target" "$script" "$filter" "$ranks" >"$work/log" 2>&1; then
    verdict="NOT CAUGHT"
  elif grep -q "FAILED" "$work/log"; then
    verdict=caught
  else
    verdict="NO TEST RAN"
  fi
}

if [[ $# == 0 ]]; then
  patches=(tests/mistakes/*.patch)
else
  patches=("${@/%/.patch}")
  patches=("${patches[@]/#/tests/mistakes/}")
fi
missed=0
printf '%-66s %-10s %s\n' mistake verdict test
for patch in "${patches[@]}"; do
  verdict="NOT BUILT"
  plant "$patch" || true
  read -r target filter _ <<<"$(field "$patch" Test)"
  printf '%-66s %-10s %s\n' "$(field "$patch" Mistake)" "$verdict" "$target $filter"
  if [[ $verdict != caught && $verdict != skipped* ]]; then
    missed=$((missed + 1))
    tail -n 20 "$work/log" >&2
  fi
done
if [[ $missed != 0 ]]; then echo "$missed not caught" && exit 1; fi
echo "all caught"
