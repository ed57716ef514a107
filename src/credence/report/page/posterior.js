/// Of a histogram, what its area is one of.
function densityOf(histogram) {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  return histogram.counts.map((count, i) => {
    const width = histogram.edges[i + 1] - histogram.edges[i];
    return { x: (histogram.edges[i] + histogram.edges[i + 1]) / 2,
             y: width > 0 ? count / (total * width) : NaN };
  });
}

const quantities = { mu: "mean μ", sigma: "standard deviation σ", weight: "weight" };

/// Densities in one chart. `named`: {label, histogram, colour(colours)}, and options of the line.
function histogramChart(title, unit, named) {
  return chartBox(title, (colours) => xyChart(colours, {
    x: { title: unit }, y: { title: "density", min: 0 },
    datasets: named.map(({ label, histogram, colour, ...more }) => line(label, colour(colours),
      densityOf(histogram), { pointRadius: 0, borderWidth: 1.8, ...more })),
  }));
}

function momentsOf(run, layer, quantity) {
  return run.histograms.filter((histogram) =>
    histogram.layer === layer && histogram.quantity === quantity);
}

/// Every layer as it was last.
function lastMoments(run, layers, quantity) {
  const last = layers.map((layer) => momentsOf(run, layer, quantity).at(-1)).filter(Boolean);
  if (last.length === 0) return null;
  return histogramChart(`All layers: ${quantities[quantity]}`, quantities[quantity],
    last.map((histogram, i) => ({
      label: histogram.layer, histogram,
      colour: (colours) => colours.series[i % colours.series.length],
      borderDash: i < palettes.light.length ? [] : [6, 3],
    })));
}

/// One layer at every moment of training.
function courseOf(run, layer) {
  return element("div", { class: "grid wide" }, ...Object.keys(quantities).map((quantity) => {
    const moments = momentsOf(run, layer, quantity);
    return moments.length === 0 ? null : histogramChart(`${layer}: ${quantities[quantity]}`,
      quantities[quantity], moments.map((histogram, i) => ({
        label: histogram.step === 0 ? "before" : `epoch ${histogram.epoch}`, histogram,
        colour: () => gradual(i, moments.length),
      })));
  }));
}

function posteriorSection(run) {
  if (run.histograms.length === 0) return [];
  const layers = [...new Set(run.histograms.map((histogram) => histogram.layer))];
  const course = run.histograms.some((histogram) => histogram.step !== run.histograms[0].step);
  const parts = [about("Over the weights of a layer: densities of the mean and the standard " +
    "deviation of their posterior, or of the weights where they have none. " + (course ? ""
      : "How they changed is known of runs with more than one moment in histograms.jsonl.")),
    element("h3", {}, "Latest"),
    element("div", { class: "grid wide" },
      ...Object.keys(quantities).map((quantity) => lastMoments(run, layers, quantity)))];
  if (!course) return parts;
  parts.push(element("h3", {}, "During training, by epoch"));
  layers.forEach((layer, number) => parts.push(number < 3 ? courseOf(run, layer)
    : element("details", {}, element("summary", {}, layer), courseOf(run, layer))));
  return parts;
}
