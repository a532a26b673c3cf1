/* The picture of all windows: a row each, inputs above their targets, and
   below them how often each token is a target. Part of llm-window. */

import {svg} from "./dom.js";
import {timesTarget} from "./windows.js";

export const MOST_TOKENS = 80, MOST_WINDOWS = 24;
const LABEL = 44, ROW = 22, BAR = 8, STRIP = 46, DIGIT = 8;

function bar(kind, from, to, cell, y) {
  return svg("rect", {
    class: `bar ${kind}`, x: LABEL + from * cell, y, rx: 2,
    width: Math.max(to - from, 0) * cell, height: BAR});
}

function row(i, {nTokens, length, stride, chosen, cell, choose}) {
  const start = i * stride, y = ROW + i * ROW;
  const end = Math.min(start + length, nTokens);
  const endOfTargets = Math.min(start + length + 1, nTokens);
  const width = LABEL + nTokens * cell;
  return svg("g", {
    class: i === chosen ? "window chosen" : "window",
    onclick: () => choose(i)},
    svg("rect", {class: "back", x: 1, y: y - 1, width: width - 2,
      height: ROW - 2, rx: 4}),
    svg("text", {x: LABEL - 8, y: y + 13, class: "end"}, String(i)),
    bar("input", start, end, cell, y + 1),
    bar("target", start + 1, endOfTargets, cell, y + 10));
}

function ticks(nTokens, cell) {
  return Array.from({length: Math.ceil(nTokens / 5)}, (_, i) => svg("text", {
    x: LABEL + (5 * i + 0.5) * cell, y: 14, class: "mid"}, String(5 * i)));
}

/* Bars of the times each token is a target; 0 is an empty frame. */
function strip(times, top, cell) {
  const most = Math.max(...times, 1);
  return times.map((n, i) => {
    const height = n / most * 24;
    return svg("g", {},
      svg("rect", {class: n ? "times" : "times none",
        x: LABEL + i * cell + 1, y: top + 26 - Math.max(height, 3),
        width: cell - 2, height: Math.max(height, 3)}),
      String(n).length * DIGIT <= cell ? svg("text", {
        x: LABEL + (i + 0.5) * cell, y: top + 41, class: "mid"},
      String(n)) : null);
  });
}

/** An SVG picture of the windows.
    settings: {nTokens, length, stride, nWindows, chosen, choose, width} */
export function windowMap(settings) {
  const nTokens = Math.min(settings.nTokens, MOST_TOKENS);
  const nWindows = Math.min(settings.nWindows, MOST_WINDOWS);
  const {length, stride, width} = settings;
  const cell = Math.min(30, Math.max(12, (width - LABEL) / nTokens));
  const shown = {...settings, nTokens, cell};
  const rows = Array.from({length: nWindows}, (_, i) => i)
    .filter(i => i * stride + 1 < nTokens).map(i => row(i, shown));
  const top = ROW + rows.length * ROW + 4;
  const times = timesTarget(settings.nTokens, length, stride);
  const w = LABEL + nTokens * cell, h = top + STRIP;
  return svg("svg", {
    role: "img", width: w, height: h, viewBox: `0 0 ${w} ${h}`,
    "aria-label": `${settings.nWindows} windows over ${settings.nTokens} `
      + `tokens. Window i has the ${length} inputs from token `
      + `${stride} times i on; its targets lie one token later.`},
  ticks(nTokens, cell), rows,
  svg("text", {x: LABEL - 8, y: top + 20, class: "end"}, "times"),
  strip(times.slice(0, nTokens), top, cell));
}
