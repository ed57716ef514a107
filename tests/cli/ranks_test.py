#!/usr/bin/env python3
"""Training on N ranks, or N threads, follows the curve of one: the same batches and the same noise.

What is left are sums taken in another order. The nll is compared besides the loss, in which the KL
term outweighs it.
"""

import subprocess

from program import (LAUNCHER, PROGRAM, RECIPES, ProgramTest, main, needs_mpi,
                     write_line_recipe)

CASES = {  # recipe and least number of steps
    "CNN_FC": ("mnist_cnn_fc.yaml", 100),
    "BNN_FC_flip": ("mnist_bnn_fc_flipout.yaml", 100),
    "BNN_conv_nonflip": ("mnist_bnn_conv_reparameterization.yaml", 20),
    "layers with dropout": ("digits_layers.yaml", 30),
}


def options(train_count, steps, batch=32):
    steps_per_epoch = -(-train_count // batch)
    return [f"data.train_count={train_count}", f"train.epochs={-(-steps // steps_per_epoch)}",
            f"train.global_batch_size={batch}", "train.log_every_steps=1", "predict.samples=3"]


class SameBits(ProgramTest):
    """distributed.deterministic=true."""

    OPTIONS = ("distributed.deterministic=true", "data.validation_split=0.2")

    def run_on(self, recipe, ranks, *overrides, threads=1):
        return self.train(recipe, *options(4 * 32 + 11, 20), *self.OPTIONS, *overrides,
                          "--threads", threads, ranks=ranks,
                          output="-".join((recipe, self._testMethodName, str(ranks), str(threads),
                                           *overrides)))

    @needs_mpi
    def test_on_any_power_of_two(self):
        for recipe in ("mnist_bnn_conv_flipout.yaml", "digits_layers.yaml"):
            with self.subTest(recipe=recipe):
                one = self.run_on(recipe, 1)
                for ranks, threads, shared in ((2, 1, True), (4, 1, True), (8, 1, True),
                                               (1, 2, True), (4, 1, False)):
                    other = self.run_on(recipe, ranks, f"distributed.shared_memory={shared}",
                                        threads=threads)
                    self.assertEqual(other.summary["weights_sha256"],
                                     one.summary["weights_sha256"], (ranks, threads, shared))
                    for key in ("loss", "nll", "kl"):
                        self.assertEqual(other.curve(key), one.curve(key), key)
                    for key in ("val_nll", "val_accuracy"):
                        self.assertEqual(other.curve(key, "epoch"), one.curve(key, "epoch"), key)

    @needs_mpi
    def test_agrees_to_rounding_on_others(self):
        one, three = (self.run_on("mnist_cnn_fc.yaml", ranks) for ranks in (1, 3))
        self.assert_same_curve(three.curve("loss"), one.curve("loss"))
        self.assertIn("distributed.deterministic has no effect: expected 1, 2, 4, ... 8 ranks",
                      three.text("log.txt"))

    def test_shards_are_a_power_of_two(self):
        for shards in (0, 1, 3, 2048):
            self.fail_with(78, ["distributed.virtual_shards", "power of two"], "train",
                           RECIPES / "mnist_cnn_fc.yaml", f"distributed.virtual_shards={shards}")


class ShardedOptimizer(ProgramTest):
    """distributed.sharded_optimizer=true."""

    SHARDED = "distributed.sharded_optimizer=true"

    def run_on(self, recipe, ranks, *overrides):
        return self.train(recipe, *options(4 * 32 + 11, 20), *overrides, "--threads", 1,
                          ranks=ranks, output=f"{recipe}-{self._testMethodName}-{ranks}")

    @needs_mpi
    def test_gives_the_bits_of_one_rank_if_sums_are_in_order(self):
        fixed = "distributed.deterministic=true"
        for recipe in ("mnist_bnn_conv_flipout.yaml", "digits_layers.yaml"):
            one = self.run_on(recipe, 1, fixed)
            for ranks in (2, 4, 8):
                run = self.run_on(recipe, ranks, fixed, self.SHARDED)
                self.assertEqual(run.summary["weights_sha256"], one.summary["weights_sha256"])
                self.assertEqual(run.curve("nll"), one.curve("nll"))
                self.assert_same_curve(run.curve("kl"), one.curve("kl"), 1e-12)
                self.assertEqual(run.checkpoint.stat().st_size, one.checkpoint.stat().st_size)

    @needs_mpi
    def test_follows_the_curve_of_one_rank_on_three(self):
        one, three = (self.run_on("mnist_bnn_conv_flipout.yaml", ranks, self.SHARDED)
                      for ranks in (1, 3))
        self.assert_same_curve(three.curve("loss"), one.curve("loss"))
        self.assert_same_curve(three.curve("nll"), one.curve("nll"))

    @needs_mpi
    def test_is_kept_by_ensembles_swag_and_laplace(self):
        fixed = "distributed.deterministic=true"
        for inference in ("{type: ensemble, members: 2}", "swag",
                          "{type: laplace, prior: {scaled: true}}"):
            method = (f"inference={inference}", "train.epochs=4", "data.validation_split=0.2")
            one, four = (self.train("mnist_cnn_fc.yaml", *options(4 * 32 + 11, 20), *method, fixed,
                                    self.SHARDED, "--threads", 1, ranks=ranks,
                                    output=f"{inference[:12]}-{ranks}") for ranks in (1, 4))
            self.assertEqual(four.summary["weights_sha256"], one.summary["weights_sha256"],
                             inference)

    def test_is_refused_where_the_method_has_an_optimizer_of_its_own(self):
        for method in ("ivon", "sgld", "sghmc"):
            self.fail_with(78, ["distributed.sharded_optimizer", f"inference.type={method}"],
                           "train", RECIPES / "mnist_cnn_fc.yaml", self.SHARDED,
                           f"inference.type={method}", "train.schedule=constant")


class LocalSteps(ProgramTest):
    """distributed.local_steps above 1."""

    @needs_mpi
    def test_learn_what_synchronous_ones_do(self):
        for recipe in ("mnist_cnn_fc.yaml", "mnist_bnn_conv_flipout.yaml"):
            together, local = (
                self.train(recipe, *options(512, 96), "data.validation_split=0.25",
                           f"distributed.local_steps={steps}", "--threads", 1, ranks=2,
                           output=f"{recipe}-{steps}") for steps in (1, 4))
            self.assertEqual(local.curve("step"), together.curve("step"))
            self.assertNotEqual(local.curve("nll"), together.curve("nll"))
            ends = [sum(run.curve("val_nll", "epoch")[-2:]) for run in (together, local)]
            self.assertLess(ends[1], 1.3 * ends[0])

    def test_are_refused_where_they_do_not_fit(self):
        for says, *overrides in (
                ["distributed.deterministic", "distributed.deterministic=true"],
                ["distributed.sharded_optimizer", "distributed.sharded_optimizer=true"],
                ["inference.type=ivon", "inference.type=ivon"],
                ["inference.type=swag", "inference.type=swag"],
                ["checkpoint.every_steps: expected a multiple of 4", "checkpoint.every_steps=6"]):
            self.fail_with(78, ["distributed.local_steps", says], "train",
                           RECIPES / "mnist_cnn_fc.yaml", "distributed.local_steps=4", *overrides)
        self.fail_with(78, ["distributed.local_steps", "1 or more"], "train",
                       RECIPES / "mnist_cnn_fc.yaml", "distributed.local_steps=0")
        self.fail_with(78, ["distributed.local_after"], "train", RECIPES / "mnist_cnn_fc.yaml",
                       "distributed.local_after=10")


class SameCurve(ProgramTest):
    def compare(self, name, train_count, *overrides, all_ranks=(1, 2, 4)):
        recipe, steps = CASES[name]
        runs = [self.train(recipe, *options(train_count, steps), *overrides, "--threads", 1,
                           ranks=ranks, output=f"{self._testMethodName}-{ranks}")
                for ranks in all_ranks]
        one = runs[0]
        self.assertGreaterEqual(len(one.curve("loss")), steps)
        for ranks, run in zip(all_ranks[1:], runs[1:]):
            self.assertEqual(run.summary["ranks"], ranks)
            self.assert_same_curve(run.curve("loss"), one.curve("loss"))
            self.assert_same_curve(run.curve("nll"), one.curve("nll"))
            self.assert_same_curve(run.curve("accuracy", "epoch"), one.curve("accuracy", "epoch"),
                                   0.02)
            self.assert_close(run.summary["test"]["nll"], one.summary["test"]["nll"], 1e-4,
                              "test nll")
        return runs

    @needs_mpi
    def test_cnn_fc_with_a_last_batch_smaller_than_the_ranks(self):
        self.compare("CNN_FC", 9 * 32 + 3)

    @needs_mpi
    def test_bnn_fc_with_a_last_batch_of_one(self):
        self.compare("BNN_FC_flip", 9 * 32 + 1)

    @needs_mpi
    def test_bnn_conv_with_a_ragged_last_batch(self):
        self.compare("BNN_conv_nonflip", 4 * 32 + 11)

    @needs_mpi
    def test_with_a_validation_split(self):
        # 322 of 430 examples are trained on, in 11 steps an epoch.
        one, two = self.compare("layers with dropout", 430, "data.validation_split=0.25",
                                "train.epochs=3", all_ranks=(1, 2))
        self.assert_same_curve(two.curve("val_nll", "epoch"), one.curve("val_nll", "epoch"))
        self.assertEqual(two.curve("val_accuracy", "epoch"), one.curve("val_accuracy", "epoch"))

    @needs_mpi
    def test_layers_with_dropout_and_a_ragged_last_batch(self):
        self.compare("layers with dropout", 9 * 32 + 7)


class Disagreement(ProgramTest):
    """Ranks that would not train one network together leave together, with one message."""

    def fail_apart(self, code, says, first, others):
        """Rank 0 runs one command of the shell, the others another one."""
        choice = f'if [ "${{OMPI_COMM_WORLD_RANK:-$PMI_RANK}}" = 0 ]; then {first}; else {others}; fi'
        launcher = [word if word != "RANKS" else "3" for word in LAUNCHER[:-1]]
        done = subprocess.run([*launcher, "sh", "-c", choice], cwd=self.folder, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        messages = [line for line in done.stderr.splitlines() if line.startswith("credence: ")]
        self.assertEqual(len(messages), 1, done.stderr)
        for word in says:
            self.assertIn(word, messages[0])

    @needs_mpi
    def test_of_recipes(self):
        train = f"exec {PROGRAM} train {RECIPES / 'digits_layers.yaml'}"
        self.fail_apart(78, ["same recipe on all ranks", 'rank 1 has "learning_rate: 0.5"',
                             'rank 0 has "learning_rate: '],
                        train, f"{train} train.learning_rate=0.5")

    @needs_mpi
    def test_of_data(self):
        write_line_recipe(self.folder, 100, 1)
        rows = (self.folder / "line.csv").read_text()
        for folder, last in (("a", "1,2\n"), ("b", "1,3\n")):
            (self.folder / folder).mkdir()
            (self.folder / folder / "line.csv").write_text(rows + last)
        train = f"exec {PROGRAM} train {self.folder / 'line.yaml'}"
        self.fail_apart(75, ["data on all ranks", "rank 1 has", "CRC-32C"],
                        f"cd a; {train}", f"cd b; {train}")

    @needs_mpi
    def test_more_ranks_than_examples_of_a_batch(self):
        self.fail_with(78, ["one example or more for each of the 4 ranks, got 3"], "train",
                       RECIPES / "digits_layers.yaml", "train.global_batch_size=3", ranks=4)


class Threads(ProgramTest):
    def test_follow_the_same_curve(self):
        for name in ("BNN_FC_flip", "layers with dropout"):
            recipe, _ = CASES[name]
            with self.subTest(name):
                one, two = [self.train(recipe, *options(9 * 32 + 3, 20), "--threads", threads,
                                       output=f"{name} {threads}") for threads in (1, 2)]
                self.assertEqual((one.summary["threads_per_rank"],
                                  two.summary["threads_per_rank"]), (1, 2))
                self.assert_same_curve(two.curve("loss"), one.curve("loss"))
                self.assert_same_curve(two.curve("nll"), one.curve("nll"))


if __name__ == "__main__":
    main()
