#!/usr/bin/env python3
"""`credence evaluate` and `credence predict` give what training gave, on any number of ranks."""

import csv
import gzip
import json
import math
import random
import zipfile

from program import (ProgramTest, Run, idx, main, needs_mpi, read_npz, read_safetensors,
                     write_npz)

RECIPE = "mnist_bnn_fc_flipout.yaml"
COUNT = 23  # inputs to predict: ragged on 2 and 4 ranks


class TrainedTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.train(RECIPE, "predict.samples=7")


class Evaluate(TrainedTest):
    def metrics(self, *arguments, **options):
        return json.loads(self.succeed("evaluate", "run", "--json", *arguments, **options).stdout)

    def test_gives_the_metrics_of_the_summary(self):
        expected = self.trained.summary["test"]
        self.assertEqual(self.metrics(), expected)
        self.assertEqual(self.metrics("--samples", 7), expected)
        self.assertNotEqual(self.metrics("--samples", 8)["nll"], expected["nll"])

    def test_prints_a_table(self):
        table = self.succeed("evaluate", "run").stdout
        for name, value in self.trained.summary["test"].items():
            self.assertRegex(table, rf"(?m)^{name} +{value:.5f}$")

    def test_takes_other_data(self):
        self.assertNotEqual(self.metrics("data.seed=1"), self.metrics())

    @needs_mpi
    def test_is_the_same_on_any_number_of_ranks(self):
        expected = self.trained.summary["test"]
        for ranks in (1, 2, 4):
            got = self.metrics(ranks=ranks)
            self.assertEqual(got.keys(), expected.keys())
            for name, value in expected.items():
                self.assert_close(got[name], value, 1e-6, f"{name} on {ranks} ranks")


class Predict(TrainedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.succeed("data", "make", "digits", "train_count=1", "test_count=100", "--output",
                    "digits.npz")
        with zipfile.ZipFile(cls.folder / "digits.npz") as archive:
            cls.images = archive.read("x_test.npy")[-100 * 784:][:COUNT * 784]
            cls.labels = archive.read("y_test.npy")[-100:]
        write_npz(cls.folder / "inputs.npz", "images", (COUNT, 28, 28), cls.images)

    def predict(self, *arguments, given="inputs.npz", output="y.npz", **options):
        self.succeed("predict", "run", "--input", given, "--output", output, *arguments, **options)
        return read_npz(self.folder / output)

    def assert_same_arrays(self, first, second, tolerance=0.0):
        self.assertEqual(first.keys(), second.keys())
        for name, (shape, values) in first.items():
            self.assertEqual(second[name][0], shape)
            worst = max(abs(a - b) for a, b in zip(values, second[name][1]))
            self.assertLessEqual(worst, tolerance, name)

    def test_gives_distributions(self):
        arrays = self.predict()
        self.assertEqual({name: shape for name, (shape, _) in arrays.items()},
                         {"mean": (COUNT, 10), "predictive_entropy": (COUNT,),
                          "mutual_information": (COUNT,), "predicted_class": (COUNT,)})
        mean = arrays["mean"][1]
        for example in range(COUNT):
            row = mean[10 * example:10 * example + 10]
            self.assertAlmostEqual(sum(row), 1, places=5)
            self.assertGreaterEqual(min(row), 0)
            self.assertEqual(arrays["predicted_class"][1][example], row.index(max(row)))
            entropy = -sum(p * math.log(p) for p in row if p > 0)
            self.assertAlmostEqual(arrays["predictive_entropy"][1][example], entropy, places=4)
            information = arrays["mutual_information"][1][example]
            self.assertTrue(-1e-6 <= information <= entropy + 1e-6, information)
        self.assertGreater(max(arrays["mutual_information"][1]), 0)

    def test_agrees_with_evaluate(self):
        self.succeed("predict", "run", "--input", "digits.npz", "--output", "all.npz")
        classes = read_npz(self.folder / "all.npz")["predicted_class"][1]
        right = sum(got == label for got, label in zip(classes, self.labels))
        self.assertEqual(right / 100, self.trained.summary["test"]["accuracy"])

    def test_reads_idx_files(self):
        content = idx((COUNT, 28, 28), self.images)
        (self.folder / "inputs").write_bytes(content)
        (self.folder / "inputs.gz").write_bytes(gzip.compress(content))
        expected = self.predict()
        self.assert_same_arrays(self.predict(given="inputs"), expected)
        self.assert_same_arrays(self.predict(given="inputs.gz"), expected)

    def test_reads_npy_files(self):
        with zipfile.ZipFile(self.folder / "inputs.npz") as archive:
            (self.folder / "inputs.npy").write_bytes(archive.read("images.npy"))
        self.assert_same_arrays(self.predict(given="inputs.npy"), self.predict())

    def test_writes_csv(self):
        expected = self.predict()
        self.succeed("predict", "run", "--input", "inputs.npz", "--output", "y.csv")
        with open(self.folder / "y.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["predicted_class", *(f"mean_{i}" for i in range(10)),
                                         "predictive_entropy", "mutual_information"])
        self.assertEqual(len(rows), COUNT)
        for example, row in enumerate(rows):
            self.assertEqual(float(row["predicted_class"]),
                             expected["predicted_class"][1][example])
            self.assertAlmostEqual(float(row["mean_3"]), expected["mean"][1][10 * example + 3])
            self.assertAlmostEqual(float(row["mutual_information"]),
                                   expected["mutual_information"][1][example])

    def test_takes_the_number_of_samples(self):
        one = self.predict("--samples", 1)
        self.assertLessEqual(max(map(abs, one["mutual_information"][1])), 1e-6)

    @needs_mpi
    def test_is_the_same_on_any_number_of_ranks(self):
        expected = self.predict()
        for ranks in (1, 2, 4):
            # The rows of a rank meet other sizes of batch, for which the kernels round otherwise.
            self.assert_same_arrays(self.predict(ranks=ranks), expected, 1e-6)


class Regression(ProgramTest):
    def write_line(self, name, count, first=0):
        rows = [f"{x},{2 * x + 5}" for x in range(first, first + count)]
        (self.folder / name).write_text("\n".join(["x,y", *rows]) + "\n")

    def test_keeps_the_units_that_it_was_trained_in(self):
        self.write_line("line.csv", 200)
        recipe = self.folder / "line.yaml"
        recipe.write_text("model: {layers: [{type: Dense, units: 1}]}\n"
                          "data: {name: csv, path: line.csv, test_fraction: 0.5}\n"
                          "train: {epochs: 60, batch_size: 10, learning_rate: 0.02}\n")
        self.succeed("train", recipe, "--output", "line")
        header, _, _ = read_safetensors(Run(self.folder / "line").checkpoint)
        for name in ("src_scale", "src_shift", "target_scale", "target_shift"):
            self.assertEqual(header[f"data.{name}"]["dtype"], "F64")
            self.assertEqual(header[f"data.{name}"]["shape"], [1])

        # Units fitted to this file would be of another scale and another mean.
        self.write_line("other.csv", 20, first=150)
        for more in ((), ("data.standardise=false",)):
            done = self.succeed("evaluate", "line", "--json", "data.path=other.csv", *more)
            self.assertLess(json.loads(done.stdout)["rmse"], 1)  # targets are near 325

        (self.folder / "features.csv").write_text("x\n3\n160\n")
        self.succeed("predict", "line", "-i", "features.csv", "-o", "before.csv")
        self.write_line("line.csv", 20, first=150)
        self.succeed("predict", "line", "-i", "features.csv", "-o", "after.csv")
        self.assertEqual((self.folder / "before.csv").read_text(),
                         (self.folder / "after.csv").read_text())

        self.succeed("train", recipe, "data.standardise=false", "train.epochs=1", "--output",
                     "plain")
        self.succeed("evaluate", "plain")
        self.fail_with(65, ["no units", "data.standardise=false"], "evaluate", "plain",
                       "data.standardise=true")

    def test_density_is_that_of_the_targets_own_units(self):
        noise = random.Random(1)
        rows = [f"{x},{2 * x + noise.gauss(500, 30)}" for x in range(-200, 200)]
        (self.folder / "noisy.csv").write_text("\n".join(["x,y", *rows]) + "\n")
        recipe = self.folder / "noisy.yaml"
        recipe.write_text(
            "model: {layers: [{type: Dense, units: 2}], bayesian: {layers: all,\n"
            "        estimator: local_reparameterization, prior: scaled_gaussian}}\n"
            "data: {name: csv, path: noisy.csv, test_fraction: 0.5}\n"
            "train: {epochs: 300, batch_size: 20, learning_rate: 0.02, loss: gaussian}\n")
        self.succeed("train", recipe, "--output", "noisy", "predict.metrics=[crps]")
        test = Run(self.folder / "noisy").summary["test"]
        self.assertEqual(list(test), ["nll", "rmse", "mae", "picp", "mpiw", "crps"])
        self.assertLess(abs(test["picp"] - 0.9), 4 * math.sqrt(0.9 * 0.1 / 200))

        # Rows that are all alike: then it does not matter which of them are the test part.
        (self.folder / "alike.csv").write_text("x,y\n" + "30,580\n" * 10)
        (self.folder / "features.csv").write_text("x\n30\n")
        self.succeed("predict", "noisy", "-i", "features.csv", "-o", "y.csv", "-s", "1")
        names, values = (self.folder / "y.csv").read_text().split()
        self.assertEqual(names, "mean_0,sigma_0,epistemic_sigma_0,lower_0,upper_0")
        mean, sigma, epistemic, lower, upper = map(float, values.split(","))
        self.assertLess(abs(mean - 560), 10)
        self.assertLess(abs(sigma - 30), 8)
        self.assertEqual(epistemic, 0)  # of a single draw
        self.assertAlmostEqual(upper - lower, 2 * 1.6448536 * sigma, delta=1e-2)
        done = self.succeed("evaluate", "noisy", "--json", "data.path=alike.csv", "-s", "1")
        nll = 0.5 * math.log(2 * math.pi) + math.log(sigma) + 0.5 * ((580 - mean) / sigma) ** 2
        self.assertAlmostEqual(json.loads(done.stdout)["nll"], nll, delta=1e-3)

    def test_learns_one_sigma_for_all_examples(self):
        noise = random.Random(2)
        rows = [f"{x},{2 * x + noise.gauss(500, 30)}" for x in range(-200, 200)]
        (self.folder / "even.csv").write_text("\n".join(["x,y", *rows]) + "\n")
        recipe = self.folder / "even.yaml"
        recipe.write_text(
            "model: {layers: [{type: Dense, units: 1}]}\n"
            "data: {name: csv, path: even.csv, test_fraction: 0.1}\n"
            "train: {epochs: 200, batch_size: 20, learning_rate: 0.02, schedule: cosine,\n"
            "        loss: {type: gaussian, learn_sigma: true}}\n")
        self.succeed("train", recipe, "--output", "even")
        header, _, _ = read_safetensors(Run(self.folder / "even").checkpoint)
        self.assertEqual(header["sigma.rho"]["shape"], [1])
        (self.folder / "features.csv").write_text("x\n-150\n3\n160\n")
        self.succeed("predict", "even", "-i", "features.csv", "-o", "y.csv")
        with open(self.folder / "y.csv", newline="") as file:
            sigmas = {row["sigma_0"] for row in csv.DictReader(file)}
        self.assertEqual(len(sigmas), 1)
        self.assertLess(abs(float(sigmas.pop()) - 30), 4 * 30 / math.sqrt(2 * 360))

    def test_takes_rows_in_the_units_of_the_training_file(self):
        with open(self.folder / "table.csv", "w") as table, \
             open(self.folder / "features.csv", "w") as features:
            for i in range(300):
                width, height = 1000 + (i * 37) % 101, 0.01 * ((i * 53) % 97)
                features.write(f"{width},{height}\n")
                table.write(f"{width},{height},{0.5 * width - 80 * height}\n")
        recipe = self.folder / "table.yaml"
        recipe.write_text("model: {layers: [{type: Dense, units: 1}]}\n"
                          "data: {name: csv, path: table.csv, test_fraction: 0.2}\n"
                          "train: {epochs: 40, batch_size: 16, learning_rate: 0.02}\n")
        self.succeed("train", recipe, "--output", "run")
        done = self.succeed("predict", "run", "-i", "features.csv", "-o", "y.csv")
        self.assertNotIn("warning", done.stderr)
        targets = [float(line.split(",")[2]) for line in open(self.folder / "table.csv")]
        means = (self.folder / "y.csv").read_text().split()
        self.assertEqual(means[0], "mean_0")
        for target, mean in zip(targets, means[1:], strict=True):
            self.assertLess(abs(target - float(mean)), 1)  # of 500; they vary by 25


if __name__ == "__main__":
    main()
