#!/usr/bin/env python3
"""On MNIST a network whose weights are all uncertain knows better what it was not trained on.

The mutual information of a recipe's Bayesian network tells turned digits, noisy digits and symbols
from the test set better than the softmax entropy of the same network without a posterior does.
"""

import math
import os
import unittest
from pathlib import Path

from program import RECIPES, ProgramTest, main, numbers

SETS = ("rotated", "noised", "symbols")
EXAMPLES = 10000  # of the test set, and of each other set


def variance(area):
    """Of an area under the ROC curve (Hanley and McNeil 1982)."""
    one, zero = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (EXAMPLES - 1) * (one + zero - 2 * area**2)
    return (area * (1 - area) + spread) / EXAMPLES**2


@unittest.skipUnless((Path(os.environ.get("CREDENCE_DATA_DIR", "")) / "mnist").is_dir(),
                     "no MNIST: $CREDENCE_DATA_DIR/mnist is no folder")
class Uncertainty(ProgramTest):
    def auroc(self, recipe, measure):
        self.succeed("train", RECIPES / recipe, "-o", recipe, timeout_s=1500)
        done = self.succeed("evaluate", recipe, "--json", "--ood", ",".join(SETS), timeout_s=600)
        result = numbers(done.stdout)
        self.assertGreater(result["accuracy"], 0.985)
        return {name: result["ood"][name]["auroc"][measure] for name in SETS}

    def test_of_weights_tells_more_than_the_entropy_of_a_softmax(self):
        plain = self.auroc("mnist_cnn_conv.yaml", "predictive_entropy")
        bayesian = self.auroc("mnist_bnn_conv_all_flipout.yaml", "mutual_information")
        for name in SETS:
            # The same images serve both, so that the difference is surer than this z says.
            z = ((bayesian[name] - plain[name])
                 / math.sqrt(variance(bayesian[name]) + variance(plain[name])))
            print(f"{name}: {bayesian[name]:.4f}, without a posterior {plain[name]:.4f}, z {z:.1f}")
            self.assertGreater(z, 2, name)


if __name__ == "__main__":
    main()
