/// Of a histogram, what its area is one of.
function densityOf(histogram) {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  const { edges } = histogram;
  const bins = histogram.counts.map((count, i) => {
    const width = edges[i + 1] - edges[i];
    return { x: (edges[i] + edges[i + 1]) / 2, y: width > 0 ? count / (total * width) : NaN };
  });
  return [{ x: edges[0], y: 0 }, ...bins, { x: edges.at(-1), y: 0 }];
}

/// The same shape, 1 at its highest: layers of any width can share a chart.
function scaled(density) {
  const most = Math.max(...density.map((point) => point.y).filter(isNumber));
  return density.map(({ x, y }) => ({ x, y: y / most }));
}

const quantities = { mu: "mean μ", sigma: "standard deviation σ", weight: "weight" };

/// Densities in one chart. `named`: {label, density, colour(colours)}, and options of the line.
function densityChart(title, x, y, named) {
  return chartBox(title, (colours) => xyChart(colours, {
    x: { title: x }, y: { title: y, min: 0 },
    datasets: named.map(({ label, density, colour, ...more }) => line(label, colour(colours),
      density, { pointRadius: 0, borderWidth: 1.8, ...more })),
    named: true,
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
  return densityChart(`All layers: ${quantities[quantity]}`, quantities[quantity],
    "density, 1 at its highest", last.map((histogram, i) => ({
      label: histogram.layer, density: scaled(densityOf(histogram)),
      colour: (colours) => colours.series[i % colours.series.length],
      borderDash: i < palettes.light.length ? [] : [6, 3],
    })));
}

/// Of weights that are all the same, as sigma is before training, there is no density to draw.
function hasSpread(histogram) {
  return histogram.counts.filter((count) => count > 0).length > 1;
}

/// One layer at every moment of training.
function courseOf(run, layer) {
  return element("div", { class: "grid wide" }, ...Object.keys(quantities).map((quantity) => {
    const all = momentsOf(run, layer, quantity);
    const moments = all.filter((one, i) => hasSpread(one) || i === all.length - 1);
    return moments.length === 0 ? null : densityChart(`${layer}: ${quantities[quantity]}`,
      quantities[quantity], "density", moments.map((histogram, i) => ({
        label: histogram.step === 0 ? "before" : `epoch ${histogram.epoch}`,
        density: densityOf(histogram),
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
