#!/usr/bin/env python3
"""The model of a training step that is simulated on many nodes, here under this machine's MPI.

    simulated_step_test.py PROGRAM [mpirun ... PROGRAM]
"""

import csv
import io
import math
import subprocess
import sys
import unittest

PROGRAM, LAUNCHED = sys.argv[1], sys.argv[2:]
SHORT = ["--header", "--compute", "0.02", "--steps", "3", "--poll", "1e-3"]


def row(*arguments, command=None):
    run = subprocess.run([*(command or LAUNCHED), *SHORT, *arguments], capture_output=True,
                         text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert len(rows) == 1, run.stdout
    return {key: value if key == "label" else float(value) for key, value in rows[0].items()}


class SimulatedStep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bayesian = row("--jitter", "0.1")

    def test_a_posterior_sends_its_mu_and_rho(self):
        self.assertAlmostEqual(self.bayesian["megabytes"], 4 * (3.7 + 0.76), places=2)
        deterministic = row("--deterministic", "--blocking", "--order", "any")
        self.assertAlmostEqual(deterministic["megabytes"], 4 * 3.7, places=2)
        pairs = row("--variational-bytes", "4", "--scale", "64", "--add-rate", "1e9")
        self.assertAlmostEqual(pairs["megabytes"], deterministic["megabytes"], places=2)

    def test_efficiency_is_compute_over_step(self):
        for figures in self.bayesian, row("--progress", "layers", "--persistent", "--jitter", "0"):
            self.assertAlmostEqual(figures["efficiency"], 20 / figures["step_ms"], places=3)
            self.assertAlmostEqual(figures["efficiency"],
                                   figures["communication"] * figures["imbalance"], places=3)

    def test_jitter_costs_the_mean_of_the_slowest_rank(self):
        # The mean of the larger of two standard normals is 1 / sqrt(pi); of one, 0.
        largest = {1: 0, 2: 1 / math.sqrt(math.pi)}[int(self.bayesian["ranks"])]
        self.assertAlmostEqual(self.bayesian["imbalance_expected"], 1 / (1 + 0.1 * largest),
                               places=3)
        averaged = row("--jitter", "0.1", "--average-every", "3")
        self.assertAlmostEqual(averaged["imbalance_expected"],
                               1 / (1 + 0.1 * largest / math.sqrt(3)), places=3)

    def test_one_rank_waits_for_nobody(self):
        alone = row("--jitter", "0", command=[PROGRAM])
        self.assertEqual(alone["imbalance_expected"], 1)
        self.assertGreaterEqual(alone["step_ms"], 20)

    def test_links_need_two_ranks(self):
        run = subprocess.run([PROGRAM, "--link"], capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 64)
        self.assertIn("two ranks", run.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
