#!/usr/bin/env python3
"""`credence bench uci`: what it finds, on any number of ranks, and how it refuses."""

import json
import random
import re

from program import Run, ProgramTest, main, needs_mpi

QUICK = ("train.epochs=4", "predict.samples=5")


def write_set(folder, rows=50, splits=2, seed=1):
    """y = 30 + 10 (x - z) + noise, the column between them constant."""
    folder.mkdir(parents=True)
    draw = random.Random(seed)
    lines = []
    for _ in range(rows):
        x, z = draw.gauss(5, 2), draw.gauss(0, 1)
        lines.append(f" {x:.6f}  7.0 {z:.6f}\t{30 + 10 * (x - z) + draw.gauss(0, 1):.6f}\n")
    (folder / "data.txt").write_text("".join(lines) + "\n")
    (folder / "index_features.txt").write_text("0\n1\n2\n")
    (folder / "index_target.txt").write_text("3\n")
    (folder / "n_splits.txt").write_text(f"{splits}\n")
    for split in range(splits):
        order = draw.sample(range(rows), rows)
        write_indices(folder / f"index_test_{split}.txt", order[:rows // 10])
        write_indices(folder / f"index_train_{split}.txt", order[rows // 10:])


def write_indices(path, indices):
    path.write_text("".join(f"{index}\n" for index in indices))


def without_seconds(results):
    for result in results:
        for split in result["splits"]:
            assert split.pop("seconds") > 0
    return results


class BenchTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = cls.folder / "it's data"
        write_set(cls.data / "plain")
        write_set(cls.data / "wide", seed=2)

    def bench(self, *arguments, **options):
        """The results it writes, and what it prints."""
        done = self.succeed("bench", "uci", "--data", self.data, "--json", "figures.json",
                            *arguments, *QUICK, timeout_s=200, **options)
        figures = json.loads((self.folder / "figures.json").read_text())
        self.assertEqual(figures["benchmark"], "uci")
        return without_seconds(figures["results"]), done.stdout

    def fail_bench(self, code, says, *arguments, **options):
        return self.fail_with(code, says, "bench", "uci", *arguments, **options)


class Uci(BenchTest):
    def test_reports_every_set_and_method(self):
        results, printed = self.bench("--methods", "mean_field,ensemble")
        self.assertEqual([(r["set"], r["method"]) for r in results],
                         [(s, m) for s in ("plain", "wide") for m in ("mean_field", "ensemble")])
        for result in results:
            self.assertEqual([split["split"] for split in result["splits"]], [0, 1])
            for figure in ("rmse", "ll"):
                a, b = (split[figure] for split in result["splits"])
                mean, error = result[figure]["mean"], result[figure]["standard_error"]
                self.assert_close(mean, (a + b) / 2, 1e-12, figure)
                self.assert_close(error, abs(a - b) / 2, 1e-9, figure)
                row = rf"{result['set']} +{result['method']} .*{mean:.3f} \+- {error:.3f}"
                self.assertRegex(printed, row)

    def test_splits_are_the_first_ones(self):
        results, printed = self.bench("--sets", "wide", "--methods", "mc_dropout", "--splits", 1)
        self.assertEqual(len(results), 1)
        self.assertEqual(len(results[0]["splits"]), 1)
        self.assertIsNone(results[0]["ll"]["standard_error"])
        self.assertRegex(printed, r"wide +mc_dropout +1 +\d+\.\d+ +-\d+\.\d+\n")

    def test_gives_what_train_gives(self):
        results, _ = self.bench("--sets", "plain", "--methods", "mean_field")
        (self.folder / "recipe.yaml").write_text(
            self.succeed("bench", "uci", "--recipe", "mean_field").stdout)
        split = results[0]["splits"][1]
        self.succeed("train", "recipe.yaml", *split["overrides"], "-t", 1, "-o", "run")
        test = Run(self.folder / "run").summary["test"]
        self.assert_close(test["rmse"], split["rmse"], 1e-12, "rmse")
        self.assert_close(-test["nll"], split["ll"], 1e-12, "ll")

    def test_chooses_by_a_part_of_the_training_rows(self):
        """Other targets in test rows change the test's figures, and no choice."""
        before, _ = self.bench("--sets", "plain", "--methods", "ensemble")
        file = self.data / "plain" / "data.txt"
        lines = file.read_text().splitlines()
        for split in range(2):
            copy = self.data / f"other{split}"
            if not copy.exists():
                write_set(copy)
            other = list(lines)
            for row in (copy / f"index_test_{split}.txt").read_text().split():
                other[int(row)] = re.sub(r"\t.*", "\t999", other[int(row)])
            (copy / "data.txt").write_text("\n".join(other) + "\n")
            after, _ = self.bench("--sets", copy.name, "--methods", "ensemble")
            a, b = before[0]["splits"][split], after[0]["splits"][split]
            self.assertEqual(a["validation_ll"], b["validation_ll"])
            self.assertEqual(a["overrides"][3:], b["overrides"][3:])
            self.assertGreater(b["rmse"], 10 * a["rmse"])
            for left in copy.iterdir():
                left.unlink()
            copy.rmdir()

    @needs_mpi
    def test_is_the_same_on_several_ranks(self):
        choice = ("--sets", "plain", "--methods", "mean_field,ensemble")
        one, _ = self.bench(*choice, ranks=1)
        for ranks in (2, 3):
            several, printed = self.bench(*choice, ranks=ranks)
            self.assertEqual(one, several)
            self.assertEqual(printed.count("plain  ensemble"), 2, printed)


class Errors(BenchTest):
    def test_unknown_names_come_with_the_closest(self):
        self.fail_bench(64, ["--methods", 'did you mean "mean_field"?'], "--data", self.data,
                        "--methods", "ensemble,meanfield")
        self.fail_bench(64, ["--sets", 'did you mean "plain"?'], "--data", self.data, "--sets",
                        "plan")
        self.fail_bench(64, ["--recipe", 'did you mean "ensemble"?'], "--recipe", "ensembles")

    def test_folders(self):
        self.fail_bench(65, ["no folder", "nowhere"], "--data", "nowhere")
        self.fail_bench(65, ["is itself a set"], "--data", self.data / "plain")
        (self.folder / "empty").mkdir()
        self.fail_bench(65, ["data.txt"], "--data", "empty")
        self.fail_bench(64, ["--data", "CREDENCE_DATA_DIR"], variables={"CREDENCE_DATA_DIR": ""})

    def test_splits_out_of_range(self):
        for splits in (0, 3, -1):
            self.fail_bench(64, ["--splits", "1 to 2", "plain", f"got {splits}"], "--data",
                            self.data, f"--splits={splits}")

    def test_before_anything_is_computed(self):
        # A run of so many epochs would outlast the test.
        slow = ("--data", self.data, "train.epochs=100000000")
        self.fail_bench(73, ["no/such/x.json"], *slow, "--json", "no/such/x.json")
        self.fail_bench(78, ["train.epoch", 'did you mean "epochs"?'], *slow, "train.epoch=3")
        self.fail_bench(64, ["rubbish"], *slow, "rubbish")
        write_set(self.folder / "ragged" / "a")
        write_indices(self.folder / "ragged" / "a" / "index_test_1.txt", [3, 50])
        self.fail_bench(65, ["index_test_1.txt:2", "got 50"], "--data", "ragged", slow[2])

    @needs_mpi
    def test_say_so_once_on_several_ranks(self):
        self.fail_bench(64, ["--methods", "ensemble"], "--data", self.data, "--methods", "ensembel",
                        ranks=2)


if __name__ == "__main__":
    main()
