/// Leaves of a tree of objects, by dotted name.
function leaves(tree, prefix = "") {
  return Object.entries(tree || {}).flatMap(([name, value]) =>
    (value !== null && typeof value === "object" && !Array.isArray(value)
      ? leaves(value, `${prefix}${name}.`)
      : [[prefix + name, Array.isArray(value) ? value.join(" ") : value]]));
}

function environmentText(name, value) {
  if (value === null || value === "") return "-";
  if (name.endsWith("_bytes") && isNumber(value)) return bytesText(value);
  return String(value);
}

function machineTable(run) {
  return table([{ title: "" }, { title: "" }], leaves(run.environment).map(
    ([name, value]) => [name, environmentText(name, value)]));
}

function tiles(run) {
  const s = run.summary;
  const made = Object.entries(run.test).map(([name, value]) =>
    tile(metricTitle(name), numberText(value), metricUnit(name).startsWith("nats") ? "nats" : ""));
  if (s) {
    made.push(tile("Parameters", numberText(s.parameters)),
      tile("Training", durationText(s.train_seconds)),
      tile("Throughput", numberText(s.samples_per_sec, 3), "examples/s"),
      tile("Ranks × threads", `${s.ranks} × ${s.threads_per_rank}`, s.device),
      tile("Peak memory", bytesText(s.peak_rss_bytes)));
    for (const [name, value] of Object.entries(s.inference)) {
      made.push(tile(name.replaceAll("_", " "), numberText(value)));
    }
  }
  return element("div", { class: "tiles" }, ...made);
}

/// What a run was, in a sentence.
function lead(run) {
  const s = run.summary;
  const when = run.environment && run.environment.time ? run.environment.time.replace("T", " ") : "";
  const parts = s ? [`${s.model} on ${s.dataset}`, `${numberText(s.epochs)} epochs`,
    `seed ${s.seed}`, `Credence ${s.version}`] : ["This run has no summary: it has not ended, or failed"];
  if (run.samples > 1) parts.push(`tested with ${run.samples} draws of the weights`);
  if (when) parts.push(when.replace("Z", " UTC"));
  return about(parts.join(" · "));
}

// A section: [title, the sections whose notes it shows, what makes it]. One that makes nothing and
// has no note is left out.
const sections = [
  ["Learning curves", ["curves"], (run) => curvesSection([run])],
  ["Calibration and confusion", ["test"], testSection],
  ["Predictions and errors", [], regressionSection],
  ["Predictive densities", [], densitiesSection],
  ["Examples", [], examplesSection],
  ["Posterior", ["posterior"], posteriorSection],
  ["KL and pruning", ["diagnostics"], diagnosticsSection],
  ["Where the time of a step went", ["profile"], profileSection],
];

function runParts(run, number) {
  const notesOf = (names) => run.notes.filter((note) => names.includes(note.section)).map((note) =>
    element("div", { class: "note" }, `Not available: ${note.says}`));
  const contents = [];
  for (const [title, names, make] of sections) {
    const parts = [...notesOf(names), ...make(run)];
    if (parts.length > 0) {
      contents.push({ title, id: `run${number}-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`, parts });
    }
  }
  const links = element("nav", { "aria-label": `sections of ${run.name}` },
    ...contents.map(({ title, id }) => element("a", { href: `#${id}` }, title)));
  return [lead(run), ...notesOf(["summary"]), tiles(run),
    element("details", {}, element("summary", {}, "Recipe, with every default"),
      element("pre", {}, run.config)),
    element("details", {}, element("summary", {}, "Machine and build"), machineTable(run)),
    links,
    ...contents.flatMap(({ title, id, parts }) => [element("h2", { id }, title), ...parts])];
}

function summariesTable() {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.test)))];
  const of = (make) => runs.map((run) => (run.summary ? make(run.summary) : "-"));
  const rows = [
    ["model", ...of((s) => s.model)], ["data", ...of((s) => s.dataset)],
    ...names.map((name) => [`test: ${metricTitle(name)}`, ...runs.map((run) => numberText(run.test[name]))]),
    ["parameters", ...of((s) => numberText(s.parameters))],
    ["epochs", ...of((s) => numberText(s.epochs))], ["seed", ...of((s) => String(s.seed))],
    ["training", ...of((s) => durationText(s.train_seconds))],
    ["examples a second", ...of((s) => numberText(s.samples_per_sec, 3))],
    ["ranks × threads", ...of((s) => `${s.ranks} × ${s.threads_per_rank}`)],
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

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  document.querySelector("button.theme").textContent = name === "dark" ? "Light" : "Dark";
}

function start() {
  const main = document.getElementById("report");
  const several = runs.length > 1;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = element("button", { class: "theme", type: "button", "aria-label": "switch colours" });
  main.append(element("header", { class: "top" }, element("div", {},
    element("h1", {}, several ? `${runs.length} runs` : runs[0].name),
    element("div", { class: "muted" }, several ? runs.map((run) => run.name).join(", ")
      : runs[0].path)), button));
  setTheme(dark.matches ? "dark" : "light");
  if (several) {
    main.append(element("nav", { "aria-label": "runs" },
      element("a", { href: "#side-by-side" }, "Side by side"),
      ...runs.map((run, i) => element("a", { href: `#run${i}` }, run.name))), ...comparison());
    runs.forEach((run, i) => main.append(element("section", { class: "run", id: `run${i}` },
      element("h2", {}, run.name), ...runParts(run, i))));
  } else {
    main.append(...runParts(runs[0], 0));
  }
  drawCharts();
  button.addEventListener("click", () => {
    setTheme(themeName() === "dark" ? "light" : "dark");
    drawCharts();
  });
  dark.addEventListener("change", (event) => {
    setTheme(event.matches ? "dark" : "light");
    drawCharts();
  });
  printing();
}

/// On paper all is light, and nothing is folded away.
function printing() {
  let before = null;
  let folded = [];
  addEventListener("beforeprint", () => {
    before = themeName();
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
    setTheme("light");
    drawCharts();
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
    setTheme(before);
    drawCharts();
  });
}

start();
