#!/usr/bin/env python3
"""What a run leaves beside its metrics: histograms, event files, the environment."""

import bisect
import hashlib
import json
import math
import re
import struct
import time

from event_reader import hparams, read_events, read_png, values
from program import ProgramTest, Run, main, needs_mpi, numbers, read_safetensors

BNN = "mnist_bnn_conv_flipout.yaml"
QUICK = ("data.train_count=200", "data.test_count=50", "train.global_batch_size=50",
         "train.log_every_steps=2", "predict.samples=2", "train.validation.samples=1")


def tensors(run):
    """Name -> float32 values of the last checkpoint."""
    header, _, _ = read_safetensors(run.checkpoint)
    content = run.checkpoint.read_bytes()
    begin = 8 + struct.unpack("<Q", content[:8])[0]
    return {name: struct.unpack(f"<{(entry['data_offsets'][1] - entry['data_offsets'][0]) // 4}f",
                                content[begin + entry["data_offsets"][0]:
                                        begin + entry["data_offsets"][1]])
            for name, entry in header.items() if entry["dtype"] == "F32"}


def counted(numbers_, edges):
    """How many there are in each bin."""
    counts = [0] * (len(edges) - 1)
    for number in numbers_:
        counts[min(bisect.bisect_right(edges, number) - 1, len(counts) - 1)] += 1
    return counts


class Histograms(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_ = cls.train(BNN, *QUICK, "train.epochs=2")
        cls.lines = [numbers(line) for line in cls.run_.text("histograms.jsonl").splitlines()]

    def of(self, epoch, layer, quantity):
        found = [line for line in self.lines
                 if (line["epoch"], line["layer"], line["quantity"]) == (epoch, layer, quantity)]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_every_epoch_has_each_quantity_of_each_layer(self):
        expected = [("conv1.weight", "mu"), ("conv1.weight", "sigma"), ("conv1.bias", "weight"),
                    ("dense1.weight", "weight"), ("dense1.bias", "weight")]
        self.assertEqual([(line["epoch"], line["layer"], line["quantity"]) for line in self.lines],
                         [(epoch, *what) for epoch in range(3) for what in expected])
        self.assertEqual({(line["epoch"], line["step"]) for line in self.lines},
                         {(0, 0), (1, 4), (2, 8)})
        for line in self.lines:
            self.assertEqual(list(line), ["epoch", "step", "layer", "quantity", "edges", "counts"])
            self.assertEqual(len(line["edges"]), len(line["counts"]) + 1)
            self.assertEqual(line["edges"], sorted(set(line["edges"])))

    def test_counts_are_those_of_the_weights(self):
        weights = tensors(self.run_)
        for layer, quantity, name in (("conv1.weight", "mu", "conv1.weight_mu"),
                                      ("dense1.weight", "weight", "dense1.weight"),
                                      ("conv1.bias", "weight", "conv1.bias")):
            line = self.of(2, layer, quantity)
            self.assertEqual(line["counts"], counted(weights[name], line["edges"]), layer)
            self.assertEqual(line["edges"][-1], max(weights[name]))

    def test_sigma_is_softplus_of_rho(self):
        sigmas = [math.log1p(math.exp(rho)) for rho in tensors(self.run_)["conv1.weight_rho"]]
        line = self.of(2, "conv1.weight", "sigma")
        self.assertEqual(sum(line["counts"]), len(sigmas))
        self.assertAlmostEqual(line["edges"][0], min(sigmas), places=6)
        self.assertAlmostEqual(line["edges"][-1], max(sigmas), places=6)

    def test_before_training_sigma_is_the_initial_one(self):
        line = self.of(0, "conv1.weight", "sigma")
        full = [i for i, count in enumerate(line["counts"]) if count]
        self.assertEqual(len(full), 1)
        self.assertLessEqual(line["edges"][full[0]], 0.0500001)
        self.assertGreaterEqual(line["edges"][full[0] + 1], 0.0499999)

    def test_none_if_not_wanted(self):
        run = self.train(BNN, *QUICK, "records.histograms=false", "records.tensorboard=false",
                         output="none")
        self.assertFalse((run.path / "histograms.jsonl").exists())
        self.assertEqual(list(run.path.glob("events.*")), [])

    def test_members_of_an_ensemble_say_who_they_are(self):
        run = self.train("mnist_cnn_fc.yaml", *QUICK, "inference.type=ensemble",
                         "inference.members=2", output="ensemble")
        lines = [numbers(line) for line in run.text("histograms.jsonl").splitlines()]
        self.assertEqual([line["member"] for line in lines if line["epoch"] == 1],
                         [1] * 4 + [2] * 4)
        self.assertEqual([event["member"] for event in run.events("step")], [1, 1, 2, 2])

    @needs_mpi
    def test_are_the_same_on_two_ranks(self):
        run = self.train(BNN, *QUICK, "train.epochs=2", output="ranks", ranks=2)
        lines = [numbers(line) for line in run.text("histograms.jsonl").splitlines()]
        self.assertEqual(len(lines), len(self.lines))
        for ours, theirs in zip(self.lines, lines):
            self.assertEqual(sum(ours["counts"]), sum(theirs["counts"]))
            for a, b in zip(ours["edges"], theirs["edges"]):
                self.assertAlmostEqual(a, b, places=4)


class EventFile(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.began = time.time()
        cls.run_ = cls.train(BNN, *QUICK, "train.epochs=2")
        cls.files = list(cls.run_.path.glob("events.out.tfevents.*"))
        cls.events = read_events(cls.files[0])
        cls.values = values(cls.events)

    def tagged(self, tag):
        return [(step, value) for step, value in self.values if value["tag"] == tag]

    def scalars(self, tag):
        return [(step, value["simple_value"]) for step, value in self.tagged(tag)]

    def images(self, quantity):
        return [(step, value["image"])
                for step, value in self.tagged(f"conv1.kernels/{quantity}")]

    def test_one_file_of_version_2(self):
        self.assertEqual(len(self.files), 1)
        self.assertRegex(self.files[0].name, r"^events\.out\.tfevents\.\d{10}\..+")
        self.assertEqual(self.events[0]["file_version"], "brain.Event:2")
        self.assertEqual((self.events[1]["step"], self.events[1]["session_log"]), (0, {"status": 1}))
        for event in self.events:
            self.assertGreaterEqual(event["wall_time"], self.began)
            self.assertLessEqual(event["wall_time"], time.time())

    def test_scalars_are_those_of_the_metrics(self):
        count = 0
        for kind in ("step", "epoch"):
            for event in self.run_.events(kind):
                for key, value in event.items():
                    if key in ("event", "epoch", "step"):
                        continue
                    found = dict(self.scalars(f"{kind}/{key}"))[event["step"]]
                    self.assertTrue(math.isclose(found, value, rel_tol=1e-6), (kind, key))
                    count += 1
        end = self.run_.events("end")[0]
        for key in ("train_seconds", "samples_per_sec"):
            self.assert_close(self.scalars(f"end/{key}")[0][1], end[key], 1e-6)
        for name, value in self.run_.summary["test"].items():
            self.assert_close(self.scalars(f"test/{name}")[0][1], value, 1e-6)
        scalars = [value for _, value in self.values if "simple_value" in value]
        self.assertEqual(len(scalars), count + 2 + len(self.run_.summary["test"]))

    def test_histograms_are_those_of_histograms_jsonl(self):
        lines = [numbers(line) for line in self.run_.text("histograms.jsonl").splitlines()]
        for line in lines:
            histograms = dict(self.tagged(f"{line['layer']}/{line['quantity']}"))
            histogram = histograms[line["step"]]["histo"]
            self.assertEqual(histogram["bucket_limit"], line["edges"][1:])
            self.assertEqual(histogram["bucket"], line["counts"])
            spread = [line["edges"][0], line["edges"][-1]]
            if (line["epoch"], line["quantity"]) == (0, "sigma"):  # one value, in wider bins
                spread = [histogram["min"]] * 2
                self.assertAlmostEqual(histogram["min"], 0.05)
            if (line["epoch"], line["layer"][-4:]) == (0, "bias"):
                spread = [0, 0]
            self.assertEqual([histogram["min"], histogram["max"]], spread)
            self.assertEqual(histogram["num"], sum(line["counts"]))
        weights = tensors(self.run_)["conv1.weight_mu"]
        last = self.tagged("conv1.weight/mu")[-1][1]["histo"]
        self.assertAlmostEqual(last["sum"], sum(weights), places=4)
        self.assertAlmostEqual(last["sum_squares"], sum(w * w for w in weights), places=4)

    def test_images_show_the_kernels(self):
        for quantity in ("mu", "sigma"):
            images = self.images(quantity)
            self.assertEqual([step for step, _ in images], [0, 4, 8])
            for _, image in images:
                width, height, pixel, _ = read_png(image["encoded_image_string"])
                self.assertEqual((image["width"], image["height"], image["colorspace"]),
                                 (width, height, pixel))
        weights = tensors(self.run_)["conv1.weight_mu"]  # 64 kernels of 5 x 5, 8 x 8 of them
        lines = read_png(self.images("mu")[-1][1]["encoded_image_string"])[3]
        least, most = min(weights), max(weights)
        for kernel in range(64):
            left, top = 2 + kernel % 8 * 32, 2 + kernel // 8 * 32
            for y in range(5):
                for x in range(5):
                    weight = weights[(kernel * 5 + y) * 5 + x]
                    shade = 255 * (weight - least) / (most - least)
                    self.assertAlmostEqual(lines[top + 6 * y + 3][left + 6 * x + 3], shade, delta=0.6)

    def test_the_recipe_is_text(self):
        (step, value), = self.tagged("recipe")
        self.assertEqual(step, 0)
        self.assertEqual(value["metadata"]["plugin_data"]["plugin_name"], "text")
        self.assertEqual(value["tensor"]["dtype"], 7)
        self.assertEqual(value["tensor"]["tensor_shape"], {"dim": [{"size": 1}]})
        self.assertEqual(value["tensor"]["string_val"][0].decode(),
                         "```yaml\n" + self.run_.text("config.yaml") + "```\n")

    def test_hyperparameters_and_what_they_came_to(self):
        start = hparams(self.tagged("_hparams_/session_start_info")[0][1])["session_start_info"]
        chosen = {entry["key"]: entry["value"] for entry in start["hparams"]}
        self.assertEqual(chosen["train.epochs"], {"number_value": 2.0})
        self.assertEqual(chosen["model.name"], {"string_value": "BNN_conv_flip"})
        self.assertEqual(chosen["model.bayesian.biases"], {"bool_value": 0})
        self.assertGreaterEqual(start["start_time_secs"], self.began)
        experiment = hparams(self.tagged("_hparams_/experiment")[0][1])["experiment"]
        types = {info["name"]: info["type"] for info in experiment["hparam_infos"]}
        self.assertEqual(types["train.epochs"], 3)
        self.assertEqual(types["model.name"], 1)
        self.assertEqual(types["model.bayesian.biases"], 2)
        self.assertEqual(set(types), set(chosen))
        metrics = [info["name"]["tag"] for info in experiment["metric_infos"]]
        self.assertEqual(metrics, [f"test/{name}" for name in self.run_.summary["test"]])
        end = hparams(self.tagged("_hparams_/session_end_info")[0][1])["session_end_info"]
        self.assertEqual(end["status"], 1)

    def test_the_reader_finds_damage(self):
        content = bytearray(self.files[0].read_bytes())
        damaged = self.folder / "damaged"
        for place in (3, 10, 40, len(content) - 2):
            copy = bytearray(content)
            copy[place] ^= 1
            damaged.write_bytes(copy)
            with self.assertRaises(AssertionError):
                read_events(damaged)


class Environment(ProgramTest):
    def test_digests_of_the_data(self):
        table = self.folder / "table.csv"
        table.write_text("\n".join(f"{i},{i * i % 7}" for i in range(40)) + "\n")
        recipe = self.folder / "table.yaml"
        recipe.write_text("model: {layers: [{Dense: {units: 1}}]}\ndata: {name: csv, path: table.csv}\n"
                          "train: {epochs: 1, global_batch_size: 8}\n")
        self.succeed("train", recipe, "-o", "table")
        environment = json.loads(Run(self.folder / "table").text("env.json"))
        self.assertEqual(environment["data_files"],
                         [{"path": str(table.resolve()), "bytes": table.stat().st_size,
                           "sha256": hashlib.sha256(table.read_bytes()).hexdigest()}])

    def test_versions(self):
        environment = json.loads(self.train(BNN, *QUICK).text("env.json"))
        self.assertEqual(environment["data_files"], [])
        for library in ("openmp", "yaml-cpp", "zlib"):
            self.assertTrue(re.match(r"\d", environment["libraries"][library]), library)


class Recipe(ProgramTest):
    def test_unknown_records_are_refused(self):
        self.fail_with(78, ["records.tensorbord", "tensorboard"], "train",
                       "/dev/null", "model.name=CNN_FC", "records.tensorbord=true")
        self.fail_with(78, ["records.mlflow_folder", "a folder"], "train", "/dev/null",
                       "model.name=CNN_FC", "records.mlflow_folder=''")


if __name__ == "__main__":
    main()
