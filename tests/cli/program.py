"""What the tests of the program share: they start it, and read what it leaves.

A test is started as `python3 x_test.py PROGRAM [LAUNCHER ... PROGRAM]`, where the word RANKS stands
for the number of ranks in the launcher's command; without MPI there is no such word.
"""

import ast
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

PROGRAM = sys.argv[1]
LAUNCHER = sys.argv[2:]
HAS_MPI = "RANKS" in LAUNCHER
RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SMALL = ("data.name=digits", "data.train_count=600", "data.test_count=100", "train.epochs=1")

needs_mpi = unittest.skipUnless(HAS_MPI, "this build has no MPI")


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)


def numbers(text):
    """A JSON object of one line; NaN and Infinity are not JSON."""
    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")
    return json.loads(text, parse_constant=refuse)


class Run:
    """A run directory."""

    def __init__(self, path):
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"

    def text(self, name):
        return (self.path / name).read_text()

    @property
    def summary(self):
        return json.loads(self.text("summary.json"))

    @property
    def metrics(self):
        return [numbers(line) for line in self.text("metrics.jsonl").splitlines()]

    def events(self, kind):
        return [event for event in self.metrics if event["event"] == kind]

    def curve(self, key, kind="step"):
        return [event[key] for event in self.events(kind)]

    @property
    def checkpoint(self):
        return self.checkpoints / (self.checkpoints / "latest").read_text().strip()


class ProgramTest(unittest.TestCase):
    """Tests that share a folder, which is the program's working directory."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="credence-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    @classmethod
    def start(cls, *arguments, ranks=None, variables=None, timeout_s=60):
        """Runs the program: by the launcher if the ranks are given, else as it is."""
        command = [PROGRAM]
        if ranks is not None:
            command = [str(ranks) if word == "RANKS" else word for word in LAUNCHER]
        return subprocess.run([*command, *map(str, arguments)], cwd=cls.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout_s, check=False,
                              env={**os.environ, **(variables or {})})

    @classmethod
    def succeed(cls, *arguments, **options):
        done = cls.start(*arguments, **options)
        if done.returncode != 0:
            raise AssertionError(f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    @classmethod
    def train(cls, recipe, *arguments, output="run", **options):
        cls.succeed("train", RECIPES / recipe, *SMALL, *arguments, "--output", output, **options)
        return Run(cls.folder / output)

    def fail_with(self, code, says, *arguments, **options):
        """The program must end with that code and one message that holds all of `says`."""
        done = self.start(*arguments, timeout_s=60, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        lines = done.stderr.splitlines()
        messages = [line for line in lines if line.startswith("credence: ")]
        self.assertEqual(len(messages), 1, done.stderr)
        if "ranks" not in options:
            self.assertEqual(lines, messages)
        for word in says:
            self.assertIn(word, messages[0])
        return done

    def assert_close(self, first, second, relative, what=""):
        self.assertTrue(math.isclose(first, second, rel_tol=relative, abs_tol=1e-12),
                        f"{what}: {first} and {second} differ by more than {relative} of them")

    def assert_same_curve(self, first, second, relative=1e-4):
        self.assertEqual(len(first), len(second))
        for step, (a, b) in enumerate(zip(first, second), start=1):
            self.assert_close(a, b, relative, f"point {step}")


def write_line_recipe(folder, rows, epochs, is_bayesian=False):
    """line.csv, y = -300 x with normal noise of sigma 50, half of it to test, and line.yaml, which
    fits it: 0.28 is that sigma in the units of training."""
    draw = random.Random(1)
    with open(folder / "line.csv", "w") as file:
        for _ in range(rows):
            x = draw.uniform(-1, 1)
            file.write(f"{x},{-300 * x + draw.gauss(0, 50)}\n")
    bayesian = ", bayesian: {layers: all}" if is_bayesian else ""
    (folder / "line.yaml").write_text(
        f"model: {{layers: [{{type: Dense, units: 1}}]{bayesian}}}\n"
        "data: {name: csv, path: line.csv, test_fraction: 0.5}\n"
        f"train: {{epochs: {epochs}, learning_rate: 0.02, "
        "loss: {type: gaussian, sigma: 0.28}}\n")


def change_safetensors(path, change):
    """Writes a file anew after `change(header, data)`, as another program would: without the
    metadata, and so without the checksums."""
    content = Path(path).read_bytes()
    begin = 8 + struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:begin]), bytearray(content[begin:])
    del header["__metadata__"]
    change(header, data)
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    """Header without metadata, metadata, and the number of bytes of data."""
    content = Path(path).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    return header, metadata, len(content) - 8 - length


def read_npz(path):
    """Name -> (shape, values), of float32 arrays."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            length = struct.unpack("<H", content[8:10])[0]
            header = ast.literal_eval(content[10:10 + length].decode().strip())
            assert header["descr"] == "<f4" and not header["fortran_order"], header
            values = struct.unpack(f"<{math.prod(header['shape'])}f", content[10 + length:])
            arrays[name.removesuffix(".npy")] = (header["shape"], values)
    return arrays


def write_npz(path, name, shape, values):
    """One array of bytes."""
    header = repr({"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}).encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(values)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name + ".npy", content)


def idx(shape, values):
    """The bytes of an IDX file of bytes (yann.lecun.com/exdb/mnist)."""
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(values)
