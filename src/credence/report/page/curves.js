/// Series of one metric over some runs: training and validation, of every member.
function curveSets(colours, shownRuns, name) {
  const sets = [];
  const several = shownRuns.length > 1;
  shownRuns.forEach((run, r) => {
    for (const heldOut of [false, true]) {
      const colour = colours.series[(several ? r : Number(heldOut)) % colours.series.length];
      const what = heldOut ? "validation" : "training";
      const label = several ? `${run.name}${heldOut ? " (validation)" : ""}` : what;
      const wanted = heldOut ? `val_${name}` : name;
      const found = run.by_epoch.filter((curve) => curve.name === wanted);
      for (const curve of found) {
        sets.push(line(label, found.length > 1 ? withAlpha(colour, 0.55) : colour,
          points(curve.epochs, curve.values), { borderDash: heldOut ? [6, 4] : [] }));
      }
    }
    if (several) return;
    for (const curve of run.by_step.filter((other) => other.name === name)) {
      sets.push(line("training, by step", withAlpha(colours.series[0], 0.5),
        points(curve.epochs, curve.values), { borderWidth: 1, pointRadius: 0, order: 1 }));
    }
  });
  return sets;
}

// Metrics whose small changes are not to look large.
const fromZero = ["samples_per_sec", "learning_rate"];

/// Names of the metrics that are drawn, the best known first.
function curveNames(shownRuns) {
  const found = new Set();
  for (const run of shownRuns) {
    for (const curve of run.by_epoch) found.add(curve.name.replace(/^val_/, ""));
  }
  found.delete("seconds");
  const order = ["loss", "nll", "accuracy", "rmse", "kl", "ece"];
  const last = ["learning_rate", "samples_per_sec"];
  const rank = (name) => (order.includes(name) ? order.indexOf(name) - 100
    : last.includes(name) ? 100 + last.indexOf(name) : 0);
  return [...found].sort((a, b) => rank(a) - rank(b));
}

/// A figure that falls far is told by powers of ten, one that hardly moves from zero.
function curveAxis(name, sets) {
  const values = sets.flatMap((set) => set.data.map((point) => point.y)).filter(isNumber);
  const least = Math.min(...values), most = Math.max(...values);
  const falls = ["loss", "nll", "kl", "rmse", "mae"].includes(name);
  if (falls && least > 0 && most > 10 * least) {
    return { title: `${metricUnit(name)}, log scale`, type: "logarithmic", ticks: { callback: decadeText } };
  }
  return { title: metricUnit(name),
           beginAtZero: fromZero.includes(name) || (least === 0 && most === 0) };
}

function curvesSection(shownRuns) {
  const names = curveNames(shownRuns);
  if (names.length === 0) return [];
  const curves = shownRuns.flatMap((run) => run.by_epoch);
  // Chains that were trained one by one are sampled a chain an epoch.
  const isByChain = (name) => curves.some((curve) => curve.member > 0) &&
    !curves.some((curve) => curve.member > 0 && curve.name.replace(/^val_/, "") === name);
  return [element("div", { class: "grid" }, ...names.map((name) =>
    chartBox(metricTitle(name), (colours) => {
      const datasets = curveSets(colours, shownRuns, name);
      return xyChart(colours, {
        x: { title: shownRuns.length === 1 && isByChain(name) ? "chain" : "epoch", min: 0,
             ticks: { precision: 0 } },
        y: curveAxis(name, datasets), datasets,
        named: datasets.some((set) => set.label === "validation"),
      });
    })))];
}
