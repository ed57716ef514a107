#!/usr/bin/env python3
"""Every method of inference from a recipe to predictions: what training tests, evaluate and predict
find again, on any number of ranks."""

import json
import shutil
import struct

from program import (RECIPES, ProgramTest, Run, change_safetensors, main, needs_mpi, read_npz,
                     read_safetensors)

# model.name is deterministic; a global batch is the same on any number of ranks.
RECIPE = "mnist_cnn_fc.yaml"
METHODS = {
    "ensemble": ("inference.members=3",),
    "swag": ("train.epochs=3", "inference.rank=3", "train.optimizer=SGD",
             "train.schedule=constant", "train.learning_rate=0.05"),
    "ivon": ("train.learning_rate=0.1",),
    "sgld": ("train.learning_rate=0.1", "inference.cycles=1", "inference.samples_per_cycle=2",
             "train.schedule=constant"),
    "sghmc": ("train.learning_rate=0.02", "inference.cycles=1", "inference.samples_per_cycle=2",
              "train.schedule=constant"),
}


class Methods(ProgramTest):
    def metrics(self, run, **options):
        return json.loads(self.succeed("evaluate", run, "--json", **options).stdout)

    def train_by(self, method, output, **options):
        return self.train(RECIPE, f"inference.type={method}", *METHODS[method], "predict.samples=4",
                          output=output, **options)

    def test_are_found_again_by_evaluate(self):
        for method in METHODS:
            with self.subTest(method):
                run = self.train_by(method, method)
                test = run.summary["test"]
                self.assertEqual(self.metrics(method), test)
                self.assertGreater(test["mutual_information"], 0)
                header, _, _ = read_safetensors(run.checkpoint)
                kept = [name for name in header if name.startswith("posterior.")]
                self.assertTrue(any("dense1.weight" in name for name in kept), kept)

    @needs_mpi
    def test_give_the_same_on_any_number_of_ranks(self):
        for method in METHODS:
            with self.subTest(method):
                alone = self.train_by(method, f"{method}_1").summary["test"]
                together = self.train_by(method, f"{method}_2", ranks=2).summary["test"]
                self.assert_close(together["nll"], alone["nll"], 1e-3, "nll")
                self.assert_close(self.metrics(f"{method}_2", ranks=2)["nll"], together["nll"],
                                  1e-6, "nll of evaluate")


class OfRegressions(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [f"{x / 20},{(x / 20) ** 2 + (x * 7919 % 13 - 6) / 60}" for x in range(-40, 40)]
        (cls.folder / "table.csv").write_text("\n".join(rows) + "\n")
        (cls.folder / "recipe.yaml").write_text("""
model:
  name: small
  layers: [{type: Dense, name: dense1, units: 10}, Tanh, {type: Dense, name: dense2, units: 1}]
data: {name: csv, path: table.csv}
train: {epochs: 20, global_batch_size: 8, learning_rate: 0.01, loss: {type: gaussian, sigma: 0.1}}
inference: {type: hmc, chains: 2, warmup: 60, samples: 40, thin: 2, leapfrog_steps: 20}
predict: {samples: 40}
""")

    def test_a_chain_that_does_not_mix_or_diverges_is_told(self):
        done = self.succeed("train", "recipe.yaml", "inference.warmup=20", "train.epochs=0",
                            "inference.leapfrog_steps=3", "--output", "short")
        self.assertIn("chains that agree have less than 1.05", done.stderr)
        done = self.succeed("train", "recipe.yaml", "train.epochs=40", "train.learning_rate=0.3",
                            "inference={type: ivon}", "--output", "diverged")
        self.assertRegex(done.stderr, "the test's (nll|rmse) is .*, and was .* before")

    def test_without_a_likelihood_are_refused(self):
        for method in ("ivon", "sghmc", "hmc"):
            self.fail_with(78, ["inference", "mean_squared_error is no likelihood"], "train",
                           "recipe.yaml", f"inference={{type: {method}}}",
                           "train.loss=mean_squared_error")

    def test_hmc_fits_a_parabola_and_tells_how_it_went(self):
        self.succeed("train", "recipe.yaml", "--output", "hmc")
        summary = Run(self.folder / "hmc").summary
        self.assertEqual(set(summary["inference"]),
                         {"acceptance", "divergent", "energy_r_hat", "energy_ess"})
        self.assertGreater(summary["inference"]["acceptance"], 0.5)
        self.assertLess(summary["test"]["rmse"], 0.3)
        (self.folder / "inputs.csv").write_text("0\n1\n30\n")
        self.succeed("predict", "hmc", "--input", "inputs.csv", "--output", "out.npz")
        sigma = read_npz(self.folder / "out.npz")["epistemic_sigma"][1]
        self.assertGreater(sigma[2], 3 * sigma[0])  # far from all data


class Saved(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ivon = cls.train(RECIPE, "inference.type=ivon", "train.learning_rate=0.1",
                             output="ivon")

    def changed(self, output, change):
        """A copy of the run whose checkpoint is changed."""
        shutil.copytree(self.ivon.path, self.folder / output)
        change_safetensors(Run(self.folder / output).checkpoint, change)

    def test_posterior_is_taken_as_it_is(self):
        self.fail_with(78, ["inference.type=swag", "inference is part of training"], "evaluate",
                       "ivon", "inference.type=swag")

    def test_posterior_that_is_damaged_is_refused(self):
        def gone(header, _):
            for name in [name for name in header if name.startswith("posterior.")]:
                header[name.replace("posterior.", "optimizer.posterior.")] = header.pop(name)

        def wrong(number):
            def change(header, data):
                place = header["posterior.gaussian.sigma.dense1.bias"]["data_offsets"][0]
                data[place:place + 4] = struct.pack("<f", number)
            return change

        for name, change, says in (
                ("gone", gone, "says inference.type=ivon, and the checkpoint has no posterior"),
                ("nan", wrong(float("nan")), "expected finite numbers, got"),
                ("negative", wrong(-1), "expected 0 or more, got a negative sigma")):
            with self.subTest(name):
                self.changed(name, change)
                self.fail_with(65, [says, "checkpoints/"], "evaluate", name)


class Mistakes(ProgramTest):
    def refused(self, says, *arguments):
        self.fail_with(78, says, "train", RECIPES / RECIPE, "data.name=digits", "data.train_count=600",
                       "data.test_count=100", *arguments)

    def test_are_told_with_their_place(self):
        self.refused(["inference.type", "unknown method of inference \"swga\"", "\"swag\""],
                     "inference.type=swga")
        self.refused(["inference.members", "expected 2 to 65536 members, got 1"],
                     "inference.type=ensemble", "inference.members=1")
        self.refused(["inference", "layers of model \"CNN_FC\" have one already",
                      "model.bayesian.layers=[]"],
                     "inference.type=swag", "model.bayesian.layers=all")
        self.refused(["swag: expected 2 snapshots or more, got 1"],
                     "inference.type=swag", "train.epochs=1")
        self.refused(["train.optimizer", "inference.type=ivon has one of its own"],
                     "inference.type=ivon", "train.optimizer=SGD")
        self.refused(["train.schedule", "inference.type=sghmc has one of its own", "cosine"],
                     "inference.type=sghmc")
        self.refused(["inference.prior", "prior.sigma must be positive and finite, got 0"],
                     "inference.type=ivon", "inference.prior.sigma=0")
        self.refused(["inference.temperature", "got 0"],
                     "inference.type=sgld", "inference.temperature=0", "train.schedule=constant")


if __name__ == "__main__":
    main()
