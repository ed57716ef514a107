#!/usr/bin/env python3
"""What `credence evaluate` does beside the metrics: sets unlike the test set, intervals, curves."""

import json
import csv
import math

from program import (ProgramTest, main, needs_mpi, numbers, read_npz, write_line_recipe,
                     write_npz)

RECIPE = "mnist_bnn_fc_flipout.yaml"
ALL = "rotated,noised,symbols"
MEASURES = ["mutual_information", "predictive_entropy", "one_minus_confidence"]


class Evaluated(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.train(RECIPE, "predict.samples=5", "data.train_count=2000",
                                "predict.metrics=[adaptive_ece, auroc]", "train.epochs=3")

    def evaluate(self, *arguments, run="run", **options):
        return numbers(self.succeed("evaluate", run, "--json", *arguments, **options).stdout)

    def curve(self, name):
        with open(self.folder / name, newline="") as file:
            return list(csv.DictReader(file))


class Unfamiliar(Evaluated):
    def test_is_compared_with_the_test_set(self):
        result = self.evaluate("--ood", ALL)
        self.assertEqual(list(result["ood"]), ["test", *ALL.split(",")])
        test = result["ood"].pop("test")
        self.assertEqual(list(test), ["mean"])
        for name in MEASURES[:2]:
            self.assert_close(test["mean"][name], result[name], 1e-6, name)
        for name, other in result["ood"].items():
            self.assertEqual([list(other["mean"]), list(other["auroc"])], [MEASURES, MEASURES])
            for measure in MEASURES:  # a network as small as this one may be less sure of either
                self.assertNotEqual(other["mean"][measure], test["mean"][measure], name)
                self.assertTrue(0 < other["auroc"][measure] < 1, (name, measure, other))
        # Noise makes draws of the weights disagree, whatever they were trained to.
        self.assertGreater(result["ood"]["noised"]["auroc"]["mutual_information"], 0.8)

    def test_prints_tables_of_the_same(self):
        expected = self.evaluate("--ood", "noised")["ood"]
        text = self.succeed("evaluate", "--ood", "noised", "run").stdout
        for row, figures in (("test", expected["test"]["mean"]),
                             ("noised", expected["noised"]["mean"]),
                             ("noised", expected["noised"]["auroc"])):
            cells = " +".join(f"{figures[name]:.5f}" for name in MEASURES)
            self.assertRegex(text, rf"(?m)^{row} +{cells}$")

    @needs_mpi
    def test_is_the_same_on_any_number_of_ranks(self):
        expected = self.evaluate("--ood", ALL, "--bootstrap", 200)
        for ranks in (1, 2, 4):
            got = self.evaluate("--ood", ALL, "--bootstrap", 200, ranks=ranks)
            self.assertEqual(got["ood"].keys(), expected["ood"].keys())
            for name, figures in expected["ood"].items():
                for kind, values in figures.items():
                    for measure, value in values.items():
                        self.assert_close(got["ood"][name][kind][measure], value, 1e-4,
                                          f"{name} {kind} {measure} on {ranks} ranks")
            for name, ends in expected["intervals"].items():
                for first, second in zip(got["intervals"][name], ends):
                    self.assert_close(first, second, 1e-4, f"{name} on {ranks} ranks")
            for name in ("adaptive_ece", "auroc"):
                self.assert_close(got[name], expected[name], 1e-5, f"{name} on {ranks} ranks")

    def test_refuses_unknown_names(self):
        self.fail_with(78, ["rotatd", 'did you mean "rotated"'], "evaluate", "run", "--ood",
                       "noised,rotatd")


class Chosen(ProgramTest):
    """Of the checkpoints of a run the one whose weights are asked for."""

    SAVED = ("train.epochs=3", "train.global_batch_size=100", "checkpoint.every_epochs=1",
             "checkpoint.keep=9", "predict.samples=2", "--threads", 1)
    FIRST = "step-00000006.safetensors"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.train(RECIPE, *cls.SAVED)
        (cls.trained.checkpoints / "best").write_text(cls.FIRST + "\n")

    def figures(self, *arguments):
        done = self.succeed("evaluate", "run", "--json", *arguments)
        return numbers(done.stdout), done.stderr

    def test_is_that_of_a_name_or_a_file(self):
        latest, said = self.figures()
        self.assertEqual(said, "")
        best, said = self.figures("--checkpoint", "best")
        self.assertEqual(said, f"weights of run/checkpoints/{self.FIRST}\n")
        self.assertNotEqual(best, latest)
        self.assertEqual(self.figures("--checkpoint", "latest")[0], latest)
        self.assertEqual(self.figures("--checkpoint", self.FIRST)[0], best)
        self.assertEqual(self.figures("--checkpoint", f"run/checkpoints/{self.FIRST}")[0], best)

    def test_is_that_of_the_other_commands_too(self):
        write_npz(self.folder / "inputs.npz", "x", (2, 28, 28), [i % 256 for i in range(1568)])
        for name in ("best", "latest"):
            self.succeed("predict", "run", "--input", "inputs.npz", "--output", f"{name}.npz",
                         "--checkpoint", name)
        self.assertNotEqual(read_npz(self.folder / "best.npz"),
                            read_npz(self.folder / "latest.npz"))
        self.succeed("report", "run", "--no-plots", "--checkpoint", "best")
        self.assertIn(f'"weights":"{self.FIRST}"', (self.folder / "run/report.html").read_text())
        self.fail_with(65, ["bset"], "serve", "run", "--port", 0, "--checkpoint", "bset")

    def test_is_refused_where_it_is_not(self):
        self.fail_with(65, ["bset", 'expected "latest", "best"', self.FIRST], "evaluate", "run",
                       "--checkpoint", "bset")

    def test_is_refused_before_a_method_has_its_posterior(self):
        self.train("mnist_cnn_fc.yaml", *self.SAVED, "inference.type=swag", output="swag")
        self.succeed("evaluate", "swag")
        self.fail_with(65, [self.FIRST, "expected the posterior of swag", "complete"], "evaluate",
                       "swag", "--checkpoint", self.FIRST)


class Bootstrap(Evaluated):
    def test_gives_an_interval_of_every_metric(self):
        result = self.evaluate("--bootstrap", 400)
        intervals = result.pop("intervals")
        self.assertEqual(intervals.keys(), result.keys())
        self.assertIn("auroc", result)
        for name in ("accuracy", "nll", "brier", "predictive_entropy", "mutual_information",
                     "auroc"):
            lower, upper = intervals[name]
            self.assertTrue(lower < result[name] < upper, (name, lower, upper))
        p, (lower, upper) = result["accuracy"], intervals["accuracy"]
        # n = 100; an end of 400 replicates is off by 0.13 deviations, and so far by steps.
        self.assert_close(upper - lower, 2 * 1.96 * math.sqrt(p * (1 - p) / 100), 0.25, "width")
        text = self.succeed("evaluate", "run", "--bootstrap", 400).stdout
        self.assertRegex(text, rf"(?m)^accuracy +{p:.5f} +{lower:.5f} +{upper:.5f}$")

    def test_goes_with_a_tolerance(self):
        run = self.train("mnist_bnn_fc_flipout.yaml", "predict.tolerance=0.02",
                         "predict.samples=20", output="tolerant")
        found = json.loads(self.succeed("evaluate", run.path, "--bootstrap", 50, "--json").stdout)
        self.assertIn("samples_max", found)
        self.assertNotIn("samples_max", found["intervals"])
        self.assertIn("samples_max", self.succeed("evaluate", run.path, "--bootstrap", 50).stdout)

    def test_refuses_too_few_or_too_many(self):
        for count in (39, 100001):
            self.fail_with(64, ["--bootstrap", f"got {count}"], "evaluate", "run", "--bootstrap",
                           count)


class Reliability(Evaluated):
    def test_of_a_classifier(self):
        result = self.evaluate("--reliability", "curve.csv")
        rows = self.curve("curve.csv")
        self.assertEqual(len(rows), 15)
        self.assertEqual(sum(int(row["examples"]) for row in rows), 100)
        gap = right = 0
        for row in rows:
            if int(row["examples"]) == 0:
                continue
            share = int(row["examples"]) / 100
            accuracy, confidence = float(row["accuracy"]), float(row["mean_confidence"])
            self.assertTrue(float(row["accuracy_lower"]) <= accuracy
                            <= float(row["accuracy_upper"]))
            self.assertTrue(float(row["lower"]) <= confidence <= float(row["upper"]))
            gap += share * abs(confidence - accuracy)
            right += share * accuracy
        self.assertAlmostEqual(gap, result["ece"], places=5)
        self.assertAlmostEqual(right, result["accuracy"], places=5)

    def test_that_cannot_be_written_is_told_before_anything_is_done(self):
        (self.folder / "file").touch()
        self.fail_with(73, ["file/curve.csv"], "evaluate", "nowhere", "--reliability",
                       "file/curve.csv")


class Regression(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_line_recipe(cls.folder, rows=2000, epochs=40)

    def train_line(self, name, *arguments):
        self.succeed("train", "line.yaml", "-o", name, *arguments)

    def test_with_a_likelihood_covers_what_it_says(self):
        self.train_line("line")
        self.succeed("evaluate", "line", "--reliability", "coverage.csv")
        with open(self.folder / "coverage.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["nominal"] for row in rows],
                         [f"{level / 20:.6f}" for level in range(1, 20)])
        for row in rows:  # n = 1000; the noise's sigma is 50 of about 180 that targets scatter by
            level = float(row["nominal"])
            z = (float(row["empirical"]) - level) / math.sqrt(level * (1 - level) / 1000)
            self.assertLess(abs(z), 4, row)
            self.assertEqual(row["targets"], "1000")
        result = numbers(self.succeed("evaluate", "line", "--json", "--bootstrap", 200).stdout)
        self.assertEqual(list(result["intervals"]), ["nll", "rmse", "mae", "picp", "mpiw"])
        self.fail_with(78, ["--ood", "regression"], "evaluate", "line", "--ood", "noised")

    def test_without_a_likelihood_has_no_curve(self):
        self.train_line("plain", "train.loss=mean_squared_error")
        self.fail_with(78, ["--reliability", "train.loss=gaussian"], "evaluate", "plain",
                       "--reliability", "none.csv")
        self.assertFalse((self.folder / "none.csv").exists())


if __name__ == "__main__":
    main()
