#!/usr/bin/env python3
"""`credence watch` follows a run from its files, on a terminal and elsewhere, until it ends."""

import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
import time

from program import LAUNCHER, PROGRAM, RECIPES, SMALL, ProgramTest, main, needs_mpi

COLUMNS = 70


class Watch(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.done = cls.train("mnist_cnn_fc.yaml", "train.epochs=2", "train.log_every_steps=2",
                             "data.train_count=640", "train.global_batch_size=64")

    def begun(self):
        """A run directory like that of a run that has only begun, and the lines that are to come."""
        path = self.folder / self.id()
        path.mkdir()
        shutil.copy(self.done.path / "config.yaml", path)
        lines = self.done.text("metrics.jsonl").splitlines(keepends=True)
        (path / "metrics.jsonl").write_text("".join(lines[:3]))
        return path, lines[3:]

    def follow(self, path, *arguments, **variables):
        process = subprocess.Popen([PROGRAM, "watch", path, "-i", "0.05", *arguments],
                                   cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env={**os.environ, **variables})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def read_until(self, process, text, limit_s=30):
        """What it prints, whole lines, until that is among it."""
        shown, end = "", time.monotonic() + limit_s
        while text not in shown or not shown.endswith("\n"):
            left = end - time.monotonic()
            self.assertTrue(left > 0 and select.select([process.stdout], [], [], left)[0],
                            f"no {text!r} in {shown!r}")
            part = os.read(process.stdout.fileno(), 4096).decode()
            self.assertTrue(part, f"ended without {text!r}: {shown!r}")
            shown += part
        return shown

    @staticmethod
    def append(path, text):
        with open(path / "metrics.jsonl", "a") as file:
            file.write(text)

    def test_a_run_that_has_ended(self):
        text = self.succeed("watch", "run").stdout
        self.assertNotIn("\x1b", text)
        lines = text.splitlines()
        self.assertRegex(lines[0], "^CNN_FC on digits, 1 rank, [0-9,]+ parameters, batch 64$")
        self.assertEqual([line.split("  ")[0] for line in lines[1:3]], ["epoch 1/2", "epoch 2/2"])
        self.assertIn(f"test  accuracy {self.done.summary['test']['accuracy']:.4g}  ", text)
        self.assertRegex(lines[-1], "^ended  2 epochs  20 steps")

    def test_a_run_that_goes_on(self):
        path, lines = self.begun()
        process = self.follow(path)
        self.assertIn("epoch 1/2  4/10  loss ", self.read_until(process, "samples/s  ETA "))
        first_epoch = next(i for i, line in enumerate(lines) if '"epoch",' in line) + 1
        self.append(path, "".join(lines[:first_epoch - 1]) + lines[first_epoch - 1][:30])
        time.sleep(0.3)
        self.append(path, lines[first_epoch - 1][30:])
        self.assertEqual(self.read_until(process, "epoch 1/2  loss").count("epoch 1/2  loss"), 1)
        self.append(path, "".join(lines[first_epoch:]))
        self.read_until(process, "trained in ")
        self.assertIsNone(process.poll())  # it is tested yet
        shutil.copy(self.done.path / "summary.json", path)
        self.read_until(process, "ended  2 epochs")
        self.assertEqual(process.wait(30), 0)

    def test_a_run_that_is_resumed(self):
        path, lines = self.begun()
        process = self.follow(path)
        self.append(path, "".join(lines[:-2]))
        self.read_until(process, "epoch 1/2  loss")
        content = (path / "metrics.jsonl").read_bytes()
        os.truncate(path / "metrics.jsonl", content.index(b"\n") + 1)
        self.read_until(process, "cut back")
        self.append(path, "".join(self.done.text("metrics.jsonl").splitlines(keepends=True)[1:]))
        shutil.copy(self.done.path / "summary.json", path)
        self.assertIn("epoch 2/2  loss", self.read_until(process, "ended  2 epochs"))
        self.assertEqual(process.wait(30), 0)

    def test_a_run_that_is_silent(self):
        path, _ = self.begun()
        os.utime(path / "metrics.jsonl", (time.time() - 3720, time.time() - 3720))
        process = self.follow(path)
        self.assertRegex(self.read_until(process, "nothing new since"),
                         r"nothing new since [0-9: -]+, for 1:0[2-9]:\d\d; no process")

    def test_before_the_first_record(self):
        path, _ = self.begun()
        (path / "metrics.jsonl").rename(path / "later")
        process = self.follow(path)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        (path / "later").rename(path / "metrics.jsonl")
        self.read_until(process, "CNN_FC on digits")

    def test_once(self):
        path, rest = self.begun()
        lines = self.succeed("watch", path, "--once").stdout.splitlines()
        self.assertRegex(lines[1], r"^epoch 1/2  4/10  loss .* samples/s  ETA 0:")
        self.assertIn("no process is seen to write it", lines[2])
        first_epoch = next(i for i, line in enumerate(rest) if '"epoch",' in line) + 1
        self.append(path, "".join(rest[:first_epoch + 1]))  # and two steps of the second one
        lines = self.succeed("watch", path, "--once").stdout.splitlines()
        self.assertTrue(lines[1].startswith("epoch 1/2  loss"), lines)
        self.assertTrue(lines[2].startswith("epoch 2/2  2/10  loss"), lines)
        with open(path / "metrics.jsonl", "a") as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            lines = self.succeed("watch", path, "--once").stdout.splitlines()
        self.assertEqual(len(lines), 3, lines)

    def test_no_run(self):
        self.fail_with(65, ["none", "run directory"], "watch", "none")
        (self.folder / "empty").mkdir()
        self.fail_with(65, ["empty", "config.yaml"], "watch", "empty")
        self.fail_with(64, ["run"], "watch")
        self.fail_with(64, ["--interval", "0"], "watch", "run", "--interval", "0")

    def test_on_a_terminal(self):
        path, lines = self.begun()
        outside, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 25, COLUMNS, 0, 0))
        process = subprocess.Popen([PROGRAM, "watch", path, "-i", "0.05"], stdin=subprocess.DEVNULL,
                                   stdout=inside, stderr=inside,
                                   env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
        self.addCleanup(process.kill)
        os.close(inside)
        shown, end = b"", time.monotonic() + 30
        while time.monotonic() < end and select.select([outside], [], [], 30)[0]:
            try:
                shown += os.read(outside, 4096)
            except OSError:  # Linux's way to say that no one has the terminal open
                break
            if lines and b"\n" in shown.partition(b" 4/10 ")[2].partition(b"loss  ")[2]:
                self.append(path, "".join(lines))
                shutil.copy(self.done.path / "summary.json", path)
                lines = []
        os.close(outside)
        self.assertEqual(process.wait(30), 0, shown)
        text = shown.decode()
        self.assertRegex(text, r"epoch 1/2 \[=+> +\] 4/10  [0-9,]+ samples/s  ETA 0:")
        self.assertRegex(text, "loss  [▁▂▃▄▅▆▇█]+\r\n")
        self.assertIn("\x1b[3A\r\x1b[J", text)
        self.assertIn("ended  2 epochs", text.split("\x1b[J")[-1])
        for line in text.split("\n"):
            self.assertLess(len(line.split("\x1b[J")[-1].rstrip("\r")), COLUMNS + 1, line)

    def test_a_job(self):
        """Nothing but the program: one run trains while another one watches."""
        training = subprocess.Popen([PROGRAM, "train", RECIPES / "mnist_cnn_fc.yaml", *SMALL,
                                     "train.epochs=3", "-o", "job"], cwd=self.folder,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(training.kill)
        while not (self.folder / "job/env.json").exists():
            self.assertIsNone(training.poll())
            time.sleep(0.01)
        text = self.succeed("watch", "job", "-i", "0.1").stdout
        self.assertEqual(training.wait(30), 0)
        for epoch in (1, 2, 3):
            self.assertIn(f"epoch {epoch}/3  loss", text)
        summary = json.loads((self.folder / "job/summary.json").read_text())
        self.assertIn(f"accuracy {summary['test']['accuracy']:.4g}", text)

    @needs_mpi
    def test_by_several_ranks_one_speaks(self):
        command = ["2" if word == "RANKS" else word for word in LAUNCHER]
        done = subprocess.run([*command, "watch", "run"], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60,
                              check=True)
        self.assertEqual(done.stdout.count("ended  2 epochs"), 1)


if __name__ == "__main__":
    main()
