#!/usr/bin/env bash
# Damages the checkpoint of a run in 10,000 ways (CREDENCE_TORTURE_CASES). Each must be
# detected, by an error that names the file. For some of them `credence evaluate` is started: it must
# end with exit code 65 and, where there is a whole checkpoint before the damaged one, go on with it.
set -euo pipefail
build=${CREDENCE_BUILD:-build/release}
cases=${CREDENCE_TORTURE_CASES:-10000}
credence=$build/credence
corrupt=$build/tests/corrupt_checkpoint

work=$(mktemp -d "${TMPDIR:-/tmp}/credence-torture-XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

run=$work/run
"$credence" train recipes/digits_layers.yaml train.epochs=1 train.steps_per_epoch=5 \
  --output "$run" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
checkpoint=$(<"$run/checkpoints/latest")
cp "$run/checkpoints/$checkpoint" "$work/whole"
printf 'checkpoint: %s bytes\n\n' "$(wc -c <"$work/whole")"
"$corrupt" "$work/whole" "$cases"

evaluate() {
  local status=0
  "$credence" evaluate "$run" --samples 2 >"$work/log" 2>&1 || status=$?
  echo "$status"
}

# The same checkpoint as that of an earlier step, to fall back to.
earlier=step-00000001.safetensors
refused=0
fell_back=0
wrong=0
for case in 0 1 2 4 5 600 601 602 603 605; do
  "$corrupt" "$work/whole" "$case" "$run/checkpoints/$checkpoint"
  if [[ $(evaluate) == 65 ]] && grep -q "$checkpoint" "$work/log"; then
    refused=$((refused + 1))
  else
    wrong=$((wrong + 1)) && cat "$work/log"
  fi
  cp "$work/whole" "$run/checkpoints/$earlier"
  if [[ $(evaluate) == 0 ]] && grep -q "going on with .*$earlier" "$work/log"; then
    fell_back=$((fell_back + 1))
  else
    wrong=$((wrong + 1)) && cat "$work/log"
  fi
  rm "$run/checkpoints/$earlier"
done
printf '\n%-44s %8s\n' "credence evaluate of a damaged checkpoint" cases
printf '%-44s %8s\n' "refused, exit code 65, file named" "$refused"
printf '%-44s %8s\n' "the whole one before it taken, with a warning" "$fell_back"
printf '%-44s %8s\n' "anything else" "$wrong"
[[ $wrong == 0 ]]
