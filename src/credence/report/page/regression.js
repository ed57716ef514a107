/// The least and the largest.
function range(values) {
  const finite = values.filter(isNumber);
  return [Math.min(...finite), Math.max(...finite)];
}

function unitOf(target) {
  return target.name === "target" ? "units of the target" : `units of ${target.name}`;
}

function predictedBox(target, title, interval) {
  const [least, most] = range([...target.truth, ...target.predicted]);
  return chartBox(`Predicted against true${title}`, (colours) => xyChart(colours, {
    x: { title: `true value, ${unitOf(target)}` },
    y: { title: `predicted value, ${unitOf(target)}` },
    datasets: [
      dots("test example", withAlpha(colours.series[0], 0.75),
        points(target.truth, target.predicted)),
      ...(target.lower.length > 0 ? [intervals(`${numberText(100 * interval)}% interval`,
        withAlpha(colours.series[0], 0.25), target.truth, target.lower, target.upper,
        { borderWidth: 1, order: 1 })] : []),
      diagonal(colours, least, most, "predicted = true"),
    ],
  }), { height: 320 });
}

function sigmaBox(target, title) {
  const error = target.truth.map((truth, i) => Math.abs(target.predicted[i] - truth));
  const [, widest] = range([...target.sigma, ...target.groups.map((group) => group.sigma)]);
  return chartBox(`Sigma against error${title}`, (colours) => xyChart(colours, {
    x: { title: `predictive σ, ${unitOf(target)}` },
    y: { title: `|predicted - true|, ${unitOf(target)}` },
    datasets: [
      line("rms error, by tenths of σ", colours.series[1],
        points(target.groups.map((group) => group.sigma), target.groups.map((group) => group.error)),
        { pointRadius: 4 }),
      diagonal(colours, 0, widest, "calibrated"),
      dots("test example", withAlpha(colours.series[0], 0.45), points(target.sigma, error),
        { order: 1, pointRadius: 1.8 }),
    ],
  }), { height: 320 });
}

function regressionSection(run) {
  const figures = run.regression;
  if (!figures) return [];
  const boxes = figures.targets.flatMap((target) => {
    const title = figures.targets.length > 1 ? `: ${target.name}` : "";
    return [predictedBox(target, title, figures.interval),
      ...(target.sigma.length > 0 ? [sigmaBox(target, title)] : [])];
  });
  if (figures.coverage.length > 0) boxes.push(coverageBox([run]));
  return [element("div", { class: "grid" }, ...boxes)];
}

function coverageBox(shownRuns) {
  return chartBox("Coverage by interval level", (colours) => xyChart(colours, {
    x: { title: "probability of the central interval", min: 0, max: 1 },
    y: { title: "share of targets in it", min: 0, max: 1 },
    datasets: [diagonal(colours, 0, 1, "calibrated"), ...shownRuns.map((run, r) =>
      line(shownRuns.length > 1 ? run.name : "test set", colours.series[r % colours.series.length],
        points(run.regression.coverage.map((point) => point.nominal),
          run.regression.coverage.map((point) => point.empirical)), { pointRadius: 3 }))],
  }), { height: 320 });
}
