#!/usr/bin/env python3
"""`credence scale`: the files of a study, how it goes on, and what it says of a wrong one."""

import csv
import json
import math
import os
import re
import shutil
import signal
import subprocess
import time

from program import HAS_MPI, PROGRAM, RECIPES, ProgramTest, main, needs_mpi

RECIPE = RECIPES / "mnist_cnn_fc.yaml"
TINY = ("data.name=digits", "data.train_count=300", "data.test_count=20",
        "train.global_batch_size=16")


def short(steps=5, warm_up=1, repeat=2):
    return ("--steps", steps, "--warm-up", warm_up, "--repeat", repeat, "--no-plots")


class Scale(ProgramTest):
    @classmethod
    def scale(cls, *arguments, **options):
        return cls.succeed("scale", RECIPE, *TINY, *short(**options), *arguments)

    def study(self, name):
        folder = self.folder / name
        with open(folder / "scaling.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        return rows, json.loads((folder / "scaling.json").read_text())

    @needs_mpi
    def test_times_two_counts_of_ranks(self):
        done = self.scale("--ranks", "1,2", "--mode", "strong", "--predict", "8,64", "-o", "two")
        rows, figures = self.study("two")
        self.assertEqual([row["ranks"] for row in rows if row["kind"] == "measured"], ["1", "2"])
        for row, ranks in zip(rows, (1, 2)):
            self.assertEqual((row["mode"], row["global_batch"], row["runs"]), ("strong", "16", "2"))
            parts = sum(float(row[part]) for part in ("compute_s", "imbalance_s", "reduction_s"))
            self.assertAlmostEqual(parts / float(row["step_s"]), 1, 3)
            self.assertAlmostEqual(float(row["samples_per_sec"]) * float(row["step_s"]), 16, 2)
            self.assertAlmostEqual(float(row["efficiency"]) * ranks, float(row["speed_up"]), 3)
        self.assertEqual(len(figures["runs"]), 4)
        self.assertEqual({run["steps"] for run in figures["runs"]}, {5})
        self.assertEqual(figures["runs"][0]["parameters"],
                         json.loads((self.folder / "two/runs/mnist_cnn_fc-r1-b16-1/summary.json")
                                    .read_text())["parameters"])
        self.assertIn("mnist_cnn_fc, strong scaling, 16 examples in all", done.stdout)
        self.assertIn("4 of 4", done.stdout)
        self.assertIn("no strong scaling beyond 16 ranks", " ".join(done.stdout.split()))
        if len(os.sched_getaffinity(0)) >= 2:  # else two ranks have to share
            self.assertEqual([row["ranks"] for row in rows if row["kind"] == "predicted"], ["8"])
            self.assertTrue(math.isfinite(float(rows[2]["step_high_s"])))

    def test_a_step_agrees_with_the_summary(self):
        self.scale("--ranks", "1", "--mode", "weak", "-o", "one", warm_up=0)
        _, figures = self.study("one")
        for run in figures["runs"]:
            path = self.folder / f"one/runs/mnist_cnn_fc-r1-b16-{run['repetition']}/summary.json"
            summary = json.loads(path.read_text())
            # The trace leaves out what a step does before its first piece of work and after its last.
            self.assertLess(run["step_s"], 16 / summary["samples_per_sec"])
            self.assertGreater(run["step_s"], 0.8 * 16 / summary["samples_per_sec"])
            self.assertLess(run["reduction_s"] + run["imbalance_s"], 0.1 * run["step_s"])

    def test_goes_on_and_can_be_added_to(self):
        self.scale("--ranks", "1", "--mode", "strong", "-o", "grows")
        runs = self.folder / "grows/runs"
        first, second = (runs / f"mnist_cnn_fc-r1-b16-{number}" for number in (1, 2))
        kept = (first / "summary.json").stat().st_mtime_ns
        (second / "summary.json").unlink()  # it was cut short
        done = self.scale("--ranks", "1", "--mode", "strong", "-o", "grows", repeat=3)
        self.assertIn("1 of 3 runs are done", done.stdout)
        self.assertEqual((first / "summary.json").stat().st_mtime_ns, kept)
        self.assertEqual(len(self.study("grows")[1]["runs"]), 3)
        self.assertFalse((first / "checkpoints").exists())

    def test_another_study_is_refused(self):
        self.scale("--ranks", "1", "--mode", "strong", "-o", "first")
        again = ("scale", RECIPE, *TINY, "--ranks", "1", "-o", "first")
        self.fail_with(78, ["first", "with steps 5, got 7"], *again, *short(steps=7))
        self.fail_with(78, ["another configuration of mnist_cnn_fc"], *again, *short(), "seed=9")
        (self.folder / "taken").mkdir()
        (self.folder / "taken/file").touch()
        self.fail_with(73, ["taken", "is no scaling study"], *again[:-1], "taken",
                       *short())
        self.assertEqual([path.name for path in (self.folder / "taken").iterdir()], ["file"])

    def test_a_run_that_fails_is_named_and_the_rest_kept(self):
        shutil.copy(RECIPE, self.folder / "good.yaml")
        bad = self.folder / "bad.yaml"  # which is seen only once it runs
        bad.write_text(RECIPE.read_text().replace("{name: CNN_FC}",
                                                  "{name: CNN_FC, weights: nowhere}"))
        self.assertIn("nowhere", bad.read_text())
        done = self.fail_with(65, ["run bad-r1-b16-1", "exit code 65", "nowhere", "goes on"],
                              "scale", "good.yaml", "bad.yaml", *TINY, *short(), "--ranks", "1",
                              "--mode", "strong", "-o", "broken")
        self.assertIn("good", done.stdout)
        rows, figures = self.study("broken")
        self.assertEqual([row["recipe"] for row in rows], ["good"])
        self.assertEqual(len(figures["runs"]), 1)

    def test_a_signal_ends_it_and_it_goes_on(self):
        command = [PROGRAM, "scale", RECIPE, *TINY, *short(repeat=20), "--ranks", "1",
                   "--mode", "strong", "-o", "stopped"]
        with subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            self.assertIn("1 of 20", process.stdout.readline())
            process.send_signal(signal.SIGINT)
            begun = time.monotonic()
            errors = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - begun, 15)
        self.assertIn("goes on from there", errors)
        done = len(self.study("stopped")[1]["runs"])
        self.assertIn(done, range(1, 20))
        again = self.scale("--ranks", "1", "--mode", "strong", "-o", "stopped", repeat=done + 2)
        found = re.search(r"stopped: (\d+) of", again.stdout)  # the last may have come to its end
        self.assertIn(int(found[1]), (done, done + 1), again.stdout)
        self.assertEqual(len(self.study("stopped")[1]["runs"]), done + 2)

    def test_wrong_words_are_refused_before_anything_runs(self):
        bare = ("scale", RECIPE, *TINY, "-o", "never")
        self.fail_with(64, ["--mode", "stong", "strong"], *bare, "--mode", "stong")
        self.fail_with(64, ["expected a recipe"], "scale", "seed=1")
        self.fail_with(64, ["--ranks", "from 1"], *bare, "--ranks", "0,1")
        self.fail_with(64, ["--steps"], *bare, "--steps", "1")
        self.fail_with(64, ["--bind-to", "core"], *bare, "--bind-to", "cores")
        self.fail_with(64, ["mnist_cnn_fc twice"], "scale", RECIPE, RECIPE)
        self.fail_with(78, ["missing.yaml"], "scale", "missing.yaml")
        self.fail_with(78, ["32", "16", "global batch"], *bare, "--ranks", "32", "--mode", "strong")
        self.fail_with(78, ["inference.type ensemble"], *bare, "inference=ensemble", "--ranks", "1")
        self.assertFalse((self.folder / "never").exists())

    def test_without_mpi_there_is_one_rank(self):
        if not HAS_MPI:
            self.fail_with(75, ["no MPI"], "scale", RECIPE, *TINY, "--ranks", "2")


if __name__ == "__main__":
    main()
