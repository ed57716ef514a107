"""A page in a browser that has no screen and no network."""

import html
import json
import re
import shutil
import subprocess
from urllib.parse import unquote

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome")
                if (path := shutil.which(name))), None)

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
    titles: [...document.querySelectorAll("h1, h2, h3")].map((title) => title.textContent),
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
  top.document.body.append(result);
}, 200));
</script>"""


def framed(page, width):
    """The page in a window as narrow as a phone's, which a browser's own cannot be."""
    return (f'<!DOCTYPE html><title>frame</title><body><iframe width="{width}" height="844" '
            f'style="border: 0" srcdoc="{html.escape(page)}"></iframe></body>')


def use_in_browser(page, folder, width=1200):
    """What a browser without a network finds in the page."""
    text = page.read_text().replace("<head>", "<head>" + LISTEN, 1)
    head, tail = text.rsplit("</body>", 1)
    probed = head + USE + "</body>" + tail
    file = folder / "probed.html"
    file.write_text(framed(probed, width) if width < 500 else probed)
    done = subprocess.run(
        [BROWSER, "--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--window-size={max(width, 500)},900",
         f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", "--dump-dom",
         file.as_uri()],
        text=True, capture_output=True, timeout=240, check=False)
    match = re.search(r'<template id="found" data-found="([^"]*)"', done.stdout)
    if not match:
        raise AssertionError(f"the page did not run to its end: {done.stderr[-2000:]}")
    return json.loads(unquote(match[1]))
