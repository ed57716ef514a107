// Okabe and Ito's colours, which the colour-blind tell apart; lighter ones on dark.
const palettes = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b7578f", "#b97f00", "#56b4e9", "#59636e"],
  dark: ["#56b4e9", "#e69f00", "#2fc39a", "#dc8fbc", "#f0e442", "#e8743b", "#a3abb3"],
};
// Viridis, without its ends, which are lost on dark and on light.
const viridis = {
  light: ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151"],
  dark: ["#7a5cc4", "#5b86c9", "#2fa3a8", "#4fc98a", "#d5e34a"],
};

function themeName() {
  return document.documentElement.dataset.theme;
}

/// What charts are coloured by, now.
function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    text: colour("--text"), muted: colour("--muted"), line: colour("--line"),
    background: colour("--background"), series: palettes[themeName()],
  };
}

function withAlpha(colour, alpha) {
  return colour + Math.round(255 * alpha).toString(16).padStart(2, "0");
}

/// A colour of a row of so many, from early to late.
function gradual(i, count) {
  const stops = viridis[themeName()];
  const place = count > 1 ? (i / (count - 1)) * (stops.length - 1) : 0;
  const at = Math.min(stops.length - 2, Math.floor(place));
  const part = place - at;
  const byte = (colour, channel) => parseInt(colour.slice(1 + 2 * channel, 3 + 2 * channel), 16);
  const mixed = [0, 1, 2].map((channel) =>
    Math.round((1 - part) * byte(stops[at], channel) + part * byte(stops[at + 1], channel)));
  return "#" + mixed.map((value) => value.toString(16).padStart(2, "0")).join("");
}

const charts = [];

/// A box with a title and a chart, which `make(theme)` describes to Chart.js.
function chartBox(title, make, { height = 250, label = title } = {}) {
  const canvas = element("canvas", { role: "img", "aria-label": label });
  charts.push({ canvas, make, chart: null });
  return element("figure", { class: "chart" }, title ? element("figcaption", {}, title) : null,
    element("div", { class: "plot", style: `height:${height}px` }, canvas));
}

function drawCharts() {
  for (const entry of charts) {
    if (entry.chart) entry.chart.destroy();
    entry.chart = new Chart(entry.canvas, entry.make(theme()));
  }
}

function axis(colours, title, more = {}) {
  const { ticks, ...others } = more;
  return {
    type: "linear",
    title: { display: Boolean(title), text: title, color: colours.text, font: { size: 12 } },
    grid: { color: withAlpha(colours.line, 0.6), borderColor: colours.muted },
    ...others,
    ticks: { color: colours.muted, maxRotation: 0, autoSkipPadding: 12,
             callback: (value) => tickText(value), ...ticks },
  };
}

function tickText(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return value.toLocaleString("en-US", { notation: "compact" });
  if (size !== 0 && size < 1e-4) return value.toExponential(1);
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/// An entry of a legend, marked as its data are drawn: by a line, a point or a bar. What Chart.js
/// strokes is a box 22 wide and 1 high.
function marked(dataset, item) {
  if (dataset.showLine) return item;
  const stroke = dataset.type === "bar" ? { lineDash: [14, 32], lineDashOffset: -4 }
    : { lineCap: "round", lineDash: [0.01, 45.99], lineDashOffset: -11 };
  return { ...item, ...stroke, lineWidth: 7, fillStyle: "transparent",
           strokeStyle: dataset.backgroundColor };
}

/// Of an axis with powers of ten: 1, 2 and 5 of each.
function decadeText(value) {
  return /^[125](e|$)/.test(value.toExponential()) ? tickText(value) : "";
}

/// Several datasets may share a label: one entry of the legend stands for them all.
function legend(colours, shown) {
  const firstOf = (data, label) => data.datasets.findIndex((other) => other.label === label);
  return {
    display: shown, position: "bottom",
    labels: {
      color: colours.text, boxWidth: 22, boxHeight: 1, padding: 10, font: { size: 12 },
      generateLabels: (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart)
        .map((item) => marked(chart.data.datasets[item.datasetIndex], item)),
      filter: (item, data) => item.text && firstOf(data, item.text) === item.datasetIndex,
    },
    onClick: (event, item, owner) => {
      const chart = owner.chart;
      const visible = chart.isDatasetVisible(item.datasetIndex);
      chart.data.datasets.forEach((dataset, i) => {
        if (dataset.label === item.text) chart.setDatasetVisibility(i, !visible);
      });
      chart.update();
    },
  };
}

/// A chart of points (x, y). `x`, `y`: {title, ...axis options}.
function xyChart(colours, { x, y, datasets, intersect = false, named = false }) {
  const { title: xTitle, ...xMore } = x;
  const { title: yTitle, ...yMore } = y;
  return {
    type: "scatter",
    data: { datasets },
    options: {
      responsive: true, maintainAspectRatio: false, animation: false,
      layout: { padding: { top: 6, right: 6 } },
      interaction: { mode: "nearest", intersect, axis: "xy" },
      scales: { x: axis(colours, xTitle, xMore), y: axis(colours, yTitle, yMore) },
      plugins: {
        legend: legend(colours, named || new Set(datasets.map((dataset) => dataset.label)).size > 1),
        tooltip: {
          filter: (item) => Boolean(item.dataset.label),
          callbacks: {
            label: (item) => `${item.dataset.label}: ${numberText(item.parsed.x)}, ` +
              `${numberText(item.parsed.y)}`,
          },
        },
      },
    },
  };
}

function points(xs, ys) {
  return xs.map((x, i) => ({ x, y: isNumber(ys[i]) ? ys[i] : NaN }));
}

function line(label, colour, data, more = {}) {
  return {
    label, data, showLine: true, borderColor: colour, backgroundColor: colour, borderWidth: 2,
    pointRadius: data.length > 40 ? 0 : 2.5, pointHoverRadius: 5, ...more,
  };
}

/// Points without a line.
function dots(label, colour, data, more = {}) {
  return { label, data, backgroundColor: colour, borderColor: colour, borderWidth: 0,
           pointRadius: 2.2, ...more };
}

/// Lines from (x, lower) to (x, upper).
function intervals(label, colour, xs, lower, upper, more = {}) {
  const data = xs.flatMap((x, i) => [{ x, y: lower[i] }, { x, y: upper[i] }, { x, y: NaN }]);
  return line(label, colour, data, { pointRadius: 0, pointHoverRadius: 0, borderWidth: 1.5, ...more });
}

function diagonal(colours, from, to, label) {
  return line(label, colours.muted, [{ x: from, y: from }, { x: to, y: to }],
    { borderDash: [5, 5], borderWidth: 1.5, pointRadius: 0 });
}

/// Bars from the left, one for each name.
function barsChart(colours, { names, values, fill, unit }) {
  return {
    type: "bar",
    data: { labels: names, datasets: [{ data: values, backgroundColor: fill, label: unit,
                                        maxBarThickness: 22 }] },
    options: {
      indexAxis: "y", responsive: true, maintainAspectRatio: false, animation: false,
      scales: {
        x: axis(colours, unit, { beginAtZero: true }),
        y: axis(colours, "", { type: "category", grid: { display: false },
                               ticks: { callback(value) { return this.getLabelForValue(value); },
                                        autoSkip: false } }),
      },
      plugins: { legend: { display: false } },
    },
  };
}
