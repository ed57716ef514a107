#!/usr/bin/env python3
"""A run in MLflow's store of files."""

import subprocess
import time

from program import PROGRAM, ProgramTest, main

BNN = "mnist_bnn_conv_flipout.yaml"
QUICK = ("data.train_count=200", "data.test_count=50", "train.global_batch_size=50",
         "train.log_every_steps=2", "predict.samples=2", "train.validation.samples=1")


def meta(path):
    """MLflow's meta.yaml: a mapping of scalars."""
    mapping = dict(line.split(": ", 1) for line in path.read_text().splitlines())
    return {key: value[1:-1].replace("''", "'") if value.startswith("'") else value
            for key, value in mapping.items()}


class Mlflow(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_ = cls.train(BNN, *QUICK, "records.mlflow=true", "records.mlflow_folder=store",
                             "records.mlflow_experiment=digits")
        experiments = {meta(file)["name"]: file.parent
                       for file in (cls.folder / "store").glob("*/meta.yaml")}
        cls.experiments = experiments
        cls.place, = [file.parent for file in experiments["digits"].glob("*/meta.yaml")]

    def test_experiments(self):
        self.assertEqual(set(self.experiments), {"Default", "digits"})
        self.assertEqual(self.experiments["Default"].name, "0")
        for folder in self.experiments.values():
            experiment = meta(folder / "meta.yaml")
            self.assertEqual(experiment["experiment_id"], folder.name)
            self.assertEqual(experiment["lifecycle_stage"], "active")
            self.assertEqual(experiment["artifact_location"], folder.resolve().as_uri())
            self.assertLess(abs(int(experiment["creation_time"]) / 1000 - time.time()), 600)

    def test_run(self):
        run = meta(self.place / "meta.yaml")
        self.assertRegex(self.place.name, "^[0-9a-f]{32}$")
        self.assertEqual(run["run_id"], self.place.name)
        self.assertEqual(run["run_uuid"], self.place.name)
        self.assertEqual(run["experiment_id"], self.place.parent.name)
        self.assertEqual(run["run_name"], "run")
        self.assertEqual(run["artifact_uri"], (self.place / "artifacts").resolve().as_uri())
        self.assertEqual((run["status"], run["source_type"], run["tags"]), ("3", "4", "[]"))
        self.assertGreaterEqual(int(run["end_time"]), int(run["start_time"]))

    def test_parameters_and_metrics(self):
        self.assertEqual((self.place / "params/train.epochs").read_text(), "1")
        self.assertEqual((self.place / "params/model.name").read_text(), "BNN_conv_flip")
        for kind in ("step", "epoch"):
            for key in ("loss", "nll", "kl"):
                lines = (self.place / f"metrics/{kind}/{key}").read_text().splitlines()
                told = [(float(line.split()[1]), int(line.split()[2])) for line in lines]
                self.assertEqual(told, [(e[key], e["step"]) for e in self.run_.events(kind)])
        accuracy = (self.place / "metrics/test/accuracy").read_text().split()
        self.assertEqual(float(accuracy[1]), self.run_.summary["test"]["accuracy"])
        names = [path.relative_to(self.place / "metrics").as_posix()
                 for path in (self.place / "metrics").rglob("*") if path.is_file()]
        for name in names:  # mlflow/utils/validation.py
            self.assertRegex(name, r"^[/\w.\- ]*$")

    def test_tags_and_artifacts(self):
        self.assertEqual((self.place / "tags/mlflow.runName").read_text(), "run")
        self.assertEqual((self.place / "tags/mlflow.source.type").read_text(), "LOCAL")
        for name in ("config.yaml", "env.json", "summary.json"):
            self.assertEqual((self.place / "artifacts" / name).read_text(), self.run_.text(name))

    def test_a_run_that_fails_has_failed(self):
        self.fail_with(70, ["not finite"], "train", self.run_.path / "config.yaml",
                       "records.mlflow_experiment=failing", "train.learning_rate=1e30",
                       "train.optimizer=SGD", "-o", "failing")
        experiment, = [file.parent for file in (self.folder / "store").glob("*/meta.yaml")
                       if meta(file)["name"] == "failing"]
        run, = experiment.glob("*/meta.yaml")
        self.assertEqual(meta(run)["status"], "4")

    def test_a_run_that_a_signal_ends_was_killed(self):
        process = subprocess.Popen(
            [PROGRAM, "train", "run/config.yaml", "records.mlflow_experiment=killed",
             "train.epochs=1000", "-o", "killed", "--threads", "1"], cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        metrics = self.folder / "killed" / "metrics.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (
                metrics.exists() and '"event":"step"' in metrics.read_text()):
            time.sleep(0.01)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 143)
        statuses = [meta(file)["status"] for file in (self.folder / "store").glob("*/*/meta.yaml")
                    if meta(file)["run_name"] == "killed"]
        self.assertEqual(statuses, ["5"])

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("")
        self.fail_with(73, ["records.mlflow_folder", "file: not a directory"], "train",
                       self.run_.path / "config.yaml", "records.mlflow_folder=file/store",
                       "-o", "impossible")
        self.assertFalse((self.folder / "impossible").exists())


if __name__ == "__main__":
    main()
