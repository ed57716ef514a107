#!/usr/bin/env bash
# Simulates training steps on 64 to 1,024 nodes with our own communication, and makes a table of them
# (docs/at_scale.md). Needs SimGrid: apt-get install libsimgrid-dev, before CMake is run.
#
#   scripts/simulate_scaling.sh                      all platforms, networks and counts of nodes
#   scripts/simulate_scaling.sh --nodes "64 1024" --platforms theta --modes weak
#
# Options (lists are quoted): --nodes, --platforms (theta fat_tree ethernet), --networks (bnn cnn),
# --modes (weak strong), --steps N timed steps, --output FOLDER (build/scaling), --table (only print
# what is there), --at-least X (fail where the last column is below), --program FILE. What follows --
# goes to bench/simulated_step. Rows that the CSV file of the folder has are not simulated again, so
# that it can be interrupted; --anew forgets them.
set -euo pipefail
cd "$(dirname "$0")/.."

nodes="64 128 256 512 1024" platforms="theta fat_tree ethernet" networks="bnn cnn" modes="weak strong"
steps=2 output=build/scaling simulates=true anew=false at_least=0
program=build/release/bench/simulated_step.smpi
while [[ $# -gt 0 ]]; do
  case $1 in
    --nodes) nodes=$2 && shift ;;
    --platforms) platforms=$2 && shift ;;
    --networks) networks=$2 && shift ;;
    --modes) modes=$2 && shift ;;
    --steps) steps=$2 && shift ;;
    --output) output=$2 && shift ;;
    --program) program=$2 && shift ;;
    --at-least) at_least=$2 && shift ;;
    --anew) anew=true ;;
    --table) simulates=false ;;
    --) shift && break ;;
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/simulate_scaling.sh" && exit ;;
    *) echo "simulate_scaling.sh: unknown option $1" >&2 && exit 64 ;;
  esac
  shift
done
more=("$@")

csv=$output/scaling.csv
header=platform,network,mode,ranks,compute_ms,megabytes,step_ms,step_without_sums_ms
header+=,efficiency,communication,imbalance,imbalance_expected
mkdir -p "$output"
if $anew; then rm -f "$csv"; fi
[[ -s $csv ]] || echo "$header" >"$csv"

print_table() {
  printf '\n%-9s %-4s %-7s %6s %9s %9s %13s %10s %9s %9s\n' platform net mode nodes 'step ms' \
    efficiency communication imbalance expected total
  # total: of communication as simulated and the mean of imbalance over all draws
  tail -n +2 "$csv" | sort -t, -k1,1r -k2,2 -k3,3r -k4,4n | awk -F, '{
    printf "%-9s %-4s %-7s %6d %9.2f %9.3f %13.4f %10.3f %9.3f %9.3f\n",
           $1, $2, $3, $4, $7, $9, $10, $11, $12, $10 * $12 }'
}
if ! $simulates; then
  print_table
  exit
fi

if ! command -v smpirun >/dev/null; then
  echo "simulate_scaling.sh: no smpirun: install SimGrid (Debian, Ubuntu: libsimgrid-dev)" >&2
  exit 77
fi
if [[ ! -x $program ]]; then
  cmake --preset release --log-level=WARNING
  cmake --build --preset release --target simulated_step_smpi
fi

# A rank's buffers hold one of `scale` bytes, and the links are as much slower: the same times from
# a fraction of the memory and work, for in SimGrid's model a message takes latency + bytes / speed.
scale=64
scaled_platform() {
  awk -v scale=$scale '{
    if (match($0, /bw="[0-9.]+GBps"/)) {
      speed = substr($0, RSTART + 4, RLENGTH - 9)
      sub(/bw="[0-9.]+GBps"/, sprintf("bw=\"%.9gGBps\"", speed / scale))
    }
    print }' "bench/platforms/$1.xml" >"$output/$1.xml"
}
seq 0 1023 | sed 's/^/node-/' >"$output/hosts"

# Collectives are named one by one: what coll-selector:ompi chooses makes MPI_Comm_dup quadratic.
# Requests that are looked at cost no time, and no message is copied aside.
smpi=(--cfg=smpi/simulate-computation:no --cfg=smpi/host-speed:1Gf --cfg=smpi/test:0
      --cfg=smpi/wtime:0 --cfg=smpi/send-is-detached-thresh:0 --cfg=smpi/bcast:binomial_tree
      --cfg=smpi/allreduce:rdb --cfg=smpi/allgather:bruck
      --cfg=smpi/barrier:ompi_recursivedoubling --log=root.thresh:error)

simulate() {  # platform network mode nodes
  local row=$1,$2,$3 arguments=(--scale "$scale" --steps "$steps" --warm-up 0 --poll 1e-4
                                --bucket-bytes 4194304)
  if grep -q "^$row,$4," "$csv"; then return; fi
  if [[ $2 == cnn ]]; then arguments+=(--deterministic); fi
  if [[ $3 == weak ]]; then arguments+=(--compute 0.3); else arguments+=(--compute 0.02); fi
  smpirun -no-privatize -np "$4" -platform "$output/$1.xml" -hostfile "$output/hosts" "${smpi[@]}" \
    "$program" --label "$row" "${arguments[@]}" "${more[@]}" 2>"$output/log.txt" |
    grep "^$row," | tee -a "$csv" || {
    cat "$output/log.txt" >&2
    exit 1
  }
}

for platform in $platforms; do
  scaled_platform "$platform"
  for count in $nodes; do
    for mode in $modes; do
      for network in $networks; do simulate "$platform" "$network" "$mode" "$count"; done
    done
  done
done
print_table
awk -F, -v least="$at_least" 'NR > 1 && $10 * $12 < least { exit 1 }' "$csv"
