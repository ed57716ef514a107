#!/usr/bin/env bash
# Ends 200 trainings (CREDENCE_TORTURE_CASES) by SIGKILL, each at one to three random moments, and
# starts each again with --resume auto until it is complete. Each must end as one that was left
# alone: the same weights_sha256, the same metrics, every step once.
set -euo pipefail
build=${CREDENCE_BUILD:-build/release}
exec python3 tests/cli/kill_runs.py "$build/credence" --runs "${CREDENCE_TORTURE_CASES:-200}"
