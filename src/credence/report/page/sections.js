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
      sets.push(line("training, by step", withAlpha(colours.series[0], 0.35),
        points(curve.epochs, curve.values), { borderWidth: 1, pointRadius: 0, order: 1 }));
    }
  });
  return sets;
}

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

function curvesSection(shownRuns) {
  const names = curveNames(shownRuns);
  if (names.length === 0) return [];
  return [element("div", { class: "grid" }, ...names.map((name) =>
    chartBox(metricTitle(name), (colours) => xyChart(colours, {
      x: { title: "epoch" }, y: { title: metricUnit(name) },
      datasets: curveSets(colours, shownRuns, name),
    }))))];
}

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
          { pointRadius: 4 }),
        intervals(several ? run.name : "95% interval", withAlpha(colour, 0.5), xs,
          bins.map((bin) => bin.accuracy_lower), bins.map((bin) => bin.accuracy_upper)),
      ];
    })],
  }), { height: 340 });
  if (several) return [diagram];
  const bins = shownRuns[0].classification.reliability;
  return [diagram, chartBox("Examples by confidence", (colours) => ({
    type: "bar",
    data: {
      labels: bins.map((bin) => numberText((bin.lower + bin.upper) / 2, 2)),
      datasets: [{ label: "examples", backgroundColor: colours.series[0],
                   data: bins.map((bin) => bin.examples || null), minBarLength: 3 }],
    },
    options: {
      responsive: true, maintainAspectRatio: false, animation: false,
      scales: {
        x: axis(colours, "confidence, middle of the bin", { type: "category",
          grid: { display: false },
          ticks: { callback(value) { return this.getLabelForValue(value); } } }),
        y: axis(colours, "examples", { type: "logarithmic", min: 0.5,
          ticks: { callback: (value) => (Number.isInteger(Math.log10(value)) ? tickText(value) : "") } }),
      },
      plugins: { legend: { display: false } },
    },
  }), { height: 340 })];
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

function testSection(run) {
  const figures = run.classification;
  if (!figures) return [];
  const parts = [element("div", { class: "grid wide" }, ...reliabilityBoxes([run]))];
  parts.push(element("h3", {}, "Confusion"));
  if (figures.confusion) {
    parts.push(about("Examples by true and predicted class; the tint is the share of the true class."),
      confusionTable(figures));
  } else {
    parts.push(about("The most frequent wrong predictions."), table(
      [{ title: "true" }, { title: "predicted" }, { title: "examples", number: true }],
      figures.confusions.map((one) => [figures.labels[one.truth], figures.labels[one.predicted],
                                       numberText(one.examples)])));
  }
  return parts;
}

function verdict(figures, example) {
  const told = figures.labels[example.predicted];
  return example.truth === example.predicted ? `${told}, right`
    : `${told}, in truth ${figures.labels[example.truth]}`;
}

/// Draws of a predicted probability, spread over a strip so that they can be told apart.
function strip(density) {
  return density.draws.flatMap((draws, i) => draws.map((y, draw) =>
    ({ x: i + 0.6 * (((draw + 1) * 0.618) % 1 - 0.5), y })));
}

function densityBox(figures, density) {
  const example = density.example;
  const labels = density.classes.map((label) => figures.labels[label]);
  const means = density.draws.map((draws) => draws.reduce((sum, p) => sum + p, 0) / draws.length);
  const title = `Example ${example.index}, ${density.why}: ${verdict(figures, example)}`;
  const bars = (label, colour, holds) => ({
    type: "bar", label, grouped: false, barPercentage: 0.85, categoryPercentage: 1, order: 1,
    data: means.map((mean, x) => ({ x, y: holds(density.classes[x]) ? mean : null })),
    backgroundColor: withAlpha(colour, 0.4),
  });
  const box = chartBox("", (colours) => {
    const made = xyChart(colours, {
      x: { title: "class", min: -0.6, max: labels.length - 0.4, grid: { display: false },
           afterBuildTicks: (scale) => { scale.ticks = labels.map((_, value) => ({ value })); },
           ticks: { callback: (value) => labels[value], autoSkip: labels.length > 12 } },
      y: { title: "probability", min: 0, max: 1 }, intersect: true,
      datasets: [
        dots("draws of the weights", withAlpha(colours.series[1], 0.75), strip(density),
          { type: "scatter", order: 0, clip: 6 }),
        bars("mean", colours.series[0], (label) => label !== example.truth),
        bars("mean, true class", colours.series[2], (label) => label === example.truth),
      ],
    });
    made.options.plugins.legend.labels.boxHeight = 8;
    made.options.plugins.legend.labels.boxWidth = 8;
    made.options.plugins.tooltip.callbacks.label = (item) =>
      `${labels[Math.round(item.parsed.x)]}: ${numberText(item.parsed.y, 3)}`;
    return made;
  }, { height: 240, label: title });
  const image = picture(example.image, `test example ${example.index}`);
  const chart = box.querySelector(".plot");
  box.replaceChildren(element("figcaption", {}, title),
    element("div", { class: image ? "density" : "density plain" },
      ...(image ? [image, chart] : [chart])));
  return box;
}

function densitiesSection(run) {
  const densities = run.classification ? run.classification.densities : [];
  if (densities.length === 0) return [];
  const draws = densities[0].draws[0].length;
  const text = draws > 1
    ? `What each of ${draws} draws of the weights gives each class: a point a draw, a bar their ` +
      "mean, green that of the true class. Points that scatter are what the weights do not know."
    : "The network has one set of weights: a point for each class.";
  return [about(text), element("div", { class: "grid wide" },
    ...densities.map((density) => densityBox(run.classification, density)))];
}

/// Examples in a row, each with what was predicted of it.
function pictures(figures, examples) {
  return element("div", { class: "pictures" }, ...examples.map((example) => element("div",
    { class: "picture-box" }, picture(example.image, `test example ${example.index}`),
    element("strong", {}, verdict(figures, example)), element("br"),
    `p ${numberText(example.probability, 3)}` +
      (example.truth === example.predicted ? "" : `, of truth ${numberText(example.truth_probability, 2)}`),
    element("br"), `entropy ${numberText(example.predictive_entropy, 3)}`, element("br"),
    `mutual inf. ${numberText(example.mutual_information, 2)}`, element("br"),
    element("span", { class: "muted" }, `example ${example.index}`))));
}

function examplesSection(run) {
  const figures = run.classification;
  if (!figures) return [];
  const parts = [
    about("p is the probability of the predicted class; entropy and mutual information are in nats."),
    element("h3", {}, "Most uncertain, by predictive entropy"),
    pictures(figures, figures.most_uncertain),
    element("h3", {}, "Most wrong, by the probability of the true class"),
  ];
  parts.push(figures.most_wrong.length > 0 ? pictures(figures, figures.most_wrong)
    : about("No test example is predicted wrongly."));
  return parts;
}

/// The least and the largest.
function range(values) {
  const finite = values.filter(isNumber);
  return [Math.min(...finite), Math.max(...finite)];
}

function regressionSection(run) {
  const figures = run.regression;
  if (!figures) return [];
  const boxes = [];
  for (const target of figures.targets) {
    const [least, most] = range([...target.truth, ...target.predicted]);
    const name = target.name === "target" ? "" : ` ${target.name}`;
    boxes.push(chartBox(`Predicted against true${name}`, (colours) => xyChart(colours, {
      x: { title: `true${name}, own units` }, y: { title: `predicted${name}, own units` },
      datasets: [
        dots("test example", withAlpha(colours.series[0], 0.75),
          points(target.truth, target.predicted)),
        ...(target.lower.length > 0 ? [intervals(`${numberText(100 * figures.interval)}% interval`,
          withAlpha(colours.series[0], 0.25), target.truth, target.lower, target.upper,
          { borderWidth: 1, order: 1 })] : []),
        diagonal(colours, least, most, "exact"),
      ],
    }), { height: 340 }));
    if (target.sigma.length === 0) continue;
    const error = target.truth.map((truth, i) => Math.abs(target.predicted[i] - truth));
    const [, widest] = range([...target.sigma, ...target.groups.map((group) => group.sigma)]);
    boxes.push(chartBox(`Sigma against error${name}`, (colours) => xyChart(colours, {
      x: { title: "predictive sigma, own units" }, y: { title: "|error|, own units" },
      datasets: [
        line("rms error of tenths of the set", colours.series[1],
          points(target.groups.map((group) => group.sigma), target.groups.map((group) => group.error)),
          { pointRadius: 4 }),
        diagonal(colours, 0, widest, "calibrated"),
        dots("test example", withAlpha(colours.series[0], 0.45), points(target.sigma, error),
          { order: 1, pointRadius: 1.8 }),
      ],
    }), { height: 340 }));
  }
  if (figures.coverage.length > 0) boxes.push(coverageBox([run]));
  return [element("div", { class: "grid wide" }, ...boxes)];
}

function coverageBox(shownRuns) {
  return chartBox("Coverage by interval level", (colours) => xyChart(colours, {
    x: { title: "probability of the central interval", min: 0, max: 1 },
    y: { title: "share of targets in it", min: 0, max: 1 },
    datasets: [diagonal(colours, 0, 1, "calibrated"), ...shownRuns.map((run, r) =>
      line(shownRuns.length > 1 ? run.name : "test set", colours.series[r % colours.series.length],
        points(run.regression.coverage.map((point) => point.nominal),
          run.regression.coverage.map((point) => point.empirical)), { pointRadius: 3 }))],
  }), { height: 340 });
}

function densityOf(histogram) {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  return histogram.counts.map((count, i) => {
    const width = histogram.edges[i + 1] - histogram.edges[i];
    return { x: (histogram.edges[i] + histogram.edges[i + 1]) / 2,
             y: width > 0 ? count / (total * width) : NaN };
  });
}

const quantities = { mu: "mean μ", sigma: "standard deviation σ" };

function histogramChart(title, unit, named) {
  return chartBox(title, (colours) => xyChart(colours, {
    x: { title: unit }, y: { title: "density", min: 0 },
    datasets: named.map(({ label, histogram, colour }) => line(label, colour(colours),
      densityOf(histogram), { pointRadius: 0, borderWidth: 1.8 })),
  }));
}

function posteriorSection(run) {
  const all = run.histograms;
  if (all.length === 0) return [];
  const layers = [...new Set(all.map((histogram) => histogram.layer))];
  const momentsOf = (layer, quantity) => all.filter((histogram) =>
    histogram.layer === layer && histogram.quantity === quantity);
  const finals = (quantity) => layers.map((layer) => momentsOf(layer, quantity).at(-1)).filter(Boolean);
  const changed = layers.some((layer) => momentsOf(layer, "mu").length > 1);
  const overview = Object.keys(quantities).filter((quantity) => finals(quantity).length > 0).map(
    (quantity) => histogramChart(`Of each layer's weights: ${quantities[quantity]}`,
      quantities[quantity], finals(quantity).map((histogram, i) => ({
        label: histogram.layer, histogram,
        colour: (colours) => colours.series[i % colours.series.length],
      }))));
  const parts = [about("Densities, over the weights of a layer, of the mean and the standard " +
    "deviation of their posterior" + (changed ? "." : ", at the end of training. The run has no " +
    "histograms.jsonl, which would show how they changed.")),
    element("h3", {}, "At the end of training"),
    element("div", { class: "grid wide" }, ...overview)];
  if (!changed) return parts;
  parts.push(element("h3", {}, "During training, by epoch"));
  layers.forEach((layer, number) => {
    const boxes = Object.keys(quantities).map((quantity) => {
      const moments = momentsOf(layer, quantity);
      return moments.length === 0 ? null : histogramChart(`${layer}: ${quantities[quantity]}`,
        quantities[quantity], moments.map((histogram, i) => ({
          label: histogram.epoch === 0 ? "before" : String(histogram.epoch), histogram,
          colour: () => gradual(i, moments.length),
        })));
    });
    const grid = element("div", { class: "grid wide" }, ...boxes);
    parts.push(number < 3 ? element("div", { style: "margin-bottom: 18px" }, grid)
      : element("details", {}, element("summary", {}, layer), grid));
  });
  return parts;
}

function percent(share) {
  return isNumber(share) ? `${numberText(100 * share, 3)}%` : "-";
}

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
    boxes.push(chartBox(`Pruning: ${metricTitle(name).toLowerCase()}`, (colours) => xyChart(colours, {
      x: { title: "weights removed, %", min: 0, max: 100 },
      y: { title: metricUnit(name) },
      datasets: [line(metricTitle(name), colours.series[0],
        points(known.map((point) => 100 * point.share), known.map((point) => point.values[name])),
        { pointRadius: 4 })],
    })));
  }
  if (boxes.length > 0) parts.push(element("div", { class: "grid" }, ...boxes));
  if (known.length > 0) {
    parts.push(about(`Weights are removed by the smallest ${posteriors.length > 0 ? "|μ| / σ"
      : "|w|"}, over all layers, of ${numberText(run.pruning.weights)}; measured on ` +
      `${numberText(run.pruning.examples)} test examples, with ` +
      `${numberText(run.pruning.samples)} ${run.pruning.samples === 1 ? "draw" : "draws"}.`));
  }
  if (posteriors.length > 0) {
    parts.push(table([{ title: "posterior" }, { title: "weights", number: true },
      { title: "KL, nats", number: true }, { title: "a weight", number: true },
      { title: "median |μ| / σ", number: true }, { title: "median σ", number: true },
      { title: "initial σ", number: true }, { title: "collapsed to the prior", number: true }],
    posteriors.map((p) => [p.name, numberText(p.weights), numberText(p.kl),
      numberText(p.kl / p.weights, 3), numberText(p.ratios[2], 3), numberText(p.median_sigma, 3),
      numberText(p.initial_sigma, 3), percent(p.collapsed)])));
  }
  return parts;
}

const phases = ["gather", "forward", "loss", "backward", "reduce", "update", "other"];

function profileSection(run) {
  const profile = run.profile;
  if (!profile || profile.steps === 0) return [];
  const rows = profile.rows.filter((row) => row.seconds > 0);
  const name = (row) => (row.layer ? `${row.phase}: ${row.layer}` : row.phase);
  return [about(`Of ${numberText(profile.steps)} steps of ${numberText(profile.examples_per_step)} ` +
    "examples, on rank 0."),
  chartBox("Time of a training step", (colours) => barsChart(colours, {
    names: rows.map(name), values: rows.map((row) => (1e3 * row.seconds) / profile.steps),
    fill: rows.map((row) => colours.series[Math.max(0, phases.indexOf(row.phase)) % colours.series.length]),
    unit: "ms a step",
  }), { height: 70 + 26 * rows.length }),
  element("details", {}, element("summary", {}, "In figures"), table([{ title: "work" },
    { title: "ms a step", number: true }, { title: "share", number: true },
    { title: "GFLOP/s", number: true }], rows.map((row) => [name(row),
    numberText((1e3 * row.seconds) / profile.steps, 3), percent(row.seconds / profile.seconds),
    row.flops > 0 ? numberText((1e-9 * row.flops) / row.seconds, 3) : "-"])))];
}
