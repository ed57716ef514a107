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
      made.push(tile(metricTitle(name), numberText(value)));
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
