function reliabilityBoxes(shownRuns) {
  const several = shownRuns.length > 1;
  const filled = (run) => run.classification.reliability.filter((bin) => bin.examples > 0);
  const diagram = chartBox("Reliability", (colours) => xyChart(colours, {
    x: { title: "confidence: probability of the predicted class", min: 0, max: 1 },
    y: { title: "accuracy", min: 0, max: 1 },
    datasets: [diagonal(colours, 0, 1, "calibrated"), ...shownRuns.flatMap((run, r) => {
      const bins = filled(run);
      const colour = colours.series[r % colours.series.length];
      const xs = bins.map((bin) => bin.confidence);
      return [
        line(several ? run.name : "test set", colour, points(xs, bins.map((bin) => bin.accuracy)),
          { pointRadius: 4, clip: 6 }),
        intervals(several ? run.name : "95% interval", withAlpha(colour, 0.5), xs,
          bins.map((bin) => bin.accuracy_lower), bins.map((bin) => bin.accuracy_upper)),
      ];
    })],
  }), { height: 340 });
  if (several) return [diagram];
  return [diagram, confidenceBox(shownRuns[0].classification.reliability)];
}

function confidenceBox(bins) {
  return chartBox("Examples by confidence", (colours) => xyChart(colours, {
    x: { title: "confidence: probability of the predicted class", min: 0, max: 1, offset: false },
    y: { title: "test examples", type: "logarithmic", min: 0.5, ticks: {
      callback: (value) => (Number.isInteger(Math.log10(value)) ? tickText(value) : "") } },
    datasets: [{
      type: "bar", label: "examples", backgroundColor: colours.series[0], grouped: false,
      barPercentage: 0.92, categoryPercentage: 1,
      data: bins.map((bin) => ({ x: (bin.lower + bin.upper) / 2, y: bin.examples || null })),
    }],
  }), { height: 340 });
}

function confusionTable(figures) {
  const labels = figures.labels;
  const cell = (row, count, truth, predicted) => {
    const share = count / Math.max(1, row.reduce((sum, other) => sum + other, 0));
    const tint = count === 0 ? 0 : 0.08 + 0.72 * share;
    const made = element("td", {
      style: `background: rgba(var(--heat), ${tint.toFixed(3)})` +
        (tint > 0.5 && themeName() ? "; font-weight: 600" : ""),
      title: `true ${labels[truth]}, predicted ${labels[predicted]}: ${count}`,
    }, count === 0 ? "" : numberText(count));
    if (truth === predicted) made.className = "right";
    return made;
  };
  return element("div", { class: "scroll" }, element("table", { class: "confusion" },
    element("thead", {},
      element("tr", {}, element("th"), element("th", { class: "axis", colspan: labels.length },
        "predicted class")),
      element("tr", {}, element("th", { class: "axis" }, "true"),
        ...labels.map((label) => element("th", { scope: "col" }, label)))),
    element("tbody", {}, ...figures.confusion.map((row, truth) => element("tr", {},
      element("th", { scope: "row" }, labels[truth]),
      ...row.map((count, predicted) => cell(row, count, truth, predicted)))))));
}

function confusionList(figures) {
  if (figures.confusions.length === 0) return about("No test example is predicted wrongly.");
  return element("div", {}, about("Most frequent wrong predictions."), table(
    [{ title: "true" }, { title: "predicted" }, { title: "examples", number: true }],
    figures.confusions.map((one) => [figures.labels[one.truth], figures.labels[one.predicted],
                                     numberText(one.examples)])));
}

function testSection(run) {
  const figures = run.classification;
  if (!figures) return [];
  const matrix = figures.confusion ? element("div", {},
    about("Test examples by true and predicted class; the tint is the share of the true class."),
    confusionTable(figures)) : null;
  return [element("div", { class: "grid wide" }, ...reliabilityBoxes([run])),
    element("h3", {}, "Confusion"),
    element("div", { class: "beside" }, matrix, confusionList(figures))];
}
