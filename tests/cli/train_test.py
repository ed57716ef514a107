#!/usr/bin/env python3
"""`credence train` leaves a complete run directory, and never touches one that is there."""

import hashlib
import json
import math
import struct
import subprocess
import time

from program import (PROGRAM, RECIPES, SMALL, ProgramTest, Run, main, needs_mpi,
                     read_safetensors)

BAYESIAN = "mnist_bnn_fc_flipout.yaml"
DETERMINISTIC = "mnist_cnn_fc.yaml"


def weights_sha256(path):
    """Of the parameters by name: length and bytes of the name, rank, extents, elements."""
    header, _, _ = read_safetensors(path)
    content = path.read_bytes()
    begin = 8 + struct.unpack("<Q", content[:8])[0]
    digest = hashlib.sha256()
    for name in sorted(name for name in header if not name.startswith("optimizer.")):
        shape, (first, last) = header[name]["shape"], header[name]["data_offsets"]
        digest.update(struct.pack("<Q", len(name)) + name.encode())
        digest.update(struct.pack(f"<{1 + len(shape)}Q", len(shape), *shape))
        digest.update(content[begin + first:begin + last])
    return digest.hexdigest()


def parameters(path):
    """Name -> values, without the optimizer's."""
    header, _, _ = read_safetensors(path)
    content = path.read_bytes()
    begin = 8 + struct.unpack("<Q", content[:8])[0]
    values = {}
    for name, tensor in header.items():
        first, last = tensor["data_offsets"]
        if not name.startswith("optimizer."):
            values[name] = struct.unpack(f"<{(last - first) // 4}f",
                                         content[begin + first:begin + last])
    return values


class LearningRate(ProgramTest):
    def test_moves_the_weights_as_far_as_it_says(self):
        """A step of plain gradient descent goes twice as far at twice the rate."""
        weights = []
        for rate in (0.1, 0.2, 0.3):
            run = self.train(DETERMINISTIC, "train.optimizer=SGD", f"train.learning_rate={rate}",
                             "train.schedule=constant", "train.steps_per_epoch=1",
                             "train.log_every_steps=1", output=f"rate-{rate}")
            self.assertEqual(run.curve("learning_rate"), [rate])
            weights.append(parameters(run.checkpoint))
        for name in weights[0]:
            first, second = (math.dist(weights[i + 1][name], weights[i][name]) for i in (0, 1))
            self.assertGreater(first, 1e-4, name)
            self.assert_close(first, second, 1e-3, name)


class RunDirectory(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_directory = cls.train(BAYESIAN, "train.log_every_steps=1", "--threads", 1)

    def test_can_be_run_again_as_it_is(self):
        first = self.run_directory
        self.succeed("train", first.path / "config.yaml", "--output", "again", "--threads", 1)
        second = Run(self.folder / "again")
        self.assertEqual(second.summary["weights_sha256"], first.summary["weights_sha256"])
        self.assertEqual(second.text("config.yaml"), first.text("config.yaml"))
        self.assertEqual(second.curve("loss"), first.curve("loss"))
        self.assertEqual(len(first.curve("loss")), 5)

    def test_says_all_but_where_it_is(self):
        config = self.run_directory.text("config.yaml")
        self.assertIn("train_count: 600", config)
        self.assertNotIn("output", config)

    def test_depends_on_the_seed(self):
        first = self.run_directory
        other = self.train(BAYESIAN, "seed=2", output="other")
        self.assertNotEqual(other.summary["weights_sha256"], first.summary["weights_sha256"])

    def test_metrics(self):
        run = self.train(BAYESIAN, "train.epochs=2", "train.global_batch_size=64",
                         "train.log_every_steps=2", "data.validation_split=0.2", output="metrics")
        events = [event["event"] for event in run.metrics]
        epoch = ["step"] * 4 + ["epoch"]  # 480 examples: 8 steps of 64, the last of 32
        self.assertEqual(events, ["header", *epoch, *epoch, "end"])
        header = run.metrics[0]
        self.assertEqual((header["model"], header["dataset"], header["global_batch_size"]),
                         ("BNN_FC_flip", "digits", 64))
        self.assertEqual(run.curve("step"), list(range(2, 17, 2)))
        for event in run.events("step"):
            self.assertLessEqual({"epoch", "step", "loss", "nll", "kl", "learning_rate",
                                  "samples_per_sec"}, event.keys())
            self.assert_close(event["loss"], event["nll"] + event["kl"] / 480, 1e-9)
        for number, event in enumerate(run.events("epoch"), start=1):
            self.assertEqual((event["epoch"], event["step"]), (number, 8 * number))
            self.assertLessEqual({"loss", "nll", "kl", "accuracy", "val_nll", "val_accuracy",
                                  "learning_rate", "samples_per_sec", "seconds"}, event.keys())
        self.assertEqual(run.metrics[-1]["steps"], 16)

    def test_micro_batches(self):
        whole, cut = (self.train(BAYESIAN, "train.global_batch_size=64", "train.log_every_steps=1",
                                 f"train.micro_batch={size}", output=f"micro-{size}")
                      for size in (0, 24))
        batch = "batch 64 a rank, 64 in all"
        self.assertIn(f"{batch}; learning rate", whole.text("log.txt"))
        self.assertIn(f"{batch}, in micro-batches of 24; learning rate", cut.text("log.txt"))
        self.assert_same_curve(cut.curve("loss"), whole.curve("loss"))
        self.assert_close(cut.summary["test"]["nll"], whole.summary["test"]["nll"], 1e-4)

    def test_summary(self):
        summary = self.run_directory.summary
        self.assertEqual(list(summary), [
            "version", "model", "dataset", "seed", "ranks", "threads_per_rank", "device",
            "parameters", "epochs", "steps", "train_seconds", "samples_per_sec", "peak_rss_bytes",
            "weights_sha256", "test"])
        self.assertEqual([summary[key] for key in list(summary)[1:10]],
                         ["BNN_FC_flip", "digits", 1, 1, 1, "cpu", 2 * 784 * 64 + 64 + 650, 1, 5])
        self.assertGreater(summary["peak_rss_bytes"], 1e6)
        self.assert_close(summary["samples_per_sec"], 600 / summary["train_seconds"], 1e-6)
        self.assertRegex(summary["weights_sha256"], "^[0-9a-f]{64}$")
        self.assertLessEqual({"accuracy", "nll", "ece", "brier"}, summary["test"].keys())
        self.assertEqual(summary["test"]["accuracy"] * 100 % 1, 0)  # of 100 examples

    def test_environment(self):
        environment = json.loads(self.run_directory.text("env.json"))
        self.assertLessEqual({"version", "git", "compiler", "flags", "libraries", "cpu", "hosts",
                              "command_line", "time"}, environment.keys())
        self.assertIn("train.log_every_steps=1", environment["command_line"])

    def test_log(self):
        run = self.run_directory
        log = run.text("log.txt")
        self.assertRegex(log, r"(?m)^\d{4}-\d\d-\d\dT[0-9:.]+ info epoch 1/1  loss ")
        for words in ("global_batch_size", "dense1", "before training  accuracy", "test  accuracy"):
            self.assertIn(words, log)
        self.start("train", RECIPES / BAYESIAN, *SMALL, "train.optimizer=SGD",
                   "train.learning_rate=1e30", "--output", "failed")
        self.assertRegex(Run(self.folder / "failed").text("log.txt"),
                         r" error the loss is nan at step 2 ")

    def test_checkpoint(self):
        run = self.run_directory
        self.assertEqual(run.checkpoint.name, "step-00000005.safetensors")
        header, metadata, data_bytes = read_safetensors(run.checkpoint)
        shapes = {name: tensor["shape"] for name, tensor in header.items()}
        weights = {"dense1.weight_mu": [64, 784], "dense1.weight_rho": [64, 784],
                   "dense1.bias": [64], "dense2.weight": [10, 64], "dense2.bias": [10]}
        moments = {f"optimizer.{name}.{moment}_moment": shape for name, shape in weights.items()
                   for moment in ("first", "second")}
        self.assertEqual(shapes, weights | moments)
        self.assertEqual((metadata["step"], metadata["epoch"], metadata["seed"]), ("5", "1", "1"))
        self.assertEqual(max(tensor["data_offsets"][1] for tensor in header.values()), data_bytes)
        self.assertEqual(weights_sha256(run.checkpoint), run.summary["weights_sha256"])
        self.assertEqual(sorted(path.name for path in run.checkpoints.iterdir()),
                         ["latest", run.checkpoint.name])

    def test_is_never_overwritten(self):
        run = self.run_directory
        before = {path: hashlib.sha256(path.read_bytes()).digest()
                  for path in run.path.rglob("*") if path.is_file()}
        self.fail_with(73, ["run", "exists"], "train", RECIPES / BAYESIAN, *SMALL, "--output",
                       "run")
        after = {path: hashlib.sha256(path.read_bytes()).digest()
                 for path in run.path.rglob("*") if path.is_file()}
        self.assertEqual(after, before)

    def test_gets_the_next_number(self):
        for _ in range(2):
            self.succeed("train", RECIPES / BAYESIAN, *SMALL, "train.steps_per_epoch=1")
        self.assertEqual(sorted(path.name for path in (self.folder / "runs").iterdir()),
                         ["mnist_bnn_fc_flipout-1", "mnist_bnn_fc_flipout-2"])
        self.assertTrue(Run(self.folder / "runs/mnist_bnn_fc_flipout-2").summary["test"])


class Header(ProgramTest):
    def header(self, recipe, *arguments):
        return self.succeed("train", RECIPES / recipe, *SMALL, "train.steps_per_epoch=1",
                            "train.global_batch_size=64", "predict.samples=1",
                            *arguments).stdout.split("before training")[0]

    def test_fits_a_terminal(self):
        for recipe in ("mnist_bnn_conv_reparameterization.yaml", "mnist_simplecnn.yaml",
                       "digits_layers.yaml"):
            with self.subTest(recipe):
                text = self.header(recipe)
                for column in ("type", "parameters", "output", "weights", "padding", "stride"):
                    self.assertRegex(text, f"(?m)^layer .* {column}\\b")
                for line in text.splitlines():
                    self.assertLessEqual(len(line), 80, text)

    def test_shows_the_options_that_matter(self):
        options = self.header(BAYESIAN, "train.optimizer.beta2=0.99", "predict.metrics=[ll]")
        options = options.split("option  ")[1]
        shown = {line.split()[0]: line.split()[-1] for line in options.splitlines() if "." in line}
        for key, value in (("model.name", "BNN_FC_flip"), ("data.name", "digits"),
                           ("train.epochs", "1"), ("train.optimizer.type", "Adam"),
                           ("train.optimizer.beta2", "0.99"), ("predict.metrics", "[ll]")):
            self.assertEqual(shown.get(key), value, options)
        for key in ("output", "data.path", "train.optimizer.beta1", "train.kl.weight"):
            self.assertNotIn(f"\n{key} ", options)
        self.assertRegex(options, r"\n\(\d+ more options in config.yaml\)\n")


class Trace(ProgramTest):
    def test_is_refused_before_anything_is_trained(self):
        (self.folder / "file").touch()
        for place, says in (("nowhere/trace.json", "No such file or directory"),
                            ("file/trace.json", "Not a directory"), (".", "directory")):
            with self.subTest(place):
                self.fail_with(73, [place, says], "train", RECIPES / BAYESIAN, *SMALL,
                               "--output", "run", "--trace", place)
                self.assertFalse((self.folder / "run").exists())

    def test_may_lie_in_the_run_directory(self):
        run = self.train(BAYESIAN, "--trace", "inside/trace.json", output="inside")
        self.assertTrue(json.loads(run.text("trace.json"))["traceEvents"])

    def test_that_cannot_be_written_leaves_a_complete_run(self):
        traces, run = self.folder / "traces", Run(self.folder / "complete")
        traces.mkdir()
        process = subprocess.Popen(
            [PROGRAM, "train", RECIPES / BAYESIAN, *SMALL, "train.epochs=5", "--output", run.path,
             "--trace", traces / "trace.json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        end = time.monotonic() + 60
        while time.monotonic() < end and not (run.path / "metrics.jsonl").exists():
            time.sleep(0.001)
        traces.rmdir()
        _, message = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 73, message)
        self.assertIn(f"{traces}/trace.json: cannot create", message)
        self.assertEqual(run.summary["weights_sha256"], weights_sha256(run.checkpoint))
        self.assertTrue(run.summary["test"])

    @needs_mpi
    def test_is_written_by_each_rank(self):
        self.train(BAYESIAN, "--threads", 1, "--trace", "ranks.json", ranks=2, output="ranks")
        for rank, name in enumerate(("ranks.json", "ranks.rank1.json")):
            events = json.loads((self.folder / name).read_text())["traceEvents"]
            self.assertEqual({event["pid"] for event in events}, {rank})
            self.assertEqual(sum(event.get("cat") == "reduce" for event in events), 5)
            self.assertEqual(events[1]["name"], "gather")
            self.assertLess(0, events[1]["ts"])
            self.assertLess(events[1]["ts"], 5e6)  # us: from the first step, not the start-up


if __name__ == "__main__":
    main()
