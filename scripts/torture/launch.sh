#!/usr/bin/env bash
# Kills (SIGKILL) or stops (SIGSTOP) one of the 4 ranks of 50 launched trainings
# (CREDENCE_TORTURE_CASES), each at a random moment, start-up included. Each job must end within ten
# seconds, with exit code 75 and one message that names the rank, and leave whole checkpoints. Then
# does so to 10 trainings that are restarted on the ranks that remain: each must end with the weights
# of one that was left alone.
set -euo pipefail
build=${CREDENCE_BUILD:-build/release}
exec python3 tests/cli/launch_faults.py "$build/credence" --cases "${CREDENCE_TORTURE_CASES:-50}"
