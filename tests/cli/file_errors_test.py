#!/usr/bin/env python3
"""Files that are missing, damaged or cannot be written end the program soon, with one message."""

import gzip
import os
import resource
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import PROGRAM, RECIPES, SMALL, ProgramTest, Run, idx, main, needs_mpi, write_npz

FC = RECIPES / "mnist_cnn_fc.yaml"


class Data(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mnist = cls.folder / "mnist"
        cls.mnist.mkdir()
        for part, count in (("train", 40), ("t10k", 10)):
            images = idx((count, 28, 28), bytes(784 * count))
            labels = idx((count,), bytes(i % 10 for i in range(count)))
            (cls.mnist / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
            (cls.mnist / f"{part}-labels-idx1-ubyte").write_bytes(labels)

    def fail_to_read(self, says, **options):
        self.fail_with(65, says, "train", FC, f"data.path={self.mnist}", "train.epochs=1",
                       "train.global_batch_size=20", "--output", "run", **options)
        self.assertFalse((self.folder / "run").exists())

    def with_file(self, name, content):
        """The file holds that until the test is over."""
        file = self.mnist / name
        self.addCleanup(file.write_bytes, file.read_bytes())
        file.write_bytes(content)

    def test_whole_files_are_read(self):
        self.succeed("train", FC, f"data.path={self.mnist}", "train.epochs=1",
                     "train.global_batch_size=20", "--output", "whole")
        digits = ("data.name=digits", "data.test_count=100")
        self.succeed("evaluate", "whole", *digits)
        self.succeed("train", "whole/config.yaml", *digits, "data.train_count=200",
                     "--output", "digits")
        self.succeed("evaluate", "digits", "data.name=mnist", f"data.path={self.mnist}")
        self.fail_with(78, ["data.path: unknown key", "command line"], "evaluate", "whole",
                       *digits, f"data.path={self.mnist}")

    def test_missing_folder(self):
        self.fail_with(65, ["data.path", "/nowhere"], "train", FC, "data.path=/nowhere")

    def test_neither_here_nor_to_be_had(self):
        nowhere = {"CREDENCE_DATA_DIR": "/nowhere", "XDG_CACHE_HOME": str(self.folder / "cache"),
                   "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        done = self.start("train", FC, variables=nowhere)
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn("CREDENCE_DATA_DIR: /nowhere/mnist does not exist", done.stderr)
        self.assertIn("add data.name=digits, which needs no file", done.stderr.splitlines()[-1])

    def test_tables(self):
        csv = ("train", FC, "data.name=csv", "train.global_batch_size=8")
        here = (self.folder / "missing.csv").resolve()
        self.fail_with(65, ['"missing.csv"', f"({here})"], *csv, "data.path=missing.csv")
        self.fail_with(74, ["/proc/self/mem", "cannot read"], *csv, "data.path=/proc/self/mem")
        (self.folder / "table.csv").write_text("a,y\n" + "1,2\n" * 20)
        self.fail_with(78, ["data.target: ", "table.csv", "did you mean \"y\"", "command line"], *csv,
                       "data.path=table.csv", "data.target=Y ")
        self.fail_with(78, ["data.target: ", "column from 1 to 2", "command line"], *csv,
                       "data.path=table.csv", "data.target=3")

    def test_tables_are_shown_with_their_columns(self):
        (self.folder / "shown.csv").write_text("width;y;height\n" + "1;2;3\n" * 20)
        table = self.succeed("data", "show", "csv", "path=shown.csv", "target=y").stdout
        for column, role in (("width", "input"), ("height", "input"), ("y", "target")):
            self.assertRegex(table, rf"(?m)^{column} +{role}$")
        (self.folder / "shown.csv").write_text("1 2 3\n" * 20)
        table = self.succeed("data", "show", "csv", "path=shown.csv").stdout
        self.assertRegex(table, r"(?m)^2 columns without a name +input\ncolumn 3 +target$")

    def test_data_sets_are_written_as_npz_alone(self):
        for name in ("x.csv", "x.npy"):
            self.fail_with(64, [".npz", f"got {name}"], "data", "make", "digits", "train_count=1",
                           "test_count=1", "-o", name)
            self.assertFalse((self.folder / name).exists())

    def test_missing_file(self):
        file = self.mnist / "t10k-labels-idx1-ubyte"
        content = file.read_bytes()
        self.addCleanup(file.write_bytes, content)
        file.unlink()
        self.fail_to_read(["t10k-labels-idx1-ubyte"])

    def test_truncated_file(self):
        name = "train-labels-idx1-ubyte"
        self.with_file(name, (self.mnist / name).read_bytes()[:-1])
        self.fail_to_read([name, "cut short"])

    def test_truncated_packed_file(self):
        name = "train-images-idx3-ubyte.gz"
        self.with_file(name, (self.mnist / name).read_bytes()[:-20])
        self.fail_to_read([name, "cut short"])

    def test_label_out_of_range(self):
        name = "train-labels-idx1-ubyte"
        self.with_file(name, (self.mnist / name).read_bytes()[:-1] + b"\x0a")
        self.fail_to_read([name, "labels 0 to 9", "10", "39"])

    @needs_mpi
    def test_on_two_ranks(self):
        name = "train-labels-idx1-ubyte"
        self.with_file(name, (self.mnist / name).read_bytes()[:-1])
        self.fail_to_read([name, "cut short"], ranks=2)


class Output(ProgramTest):
    def test_standard_output_that_is_full(self):
        for command in (("models",), ("models", "CNN_FC"), ("data", "list"), ("--help",)):
            with self.subTest(command), open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *command], stdout=full, stderr=subprocess.PIPE,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assertRegex(done.stderr, "^credence: standard output: cannot write.*\\n$")

    def test_standard_output_that_is_closed(self):
        read, write = os.pipe()
        os.close(read)
        for signals in (True, False):
            done = subprocess.run([PROGRAM, "models"], stdout=write, stderr=subprocess.PIPE,
                                  text=True, restore_signals=signals, check=False)
            self.assertIn(done.returncode, (-signal.SIGPIPE, 74))
            self.assertRegex(done.stderr, "^(credence: standard output: cannot write.*\\n)?$")
        os.close(write)

    def test_links_and_fifos_stay(self):
        (self.folder / "link.npz").symlink_to("made.npz")
        made = ("data", "make", "digits", "train_count=10", "test_count=10", "-o")
        self.succeed(*made, "link.npz")
        self.assertTrue((self.folder / "link.npz").is_symlink())
        content = (self.folder / "made.npz").read_bytes()
        os.mkfifo(self.folder / "fifo.npz")
        with subprocess.Popen(["cat", self.folder / "fifo.npz"], stdout=subprocess.PIPE) as reader:
            self.succeed(*made, "fifo.npz")
            self.assertEqual(reader.communicate()[0], content)
        self.assertTrue((self.folder / "fifo.npz").is_fifo())

    def test_options_without_effect(self):
        kl = "train.kl.weight=5"
        done = self.succeed("train", FC, *SMALL, kl, "--output", "warned", "--threads", 1)
        self.assertIn("train.kl.weight: has no effect: no layer has a posterior (command line)",
                      done.stderr)
        done = self.succeed("train", FC, *SMALL, "--output", "quiet", "--threads", 1)
        self.assertNotIn("no effect", done.stderr)
        done = self.succeed("train", "quiet/config.yaml", "--output", "again", "--threads", 1)
        self.assertNotIn("no effect", done.stderr)

    def test_options_without_effect_where_there_is_no_optimizer(self):
        table = "x,y\n" + "".join(f"{i},{i * i}\n" for i in range(40))
        (self.folder / "table.csv").write_text(table)
        recipe = self.folder / "pbp.yaml"
        recipe.write_text(
            "model: {layers: [{Dense: {units: 8}}, ReLU, {Dense: {units: 1}}]}\n"
            "data: {name: csv, path: table.csv}\n"
            "train: {epochs: 2, batch_size: 9, loss: {type: gaussian, learn_sigma: true}}\n"
            "inference: pbp\n")
        done = self.succeed("train", recipe, "train.learning_rate=0.1", "--output", "pbp_warned")
        self.assertIn("train.learning_rate: has no effect: pbp takes no steps of an optimizer "
                      "(command line)", done.stderr)
        self.assertNotIn("train.optimizer", done.stderr)
        done = self.succeed("train", recipe, "--output", "pbp_quiet")
        self.assertNotIn("no effect", done.stderr)
        done = self.succeed("train", "pbp_quiet/config.yaml", "--output", "pbp_again")
        self.assertNotIn("no effect", done.stderr)
        self.fail_with(78, ["inference: pbp learns the noise: set train.loss.learn_sigma=true",
                            "pbp.yaml:4"], "train", recipe, "train.loss=gaussian",
                       "model.layers.2.Dense.units=2")

    def fail_to_write(self, code, says, output, *overrides, **options):
        return self.fail_with(code, says, "train", FC, *SMALL, *overrides, "--output", output,
                              **options)

    def test_below_a_file(self):
        (self.folder / "file").touch()
        self.fail_to_write(73, ["file/run", "Not a directory"], "file/run")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_without_permission(self):
        (self.folder / "closed").mkdir(mode=0o500)
        self.fail_to_write(73, ["closed/run", "Permission denied"], "closed/run")

    def test_directory_that_exists(self):
        (self.folder / "there").mkdir()
        self.fail_to_write(73, ["there", "exists"], "there")
        self.assertEqual(list((self.folder / "there").iterdir()), [])

    def full_disk(self, size):
        disk = Path(tempfile.mkdtemp(dir=self.folder))
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk],
                               stderr=subprocess.PIPE, text=True, check=False)
        if mount.returncode != 0:
            self.skipTest("cannot mount a small disk: " + mount.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        return disk

    def test_disk_full_at_the_checkpoint(self):
        disk = self.full_disk("64k")
        self.fail_to_write(74, ["checkpoints/step-", "No space left"], disk / "run")
        self.assertEqual(list((disk / "run/checkpoints").iterdir()), [])

    def test_disk_full_in_the_metrics(self):
        disk = self.full_disk("20k")
        self.fail_to_write(74, ["metrics.jsonl: expected to write"], disk / "run",
                           "train.epochs=20", "train.log_every_steps=1",
                           "records.histograms=false", "records.tensorboard=false")
        self.assertGreater(len(Run(disk / "run").events("step")), 5)  # all of them whole

    def test_limit_on_the_size_of_files(self):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, limits)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 << 10, limits[1]))
        self.fail_to_write(74, ["limited/checkpoints/step-", "File too large"], "limited")
        self.assertEqual(list((self.folder / "limited/checkpoints").iterdir()), [])

    @needs_mpi
    def test_on_two_ranks(self):
        (self.folder / "mine").mkdir()
        self.fail_to_write(73, ["mine", "exists"], "mine", ranks=2)
        disk = self.full_disk("64k")
        self.fail_to_write(74, ["checkpoints/step-", "No space left"], disk / "two", ranks=2)


class Trained(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.train(FC.name)
        write_npz(cls.folder / "inputs.npz", "x", (2, 28, 28), bytes(2 * 784))

    def test_directory_that_is_no_run(self):
        self.fail_with(65, ["nowhere", "credence train"], "evaluate", "nowhere")
        (self.folder / "empty").mkdir()
        self.fail_with(65, ["empty", "config.yaml"], "evaluate", "empty")

    def test_run_without_a_checkpoint(self):
        (self.folder / "begun").mkdir()
        (self.folder / "begun/config.yaml").write_text(self.trained.text("config.yaml"))
        self.fail_with(65, ["begun", "checkpoint"], "evaluate", "begun")

    def test_metrics_that_do_not_fit_the_data(self):
        says = ["predict.metrics", '"mae"', "classification", "command line"]
        self.fail_with(78, says, "evaluate", "run", "predict.metrics=mae")
        self.fail_with(78, says, "predict", "run", "--input", "inputs.npz", "--output", "y.npz",
                       "predict.metrics=mae")
        self.assertFalse((self.folder / "y.npz").exists())

    def test_damaged_checkpoint(self):
        file = self.trained.checkpoint
        content = file.read_bytes()
        self.addCleanup(file.write_bytes, content)
        for damage, says in ((content[:-100], "bytes of data"), (content[:5], "8 bytes, got 5"),
                             (b"\xff" * 8 + content[8:], "header"), (b"", "8 bytes, got 0")):
            with self.subTest(says):
                file.write_bytes(damage)
                self.fail_with(65, [file.name, says], "evaluate", "run")

    def test_checkpoint_of_another_network(self):
        self.fail_with(65, [self.trained.checkpoint.name, "tensor"], "evaluate", "run",
                       "model.name=simplecnn")

    def predict(self, says, given, code=65, output="y.npz", **options):
        self.fail_with(code, says, "predict", "run", "--input", given, "--output", output,
                       **options)
        self.assertFalse((self.folder / output).exists())

    def test_inputs_of_the_wrong_shape(self):
        write_npz(self.folder / "wide.npz", "x", (2, 28, 29), bytes(2 * 28 * 29))
        self.predict(["wide.npz", "[28, 28, 1]", "[2, 28, 29"], "wide.npz")

    def test_missing_and_damaged_inputs(self):
        self.predict(["nowhere.npz"], "nowhere.npz")
        self.predict(["nowhere"], "nowhere")
        (self.folder / "damaged.npz").write_bytes(b"PK\3\4 no archive")
        self.predict(["damaged.npz"], "damaged.npz")

    def test_inputs_of_an_unknown_format(self):
        (self.folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        self.predict(["picture.png", ".npz, .npy, IDX", "CSV"], "picture.png")

    def test_no_inputs(self):
        write_npz(self.folder / "none.npz", "x", (0, 28, 28), b"")
        self.predict(["none.npz", "got none"], "none.npz")

    def test_output_of_an_unknown_format(self):
        self.predict([".npz or .csv", "y.json"], "nowhere.npz", 64, "y.json")

    def test_output_that_is_the_input(self):
        path = self.folder / "x.npz"
        path.write_bytes(b"of value")
        self.fail_with(64, ["--output is the file that --input names"], "predict", "nowhere",
                       "-i", "x.npz", "-o", "./x.npz")
        self.assertEqual(path.read_bytes(), b"of value")

    def test_output_that_cannot_be_written(self):
        (self.folder / "file").touch()
        self.predict(["file/y.npz", "Not a directory"], "nowhere.npz", 73, "file/y.npz")

    @needs_mpi
    def test_on_two_ranks(self):
        self.predict(["nowhere.npz"], "nowhere.npz", ranks=2)


if __name__ == "__main__":
    main()
