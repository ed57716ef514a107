const phases = ["gather", "forward", "loss", "backward", "reduce", "update", "other"];

function profileSection(run) {
  const profile = run.profile;
  if (!profile || profile.steps === 0) return [];
  const rows = profile.rows.filter((row) => row.seconds > 0);
  const shown = rows.filter((row) => row.seconds > 1e-3 * profile.seconds);
  const name = (row) => (row.layer ? `${row.phase}: ${row.layer}` : row.phase);
  return [about(`Of ${numberText(profile.steps)} steps of ${numberText(profile.examples_per_step)} ` +
    "examples, on rank 0."),
  chartBox("Time of a training step", (colours) => barsChart(colours, {
    names: shown.map(name), values: shown.map((row) => (1e3 * row.seconds) / profile.steps),
    fill: shown.map((row) => colours.series[Math.max(0, phases.indexOf(row.phase)) % colours.series.length]),
    unit: "ms per step",
  }), { height: 70 + 26 * shown.length }),
  element("details", {}, element("summary", {}, "In figures"), table([{ title: "work" },
    { title: "ms per step", number: true }, { title: "share", number: true },
    { title: "GFLOP/s", number: true }], rows.map((row) => [name(row),
    numberText((1e3 * row.seconds) / profile.steps, 3), percent(row.seconds / profile.seconds),
    row.flops > 0 ? numberText((1e-9 * row.flops) / row.seconds, 3) : "-"])))];
}
