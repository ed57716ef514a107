/// Leaves of a tree of objects, by dotted name; in a list of objects each has its number.
function leaves(tree, prefix = "") {
  const isTree = (value) => value !== null && typeof value === "object";
  return Object.entries(tree || {}).flatMap(([name, value]) => {
    if (Array.isArray(value) && !value.some(isTree)) return [[prefix + name, value.join(" ")]];
    return isTree(value) ? leaves(value, `${prefix}${name}.`) : [[prefix + name, value]];
  });
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

/// "3 of 10", or "3" if it is not known of how many.
function partText(done, all) {
  return all > 0 ? `${numberText(done)} of ${numberText(all)}` : numberText(done);
}

/// How far a run has come that is not complete.
function incompleteNote(run) {
  const { member, step, steps, epoch, epochs, has_ended: hasEnded } = run.course;
  const of = member > 0 ? `member ${member}, ` : "";
  const place = hasEnded ? "it is trained, but was not tested to the end"
    : `it has come to ${of}step ${partText(step, steps)}, epoch ${partText(epoch, epochs)}`;
  return element("div", { class: "note" },
    `Not complete: ${place}. It is under way, or was cut short.`);
}

/// Of a complete run that is tested with other weights than its last.
function otherWeightsNote(run) {
  if (!run.summary || !run.weights) return [];
  const step = Number(run.weights.replace(/\D+/g, ""));
  return step === run.summary.steps ? [] : [element("div", { class: "note" },
    `The weights here are of step ${numberText(step)}, not of the end, ` +
    `step ${numberText(run.summary.steps)}.`)];
}

/// What a run was, in a sentence.
function lead(run) {
  const s = run.summary;
  const when = run.environment && run.environment.time ? run.environment.time.replace("T", " ") : "";
  const parts = s ? [`${s.model} on ${s.dataset}`, `${numberText(s.epochs)} epochs`,
    `seed ${s.seed}`, `Credence ${s.version}`] : [run.course.model ? `${run.course.model} on ${run.course.dataset}` : "not begun"];
  if (run.weights) parts.push(`weights of ${run.weights.replace(".safetensors", "")}`);
  if (run.samples > 1) parts.push(`tested with ${run.samples} draws of the weights`);
  if (when) parts.push(when.replace("Z", " UTC"));
  return about(parts.join(" · "));
}
