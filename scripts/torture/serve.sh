#!/usr/bin/env bash
# Loads `credence serve` for 600 seconds (the first argument, or CREDENCE_TORTURE_SECONDS) from 64
# connections, made anew now and then, with one request in a hundred malformed, while 8 clients send
# a byte now and then. Every good request must be answered, with the bits that it gets alone, or,
# fewer than one in ten, told to come again, and many must be predicted together; malformed ones
# must be refused, slow clients cut off, but not early. The service's memory must stay flat: its
# median over the last fifth of the load at most 2 % and 3 MiB above that between three and five
# tenths of it, and no descriptor may stay open. On a busy machine the time limits are longer.
set -euo pipefail
build=${CREDENCE_BUILD:-build/release}
seconds=${1:-${CREDENCE_TORTURE_SECONDS:-600}}
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

exec python3 tests/cli/serve_load.py "$(realpath "$build/credence")" --seconds "$seconds"
