#!/usr/bin/env python3
"""`credence report`: the figures in its page, what the page carries, and the plots beside it."""

import json
import re
import shutil
import unittest

from program import ProgramTest, Run, main, needs_mpi, write_line_recipe

RECIPE = "mnist_bnn_fc_flipout.yaml"
GNUPLOT = shutil.which("gnuplot")
MOST_BYTES = 3_000_000

needs_gnuplot = unittest.skipUnless(GNUPLOT, "no gnuplot here")

class ReportTest(ProgramTest):
    def report(self, *arguments, **options):
        return self.succeed("report", *arguments, **options)

    def page(self, name):
        text = (self.folder / name).read_text()
        return text, json.loads(re.search(r'id="figures">(.*?)</script>', text, re.DOTALL)[1])

    def assert_self_contained(self, name):
        text, _ = self.page(name)
        self.assertLess(len(text.encode()), MOST_BYTES)
        # Chart.js names its own home in a comment; nothing may be fetched.
        for tag in re.findall(r"<(?:script|link|img|iframe|object|source)\b[^>]*>", text):
            self.assertNotRegex(tag, r"(?:src|href)\s*=\s*(?![\"']?data:)")
        self.assertNotRegex(text, r"url\(\s*[\"']?(?:https?:)?//|@import|\bimport\s*\(")
        for call in ("fetch(", "XMLHttpRequest", "WebSocket(", "EventSource(", "sendBeacon"):
            self.assertNotIn(call, text)


class Classification(ReportTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.train(RECIPE, "predict.samples=6", "data.validation_split=0.2",
                                "train.log_every_steps=2", "--profile", output="bayes")
        cls.plain = cls.train("mnist_cnn_fc.yaml", output="plain")
        layers = [{"epoch": epoch, "step": 10 * epoch, "layer": "dense1.weight",
                   "quantity": quantity, "edges": [0, 0.1, 0.2, 0.3], "counts": [5, 9, epoch]}
                  for epoch in (1, 2, 3) for quantity in ("mu", "sigma")]
        (cls.trained.path / "histograms.jsonl").write_text(
            "".join(json.dumps(layer) + "\n" for layer in layers))
        cls.said = cls.succeed("report", "bayes", "--examples", "5,17", timeout_s=240).stdout

    def test_is_one_file_that_needs_no_other(self):
        self.assertIn("wrote bayes/report.html", self.said)
        self.assert_self_contained("bayes/report.html")

    def test_holds_the_figures_of_the_run(self):
        text, figures = self.page("bayes/report.html")
        self.assertEqual(len(figures["runs"]), 1)
        run = figures["runs"][0]
        self.assertEqual(run["config"], self.trained.text("config.yaml"))
        self.assertEqual(run["environment"], json.loads(self.trained.text("env.json")))
        for name, value in self.trained.summary["test"].items():
            self.assert_close(run["test"][name], value, 1e-4, name)
        curve = next(c for c in run["by_epoch"] if c["name"] == "val_nll")
        self.assertEqual(len(curve["values"]), len(self.trained.events("epoch")))
        tested = run["classification"]
        self.assertEqual(sum(map(sum, tested["confusion"])), 100)
        right = sum(tested["confusion"][i][i] for i in range(10))
        self.assertAlmostEqual(right / 100, self.trained.summary["test"]["accuracy"])
        self.assertEqual(sum(bin["examples"] for bin in tested["reliability"]), 100)
        self.assertEqual([one["example"]["index"] for one in tested["densities"]], [5, 17])
        for one in tested["densities"]:
            self.assertEqual([len(draws) for draws in one["draws"]], [6] * 10)
            for draw in zip(*one["draws"]):  # rounded to three digits
                self.assertAlmostEqual(sum(draw), 1, delta=6e-3)
        for example in tested["most_wrong"]:
            self.assertNotEqual(example["truth"], example["predicted"])
        self.assertEqual([one["name"] for one in run["posteriors"]], ["dense1.weight"])
        self.assertEqual(len(run["histograms"]), 6)
        self.assertEqual(run["pruning"]["points"][0]["removed"], 0)
        profile = run["profile"]
        total = sum(row["seconds"] for row in profile["rows"])
        self.assert_close(total, profile["seconds"], 0.02, "the profile's rows")
        self.assertEqual(run["notes"], [])
        self.assertIn("<title>bayes - Credence</title>", text)

    @needs_gnuplot
    def test_has_plots_for_papers(self):
        plots = self.trained.path / "plots"
        names = {file.stem for file in plots.glob("*.svg")}
        self.assertEqual(names, {file.stem for file in plots.glob("*.png")})
        for name in ("curve-nll", "reliability", "confusion", "step-time", "kl-by-layer",
                     "pruning-accuracy", "predictive-density-17", "posterior-dense1.weight-sigma"):
            self.assertIn(name, names)
            self.assertEqual((plots / f"{name}.png").read_bytes()[1:4], b"PNG")
            self.assertIn("</svg>", (plots / f"{name}.svg").read_text())

    def test_without_gnuplot_is_made_all_the_same(self):
        done = self.start("report", "plain", "-o", "no_gnuplot.html", variables={"PATH": "/nowhere"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gnuplot-nox", done.stderr)
        self.assert_self_contained("no_gnuplot.html")

    def test_without_its_data_says_so(self):
        done = self.report("bayes", "data.name=mnist", "data.path=nowhere", "--no-plots", "-o",
                           "no_data.html")
        self.assertIn("nowhere", done.stderr)
        _, figures = self.page("no_data.html")
        run = figures["runs"][0]
        self.assertIsNone(run["classification"])
        self.assertEqual([note["section"] for note in run["notes"]], ["test"])
        self.assertIn("nowhere", run["notes"][0]["says"])
        self.assertEqual(len(run["histograms"]), 6)
        self.assertTrue(run["by_epoch"])
        for name, value in self.trained.summary["test"].items():  # of the summary
            self.assert_close(run["test"][name], value, 1e-4, name)

    def test_of_a_run_that_was_cut_short_shows_what_there_is(self):
        cut = self.folder / "cut"
        shutil.copytree(self.trained.path, cut)
        for name in ("summary.json", "histograms.jsonl"):
            (cut / name).unlink()
        shutil.rmtree(cut / "checkpoints")
        with open(cut / "metrics.jsonl", "a") as file:
            file.write('{"event":"step","epo')
        done = self.report("cut", "--no-plots")
        _, figures = self.page("cut/report.html")
        run = figures["runs"][0]
        self.assertIsNone(run["summary"])
        self.assertIsNone(run["classification"])
        self.assertEqual({note["section"] for note in run["notes"]},
                         {"posterior", "test"})
        self.assertIn("cut, posterior, test: ", done.stderr)
        self.assertEqual(run["course"]["model"], self.trained.summary["model"])
        self.assertEqual(run["course"]["epoch"], self.trained.summary["epochs"])
        self.assertTrue(run["by_epoch"])

    def test_of_several_runs_is_side_by_side(self):
        self.report("bayes", "plain", "--no-plots", "-o", "both.html")
        self.assert_self_contained("both.html")
        _, figures = self.page("both.html")
        self.assertEqual([run["name"] for run in figures["runs"]], ["bayes", "plain"])
        plain = figures["runs"][1]
        self.assertEqual([len(d) for d in plain["classification"]["densities"][0]["draws"]],
                         [1] * 10)
        self.assertEqual(plain["posteriors"], [])
        self.assertEqual({h["quantity"] for h in plain["histograms"]}, {"weight"})

    @needs_mpi
    def test_is_the_same_on_several_ranks(self):
        self.report("bayes", "--no-plots", "-o", "one.html")
        self.report("bayes", "--no-plots", "-o", "three.html", ranks=3)
        one, three = (self.page(name)[1]["runs"][0] for name in ("one.html", "three.html"))
        for key in ("classification", "histograms", "by_epoch"):
            self.assertEqual(one[key], three[key], key)

    def test_refuses_what_there_is_not(self):
        self.fail_with(64, ["--examples", "0 to 99", "got 100"], "report", "bayes", "--examples",
                       "100", "--no-plots", "-o", "none.html")
        self.fail_with(65, ["nowhere"], "report", "nowhere")
        self.fail_with(73, ["config.yaml"], "report", "bayes", "-o", "bayes/config.yaml/x.html")
        self.assertFalse((self.folder / "none.html").exists())


class Regression(ReportTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_line_recipe(cls.folder, rows=400, epochs=5, is_bayesian=True)
        cls.succeed("train", "line.yaml", "-o", "line")
        cls.succeed("report", "line", timeout_s=240)
        cls.trained = Run(cls.folder / "line")

    def test_shows_predictions_sigma_and_coverage(self):
        _, figures = self.page("line/report.html")
        run = figures["runs"][0]
        self.assertEqual(run["notes"], [])
        self.assertIsNone(run["classification"])
        target = run["regression"]["targets"][0]
        self.assertEqual(len(target["truth"]), 200)
        square = sum((t - p) ** 2 for t, p in zip(target["truth"], target["predicted"])) / 200
        self.assert_close(square ** 0.5, self.trained.summary["test"]["rmse"], 1e-3, "rmse")
        inside = sum(low <= t <= high for low, t, high in
                     zip(target["lower"], target["truth"], target["upper"]))
        self.assertAlmostEqual(inside / 200, self.trained.summary["test"]["picp"], delta=0.0051)
        self.assertEqual(sum(group["examples"] for group in target["groups"]), 200)
        self.assertEqual(len(run["regression"]["coverage"]), 19)
        self.assertEqual({h["quantity"] for h in run["histograms"]}, {"mu", "sigma", "weight"})

    @needs_gnuplot
    def test_has_plots_for_papers(self):
        names = {file.stem for file in (self.trained.path / "plots").glob("*.svg")}
        for name in ("coverage", "predicted-column-2", "sigma-column-2", "curve-rmse"):
            self.assertIn(name, names)


if __name__ == "__main__":
    main()
