#!/usr/bin/env bash
# Four nodes on one machine: network namespaces, joined by a bridge, whose links have a given speed.
# Runs Open MPI over TCP between them, and prints what the link does to a training step, how much of
# its communication is hidden, and how far SimGrid's prediction of the same network is off
# (docs/at_scale.md).
#
#   scripts/emulate_nodes.sh                        a link of 10 Gb/s, steps of 0.3 s of compute
#   scripts/emulate_nodes.sh --rate 1gbit --compute 0.3
#   scripts/emulate_nodes.sh --ranks 2 --train "recipes/mnist_bnn_conv_flipout.yaml data.name=digits"
#   scripts/emulate_nodes.sh --ranks 2 -- build/release/credence train recipe.yaml ...
#
# --train trains for --steps steps with --batch examples a rank: with overlapped sums, with blocking
# ones, and each node alone at the same time; of each the best of --rounds counts. It prints the share
# of communication that is hidden. What follows -- is run on the nodes instead, one rank each.
#
# Needs root, ip and tc, and exits with 77 where it has not got them. The kernel's tbf limits the
# speed; nothing here adds a delay.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

rate=10gbit compute=0.3 ranks=4 steps=5 train="" batch=64 rounds=3
while [[ $# -gt 0 ]]; do
  case $1 in
    --rate) rate=$2 && shift ;;
    --compute) compute=$2 && shift ;;
    --ranks) ranks=$2 && shift ;;
    --train) train=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    --batch) batch=$2 && shift ;;
    --steps) steps=$2 && shift ;;
    --) shift && break ;;
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "scripts/emulate_nodes.sh" && exit ;;
    *) echo "emulate_nodes.sh: unknown option $1" >&2 && exit 64 ;;
  esac
  shift
done

refuse() {
  echo "emulate_nodes.sh: $1" >&2
  exit 77
}
[[ $(id -u) == 0 ]] || refuse "network namespaces take root"
for command in ip tc unshare mpirun; do
  command -v $command >/dev/null || refuse "no $command here"
done

name=credence-$$
work=$(mktemp -d)
clean_up() {
  local node
  for ((node = 0; node < ranks; ++node)); do ip netns del "$name-$node" 2>/dev/null || true; done
  ip netns del "$name-switch" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

limit() {  # namespace interface
  ip netns exec "$1" tc qdisc add dev "$2" root tbf rate "$rate" burst 512kb latency 20ms
}
ip netns add "$name-switch" 2>"$work/why" || refuse "no network namespaces: $(cat "$work/why")"
ip -n "$name-switch" link add bridge0 type bridge
ip -n "$name-switch" link set bridge0 up
hosts=""
for ((node = 0; node < ranks; ++node)); do
  ip netns add "$name-$node"
  ip -n "$name-$node" link set lo up
  ip -n "$name-$node" link add eth0 type veth peer name "port$node" netns "$name-switch"
  ip -n "$name-$node" address add "10.77.0.$((node + 1))/24" dev eth0
  ip -n "$name-$node" link set eth0 up
  ip -n "$name-switch" link set "port$node" master bridge0 up
  limit "$name-$node" eth0
  limit "$name-switch" "port$node"
  hosts+=${hosts:+,}10.77.0.$((node + 1))
done

# Starts what mpirun wants on another node, in place of ssh.
cat >"$work/agent" <<AGENT
#!/usr/bin/env bash
node=\$((\${1##*.} - 1))
shift
exec ip netns exec "$name-\$node" unshare --uts bash -c "hostname node\$node; \$*"
AGENT
chmod +x "$work/agent"

on_nodes() {
  ip netns exec "$name-0" unshare --uts bash -c 'hostname node0; exec "$@"' mpirun mpirun \
    --host "$hosts" -np "$ranks" --map-by node --bind-to none --mca plm rsh \
    --mca plm_rsh_agent "$work/agent" --mca plm_rsh_no_tree_spawn 1 --mca orte_tmpdir_base "$work" \
    --mca oob_tcp_if_include eth0 --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include eth0 \
    --mca mpi_yield_when_idle 1 -x OMP_NUM_THREADS -x CREDENCE_DATA_DIR "$@"
}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} CREDENCE_DATA_DIR=${CREDENCE_DATA_DIR-}
if [[ $# -gt 0 ]]; then
  on_nodes "$@"
  exit
fi

# (blocking - overlapped) / (blocking - compute)
print_hidden() {  # what blocking overlapped compute
  awk -v what="$1" -v blocking="$2" -v overlapped="$3" -v compute="$4" 'BEGIN {
    if (blocking <= compute) print "hidden behind backward: no communication to be seen"
    else printf "hidden behind backward, %s: %.2f\n", what,
                (blocking - overlapped) / (blocking - compute) }'
}

step_of_run() {  # in ms
  python3 -c 'import json, sys; run = json.load(open(sys.argv[1] + "/summary.json"))
print(1e3 * run["train_seconds"] / run["steps"])' "$1"
}
if [[ -n $train ]]; then
  read -ra recipe <<<"$train"
  run_ms() {  # name ranks-in-all [key=value ...]: on this node, or on all
    local starter=(ip netns exec "$name-${1##*_}") run=$work/$1
    if [[ $2 == "$ranks" ]]; then starter=(on_nodes); fi
    rm -rf "$run"
    "${starter[@]}" build/release/credence train "${recipe[@]}" train.epochs=1 \
      "train.steps_per_epoch=$steps" "train.global_batch_size=$((batch * $2))" "${@:3}" \
      --output "$run" >"$work/log_$1.txt" 2>&1 || { cat "$work/log_$1.txt" >&2 && exit 1; }
    step_of_run "$run"
  }
  # The best of each, taken in turn: a machine's bad seconds meet all of them.
  for ((round = 0; round < rounds; ++round)); do
    run_ms overlapped "$ranks" >>"$work/overlapped.ms"
    run_ms blocking "$ranks" distributed.buckets.blocking=true >>"$work/blocking.ms"
    alone=()
    for ((node = 0; node < ranks; ++node)); do
      run_ms "alone_$node" 1 >>"$work/alone.ms" &
      alone+=($!)
    done
    for process in "${alone[@]}"; do wait "$process"; done
  done
  best() { sort -g "$work/$1.ms" | head -1; }
  overlapped=$(best overlapped) blocking=$(best blocking) compute=$(best alone)
  printf 'step: overlapped %.2f ms, blocking %.2f ms, each node alone %.2f ms\n' \
    "$overlapped" "$blocking" "$compute"
  print_hidden "credence train" "$blocking" "$overlapped" "$compute"
  exit
fi

program=build/release/bench/simulated_step
[[ -x $program ]] || cmake --build --preset release --target simulated_step

link=$(on_nodes $program --link | tail -1)
latency_us=${link%,*} gb_per_s=${link#*,}
echo "link: $rate, measured $latency_us us and $gb_per_s GB/s"

# The same network for SimGrid: its messages take what was measured between two nodes.
half=$(awk -v us="$latency_us" 'BEGIN { printf "%.3f", us / 2 }')
cat >"$work/platform.xml" <<XML
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <config>
    <prop id="smpi/bw-factor" value="0:1"/>
    <prop id="smpi/lat-factor" value="0:1"/>
  </config>
  <cluster id="nodes" prefix="node-" suffix="" radical="0-$((ranks - 1))" speed="1Gf"
           bw="${gb_per_s}GBps" lat="${half}us" sharing_policy="SPLITDUPLEX"/>
</platform>
XML
seq 0 $((ranks - 1)) | sed 's/^/node-/' >"$work/hosts"
simulated() {
  smpirun -no-privatize -np "$ranks" -platform "$work/platform.xml" -hostfile "$work/hosts" \
    --cfg=smpi/simulate-computation:no --cfg=smpi/host-speed:1Gf --cfg=smpi/test:0 \
    --cfg=smpi/wtime:0 --cfg=smpi/send-is-detached-thresh:0 --log=root.thresh:error \
    $program.smpi "$@"
}
step_ms() { cut -d, -f5 | tail -1; }

declare -A measured
printf '%-12s %12s %12s %8s\n' progress measured simulated off
for way in thread layers blocking; do
  arguments=(--compute "$compute" --jitter 0 --steps "$steps" --poll 2e-4)
  if [[ $way == blocking ]]; then arguments+=(--blocking); else arguments+=(--progress "$way"); fi
  measured[$way]=$(on_nodes $program "${arguments[@]}" | step_ms)
  predicted=-
  if command -v smpirun >/dev/null && [[ -x $program.smpi ]]; then
    predicted=$(simulated "${arguments[@]}" | step_ms)
  fi
  awk -v way=$way -v real="${measured[$way]}" -v predicted="$predicted" 'BEGIN {
    off = predicted == "-" ? "-" : sprintf("%+.1f %%", (predicted / real - 1) * 100)
    printf "%-12s %9.2f ms %9.2f ms %8s\n", way, real, predicted, off }'
done
for way in thread layers; do
  print_hidden "progress by $way" "${measured[blocking]}" "${measured[$way]}" \
    "$(awk -v s="$compute" 'BEGIN { print s * 1e3 }')"
done
