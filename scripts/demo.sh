#!/usr/bin/env bash
# Credence in one go: installs what is needed, builds the program, trains a Bayesian convolutional
# network on MNIST (on procedural digits where MNIST cannot be had) and says how well it did.
#
#   scripts/demo.sh [argument of credence train ...]      such as train.epochs=1
#   scripts/demo.sh --help                                prints this
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

for argument in "$@"; do
  case $argument in
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' scripts/demo.sh && exit ;;
  esac
done

preset=release
launcher=(mpirun)
command -v mpirun >/dev/null || launcher=(mpiexec)

heading() { printf '\n=== %s ===\n' "$1"; }

heading "Dependencies"
scripts/install_dependencies.sh
if ! command -v "${launcher[0]}" >/dev/null; then
  preset=no-mpi
  echo "No mpirun here: building without MPI."
fi

heading "Build"
cmake --preset "$preset" --log-level=WARNING
cmake --build --preset "$preset" --target credence
credence=build/$preset/credence

heading "Data"
arguments=("$@")
if ! "$credence" data get mnist; then
  cat <<'END'

  ********************************************************************************
  MNIST CANNOT BE HAD HERE: training on "digits", drawn by Credence itself, instead.
  To train on MNIST, put its four files into a folder "mnist" and name the folder
  above it in CREDENCE_DATA_DIR.
  ********************************************************************************
END
  arguments=(data.name=digits "${arguments[@]}")
fi

# The run directory: the one that was asked for, or a fresh one.
output=""
for ((i = 0; i < ${#arguments[@]}; ++i)); do
  case ${arguments[i]} in
    --output | -o) output=${arguments[i + 1]-} ;;
    --output=* | output=*) output=${arguments[i]#*=} ;;
  esac
done
if [[ -z $output ]]; then
  number=1
  while [[ -e runs/demo-$number ]]; do number=$((number + 1)); done
  output=runs/demo-$number
  arguments+=(--output "$output")
fi

heading "Training"
ranks=1
command=("$credence" train recipes/mnist_bnn_conv_flipout.yaml "${arguments[@]}")
if [[ $preset == release && $cores -ge 2 ]]; then
  ranks=2
  command=("${launcher[@]}" -np 2 "${command[@]}")
fi
# The ranks share the cores evenly, and their threads are free to use them.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((cores / ranks))}
export OMPI_MCA_hwloc_base_binding_policy=none PRTE_MCA_hwloc_default_binding_policy=none
echo "OMP_NUM_THREADS=$OMP_NUM_THREADS ${command[*]}"
"${command[@]}"

heading "Result"
# summary.json holds one flat object "test".
test=$(tr -d '\n' <"$output/summary.json" | sed -n 's/.*"test" *: *{\([^}]*\)}.*/\1/p')
metric() { sed -n "s/.*\"$1\" *: *\([^, ]*\).*/\1/p" <<<"$test"; }
LC_NUMERIC=C printf 'test accuracy              %.4f\n' "$(metric accuracy)"
LC_NUMERIC=C printf 'expected calibration error %.4f\n' "$(metric ece)"
echo "run directory              $output"
