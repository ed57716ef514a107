"use strict";
const report = JSON.parse(document.getElementById("figures").textContent);
const runs = report.runs;

/// An element with attributes, and children that are elements or text.
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/// "0.9876", "1.2e-5", "149,210"; "-" of what is no number.
function numberText(value, digits = 4) {
  if (!isNumber(value)) return "-";
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1e3) return Number(value.toPrecision(Math.max(digits, 4))).toLocaleString("en-US");
  if (size < 1e-4) return value.toExponential(Math.max(0, digits - 2));
  return String(Number(value.toPrecision(digits)));
}

function percent(share) {
  return isNumber(share) ? `${numberText(100 * share, 3)}%` : "-";
}

function durationText(seconds) {
  if (!isNumber(seconds)) return "-";
  if (seconds < 60) return `${numberText(seconds, 3)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

function bytesText(bytes) {
  if (!isNumber(bytes)) return "-";
  let power = 0;
  for (; bytes >= 1024 && power < 4; power += 1) bytes /= 1024;
  return `${numberText(bytes, 3)} ${["bytes", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

/// Rows of cells, the first of each its name. `columns`: {title, number}.
function table(columns, rows) {
  const kind = (i) => (columns[i].number ? { class: "number" } : {});
  const cell = (content, i) => element(i === 0 ? "th" : "td", kind(i), content);
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {},
      ...columns.map((column, i) => element("th", { ...kind(i), scope: "col" }, column.title)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell))))));
}

function tile(name, value, unit) {
  return element("div", { class: "tile" }, element("div", { class: "name" }, name),
    element("div", { class: "value" }, value,
      unit ? element("span", { class: "unit" }, unit) : null));
}

function about(text) {
  return element("p", { class: "about" }, text);
}

/// The picture of an example; null if it has none.
function picture(image, label) {
  if (!image) return null;
  const canvas = element("canvas",
    { class: "picture", width: image.width, height: image.height, role: "img", "aria-label": label });
  const bytes = Uint8Array.from(atob(image.pixels), (letter) => letter.charCodeAt(0));
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(image.width, image.height);
  for (let i = 0; i < image.width * image.height; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      pixels.data[4 * i + channel] = bytes[i * image.channels + channel % image.channels];
    }
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function metricTitle(name) {
  const known = report.metrics[name];
  return known ? known.title : name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}
/// What stands on its axis.
function metricUnit(name) {
  return (report.metrics[name] || {}).unit || withinSentence(metricTitle(name));
}
/// "brier score", but "KL from the prior".
function withinSentence(title) {
  return /^.[A-Z]/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1);
}
