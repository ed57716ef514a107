function isRight(example) {
  return example.truth === example.predicted;
}

function verdict(figures, example) {
  const predicted = `predicted ${figures.labels[example.predicted]}`;
  return isRight(example) ? `${predicted}, right`
    : `${predicted}, true ${figures.labels[example.truth]}`;
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
  const title = `Example ${example.index} (${density.why}): ${verdict(figures, example)}`;
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
      y: { title: "probability", min: 0, max: 1, ticks: { stepSize: 0.25 } }, intersect: true,
      datasets: [
        dots("draws of the weights", withAlpha(colours.series[1], 0.75), strip(density),
          { type: "scatter", order: 0, clip: 6 }),
        bars("mean", colours.series[0], (label) => label !== example.truth),
        bars("mean, true class", colours.series[2], (label) => label === example.truth),
      ],
    });
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
    ? `Each point is the probability that one of ${draws} draws of the weights gives a class; a ` +
      "bar is their mean, green for the true class. Scatter among the points is the uncertainty " +
      "of the weights; draws that agree on several classes show that of the data."
    : "The network has one set of weights: one point for each class.";
  return [about(text), element("div", { class: "grid wide" },
    ...densities.map((density) => densityBox(run.classification, density)))];
}

/// Examples in rows, each with what was predicted of it.
function pictures(figures, examples) {
  const lines = (example) => [`p ${numberText(example.probability, 3)}`,
    isRight(example) ? null : `p of true class ${numberText(example.truth_probability, 2)}`,
    `entropy ${numberText(example.predictive_entropy, 3)}`,
    `mutual inf. ${numberText(example.mutual_information, 2)}`];
  return element("div", { class: "pictures" }, ...examples.map((example) => element("div",
    { class: "picture-box" }, picture(example.image, `test example ${example.index}`),
    element("strong", {}, verdict(figures, example)),
    ...lines(example).filter(Boolean).map((text) => element("div", {}, text)),
    element("div", { class: "muted" }, `example ${example.index}`))));
}

function examplesSection(run) {
  const figures = run.classification;
  if (!figures) return [];
  const parts = [
    about("p: probability of the predicted class. Entropy: of the predictive distribution, in nats. " +
      "Mutual inf.: the part of it, in nats, on which draws of the weights disagree."),
    element("h3", {}, "Most uncertain, by predictive entropy"),
    pictures(figures, figures.most_uncertain),
    element("h3", {}, "Most wrong, by the probability of the true class"),
  ];
  parts.push(figures.most_wrong.length > 0 ? pictures(figures, figures.most_wrong)
    : about("No test example is predicted wrongly."));
  return parts;
}
