#!/usr/bin/env bash
# What Credence promises to survive, done to it many times over.
#
#   scripts/torture.sh [SECTION ...]     all sections, or those named
#   scripts/torture.sh --allow-skips ... passes where a section cannot do all of it, such as mounts
#   scripts/torture.sh --list            prints the sections
#
# Each section is scripts/torture/SECTION.sh, which prints a table of what it did and what came of
# it, and fails if a promise is broken. They use the release build, which must be built with its
# tests (or the one that CREDENCE_BUILD names), and trainings of their own in a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

mapfile -t known < <(basename -s .sh scripts/torture/*.sh)
sections=()
for argument in "$@"; do
  case $argument in
    -h | --help)
      sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/torture.sh"
      for section in "${known[@]}"; do
        printf '\n%s: ' "$section"
        sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/torture/$section.sh"
      done
      exit
      ;;
    --allow-skips) export CREDENCE_TORTURE_ALLOW_SKIPS=1 ;;
    --list) printf '%s\n' "${known[@]}" && exit ;;
    *)
      if ! printf '%s\n' "${known[@]}" | grep -qxF -- "$argument"; then
        echo "torture.sh: no section $argument (known: ${known[*]})" >&2
        exit 64
      fi
      sections+=("$argument")
      ;;
  esac
done
if [[ ${#sections[@]} == 0 ]]; then sections=("${known[@]}"); fi

export CREDENCE_BUILD=${CREDENCE_BUILD:-build/release}
failed=()
for section in "${sections[@]}"; do
  printf '\n=== %s ===\n' "$section"
  "scripts/torture/$section.sh" || failed+=("$section")
done
if [[ ${#failed[@]} != 0 ]]; then
  printf '\nFAILED: %s\n' "${failed[*]}"
  exit 1
fi
