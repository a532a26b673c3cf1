/* The pictures of the position explorer: the heat map of a table and the
   curve of the products by distance. */

import {h, svg} from "./dom.js";

function colour(element, name) {
  const text = getComputedStyle(element).getPropertyValue(name).trim();
  return [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16));
}

/* Between `cold` at -1, `zero` at 0 and `warm` at 1, by the square root of
   the size: small values stay visible. */
function mix(value, {cold, zero, warm}) {
  const end = value < 0 ? cold : warm;
  const share = Math.sqrt(Math.min(Math.abs(value), 1));
  return end.map((part, i) => zero[i] + share * (part - zero[i]));
}

export class HeatMap {
  /** onpick(position): the reader pressed on a column. */
  constructor(onpick) {
    this.canvas = h("canvas", {role: "img", onpointerdown: event => {
      const box = this.canvas.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      onpick(Math.floor(share * this.canvas.width));
    }});
    this.marks = ["m", "n"].map(name => h("div", {
      class: `mark ${name}`, "aria-hidden": "true"}, h("span", {}, name)));
    this.low = h("span", {});
    this.high = h("span", {});
    this.ends = h("span", {});
    this.box = h("div", {class: "heat"},
      h("div", {class: "heat-frame"}, this.canvas, this.marks),
      h("div", {class: "heat-axis"}, h("span", {}, "position 0"), this.ends),
      h("div", {class: "heat-key"}, this.low,
        h("span", {class: "ramp", "aria-hidden": "true"}), this.high));
  }

  draw(table, label) {
    const n = table.length, width = table[0].length;
    const size = Math.max(...table.map(row => Math.max(...row.map(Math.abs))));
    const ends = {};
    for (const name of ["cold", "zero", "warm"]) {
      ends[name] = colour(this.box, `--${name}`);
    }
    Object.assign(this.canvas, {width: n, height: width});
    const image = new ImageData(n, width);
    table.forEach((row, t) => row.forEach((value, i) => {
      image.data.set([...mix(value / size, ends), 255], 4 * (i * n + t));
    }));
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.canvas.setAttribute("aria-label", label);
    this.ends.textContent = n - 1;
    this.low.textContent = `−${size.toFixed(2)}`;
    this.high.textContent = `+${size.toFixed(2)}`;
  }

  mark(positions, n) {
    positions.forEach((position, i) => {
      this.marks[i].style.left = `${100 * (position + 0.5) / n}%`;
    });
  }
}

const HEIGHT = 190, LEFT = 40, TOP = 12, BOTTOM = 40, RIGHT = 12;

/* A round step that gives at most five ticks up to `end`. */
function tickStep(end) {
  const rough = end / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find(each => each * power >= rough);
}

/** The curve as SVG of `width` px. products: of `productsByDistance`; at:
    {distance, product} of the two positions; window: where the trained
    window ends, if that is inside. */
export function curve(width, {products, at, window, label}) {
  const {low, mean, high} = products;
  const n = mean.length, top = Math.max(1, ...high);
  const bottom = Math.min(-0.25, ...low);
  const inner = width - LEFT - RIGHT, tall = HEIGHT - TOP - BOTTOM;
  const x = distance => LEFT + inner * distance / Math.max(n - 1, 1);
  const y = value => TOP + tall * (top - value) / (top - bottom);
  const point = (value, d) => `${x(d).toFixed(1)},${y(value).toFixed(1)}`;
  const forth = high.map(point), back = low.map(point).reverse();
  const step = Math.max(1, tickStep(n - 1));
  const ticks = [];
  for (let d = 0; d < n; d += step) ticks.push(d);
  return svg("svg", {width, height: HEIGHT, role: "img", "aria-label": label,
    viewBox: `0 0 ${width} ${HEIGHT}`},
  [0, 0.5, 1].filter(value => value <= top).map(value => [
    svg("line", {class: "grid", x1: LEFT, x2: width - RIGHT,
      y1: y(value), y2: y(value)}),
    svg("text", {class: "end", x: LEFT - 6, y: y(value) + 4}, value)]),
  ticks.map(d => svg("text", {class: "mid", x: x(d), y: HEIGHT - 22}, d)),
  svg("text", {class: "mid", x: LEFT + inner / 2, y: HEIGHT - 5},
    "distance in tokens"),
  window ? [
    svg("line", {class: "window", x1: x(window), x2: x(window), y1: TOP,
      y2: TOP + tall}),
    svg("text", {class: "end", x: x(window) - 5, y: TOP + 10}, "trained"),
  ] : null,
  svg("polygon", {class: "band", points: [...forth, ...back].join(" ")}),
  svg("polyline", {class: "line", points: mean.map(point).join(" ")}),
  svg("circle", {class: "now", r: 5, cx: x(at.distance),
    cy: y(at.product)}));
}
