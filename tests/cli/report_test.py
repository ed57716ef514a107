#!/usr/bin/env python3
"""`credence report`: its page as it is written, and as a browser shows it, and the plots beside it."""

import json
import random
import re
import shutil
import subprocess
import sys
import unittest
from urllib.parse import unquote

from program import ProgramTest, Run, main, needs_mpi

RECIPE = "mnist_bnn_fc_flipout.yaml"
BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome")
                if (path := shutil.which(name))), None)
GNUPLOT = shutil.which("gnuplot")
MOST_BYTES = 3_000_000

needs_browser = unittest.skipUnless(BROWSER, "no chromium here")
needs_gnuplot = unittest.skipUnless(GNUPLOT, "no gnuplot here")

# Runs before the page's own scripts: keeps every error. Where nothing is shown there are no frames.
LISTEN = """<script>
window.requestAnimationFrame = (call) => setTimeout(() => call(performance.now()), 16);
window.cancelAnimationFrame = clearTimeout;
window.errors = [];
addEventListener("error", (event) => errors.push(String(event.message || event.target.src)), true);
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
for (const kind of ["error", "warn"]) console[kind] = (...words) => errors.push(words.join(" "));
</script>"""

# Runs behind them: uses the page as a reader would, and leaves what came of it for --dump-dom.
USE = """<script>
addEventListener("load", () => setTimeout(async () => {
  const inked = (canvas) => {
    if (canvas.width === 0 || canvas.height === 0) return false;
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) return true;
    return false;
  };
  const pause = () => new Promise((resume) => setTimeout(resume, 300));
  for (const details of document.querySelectorAll("details")) details.open = true;
  await pause();
  const canvases = [...document.querySelectorAll("canvas")];
  const charts = canvases.filter((canvas) => Chart.getChart(canvas));
  const found = {
    canvases: canvases.length, blank: canvases.filter((canvas) => !inked(canvas)).length,
    charts: charts.length,
    titles: [...document.querySelectorAll("h2, h3")].map((title) => title.textContent),
    captions: [...document.querySelectorAll("figcaption")].map((title) => title.textContent),
    notes: [...document.querySelectorAll(".note")].map((note) => note.textContent),
    width: innerWidth,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    fetched: performance.getEntriesByType("resource").map((entry) => entry.name),
  };
  // A click on the legend takes a curve away, a second one brings it back.
  const canvas = charts.find((other) => Chart.getChart(other).legend?.legendItems?.length > 1);
  const chart = Chart.getChart(canvas);
  canvas.scrollIntoView();
  const number = chart.legend.legendItems[0].datasetIndex;
  found.visible = [chart.isDatasetVisible(number)];
  for (let clicks = 0; clicks < 2; clicks += 1) {
    const box = chart.legend.legendHitBoxes[0], place = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new MouseEvent("click", {
      bubbles: true, clientX: place.left + box.left + box.width / 2,
      clientY: place.top + box.top + box.height / 2 }));
    await pause();
    found.visible.push(chart.isDatasetVisible(number));
  }
  const theme = () => document.documentElement.dataset.theme;
  found.themes = [theme()];
  document.querySelector("button.theme").click();
  found.themes.push(theme());
  await pause();
  found.redrawn = charts.filter((other) => Chart.getChart(other) && inked(other)).length;
  for (const kind of ["beforeprint", "afterprint"]) {
    dispatchEvent(new Event(kind));
    found.themes.push(theme());
  }
  found.errors = errors;
  const result = document.createElement("template");
  result.id = "found";
  result.setAttribute("data-found", encodeURIComponent(JSON.stringify(found)));
  document.body.append(result);
}, 200));
</script>"""


def use_in_browser(page, folder, width=1200):
    """What a browser without a network finds in the page."""
    text = page.read_text().replace("<head>", "<head>" + LISTEN, 1)
    head, tail = text.rsplit("</body>", 1)
    probed = folder / "probed.html"
    probed.write_text(head + USE + "</body>" + tail)
    done = subprocess.run(
        [BROWSER, "--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--window-size={width},900",
         f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", "--dump-dom",
         probed.as_uri()],
        text=True, capture_output=True, timeout=240, check=False)
    match = re.search(r'data-found="([^"]*)"', done.stdout)
    if not match:
        raise AssertionError(f"the page did not run to its end: {done.stderr[-2000:]}")
    return json.loads(unquote(match[1]))


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
            self.assertNotRegex(tag, r"(?:src|href)\s*=\s*[\"']?(?!data:)")
        self.assertNotRegex(text, r"url\(\s*[\"']?(?:https?:)?//|@import|\bimport\s*\(")
        for call in ("fetch(", "XMLHttpRequest", "WebSocket(", "EventSource(", "sendBeacon"):
            self.assertNotIn(call, text)

    def assert_shown(self, found):
        self.assertEqual(found["errors"], [])
        self.assertEqual(found["fetched"], [])
        self.assertGreater(found["charts"], 0)
        self.assertEqual(found["blank"], 0, found)
        self.assertEqual(found["redrawn"], found["charts"])
        self.assertEqual(found["visible"], [True, False, True])
        first, second, printed, after = found["themes"]
        self.assertEqual({first, second}, {"light", "dark"})
        self.assertEqual([printed, after], ["light", second])
        self.assertLessEqual(found["wide"], 0, "the page scrolls sideways")


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
        cls.said = cls.succeed("report", "bayes", "--examples", "5,17").stdout

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

    @needs_browser
    def test_is_drawn_and_answers(self):
        found = use_in_browser(self.folder / "bayes/report.html", self.folder)
        self.assert_shown(found)
        for title in ("Learning curves", "Calibration and confusion", "Predictive densities",
                      "Examples", "Posterior", "During training, by epoch", "KL and pruning",
                      "Where the time of a step went"):
            self.assertIn(title, found["titles"])
        self.assertIn("dense1.weight: mean μ", found["captions"])
        self.assertEqual(found["notes"], [])

    @needs_browser
    def test_fits_a_phone(self):
        found = use_in_browser(self.folder / "bayes/report.html", self.folder, width=390)
        self.assertLess(found["width"], 520)
        self.assert_shown(found)

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

    def test_of_several_runs_is_side_by_side(self):
        self.report("bayes", "plain", "--no-plots", "-o", "both.html")
        self.assert_self_contained("both.html")
        _, figures = self.page("both.html")
        self.assertEqual([run["name"] for run in figures["runs"]], ["bayes", "plain"])
        plain = figures["runs"][1]
        self.assertEqual([len(d) for d in plain["classification"]["densities"][0]["draws"]],
                         [1] * 10)
        self.assertEqual(plain["posteriors"], [])
        self.assertEqual(plain["histograms"], [])
        if BROWSER:
            found = use_in_browser(self.folder / "both.html", self.folder)
            self.assert_shown(found)
            for title in ("Side by side", "Where the recipes differ", "bayes", "plain"):
                self.assertIn(title, found["titles"])

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
        draw = random.Random(1)
        with open(cls.folder / "line.csv", "w") as file:
            for _ in range(400):
                x = draw.uniform(-1, 1)
                file.write(f"{x},{-300 * x + draw.gauss(0, 50)}\n")
        (cls.folder / "line.yaml").write_text(
            "model: {layers: [{type: Dense, units: 1}], bayesian: {layers: all}}\n"
            "data: {name: csv, path: line.csv, test_fraction: 0.5}\n"
            "train: {epochs: 5, learning_rate: 0.02, loss: {type: gaussian, sigma: 0.28}}\n")
        cls.succeed("train", "line.yaml", "-o", "line")
        cls.succeed("report", "line")
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
        self.assertEqual({h["quantity"] for h in run["histograms"]}, {"mu", "sigma"})

    @needs_browser
    def test_is_drawn_and_answers(self):
        found = use_in_browser(self.folder / "line/report.html", self.folder)
        self.assert_shown(found)
        for caption in ("Predicted against true", "Sigma against error",
                        "Coverage by interval level", "Pruning: root mean squared error"):
            self.assertIn(caption, found["captions"])

    @needs_gnuplot
    def test_has_plots_for_papers(self):
        names = {file.stem for file in (self.trained.path / "plots").glob("*.svg")}
        for name in ("coverage", "predicted-target", "sigma-target", "curve-rmse"):
            self.assertIn(name, names)


if __name__ == "__main__":
    if not BROWSER:
        print("no chromium here: pages are not opened", file=sys.stderr)
    main()
