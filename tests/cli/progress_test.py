#!/usr/bin/env python3
"""The progress bar is drawn on terminals alone, also where mpirun gives a rank one of its own."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from program import LAUNCHER, PROGRAM, RECIPES, SMALL, ProgramTest, main, needs_mpi

COLUMNS = 70
ERASE_LINE = "\r\x1b[K"


class ProgressBar(ProgramTest):
    def arguments(self):
        return ["train", RECIPES / "mnist_cnn_fc.yaml", *SMALL, "data.train_count=2000",
                "--output", self.id()]

    def shown(self, command, arguments=None):
        """What appears on a terminal."""
        outside, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 25, COLUMNS, 0, 0))
        process = subprocess.Popen([*command, *map(str, arguments or self.arguments())], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=inside, stderr=inside,
                                   env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
        os.close(inside)
        text, end = b"", time.monotonic() + 60
        while time.monotonic() < end and select.select([outside], [], [], 60)[0]:
            try:
                block = os.read(outside, 4096)
            except OSError:  # Linux's way to say that no one has the terminal open
                break
            text += block
        self.assertEqual(process.wait(60), 0, text)
        os.close(outside)
        return text.decode()

    def assert_bar(self, text):
        bars = [part.split("\n")[0].split("\r")[0] for part in text.split(ERASE_LINE)[1:]
                if part.startswith("epoch 1/1 [")]
        self.assertTrue(bars, text)
        for bar in bars:
            self.assertLess(len(bar), COLUMNS)
            self.assertGreater(len(bar), COLUMNS - 20)

    def test_on_a_terminal(self):
        text = self.shown([PROGRAM])
        self.assert_bar(text)
        for work in ("before training", "test"):
            self.assertIn(f"{ERASE_LINE}{work} [", text)

    def test_of_evaluate(self):
        self.train("mnist_cnn_fc.yaml", output=self.id())
        text = self.shown([PROGRAM], ["evaluate", self.id()])
        self.assertIn(f"{ERASE_LINE}test [", text)
        self.assertRegex(text, "metric +test\r\n")
        self.assertEqual(self.succeed("evaluate", self.id()).stderr, "")

    def test_not_in_a_file(self):
        text = self.succeed(*self.arguments(), variables={"TERM": "xterm"}).stdout
        self.assertNotIn("\x1b", text)
        self.assertRegex(text, "(?m)^epoch 1/1  loss")

    @needs_mpi
    def test_on_a_terminal_by_mpirun(self):
        text = self.shown(["2" if word == "RANKS" else word for word in LAUNCHER])
        self.assertRegex(text, "(?m)^.*epoch 1/1 {1,2}loss")
        if ERASE_LINE in text:  # MPICH's launcher takes the output through a pipe
            self.assert_bar(text)

    @needs_mpi
    def test_not_in_a_file_by_mpirun(self):
        text = self.succeed(*self.arguments(), ranks=2, variables={"TERM": "xterm"}).stdout
        self.assertNotIn("\x1b", text)
        self.assertRegex(text, "(?m)^epoch 1/1  loss")


if __name__ == "__main__":
    main()
