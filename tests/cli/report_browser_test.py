#!/usr/bin/env python3
"""The page of `credence report` in Chromium: it is drawn, answers, fits and fetches nothing."""

import json
import re
import sys

from browser import BROWSER, use_in_browser
from program import ProgramTest, main, write_line_recipe

# A name that would be markup, and run, where it is not taken as text.
STRANGE = "<img src=x onerror=throw(1)>&amp;'\""


class BrowserTest(ProgramTest):
    def use(self, *runs, page="report.html", **options):
        self.succeed("report", *runs, "--no-plots", "-o", page)
        found = use_in_browser(self.folder / page, self.folder, **options)
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
        return found


class Classification(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run = cls.train("mnist_bnn_fc_flipout.yaml", "predict.samples=6",
                        "data.validation_split=0.2", "train.log_every_steps=2", "--profile",
                        output=STRANGE)
        cls.train("mnist_cnn_fc.yaml", output="plain")
        layers = [{"epoch": epoch, "step": 10 * epoch, "layer": layer, "quantity": quantity,
                   "edges": [0, 0.1, 0.2, 0.3], "counts": [5, 9, epoch]}
                  for layer in ("dense1.weight", "</script><b>") for epoch in (0, 1, 2)
                  for quantity in ("mu", "sigma")]
        (run.path / "histograms.jsonl").write_text(
            "".join(json.dumps(layer) + "\n" for layer in layers))

    def test_has_every_section(self):
        found = self.use(STRANGE)
        for title in (STRANGE, "Learning curves", "Calibration and confusion",
                      "Predictive densities", "Examples", "Posterior", "During training, by epoch",
                      "KL and pruning", "Time of a step"):
            self.assertIn(title, found["titles"])
        self.assertIn("dense1.weight: mean μ", found["captions"])
        self.assertIn("</script><b>: standard deviation σ", found["captions"])
        self.assertEqual(found["notes"], [])

    def test_fits_a_phone(self):
        self.assertEqual(self.use(STRANGE, width=390)["width"], 390)

    def test_shows_runs_side_by_side(self):
        found = self.use(STRANGE, "plain", page="both.html")
        for title in ("Side by side", "Where the recipes differ", STRANGE, "plain"):
            self.assertIn(title, found["titles"])

    def test_shows_a_run_that_was_cut_short(self):
        cut = self.train("mnist_cnn_fc.yaml", "data.validation_split=0.2", output="cut")
        for name in ("summary.json", "checkpoints/latest"):
            (cut.path / name).unlink()
        found = self.use("cut", page="cut.html")
        self.assertIn("Learning curves", found["titles"])
        self.assertTrue(any(re.match("Not complete: it is trained", note) for note in found["notes"]), found["notes"])


class Regression(BrowserTest):
    def test_shows_predictions_sigma_and_coverage(self):
        write_line_recipe(self.folder, rows=400, epochs=5, is_bayesian=True)
        self.succeed("train", "line.yaml", "-o", "line")
        found = self.use("line")
        for caption in ("Predicted against true", "Sigma against error",
                        "Coverage by interval level", "Pruning: root mean squared error"):
            self.assertIn(caption, found["captions"])


if __name__ == "__main__":
    if not BROWSER:
        print("skipped: there is no chromium here to open the pages with (Debian: chromium)")
        sys.exit(77)
    main()
