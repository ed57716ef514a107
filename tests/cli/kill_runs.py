#!/usr/bin/env python3
"""Kills trainings at random moments, resumes them, and compares them with ones left alone.

    kill_runs.py PROGRAM [--runs 200] [--seed 1]

Prints a table of what was done to each kind of training and how it ended; the exit code is 1 unless
all have ended as their like that was left alone.
"""

import argparse
import fcntl
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

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SMALL = ["data.name=digits", "data.train_count=600", "data.test_count=100",
         "data.validation_split=0.2", "train.validation.samples=2", "predict.samples=2",
         "train.epochs=10", "train.global_batch_size=32", "train.log_every_steps=1",
         "checkpoint.every_steps=7"]
LIMIT_S = 120


class Kind:
    """A training, by one process or several, that the others of its kind must end as."""

    def __init__(self, name, recipe, *overrides, ranks=1):
        self.name, self.ranks = name, ranks
        self.arguments = ["train", str(RECIPES / recipe), *SMALL, *overrides, "--threads", "1"]
        self.tally = Counter()

    def command(self, program, output):
        launcher = ["mpirun", "--oversubscribe", "-np", str(self.ranks)] if self.ranks > 1 else []
        return [*launcher, program, *self.arguments, "--output", output, "--resume", "auto"]

    def learn(self, program):
        """Leaves one alone."""
        begin = time.monotonic()
        done = subprocess.run(self.command(program, f"{self.name}-alone"), text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S)
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: exit code {done.returncode}\n{done.stdout}")
        self.seconds = time.monotonic() - begin
        self.expected = what_came_of(f"{self.name}-alone")


def kinds():
    conv = "mnist_bnn_conv_flipout.yaml"
    dense = "mnist_cnn_fc.yaml"
    return [
        Kind("mean-field", conv),
        Kind("two-ranks", conv, ranks=2),
        Kind("best-kept", dense, "checkpoint.best=val_nll", "checkpoint.keep=1"),
        Kind("ensemble", dense, "inference={type: ensemble, members: 3}", "train.epochs=4"),
        Kind("swag", dense, "inference.type=swag"),
    ]


def lines_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def what_came_of(run):
    """All that must not depend on whether a run was killed."""
    summary = json.loads(Path(run, "summary.json").read_text())
    lines = lines_of(Path(run, "metrics.jsonl"))
    for line in lines:
        for timing in ("samples_per_sec", "seconds", "train_seconds"):
            line.pop(timing, None)
    return {"weights": summary["weights_sha256"], "test": summary["test"], "metrics": lines,
            "histograms": lines_of(Path(run, "histograms.jsonl"))}


def children(pid):
    """The processes that this one has started, and those that they have, and so on."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":  # it has ended, and its parent has not looked
                parents[int(stat.parent.name)] = int(parent)
        except OSError:
            pass
    found = [pid]
    for parent in found:
        found.extend(child for child, its in parents.items() if its == parent)
    return found[1:]


def wait_until_free(run):
    """A launcher that is killed may end before its ranks: until nobody writes the run."""
    try:
        with open(Path(run, "metrics.jsonl"), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
    except FileNotFoundError:
        time.sleep(0.5)


def end_of(process, kind):
    """Waits for a launcher one of whose ranks was killed. While it is still starting ranks it may
    itself wait for ever for one that is gone; that is nothing the ranks can help."""
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        if children(process.pid):
            raise
        process.kill()
        process.wait()
        kind.tally["launcher hung"] += 1


def start_and_kill(kind, program, run, rng):
    """Starts a training, and kills it, or one of its ranks, within the time that it may take."""
    process = subprocess.Popen(kind.command(program, run), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(rng.uniform(0, 1.1 * kind.seconds))
        kind.tally["complete before the kill"] += 1
    except subprocess.TimeoutExpired:
        targets = [process.pid, *(children(process.pid) if kind.ranks > 1 else [])]
        try:
            os.kill(rng.choice(targets), signal.SIGKILL)
        except ProcessLookupError:
            pass
        end_of(process, kind)
        kind.tally["kills"] += 1
    wait_until_free(run)


def check(kind, program, run, rng):
    """Why the run did not end as it should; empty if it did."""
    for _ in range(rng.randint(1, 3)):
        start_and_kill(kind, program, run, rng)
    kind.tally["resumed" if Path(run, "checkpoints").exists() else "begun anew"] += 1
    done = subprocess.run(kind.command(program, run), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        return f"exit code {done.returncode}\n{done.stdout[-2000:]}"
    found = what_came_of(run)
    different = [key for key, value in kind.expected.items() if found[key] != value]
    return "" if not different else f"differs in {', '.join(different)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    program = str(Path(arguments.program).resolve())
    os.environ["OMP_NUM_THREADS"] = "1"
    folder = tempfile.mkdtemp(prefix="credence-kill-")
    os.chdir(folder)
    rng = random.Random(arguments.seed)
    known = kinds()
    for kind in known:
        kind.learn(program)
    for number in range(arguments.runs):
        kind = known[number % len(known)]
        problem = check(kind, program, f"run-{number}", rng)
        kind.tally["runs"] += 1
        if problem:
            kind.tally["wrong"] += 1
            print(f"{folder}/run-{number}, {kind.name}: {problem}", flush=True)
        else:
            kind.tally["as if left alone"] += 1
            shutil.rmtree(f"run-{number}")
    columns = ["runs", "kills", "launcher hung", "complete before the kill", "resumed",
               "begun anew", "as if left alone", "wrong"]
    print(f"\n{'training':12}" + "".join(f"{column:>{len(column) + 2}}" for column in columns))
    total = sum((kind.tally for kind in known), Counter())
    for name, tally in [*((kind.name, kind.tally) for kind in known), ("all", total)]:
        print(f"{name:12}" + "".join(f"{tally[column]:>{len(column) + 2}}" for column in columns))
    if total["wrong"]:
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
