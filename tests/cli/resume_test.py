#!/usr/bin/env python3
"""`credence train --resume`: a training that was ended half-way goes on as if it had not been."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from program import LAUNCHER, PROGRAM, RECIPES, SMALL, ProgramTest, Run, main, needs_mpi

RECIPE = "mnist_bnn_conv_flipout.yaml"
LONG = ("train.epochs=12", "train.global_batch_size=32", "train.log_every_steps=1",
        "data.validation_split=0.2", "train.validation.samples=2", "predict.samples=2",
        "checkpoint.every_steps=20")
STEPS = 12 * 15


def descendants(pid):
    """Of a process, its children's children included."""
    found = []
    for task in Path("/proc", str(pid), "task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


class Resume(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole = cls.train(RECIPE, *LONG, "--threads", 1, output="whole")

    @classmethod
    def interrupt(cls, output, *arguments, signals=(signal.SIGKILL,), after=70, recipe=RECIPE,
                  ranks=None, file="metrics.jsonl"):
        """Starts a training, and sends it signals as soon as so many steps are on record, and it
        has the file."""
        command = [PROGRAM]
        if ranks is not None:
            command = [str(ranks) if word == "RANKS" else word for word in LAUNCHER]
        process = subprocess.Popen(
            [*command, "train", str(RECIPES / recipe), *SMALL, *LONG, *arguments, "--threads", "1",
             "--output", output], cwd=cls.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"})
        metrics = cls.folder / output / "metrics.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if (metrics.exists() and metrics.read_text().count('"event":"step"') >= after and
                    (cls.folder / output / file).exists()):
                break
            time.sleep(0.002)
        targets = [process.pid]
        if signal.SIGKILL in signals:  # ranks might come to the end before they miss a launcher
            targets = [*descendants(process.pid), process.pid]
        for number in signals:
            for target in targets:
                os.kill(target, number)
        out, err = process.communicate(timeout=60)
        process.output = out + err
        if signal.SIGUSR1 not in signals and (ranks is None or signal.SIGKILL in signals):
            assert not (cls.folder / output / "summary.json").exists(), "it was complete by then"
        with open(metrics, "rb") as file:  # a launcher that is killed may end before its ranks
            fcntl.flock(file, fcntl.LOCK_EX)
        return process

    def resume(self, output, *arguments, **options):
        done = self.succeed("train", "--resume", output, "--threads", 1, *arguments, **options)
        return Run(self.folder / output), done.stdout + done.stderr

    def assert_same_run(self, run, whole=None):
        whole = whole or self.whole
        self.assertEqual(run.summary["weights_sha256"], whole.summary["weights_sha256"])
        self.assertEqual(run.summary["test"], whole.summary["test"])
        self.assertEqual(run.curve("step"), whole.curve("step"))
        self.assertEqual(run.curve("loss"), whole.curve("loss"))
        for key in ("epoch", "loss", "nll", "kl", "accuracy", "val_nll"):
            self.assertEqual(run.curve(key, "epoch"), whole.curve(key, "epoch"), key)
        self.assertEqual(run.text("histograms.jsonl"), whole.text("histograms.jsonl"))
        for key in ("epochs", "steps"):
            self.assertEqual(run.summary[key], whole.summary[key])

    def test_after_a_kill_gives_the_same_bits(self):
        killed = self.interrupt("killed")
        self.assertEqual(killed.returncode, -signal.SIGKILL, killed.output)
        run, _ = self.resume("killed")
        self.assert_same_run(run)

    def test_after_several_kills_gives_the_same_bits(self):
        self.interrupt("often", after=30)
        process = subprocess.Popen([PROGRAM, "train", "--resume", "often", "--threads", "1"],
                                   cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        process.kill()
        process.wait()
        run, _ = self.resume("often")
        self.assert_same_run(run)

    def test_before_the_first_checkpoint_begins_anew(self):
        self.interrupt("early", "checkpoint.every_steps=0", after=3)
        run, _ = self.resume("early")
        self.assert_same_run(run)

    def test_sigterm_saves_and_ends_with_143(self):
        ended = self.interrupt("term", "checkpoint.every_steps=0", signals=(signal.SIGTERM,))
        self.assertEqual(ended.returncode, 128 + signal.SIGTERM, ended.output)
        self.assertIn("saved after step", ended.output)
        self.assertIn("go on with credence train --resume term", ended.output)
        self.assertRegex((self.folder / "term" / "log.txt").read_text(), r" error asked to end: .*")
        self.assertFalse((self.folder / "term" / "summary.json").exists())
        run, _ = self.resume("term")
        self.assert_same_run(run)

    def test_sigusr1_saves_and_goes_on(self):
        process = self.interrupt("usr1", "checkpoint.every_steps=0", "checkpoint.keep=9",
                                 signals=(signal.SIGUSR1,))
        self.assertEqual(process.returncode, 0, process.output)
        run = Run(self.folder / "usr1")
        told = r"(?m)^checkpoint saved after step \d+: (usr1/checkpoints/step-\d+\.safetensors)$"
        self.assertRegex(process.output, told)
        self.assertTrue((self.folder / re.search(told, process.output).group(1)).exists())
        self.assertRegex(run.text("log.txt"), "info checkpoint saved after step")
        self.assertEqual(len(list(run.checkpoints.glob("step-*"))), 2)  # that one, and the last
        self.assert_same_run(run)

    def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(self):
        self.interrupt("damaged")
        files = sorted((self.folder / "damaged" / "checkpoints").glob("step-*"))
        self.assertGreaterEqual(len(files), 2)
        files[-1].write_bytes(files[-1].read_bytes()[:-1000])
        run, output = self.resume("damaged")
        self.assertIn(files[-1].name, output)
        self.assert_same_run(run)

    def test_killed_in_its_test_is_not_trained_again(self):
        self.interrupt("tested", "predict.samples=3000", "checkpoint.every_steps=0", after=STEPS,
                       file=f"checkpoints/step-{STEPS:08}.safetensors")
        run, output = self.resume("tested")
        self.assertIn(f"going on from step {STEPS}", output)
        self.assertEqual(run.curve("loss"), self.whole.curve("loss"))
        self.assertEqual(run.summary["weights_sha256"], self.whole.summary["weights_sha256"])

    def test_of_a_complete_run_whose_weights_are_damaged_makes_them_again(self):
        shutil.copytree(self.whole.path, self.folder / "spoilt")
        weights = Run(self.folder / "spoilt").checkpoint
        content = bytearray(weights.read_bytes())
        content[-100] ^= 1
        weights.write_bytes(content)
        run, output = self.resume("spoilt")
        self.assertIn(weights.name, output)
        self.assert_same_run(run)
        self.assertEqual(run.checkpoint.read_bytes()[-1000:],
                         self.whole.checkpoint.read_bytes()[-1000:])

    def test_without_the_records_so_far_says_that_they_are_lost(self):
        self.interrupt("lost")
        os.truncate(self.folder / "lost/metrics.jsonl", 300)
        run, output = self.resume("lost")
        self.assertIn("records are lost", output)
        self.assertEqual(run.summary["weights_sha256"], self.whole.summary["weights_sha256"])

    def test_auto_begins_goes_on_and_is_complete(self):
        auto = ("train", RECIPES / RECIPE, *SMALL, *LONG, "--threads", 1, "--output", "auto",
                "--resume", "auto")
        self.interrupt("auto", "--resume", "auto")
        self.succeed(*auto)
        self.assert_same_run(Run(self.folder / "auto"))
        self.assertIn("complete", self.succeed(*auto).stdout)
        self.fail_with(78, ["auto", "configured otherwise", "seed"], *auto, "seed=7")

    def test_auto_waits_while_another_process_writes_the_run(self):
        self.interrupt("held")
        with open(self.folder / "held" / "metrics.jsonl", "rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            process = subprocess.Popen(
                [PROGRAM, "train", str(RECIPES / RECIPE), *SMALL, *LONG, "--threads", "1",
                 "--output", "held", "--resume", "auto"], cwd=self.folder, text=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            self.assertIn("waiting for another process that writes held",
                          process.stderr.readline())
            self.assertIsNone(process.poll())
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertNotIn("waiting", errors)  # once
        self.assert_same_run(Run(self.folder / "held"))

    def test_its_profile_is_of_its_own_steps(self):
        self.interrupt("profiled", "--profile")
        run, output = self.resume("profiled", "--profile")
        profile = json.loads(run.text("profile.json"))
        begun = int(re.search(r"going on from step (\d+)", output).group(1))
        self.assertGreater(begun, 0)
        self.assertEqual(profile["steps"], STEPS - begun)
        self.assertEqual(profile["examples_per_step"], 32)
        other, = (row["seconds"] for row in profile["rows"] if row["phase"] == "other")
        self.assertLess(other, 0.5 * profile["seconds"])

    def test_while_the_run_is_still_under_way_is_refused(self):
        process = subprocess.Popen(
            [PROGRAM, "train", str(RECIPES / RECIPE), *SMALL, *LONG, "--threads", "1", "--output",
             "busy"], cwd=self.folder, stdout=subprocess.DEVNULL)
        metrics = self.folder / "busy" / "metrics.jsonl"
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while (not metrics.exists() or not metrics.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        self.fail_with(73, ["busy/metrics.jsonl", "another process is writing"], "train",
                       "--resume", "busy", "--threads", 1)

    def test_other_things_beside_a_named_run_are_refused(self):
        self.fail_with(64, ["leave out"], "train", RECIPES / RECIPE, "--resume", "whole")
        self.fail_with(65, ["missing"], "train", "--resume", "missing")
        self.fail_with(64, ["recipe"], "train")

    def test_the_best_and_the_last_are_kept(self):
        run = self.train(RECIPE, *LONG, "checkpoint.best=val_nll", "checkpoint.keep=1",
                         "checkpoint.every_steps=0", "--threads", 1, output="best")
        values = run.curve("val_nll", "epoch")
        best = 15 * (1 + values.index(min(values)))
        self.assertEqual((run.checkpoints / "best").read_text().strip(),
                         f"step-{best:08}.safetensors")
        kept = {f"step-{step:08}.safetensors" for step in (best, STEPS)}
        self.assertEqual({file.name for file in run.checkpoints.glob("step-*")}, kept)
        self.fail_with(78, ["checkpoint.best", "val_nll", "got val_picp"], "train",
                       RECIPES / RECIPE, *SMALL, *LONG, "checkpoint.best=val_picp")

    @needs_mpi
    def test_on_another_number_of_ranks_has_the_same_batches_and_noise(self):
        self.interrupt("ranks", ranks=2)
        run, _ = self.resume("ranks")
        self.assertEqual(run.curve("step"), self.whole.curve("step"))
        self.assert_same_curve(run.curve("loss"), self.whole.curve("loss"))
        shutil.rmtree(self.folder / "ranks")
        self.interrupt("ranks")
        run, _ = self.resume("ranks", ranks=2)
        self.assert_same_curve(run.curve("loss"), self.whole.curve("loss"))

    @needs_mpi
    def test_of_compressed_gradients_has_what_their_feedback_keeps(self):
        compression = ("distributed.compression=int8", "distributed.shared_memory=false")
        whole = self.train(RECIPE, *LONG, *compression, "--threads", 1, output="int8-whole",
                           ranks=2)
        self.interrupt("int8", *compression, ranks=2)
        run, _ = self.resume("int8", ranks=2)
        self.assert_same_run(run, whole)
        self.interrupt("int8-others", *compression, ranks=2)
        shutil.copytree(self.folder / "int8-others", self.folder / "int8-one")
        run, told = self.resume("int8-others", ranks=3)
        self.assert_same_curve(run.curve("nll", "epoch"), whole.curve("nll", "epoch"), 0.05)
        self.assertNotIn("dropped", told)
        _, told = self.resume("int8-one")
        self.assertIn("what compression kept of earlier gradients is dropped", told)

    @needs_mpi
    def test_of_a_sharded_optimizer_or_with_one_gives_the_same_bits(self):
        options = ("distributed.deterministic=true", "train.epochs=6")
        whole = self.train(RECIPE, *LONG, *options, "--threads", 1, output="bits")
        for name, was, then in (("gathered", 2, None), ("scattered", None, 2), ("apart", 2, 4)):
            sharded = ("distributed.sharded_optimizer=true",) if was else ()
            self.interrupt(name, *options, *sharded, ranks=was, after=40)
            config = self.folder / name / "config.yaml"
            config.write_text(config.read_text().replace("sharded_optimizer: false",
                                                         "sharded_optimizer: true"))
            run, _ = self.resume(name, ranks=then)
            self.assertEqual(run.summary["weights_sha256"], whole.summary["weights_sha256"], name)
            self.assertEqual(run.checkpoint.stat().st_size, whole.checkpoint.stat().st_size)

    @needs_mpi
    def test_of_local_steps_gives_the_same_bits(self):
        options = ("distributed.local_steps=4", "train.epochs=6")
        whole = self.train(RECIPE, *LONG, *options, "--threads", 1, output="rounds", ranks=2)
        self.interrupt("local", *options, ranks=2, after=40)
        run, _ = self.resume("local", ranks=2)
        self.assert_same_run(run, whole)

    @needs_mpi
    def test_of_an_ensemble_whose_groups_have_come_to_different_ends(self):
        members = ("inference={type: ensemble, members: 2}", "train.epochs=2")
        whole = self.train("mnist_cnn_fc.yaml", *LONG, *members, "checkpoint.every_steps=5",
                           "--threads", 1, output="groups", ranks=2)
        weights = whole.summary["weights_sha256"]
        (whole.path / "summary.json").unlink()
        for file in (whole.path / "checkpoints").glob("[sl]*"):
            file.unlink()
        saved = sorted((whole.path / "checkpoints/member-2").glob("step-*"))
        self.assertGreater(len(saved), 1)
        saved[-1].unlink()
        run, _ = self.resume("groups", "--profile", ranks=2)
        self.assertEqual(run.summary["weights_sha256"], weights)

    def check_method(self, name, *overrides):
        recipe = "mnist_cnn_fc.yaml"
        whole = self.train(recipe, *LONG, *overrides, "--threads", 1, output=f"{name}-whole")
        self.interrupt(name, *overrides, recipe=recipe, after=100)
        run, _ = self.resume(name)
        self.assertEqual(run.summary["weights_sha256"], whole.summary["weights_sha256"])
        self.assertEqual(run.summary["test"], whole.summary["test"])
        self.assertEqual(run.curve("loss"), whole.curve("loss"))
        self.assertEqual(run.checkpoint.read_bytes()[-1000:], whole.checkpoint.read_bytes()[-1000:])

    def test_of_swag(self):
        self.check_method("swag", "inference.type=swag")

    def test_of_ivon(self):
        self.check_method("ivon", "inference.type=ivon", "train.learning_rate=0.1")

    def test_of_a_cyclical_chain(self):
        self.check_method("sghmc", "inference={type: sghmc, cycles: 2}", "train.schedule=constant",
                          "train.learning_rate=1e-4")

    def test_of_laplace(self):
        self.check_method("laplace", "inference={type: laplace, layers: last}")

    def test_of_an_ensemble(self):
        self.check_method("ensemble", "inference={type: ensemble, members: 3}", "train.epochs=4")


if __name__ == "__main__":
    main()
