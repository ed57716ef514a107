#!/usr/bin/env python3
"""Every mistake ends the program soon, with its exit code and one message that says where it is."""

import os

from program import RECIPES, SMALL, ProgramTest, Run, main, needs_mpi

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


if __name__ == "__main__":
    main()
