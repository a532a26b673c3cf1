/* The tokens of a window as chips and tables. Part of llm-window. */

import {h} from "./dom.js";
import {MOST_TOKENS} from "./window-map.js";

const MOST_ROWS = 16;

/** The chip of the token at `place`: under it its places among the inputs
    (x) and targets (y) of the window from `start`, else its own place. */
export function chipInWindow(text, place, start, length) {
  const t = place - start;
  const roles = [];
  if (t >= 0 && t < length) roles.push(`x${t}`);
  if (t >= 1 && t <= length) roles.push(`y${t - 1}`);
  const kind = roles.map(role => role[0]).join("") || "outside";
  return h("li", {class: `chip ${kind}`},
    h("span", {class: "chip-text"}, text),
    h("small", {}, roles.join(" ") || String(place)));
}

function cells(tokens, from, length) {
  return tokens.slice(from, from + Math.min(length, MOST_TOKENS))
    .map(text => h("td", {}, text));
}

function row(name, tokens, from, length) {
  return h("tr", {},
    h("th", {scope: "row"}, name), cells(tokens, from, length));
}

/** Two rows, the window's inputs and below each its target. */
export function pairsTable(tokens, start, length) {
  return h("table", {}, h("tbody", {},
    row("inputs x", tokens, start, length),
    row("targets y", tokens, start + 1, length)));
}

function batchTable(tokens, windows, caption, shift, {length, stride}) {
  return h("table", {class: shift ? "y" : "x"},
    h("caption", {}, caption),
    h("tbody", {}, windows.slice(0, MOST_ROWS).map(i =>
      row(String(i), tokens, i * stride + shift, length))));
}

/** The inputs and the targets of batch number `b`, a row each window. */
export function batchTables(tokens, windows, b, settings) {
  const shape = `(${windows.length}, ${settings.length})`;
  return h("div", {class: "batch"},
    batchTable(tokens, windows, `Batch ${b}, inputs ${shape}`, 0, settings),
    batchTable(tokens, windows, `Batch ${b}, targets ${shape}`, 1, settings));
}
