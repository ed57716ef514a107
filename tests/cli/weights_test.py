#!/usr/bin/env python3
"""`model.weights` begins from a trained network, and with no epochs converts it."""

import json
import math
import random
import shutil
import struct

from program import ProgramTest, Run, main, read_safetensors


def tensor_bytes(path, name):
    header, _, data_bytes = read_safetensors(path)
    first, last = header[name]["data_offsets"]
    content = path.read_bytes()[-data_bytes:]
    return content[first:last]


class Conversion(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls.train("mnist_cnn_fc.yaml", output="plain")

    def convert(self, source, output, *arguments):
        return self.train("mnist_bnn_fc_flipout.yaml", f"model.weights={source}", *arguments,
                          "train.epochs=0", output=output)

    def evaluate(self, run):
        return json.loads(self.succeed("evaluate", run, "--json").stdout)

    def test_there_and_back_gives_the_same_network(self):
        there = self.convert("plain", "there", "model.bayesian.layers=all",
                             "model.bayesian.biases=true", "model.bayesian.relative_sigma=0.5")
        self.assertEqual(tensor_bytes(there.checkpoint, "dense1.weight_mu"),
                         tensor_bytes(self.plain.checkpoint, "dense1.weight"))
        self.assertNotEqual(there.summary["test"]["nll"], self.plain.summary["test"]["nll"])
        self.assertEqual(self.evaluate("there"), there.summary["test"])
        back = self.convert("there", "back", "model.name=CNN_FC")
        self.assertEqual(back.summary["test"], self.plain.summary["test"])
        self.assertEqual(back.summary["weights_sha256"], self.plain.summary["weights_sha256"])

    def test_of_a_trained_posterior_is_its_mean(self):
        source = self.train("mnist_bnn_fc_flipout.yaml", output="bayesian")
        mean = self.convert("bayesian/checkpoints/step-00000005.safetensors", "mean",
                            "model.bayesian.layers=[]")
        header, _, _ = read_safetensors(mean.checkpoint)
        self.assertEqual(sorted(name for name in header if not name.startswith("optimizer.")),
                         ["dense1.bias", "dense1.weight", "dense2.bias", "dense2.weight"])
        for name, old in (("dense1.weight", "dense1.weight_mu"), ("dense1.bias", "dense1.bias"),
                          ("dense2.weight", "dense2.weight")):
            self.assertEqual(tensor_bytes(mean.checkpoint, name),
                             tensor_bytes(source.checkpoint, old))
        self.assertEqual(self.evaluate("mean"), mean.summary["test"])

    def test_of_a_calibrated_run_or_one_with_samples_are_its_weights(self):
        for name, arguments in {"calibrated": ["predict.calibration=temperature",
                                               "data.validation_split=0.1"],
                                "ensemble": ["inference.type=ensemble", "inference.members=2"]
                                }.items():
            source = self.train("mnist_cnn_fc.yaml", *arguments, output=name)
            copy = self.train("mnist_cnn_fc.yaml", f"model.weights={name}", "train.epochs=0",
                              output=f"of_{name}")
            self.assertEqual(copy.summary["weights_sha256"], source.summary["weights_sha256"])

    def test_that_all_members_share_make_no_ensemble(self):
        self.fail_with(78, ["inference", "all members are one network"], "train",
                       self.plain.path / "config.yaml", "model.weights=plain", "train.epochs=0",
                       "inference.type=ensemble", "--output", "refused")

    def test_of_another_architecture_is_refused(self):
        self.fail_with(65, ["plain/checkpoints/", "conv1.weight", "architecture"], "train",
                       self.plain.path / "config.yaml", "model.name=CNN_conv",
                       "model.weights=plain", "--output", "refused")
        self.fail_with(65, ["nowhere"], "train", self.plain.path / "config.yaml",
                       "model.weights=nowhere", "--output", "refused")
        self.fail_with(78, ["model.bayesian.relative_sigma", "model.weights"], "train",
                       self.plain.path / "config.yaml", "model.bayesian.relative_sigma=0.1",
                       "--output", "refused")

    def test_trains_on(self):
        run = self.train("mnist_bnn_fc_flipout.yaml", "model.weights=plain",
                         "model.bayesian.relative_sigma=0.1", "predict.samples=3", output="on")
        first = run.text("log.txt").split("before training  accuracy ")[1]
        self.assertGreater(float(first.split()[0]), self.plain.summary["test"]["accuracy"] - 0.1)


    def test_may_be_the_centre_of_the_prior(self):
        self.train("mnist_cnn_fc.yaml", "seed=2", output="source")
        run = self.train("mnist_bnn_fc_flipout.yaml", "model.weights=source",
                         "model.bayesian.prior=moped", "model.bayesian.relative_sigma=0.1",
                         "train.log_every_steps=1", "predict.samples=3", output="moped")
        weights = tensor_bytes(Run(self.folder / "source").checkpoint, "dense1.weight")
        expected = 0  # at the centre
        for weight in struct.unpack(f"<{len(weights) // 4}f", weights):
            sigma = max(1e-4, 0.1 * abs(weight))
            expected += sigma ** 2 / 2 - 0.5 - math.log(sigma)
        kl = run.curve("kl")
        self.assert_close(kl[0], expected, 1e-4)
        self.assertNotEqual(kl[1], kl[0])
        shutil.rmtree(self.folder / "source")
        self.assertEqual(self.evaluate("moped"), run.summary["test"])


class Units(ProgramTest):
    def test_of_a_table_are_those_of_the_source(self):
        noise = random.Random(3)
        for name, centre in (("a", 0), ("b", 500)):
            rows = [f"{x},{2 * x + noise.gauss(5, 1)}" for x in range(centre, centre + 200)]
            (self.folder / f"{name}.csv").write_text("\n".join(["x,y", *rows]) + "\n")
        recipe = self.folder / "line.yaml"
        recipe.write_text("model: {layers: [{type: Dense, units: 1}]}\n"
                          "data: {name: csv, path: a.csv, test_fraction: 0.5}\n"
                          "train: {epochs: 60, batch_size: 10, learning_rate: 0.02,\n"
                          "        loss: {type: gaussian, sigma: 0.01}}\n")
        self.succeed("train", recipe, "--output", "line")
        begin = ["train", recipe, "model.weights=line", "train.epochs=0"]
        self.succeed(*begin, "--output", "same")
        source, same = Run(self.folder / "line"), Run(self.folder / "same")
        self.assertEqual(same.summary["test"], source.summary["test"])

        # Units fitted to this file would be of another mean.
        self.succeed(*begin, "data.path=b.csv", "--output", "other")
        other = Run(self.folder / "other")
        self.assertLess(other.summary["test"]["rmse"], 20)  # of targets near 1200
        for name in ("src_scale", "src_shift", "target_scale", "target_shift"):
            self.assertEqual(tensor_bytes(other.checkpoint, f"data.{name}"),
                             tensor_bytes(source.checkpoint, f"data.{name}"))

        self.succeed("train", recipe, "data.standardise=false", "train.epochs=1",
                     "train.loss.sigma=100", "--output", "plain")
        self.fail_with(65, ["holds no units", "data.standardise=false"], "train", recipe,
                       "model.weights=plain", "--output", "refused")


if __name__ == "__main__":
    main()
