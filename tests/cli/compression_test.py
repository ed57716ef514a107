#!/usr/bin/env python3
"""distributed.compression: gradients that travel in fewer bytes, and what must not change by it."""

from program import RECIPES, ProgramTest, main, needs_mpi

RECIPE = "mnist_bnn_fc_flipout.yaml"  # 50,176 of its 50,890 weights have a posterior
OPTIONS = ("data.train_count=2000", "data.test_count=500", "train.epochs=6",
           "train.global_batch_size=32", "train.learning_rate=3e-3", "predict.samples=5",
           "--threads", 1)


class Compression(ProgramTest):
    @classmethod
    def run_with(cls, compression, *overrides, recipe=RECIPE, ranks=2, output="run"):
        return cls.train(recipe, *OPTIONS, "distributed.shared_memory=false",
                         f"distributed.compression={compression}", *overrides,
                         ranks=ranks, output=output)

    @staticmethod
    def bytes_per_step(run):
        return run.summary["communication"]["bytes_per_step"]

    @needs_mpi
    def test_keeps_the_accuracy_in_fewer_bytes(self):
        none = self.run_with("none", output="none")
        accuracy = none.summary["test"]["accuracy"]
        self.assertGreater(accuracy, 0.8, "it must learn, or the test says little")
        self.assertEqual(self.bytes_per_step(none),
                         none.summary["communication"]["float32_bytes_per_step"])
        self.assertNotIn("gradients travel", none.text("log.txt"))
        for compression, name, share in (("bf16", "bf16", 0.5), ("int8", "int8", 0.2539),
                                         ("{type: top_k, ratio: 0.05}", "top_k", 0.1)):
            with self.subTest(name):
                run = self.run_with(compression, output=name)
                # Of 500 examples: two standard errors of a difference are 0.04.
                self.assertGreater(run.summary["test"]["accuracy"], accuracy - 0.04)
                self.assert_close(self.bytes_per_step(run), share * self.bytes_per_step(none), 0.01)
                self.assertIn(f"gradients travel as {name}", run.text("log.txt"))
                self.assertNotEqual(run.summary["weights_sha256"], none.summary["weights_sha256"])

    @needs_mpi
    def test_bayesian_gradients_in_bf16_are_no_more_than_deterministic_ones(self):
        bayesian = self.run_with("bf16", "train.epochs=1", output="bayesian")
        deterministic = self.run_with("none", "train.epochs=1", recipe="mnist_cnn_fc.yaml",
                                      output="deterministic")
        self.assertGreater(bayesian.summary["parameters"],
                           1.9 * deterministic.summary["parameters"])
        self.assertLessEqual(self.bytes_per_step(bayesian), self.bytes_per_step(deterministic))

    @needs_mpi
    def test_gives_the_same_bits_again(self):
        first, second = (self.run_with("int8", "train.epochs=1", ranks=3, output=name)
                         for name in ("first", "second"))
        self.assertEqual(first.summary["weights_sha256"], second.summary["weights_sha256"])
        self.assertEqual(first.curve("loss"), second.curve("loss"))

    def test_is_refused_with_deterministic_sums(self):
        self.fail_with(78, ["distributed.compression", "distributed.deterministic promises"],
                       "train", RECIPES / RECIPE, "distributed.deterministic=true",
                       "distributed.compression=int8")

    def test_is_refused_where_weights_travel(self):
        for other in ("sharded_optimizer=true", "local_steps=4"):
            self.fail_with(78, ["distributed.compression", other.split("=")[0], "weights travel"],
                           "train", RECIPES / RECIPE, f"distributed.{other}",
                           "distributed.compression=bf16")

    def test_names_what_is_wrong(self):
        for options, says in (("int4", ["int4", "int8"]), ("{type: top_k, ratio: 0}", ["ratio"]),
                              ("{type: bf16, ratio: 0.1}", ["ratio"])):
            self.fail_with(78, ["distributed.compression", *says], "train", RECIPES / RECIPE,
                           f"distributed.compression={options}")

    @needs_mpi
    def test_warns_where_it_saves_nothing(self):
        run = self.run_with("{type: top_k, ratio: 0.6}", "train.epochs=1", output="nothing")
        self.assertIn("distributed.compression saves nothing", run.text("log.txt"))

    @needs_mpi
    def test_has_nothing_to_do_inside_a_node(self):
        run = self.run_with("int8", "train.epochs=1", "distributed.shared_memory=true",
                            output="node")
        self.assertEqual(self.bytes_per_step(run), 0)
        self.assertIn("distributed.compression has no effect", run.text("log.txt"))

    def test_one_rank_has_no_communication(self):
        run = self.run_with("int8", "train.epochs=1", ranks=None, output="one")
        self.assertNotIn("communication", run.summary)
        self.assertNotIn("gradients travel", run.text("log.txt"))


if __name__ == "__main__":
    main()
