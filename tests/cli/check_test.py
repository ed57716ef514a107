#!/usr/bin/env python3
"""credence check: its tables, its JSON and its exit code, of recipes and of runs."""

import struct

from program import RECIPES, ProgramTest, change_safetensors, main, needs_mpi, numbers

BAYESIAN = "mnist_bnn_fc_flipout.yaml"
DETERMINISTIC = "mnist_cnn_fc.yaml"
DIGITS = ("data.name=digits", "data.train_count=600", "data.test_count=100")
SHARES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98]


class Check(ProgramTest):
    def check(self, *arguments, **options):
        return numbers(self.succeed("check", "--json", *arguments, **options).stdout)

    def assert_all_passed(self, found):
        self.assertTrue(found["passed"])
        for row in found["checks"]:
            self.assertIn(row["verdict"], ("ok", "skipped"), row)
            if row["verdict"] == "ok":
                self.assertLessEqual(row["figure"], row["limit"])


class OfARecipe(Check):
    def test_checks_the_network_before_training(self):
        found = self.check(RECIPES / BAYESIAN, *DIGITS, "--threads", 1)
        self.assertFalse(found["trained"])
        self.assert_all_passed(found)
        self.assertEqual([row["check"] for row in found["checks"]],
                         ["gradients", "kernels", "kl of dense1.weight", "noise of dense1"])
        self.assertEqual(found["estimator"], "flipout")
        variances = {row["estimator"]: row for row in found["gradient_variance"]}
        self.assertEqual(set(variances), {"flipout", "reparameterization",
                                          "local_reparameterization", "per_example"})
        self.assertEqual(variances["flipout"]["rho"]["ratio"], 1)
        self.assertGreater(variances["reparameterization"]["mu"]["ratio"], 1)
        self.assertNotIn("pruning", found)

    def test_tables_fit_a_terminal_and_nothing_is_left(self):
        before = sorted(self.folder.iterdir())
        done = self.succeed("check", RECIPES / BAYESIAN, *DIGITS)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        for row in ("gradients  ", "kernels  ", "kl of dense1.weight  ", "noise of dense1  ",
                    "flipout (the recipe's)  ", "per_example  "):
            self.assertIn("\n" + row, done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)
            self.assertEqual(line, line.rstrip())

    def test_of_a_deterministic_network_says_what_makes_no_sense(self):
        text = self.succeed("check", RECIPES / DETERMINISTIC, *DIGITS).stdout
        self.assertIn("- kl: no layer has a posterior\n", text)
        self.assertIn("- noise: no layer has a posterior\n", text)
        self.assertIn("\ngradient variance: no layer has a posterior\n", text)

    def test_mistakes_of_the_command_line(self):
        self.fail_with(78, ["no_such_key"], "check", RECIPES / BAYESIAN, "no_such_key=1")
        self.fail_with(65, ["nowhere"], "check", "nowhere")
        self.fail_with(64, ["--samples"], "check", RECIPES / BAYESIAN, "--samples=0")


class OfARun(Check):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bayesian = cls.train(BAYESIAN)
        cls.deterministic = cls.train(DETERMINISTIC, output="deterministic")

    def test_tells_what_became_of_the_posterior(self):
        found = self.check(self.bayesian.path, "--samples", 2)
        self.assertTrue(found["trained"])
        self.assert_all_passed(found)
        self.assertEqual([row["name"] for row in found["posteriors"]], ["dense1.weight"])
        posterior = found["posteriors"][0]
        self.assertEqual(posterior["weights"], 784 * 64)
        self.assert_close(posterior["kl"], self.bayesian.curve("kl", "epoch")[0], 0.1)
        quantiles = list(posterior["signal_to_noise"].values())
        self.assertEqual(quantiles, sorted(quantiles))
        self.assertEqual(found["pruned_by"], "|mu|/sigma")
        self.assertEqual([point["share"] for point in found["pruning"]], SHARES)
        self.assertEqual(found["pruning"][1]["removed"], 784 * 64 // 4)
        # 50,176 weights under N(0, 1) outweigh 600 digits.
        warnings = " ".join(warning["what"] for warning in found["warnings"])
        self.assertIn("The KL makes", warnings)

    def test_pruning_begins_with_what_evaluate_says(self):
        evaluated = numbers(self.succeed("evaluate", self.bayesian.path, "--json", "--samples", 2,
                                         "--threads", 1).stdout)
        pruned = self.check(self.bayesian.path, "--samples", 2, "--threads", 1)["pruning"]
        for name, value in evaluated.items():
            self.assertEqual(pruned[0][name], value)

    def test_prints_tables(self):
        text = self.succeed("check", self.bayesian.path, "--samples", 1).stdout
        for row in ("posterior ", "dense1.weight ", "removed  weights left ", "    98%  "):
            self.assertIn("\n" + row, text)
        self.assertRegex(text, r"\n(no problems found|\d+ problems?)\n")

    def test_of_a_deterministic_network_prunes_by_magnitude(self):
        found = self.check(self.deterministic.path)
        self.assert_all_passed(found)
        self.assertEqual(found["pruned_by"], "|w|")
        self.assertEqual(found["posteriors"], [])
        self.assertEqual(len(found["pruning"]), len(SHARES))
        text = self.succeed("check", self.deterministic.path).stdout
        self.assertIn("\nKL, signal to noise and collapse: no layer has a posterior\n", text)

    def test_fails_for_weights_that_are_no_numbers(self):
        run = self.train(DETERMINISTIC, output="broken")

        def all_nan(_, data):
            data[:] = struct.pack("<f", float("nan")) * (len(data) // 4)
        change_safetensors(run.checkpoint, all_nan)
        done = self.fail_with(70, ["check", "failed", "gradients"], "check", run.path)
        self.assertRegex(done.stdout, r"\ngradients +FAIL ")
        found = numbers(self.start("check", "--json", run.path).stdout)
        self.assertEqual((found["passed"], found["pruning"]), (False, []))


@needs_mpi
class OnTwoRanks(Check):
    def test_gives_one_report_the_same(self):
        run = self.train(BAYESIAN)
        one, two = (self.check(run.path, "--samples", 2, "--threads", 1, **ranks)
                    for ranks in ({}, {"ranks": 2}))
        self.assertEqual(one["checks"], two["checks"])
        for first, second in zip(one["pruning"], two["pruning"]):
            self.assertEqual(first["accuracy"], second["accuracy"])
            self.assert_close(first["nll"], second["nll"], 1e-6)


if __name__ == "__main__":
    main()
