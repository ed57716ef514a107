#!/usr/bin/env python3
"""c_api_test.py PROGRAM CLIENT: a C program predicts what `credence predict` does."""

import csv
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import ProgramTest, main  # noqa: E402

CLIENT = sys.argv[2]
COUNT = 19


def write_npy(path, shape, rows):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    values = [value for row in rows for value in row]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
                     + struct.pack(f"<{len(values)}f", *values))


class CApi(ProgramTest):
    def client(self, *arguments):
        return subprocess.run([CLIENT, *map(str, arguments)], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              check=False)

    def figures(self, *arguments):
        done = self.client(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.split() for line in done.stdout.splitlines()]
        return {name: [float(value) for value in values] for name, *values in lines}

    def predicted(self, run, size, shape, *arguments):
        """What the program predicts of the client's pattern: figure -> values."""
        rows = [[index * 7 % 32 / 32 for index in range(row * size, (row + 1) * size)]
                for row in range(COUNT)]
        write_npy(self.folder / "inputs.npy", f"({COUNT}, {shape})", rows)
        self.succeed("predict", run, "-i", "inputs.npy", "-o", "y.csv", *arguments)
        with open(self.folder / "y.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_a_classifier_gives_what_the_program_gives(self):
        self.train("mnist_bnn_fc_flipout.yaml", "predict.samples=5")
        for more in ((), ("--samples", "3")):
            got = self.figures("run", COUNT, *more[1:])
            self.assertEqual(got.pop("shape"), [28, 28, 1])
            rows = self.predicted("run", 784, "28, 28, 1", *more)
            mean = [float(row[f"mean_{i}"]) for row in rows for i in range(10)]
            self.assert_same(got.pop("mean"), mean)
            for name, values in got.items():
                self.assert_same(values, [float(row[name]) for row in rows])
            self.assertEqual(sorted(got), ["mutual_information", "predictive_entropy"])

    def test_a_density_gives_what_the_program_gives(self):
        rows = "\n".join(f"{x},{x % 7},{3 * x + x % 5}" for x in range(100))
        (self.folder / "line.csv").write_text(f"x,z,y\n{rows}\n")
        (self.folder / "line.yaml").write_text(
            "model: {layers: [{type: Dense, units: 2}], bayesian: {layers: all}}\n"
            "data: {name: csv, path: line.csv, test_fraction: 0.5}\n"
            "train: {epochs: 3, batch_size: 10, loss: gaussian}\n")
        self.succeed("train", "line.yaml", "--output", "line")
        got = self.figures("line", COUNT)
        self.assertEqual(got["shape"], [2])
        rows = self.predicted("line", 2, "2")
        for name in ("mean", "sigma"):
            self.assert_same(got[name], [float(row[f"{name}_0"]) for row in rows])

    def assert_same(self, got, expected):
        self.assertEqual(len(got), len(expected))
        for a, b in zip(got, expected):
            self.assertLessEqual(abs(a - b), 2e-7 * max(1, abs(b)))

    def test_errors_have_a_code_and_a_message(self):
        done = self.client("nothing", 1)
        self.assertEqual(done.returncode, 65)
        self.assertRegex(done.stderr, "^65 run directory nothing: expected a directory")
        self.train("mnist_bnn_fc_flipout.yaml", output="other")
        done = self.client("other", 0)
        self.assertEqual(done.returncode, 64)
        self.assertRegex(done.stderr, "^64 .*expected 1 example or more, got 0")
        done = self.client("other", 1, 70000)
        self.assertEqual(done.returncode, 78)
        self.assertIn("70000", done.stderr)


if __name__ == "__main__":
    main()
