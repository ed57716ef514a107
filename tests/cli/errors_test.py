#!/usr/bin/env python3
"""Every mistake ends the program soon, with its exit code and one message that says where it is."""

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
LAYERS = RECIPES / "digits_layers.yaml"


class CommandLine(ProgramTest):
    def test_nothing(self):
        self.fail_with(64, ["subcommand", "credence --help"])

    def test_unknown_subcommand(self):
        self.fail_with(64, ['"trian"', 'did you mean "train"'], "trian", FC)
        self.fail_with(64, ['data command "mak"', 'did you mean "make"'], "data", "mak")
        self.fail_with(64, ['data command "foo"', "known: list, show, get, make"], "data", "foo")

    def test_no_recipe(self):
        self.fail_with(64, ["expected a recipe"], "train")

    def test_unknown_option(self):
        self.fail_with(64, ["--outptu", 'did you mean "--output"'], "train", FC, "--outptu", "run")
        self.fail_with(64, ['did you mean "--threads"'], "train", FC, "-threads", "2")
        self.fail_with(64, ["--epochs", "train.epochs=10"], "train", FC, "--epochs=2")
        self.fail_with(64, ['did you mean "--threads"'], "train", FC, "-t1", "--threadz=2")
        self.fail_with(64, ["--versoin", 'did you mean "--version"'], "--versoin")
        self.assertIn("train", self.succeed("-h").stdout)

    def test_samples(self):
        for command in (("evaluate", "nowhere"),
                        ("predict", "nowhere", "-i", "x.npz", "-o", "y.npz")):
            for samples in (0, 65537):
                self.fail_with(64, ["--samples: ", f"got {samples}"], *command, "-s", samples)

    def test_help_fits_a_terminal(self):
        for command in ((), ("train",), ("evaluate",), ("predict",), ("data",), ("data", "make"),
                        ("models",), ("doctor",)):
            for line in self.succeed(*command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)
        nowhere = {"CREDENCE_DATA_DIR": "/nowhere", "XDG_CACHE_HOME": "/nowhere"}
        for line in self.succeed("data", "list", variables=nowhere).stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_help_speaks_of_ranks_where_there_may_be_several(self):
        for command in ((), ("train",), ("evaluate",), ("predict",), ("check",), ("report",),
                        ("bench",), ("bench", "uci"), ("doctor",)):
            self.assertIn("Under mpirun", self.succeed(*command, "--help").stdout, command)
        for command in (("serve",), ("watch",), ("models",), ("data",), ("data", "list")):
            text = self.succeed(*command, "--help").stdout
            self.assertIn("Usage: credence " + command[0], text)
            self.assertNotIn("mpirun", text, command)

    def test_override_without_a_value(self):
        self.fail_with(64, ['"nonsense"', "seed=3"], "train", FC, "nonsense")

    @needs_mpi
    def test_on_two_ranks(self):
        self.fail_with(64, ['"trian"'], "trian", FC, ranks=2)


class Configuration(ProgramTest):
    def fail_to_train(self, recipe, says, *overrides, **options):
        self.fail_with(78, says, "train", recipe, *SMALL, *overrides, "--output", "run", **options)
        self.assertFalse((self.folder / "run").exists())

    def test_unknown_key(self):
        self.fail_to_train(FC, ["train.lerning_rate", 'did you mean "learning_rate"',
                                "command line"], "train.lerning_rate=1")

    def test_unknown_key_in_a_file(self):
        recipe = self.folder / "bad.yaml"
        recipe.write_text("model: {name: CNN_FC}\ntrain:\n  epoch: 3\n")
        self.fail_to_train(recipe, ["train.epoch", 'did you mean "epochs"', "bad.yaml:3"])

    def test_keys_as_others_call_them(self):
        self.fail_to_train(FC, ["train.lr: ", 'did you mean "learning_rate"'], "train.lr=1")
        self.fail_to_train(FC, ["lr: ", 'did you mean "train.learning_rate"'], "lr=1")
        self.fail_to_train(FC, ["threads: ", "--threads"], "threads=2")
        self.fail_to_train(FC, ["dataset: ", 'did you mean "data.name"'], "dataset=digits")

    def test_keys_that_cause_another_mistake(self):
        recipe = self.folder / "dense.yaml"
        for layer, says in (("{type: Dense, unit: 10}", ["model.layers.1.unit: unknown key",
                                                          'did you mean "units"', "dense.yaml:1"]),
                            ("{type: Dense}", ["model.layers.1: ", "Dense: give units"]),
                            ("{type: Conv2D}", ["model.layers.1: ", "Conv2D: give filters"])):
            recipe.write_text(f"model: {{layers: [Flatten, {layer}]}}\ntrain: {{epochs: 1}}\n")
            self.fail_to_train(recipe, says)
        self.fail_to_train(FC, ["model.bayesian.estimator: ", 'did you mean "flipout"'],
                           "model.bayesian.estimator=flipot")
        self.fail_to_train(FC, ["model.bayesian.priors: ", 'did you mean "prior"'],
                           "model.bayesian.priors=gaussian")
        self.fail_to_train(FC, ["no layer would have a posterior"],
                           "model.bayesian.estimator=flipout")

    def test_more_memory_than_there_is(self):
        for number in (10**15, 2**62):
            for layer, key in (("conv1", "layers.0.filters"), ("dense1", "layers.5.units")):
                with self.subTest(layer, number=number):
                    self.fail_to_train(LAYERS, ["out of memory", layer], f"model.{key}={number}")

    def test_name_of_nothing(self):
        self.fail_to_train(FC, ["train.optimizer: expected a name, got nothing", "=null"],
                           "train.optimizer=")

    def test_output_that_does_not_fit_the_loss(self):
        recipe, table = self.folder / "table.yaml", self.folder / "table.csv"
        table.write_text("x,y\n" + "1,2\n3,5\n" * 100)
        recipe.write_text("model: {layers: [{type: Dense, units: 3}]}\n"
                          f"data: {{name: csv, path: {table}}}\ntrain: {{loss: gaussian}}\n")
        self.fail_with(78, ["train.loss: ", "must have 2 elements", "[3]", 'layer "dense_1"',
                            "table.yaml:3"], "train", recipe, "--output", "run")

    def test_section_of_nothing(self):
        self.fail_to_train(FC, ["train: expected a mapping, got nothing"], "train=")

    def test_section_that_is_none(self):
        self.fail_to_train(FC, ["trian: ", 'did you mean "train"', "(command line)"],
                           "trian.epochs=2")

    def test_unknown_names(self):
        for key, name, closest in (("model.name", "CNN_FCC", "CNN_FC"),
                                   ("data.name", "digit", "digits"),
                                   ("train.optimizer", "Adm", "Adam"),
                                   ("train.schedule", "cosin", "cosine")):
            with self.subTest(key):
                self.fail_to_train(FC, [key.removesuffix(".name"), f'"{name}"',
                                        f'did you mean "{closest}"', "command line"],
                                   f"{key}={name}")

    def test_values(self):
        self.fail_to_train(FC, ["train.epochs", "expected an integer", "five"], "train.epochs=five")
        self.fail_to_train(FC, ["learning_rate", "-1"], "train.learning_rate=-1")

    def test_options_are_refused_in_their_place_before_the_data_are_read(self):
        recipe = self.folder / "range.yaml"
        for place, says, lines in (
                ("train.epochs", "expected 0 or more, got -3", ["train:", "  epochs: -3"]),
                ("train.kl.weight", "expected 0 or more", ["train:", "  kl: {weight: -1}"]),
                ("train.optimizer.beta1", "adam: beta1", ["train:", "  optimizer: {beta1: 2}"]),
                ("train.schedule.step_decay.decay", "above 0",
                 ["train:", "  schedule: {step_decay: {decay: 0}}"])):
            with self.subTest(place):
                recipe.write_text("\n".join(["model: {name: CNN_FC}", "data: {path: /nowhere}",
                                             *lines]))
                self.fail_with(78, [f"{place}: ", says, "range.yaml:4"], "train", recipe)
        recipe.write_text("data: {path: /nowhere}\nmodel:\n  layers:\n    - Flatten\n"
                          "    - type: Dropout\n      rate: 1.5\n    - Dense: {units: 10}\n")
        self.fail_with(78, ["model.layers.1.rate: Dropout: rate must be", "got 1.5 ",
                            "range.yaml:6"], "train", recipe)
        self.fail_with(78, ["model.layers.1.rate: Dropout", "got 2 (command line)"], "train",
                       recipe, "model.layers.1.rate=2")

    def test_batch_larger_than_the_data(self):
        self.fail_to_train(FC, ["601", "600"], "train.global_batch_size=601")

    def test_both_batch_sizes(self):
        self.fail_to_train(FC, ["batch_size", "global_batch_size", "remove it", "command line"],
                           "train.batch_size=8", "train.global_batch_size=8")

    def test_shape_that_does_not_fit(self):
        self.fail_to_train(LAYERS, ['"conv1"', "40", "28"], "model.layers.0.kernel=40",
                           "model.layers.0.padding=valid")

    def test_loss_that_does_not_fit_the_last_layer(self):
        self.fail_to_train(FC, ["categorical_cross_entropy", "Softmax"], "model.name=simplecnn",
                           "train.loss=categorical_cross_entropy")

    def test_bayesian_options_without_a_layer_to_use_them(self):
        self.fail_to_train(FC, ["bayesian", "no layer"], "model.bayesian.estimator=flipout")

    def test_two_outputs(self):
        self.fail_to_train(LAYERS, ["model.outputs", "got 2"], "model.outputs=[dense2, dense1]")

    def test_validation_split_of_no_example(self):
        self.fail_to_train(FC, ["validation_split", "600"], "data.validation_split=0.0005")

    def test_metrics_that_do_not_fit_the_data(self):
        for key in ("predict", "train.validation"):
            self.fail_to_train(FC, [f"{key}.metrics.1", '"rmse"', "classification", "those that fit",
                                    "brier", "command line"], f"{key}.metrics=[ll, rmse]")
        (self.folder / "table.csv").write_text("".join(f"{i},{i % 7},{3 * i}\n" for i in range(40)))
        recipe = self.folder / "table.yaml"
        recipe.write_text("model: {layers: [{type: Dense, units: 1}]}\n"
                          "data: {name: csv, path: table.csv}\ntrain: {epochs: 1}\n"
                          "predict:\n  metrics:\n    - mae\n    - ll\n")
        self.fail_with(78, ["predict.metrics.1", '"ll"', "regression", "fit: rmse, mae",
                            "table.yaml:7"], "train", recipe, "--output", "run")
        self.fail_with(78, ['"accuracy"', "regression"], "train", recipe, "--output", "run",
                       "predict.metrics=accuracy")
        self.assertFalse((self.folder / "run").exists())

    def test_losses_that_do_not_fit_the_data(self):
        (self.folder / "rows.csv").write_text("".join(f"{i},{3 * i}\n" for i in range(40)))
        csv = ("data.name=csv", "data.path=rows.csv", "train.global_batch_size=8", "--output")
        self.fail_with(78, ["train.loss: ", "no likelihood", "model.bayesian.layers=[]"], "train",
                       FC, "model.name=BNN_FC_flip", *csv, "run")
        self.fail_with(78, ["train.loss: ", "classes", "mean_squared_error", "command line"],
                       "train", FC, "train.loss=categorical_cross_entropy", *csv, "run")
        self.succeed("train", FC, "model.name=BNN_FC_flip", "model.bayesian.layers=[]",
                     "train.epochs=1", *csv, "deterministic")

    def test_missing_recipe(self):
        self.fail_with(78, ["nowhere.yaml"], "train", "nowhere.yaml")

    @needs_mpi
    def test_on_two_ranks(self):
        self.fail_to_train(LAYERS, ['"conv1"', "40", "28"], "model.layers.0.kernel=40",
                           "model.layers.0.padding=valid", ranks=2)


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


class Threads(ProgramTest):
    def test_more_than_cpus(self):
        many = ("--threads", len(os.sched_getaffinity(0)) + 1)
        warning = f"warning:? host .*: {many[1]} threads of 1 rank share "
        done = self.succeed("train", FC, *SMALL, "train.steps_per_epoch=1", "--output", "run", *many)
        self.assertRegex(done.stderr, warning)
        self.assertRegex(Run(self.folder / "run").text("log.txt"), warning)
        self.assertRegex(self.succeed("evaluate", "run", *many).stderr, warning)
        self.assertEqual(self.succeed("evaluate", "run", "--threads", 1).stderr, "")

    def test_ranks_that_this_build_does_not_see(self):
        done = self.start("models", variables={"SLURM_STEP_NUM_TASKS": "3"})
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("srun started 3 ranks", done.stderr)


class Numbers(ProgramTest):
    def diverge(self, **options):
        self.fail_with(70, ["the loss is nan", "step 2", '"dense2"', "learning rate"], "train", FC,
                       *SMALL, "train.optimizer=SGD", "train.learning_rate=1e30",
                       "train.schedule=constant", **options)

    def test_loss_that_is_not_finite(self):
        self.diverge()

    @needs_mpi
    def test_on_two_ranks(self):
        self.diverge(ranks=2)


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
