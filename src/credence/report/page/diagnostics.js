function diagnosticsSection(run) {
  const parts = run.findings.map((finding) => element("div", { class: "finding" },
    element("strong", {}, finding.what), element("br"), `${finding.why} ${finding.advice}`));
  const posteriors = run.posteriors;
  const boxes = [];
  if (posteriors.length > 0) {
    boxes.push(chartBox("KL by layer", (colours) => barsChart(colours, {
      names: posteriors.map((posterior) => posterior.name),
      values: posteriors.map((posterior) => posterior.kl),
      fill: colours.series[0], unit: "KL from the prior, nats",
    }), { height: Math.max(250, 70 + 26 * posteriors.length) }));
  }
  const known = run.pruning.points;
  for (const name of ["accuracy", "rmse", "nll"]) {
    if (!known.some((point) => isNumber(point.values[name]))) continue;
    boxes.push(chartBox(`Pruning: ${withinSentence(metricTitle(name))}`, (colours) => xyChart(colours, {
      x: { title: "weights removed, %", min: 0, max: 100 },
      y: { title: metricUnit(name) },
      datasets: [line(metricTitle(name), colours.series[0],
        points(known.map((point) => 100 * point.share), known.map((point) => point.values[name])),
        { pointRadius: 4, clip: 6 })],
    })));
  }
  if (boxes.length > 0) parts.push(element("div", { class: "grid" }, ...boxes));
  if (known.length > 0) {
    const draws = run.pruning.samples;
    parts.push(about(`Of ${numberText(run.pruning.weights)} weights in all layers, those with the ` +
      `smallest ${posteriors.length > 0 ? "|μ| / σ" : "|w|"} are removed first. Measured on ` +
      `${numberText(run.pruning.examples)} test examples with ${numberText(draws)} ` +
      `${draws === 1 ? "draw" : "draws"}.`));
  }
  if (posteriors.length > 0) {
    parts.push(table([{ title: "posterior" }, { title: "weights", number: true },
      { title: "KL, nats", number: true }, { title: "KL per weight", number: true },
      { title: "median |μ| / σ", number: true }, { title: "median σ", number: true },
      { title: "initial σ", number: true }, { title: "collapsed to the prior", number: true }],
    posteriors.map((p) => [p.name, numberText(p.weights), numberText(p.kl),
      numberText(p.kl / p.weights, 3), numberText(p.ratios[2], 3), numberText(p.median_sigma, 3),
      numberText(p.initial_sigma, 3), percent(p.collapsed)])));
  }
  return parts;
}
