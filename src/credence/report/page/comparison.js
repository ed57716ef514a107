function summariesTable() {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.test)))];
  const of = (make) => runs.map((run) => (run.summary ? make(run.summary) : "-"));
  // What is known of a run that is not complete, too.
  const known = (name) => runs.map((run) => (run.summary || run.course)[name] || "-");
  const epochs = (run) => (run.summary ? numberText(run.summary.epochs)
    : partText(run.course.epochs_done, run.course.epochs));
  const rows = [
    ["Model", ...known("model")], ["Data", ...known("dataset")],
    ...names.map((name) => [`${metricTitle(name)}, test`, ...runs.map((run) => numberText(run.test[name]))]),
    ["Parameters", ...known("parameters").map((count) => (count === "-" ? count : numberText(count)))],
    ["Epochs", ...runs.map(epochs)], ["Seed", ...known("seed")],
    ["Training", ...of((s) => durationText(s.train_seconds))],
    ["Examples per second", ...of((s) => numberText(s.samples_per_sec, 3))],
    ["Ranks × threads", ...runs.map((run) => {
      const { ranks, threads_per_rank: threads } = run.summary || run.course;
      return ranks ? `${ranks} × ${threads}` : "-";
    })],
  ];
  return table([{ title: "" }, ...runs.map((run) => ({ title: run.name, number: true }))], rows);
}

/// Lines of the recipes that are not the same in all of them, under the keys above them.
function recipeDifferences() {
  const flat = runs.map((run) => {
    const found = new Map();
    const above = [];
    for (const text of run.config.split("\n")) {
      const match = /^( *)([^:#]+):(.*)$/.exec(text);
      if (!match) continue;
      const depth = match[1].length / 2;
      above.length = depth;
      above[depth] = match[2].trim().replace(/^- /, "");
      const value = match[3].trim();
      if (value) found.set(above.filter(Boolean).join("."), value);
    }
    return found;
  });
  const keys = [...new Set(flat.flatMap((found) => [...found.keys()]))].filter((key) =>
    flat.some((found) => found.get(key) !== flat[0].get(key)));
  if (keys.length === 0) return [];
  return [element("h3", {}, "Where the recipes differ"), table(
    [{ title: "" }, ...runs.map((run) => ({ title: run.name }))],
    keys.map((key) => [key, ...flat.map((found) => found.get(key) || "-")]))];
}

function comparison() {
  const classified = runs.filter((run) => run.classification);
  const covered = runs.filter((run) => run.regression && run.regression.coverage.length > 0);
  const boxes = [];
  if (classified.length > 1) boxes.push(...reliabilityBoxes(classified));
  if (covered.length > 1) boxes.push(coverageBox(covered));
  return [element("h2", { id: "side-by-side" }, "Side by side"), summariesTable(),
    ...recipeDifferences(), element("h3", {}, "Learning curves"), ...curvesSection(runs),
    ...(boxes.length > 0 ? [element("h3", {}, "Calibration"),
      element("div", { class: "grid wide" }, ...boxes)] : [])];
}
