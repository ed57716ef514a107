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
  ["Time of a step", ["profile"], profileSection],
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
  return [lead(run), ...(run.summary ? [] : [incompleteNote(run)]),
    ...otherWeightsNote(run), ...notesOf(["summary"]),
    tiles(run),
    element("details", {}, element("summary", {}, "Recipe, with every default"),
      element("pre", {}, run.config)),
    element("details", {}, element("summary", {}, "Machine and build"), machineTable(run)),
    links,
    ...contents.flatMap(({ title, id, parts }) => [element("h2", { id }, title), ...parts])];
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

/// On paper all is light and sharp, and nothing is folded away.
function printing() {
  let before = null;
  let folded = [];
  const resolution = Chart.defaults.devicePixelRatio;
  addEventListener("beforeprint", () => {
    before = themeName();
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
    setTheme("light");
    Chart.defaults.devicePixelRatio = 3;
    drawCharts();
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
    setTheme(before);
    Chart.defaults.devicePixelRatio = resolution;
    drawCharts();
  });
}

start();
