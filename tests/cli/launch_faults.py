#!/usr/bin/env python3
"""Kills or stops a rank of a launched training at random moments, and looks at how the job ends.

    launch_faults.py PROGRAM [--cases 50] [--restarts 10] [--ranks 4] [--seed 1]

Each job must end within ten seconds, with exit code 75 and one message that names the rank, and no
checkpoint may be damaged; those that are restarted must end with the weights of one that was left
alone. Prints a table, and how long the ends took; the exit code is 1 unless all is so.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kill_runs import RECIPES, children

TRAIN = ["train", str(RECIPES / "mnist_bnn_conv_flipout.yaml"), "data.name=digits",
         "data.train_count=600", "data.test_count=100", "predict.samples=2",
         "train.global_batch_size=32", "checkpoint.every_steps=7", "checkpoint.keep=3",
         "distributed.deterministic=true", "--threads", "1"]
LIMIT_S = 10
VARIABLES = (b"OMPI_COMM_WORLD_RANK", b"PMI_RANK")


def ranks_of(process):
    """Rank -> process, of those that a launcher has started so far."""
    found = {}
    for child in children(process.pid):
        try:
            environment = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for name, _, value in (variable.partition(b"=") for variable in environment):
            if name in VARIABLES:
                found[int(value)] = child
    return found


def start(program, arguments, *options, ranks):
    return subprocess.Popen([program, "launch", "-n", str(ranks), *options, "--", *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def harm(process, number, ranks, rng):
    """Sends a signal to one of the ranks, as soon as there are all; None if none was left."""
    rank = rng.randrange(ranks)
    while process.poll() is None:
        found = ranks_of(process)
        if len(found) < ranks:
            time.sleep(0.005)
            continue
        try:
            os.kill(found[rank], number)
            return rank
        except ProcessLookupError:
            pass
    return None


def wait(process, limit_s=60):
    """The end: its message, and seconds until then."""
    begin = time.monotonic()
    try:
        _, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
    return err, time.monotonic() - begin


def problem_of(process, err, seconds, rank, run, program):
    """Why a job did not end as it should; empty if it did."""
    messages = [line for line in err.splitlines() if line.startswith("credence: ")]
    if process.returncode != 75:
        return f"exit code {process.returncode}: {err[-500:]}"
    if seconds > LIMIT_S:
        return f"took {seconds:.1f} s"
    if len(messages) != 1:
        return f"{len(messages)} messages: {err[-1000:]}"
    if not messages[0].startswith(f"credence: rank {rank} "):
        return f"not rank {rank}: {messages[0]}"
    return damaged(run, program)


def damaged(run, program):
    """Of the checkpoint that the next start would go on from, and of the older ones."""
    folder = Path(run, "checkpoints")
    if not (folder / "latest").exists():
        return ""
    for file in sorted(folder.glob("step-*.safetensors")):
        done = subprocess.run([program, "evaluate", run, "--checkpoint", file.name], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            return f"{file}: {done.stdout[-500:]}"
    return ""


def lose_a_rank(program, number, case, arguments, rng):
    run = f"run-{case}"
    process = start(program, [*TRAIN, "train.epochs=1000", "--output", run], ranks=arguments.ranks)
    time.sleep(rng.uniform(0, arguments.within))
    rank = harm(process, number, arguments.ranks, rng)
    err, seconds = wait(process)
    problem = problem_of(process, err, seconds, rank, run, program)
    if not problem:
        shutil.rmtree(run, ignore_errors=True)
    return problem, seconds


def weights_of(run):
    return json.loads(Path(run, "summary.json").read_text())["weights_sha256"]


def lose_and_restart(program, number, case, arguments, rng):
    run = f"again-{case}"
    begin = time.monotonic()
    process = start(program, [*TRAIN, "train.epochs=6", "--output", run], "--on-failure",
                    "restart", ranks=arguments.ranks)
    while process.poll() is None and not Path(run, "checkpoints", "latest").exists():
        time.sleep(0.005)
    time.sleep(rng.uniform(0, 1))
    rank = harm(process, number, arguments.ranks, rng)
    err, _ = wait(process, 120)
    seconds = time.monotonic() - begin
    if process.returncode != 0:
        return f"exit code {process.returncode} after rank {rank}: {err[-1000:]}", seconds
    if weights_of(run) != weights_of("alone"):
        return f"{run}: other weights", seconds
    return "", seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--within", type=float, default=6, help="seconds after the start")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    program = str(Path(arguments.program).resolve())
    os.environ["OMP_NUM_THREADS"] = "1"
    folder = tempfile.mkdtemp(prefix="credence-launch-")
    os.chdir(folder)
    rng = random.Random(arguments.seed)
    tally, seconds = Counter(), {}
    kinds = [("SIGKILL", signal.SIGKILL), ("SIGSTOP", signal.SIGSTOP)]

    def note(kind, case, outcome):
        problem, took_s = outcome
        tally[kind, "cases"] += 1
        tally[kind, "wrong" if problem else "as they should"] += 1
        seconds.setdefault(kind, []).append(took_s)
        if problem:
            print(f"{folder}, case {case}, {kind}: {problem}", flush=True)

    for case in range(arguments.cases):
        name, number = kinds[case % 2]
        note(name, case, lose_a_rank(program, number, case, arguments, rng))
    if arguments.restarts:
        alone = start(program, [*TRAIN, "train.epochs=6", "--output", "alone"],
                      ranks=arguments.ranks)
        err, _ = wait(alone, 120)
        if alone.returncode != 0:
            raise SystemExit(err)
    for case in range(arguments.restarts):
        name, number = kinds[case % 2]
        note(f"{name}, restarted", case, lose_and_restart(program, number, case, arguments, rng))
    print(f"\n{'rank':20}{'cases':>7}{'as they should':>16}{'wrong':>7}"
          f"{'seconds: median':>17}{'most':>7}")
    for kind, took in seconds.items():
        took.sort()
        print(f"{kind:20}{tally[kind, 'cases']:7}{tally[kind, 'as they should']:16}"
              f"{tally[kind, 'wrong']:7}{took[len(took) // 2]:17.1f}{took[-1]:7.1f}")
    if any(kind[1] == "wrong" for kind in tally):
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
