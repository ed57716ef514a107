#!/usr/bin/env python3
"""A recipe reaches the result that it states: `python3 results_test.py PROGRAM RECIPE`.

Trains the recipe as it is, which takes minutes; the ctest label is slow. The data come from where
the program finds them. Without them, or a way to fetch them, the test is skipped and says so.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SKIPPED = 77

# The worst that is accepted: what three seeds gave, with a margin for another machine's rounding.
BOUNDS = {
    "mnist_bbb_400": {"accuracy": 0.9825, "nll": 0.055, "ece": 0.010},
    "mnist_bbb_1200": {"accuracy": 0.9850, "nll": 0.055, "ece": 0.010},
    "mnist_lenet5_vi": {"accuracy": 0.9900, "nll": 0.035, "ece": 0.006},
}

# What may be lost of the accuracy by taking away 75% of the weights, by |mu| / sigma.
PRUNED = {"mnist_bbb_400": 0.002}


def loss_by_pruning(program, run, share=0.75):
    found = subprocess.run([program, "check", run, "--json"], text=True, check=False,
                           capture_output=True)
    curve = {point["share"]: point["accuracy"] for point in json.loads(found.stdout)["pruning"]}
    return curve[0] - curve[share]


def keeps(metric, value, bound):
    return value >= bound if metric == "accuracy" else value <= bound


def main(program, recipe):
    bounds = BOUNDS[recipe]
    found = subprocess.run([program, "data", "get", "mnist"], text=True, check=False,
                           capture_output=True)
    if found.returncode != 0:
        print(f"skipped: no MNIST\n{found.stderr}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="credence-") as folder:
        run = Path(folder) / "run"
        subprocess.run([program, "train", RECIPES / f"{recipe}.yaml", "--output", run], check=True)
        test = json.loads((run / "summary.json").read_text())["test"]
        lost = loss_by_pruning(program, run) if recipe in PRUNED else 0
    failed = [metric for metric, bound in bounds.items() if not keeps(metric, test[metric], bound)]
    for metric, bound in bounds.items():
        print(f"{metric} {test[metric]:.4f}, bound {bound}{': FAILED' * (metric in failed)}")
    if recipe in PRUNED:
        print(f"lost by pruning {lost:.4f}, bound {PRUNED[recipe]}")
    return 1 if failed or lost >= PRUNED.get(recipe, 1) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
