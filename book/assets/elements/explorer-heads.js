/* Attention, drawn: all heads small, one large with a cursor that speaks,
   and the same numbers as a table. Colours run with the square root of the
   weight; a cell that is masked shows the hatching behind the picture. */

import { announce, h } from "./dom.js";

const LABEL = 12;          // pixels, the smallest text
const LINE = 14;           // pixels that a label needs
const TOP = 8;             // pixels above the first row, half a label
const NUMBERS_UP_TO = 8;   // tokens: so few leave room for numbers
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
                ArrowRight: [0, 1] };

/** A token as a voice should say it. */
export function spoken(word) {
  return word.replace(/␣/g, " ").trim() || word.replace(/␣/g, "space ");
}

/* The colours of the weights, by the square root in 256 levels: as pixels,
   as CSS, and whether black can be read on them. */
function colours(node) {
  const style = getComputedStyle(node);
  const read = (name) => style.getPropertyValue(name).trim();
  const [from, to] = [read("--map-0"), read("--map-1")].map(
    (hex) => hex.match(/[0-9a-f]{2}/gi).map((x) => parseInt(x, 16)));
  const levels = Array.from({ length: 256 }, (_, level) => from.map(
    (low, i) => Math.round(low + ((to[i] - low) * level) / 255)));
  return {
    text: read("--map-text"),
    pixels: Uint32Array.from(levels, ([r, g, b]) =>
      (255 << 24) | (b << 16) | (g << 8) | r),
    css: levels.map((rgb) => `rgb(${rgb})`),
    light: levels.map(([r, g, b]) => 0.3 * r + 0.59 * g + 0.11 * b > 140),
  };
}

function level(weight) { return Math.round(255 * Math.sqrt(weight)); }

/** The part of the explorer that shows attention; `node` is its element. */
export class Heads {
  constructor(changed) {
    this.changed = changed;
    this.layer = this.head = this.query = this.key = 0;
    this.grid = h("div", { class: "heads" });
    this.canvas = h("canvas", {
      class: "map", tabindex: "0", role: "application",
      "aria-roledescription": "heat map",
      onclick: (event) => this.point(event),
      onkeydown: (event) => this.move(event),
    });
    this.readout = h("p", { class: "map-readout" });
    this.title = h("p", { class: "panel-title" });
    this.rows = h("tbody");
    this.caption = h("caption");
    this.node = h("div", { class: "attention" },
      this.grid, this.title,
      h("p", { class: "muted map-key" },
        h("span", { class: "ramp", "aria-hidden": "true" }),
        " weight 0, 0.25, 1 from left to right ",
        h("span", { class: "hatch", "aria-hidden": "true" }),
        " later tokens, which are masked"),
      h("div", { class: "map-frame" }, this.canvas),
      this.readout,
      this.details = h("details", { class: "fold",
                                    ontoggle: () => this.fillTable() },
        h("summary", {}, "The same row as a table"),
        h("div", { class: "fold-body table-frame", tabindex: "0",
                   role: "region", "aria-label": "Attention weights" },
          h("table", {}, this.caption,
            h("thead", {}, h("tr", {},
              ...["Position", "Token", "Weight"].map(
                (name) => h("th", { scope: "col" }, name)))),
            this.rows))));
  }

  /** maps: (L, H, T, T) as one array; words: what to show of each token */
  update({ maps, words, layers, heads }) {
    const grown = words.length !== this.words?.length;
    Object.assign(this, { maps, words, layers, heads, n: words.length });
    this.layer = Math.min(this.layer, layers - 1);
    this.head = Math.min(this.head, heads - 1);
    if (grown || this.query >= this.n) {
      this.query = this.n - 1;
      this.key = this.strongest();
    }
    this.draw();
  }

  weight(layer, head, query, key) {
    const { n, heads } = this;
    return this.maps[((layer * heads + head) * n + query) * n + key];
  }

  /* The key to which the query gives most. */
  strongest() {
    const { layer, head, query, n, heads } = this;
    const from = ((layer * heads + head) * n + query) * n;
    const row = this.maps.subarray(from, from + query + 1);
    return row.indexOf(Math.max(...row));
  }

  /** "L1 H2" */
  get name() { return `L${this.layer + 1} H${this.head + 1}`; }

  draw() {
    if (!this.maps || !this.node.isConnected) return;
    this.colours = colours(this.node);
    this.drawSmall();
    this.drawLarge();
    this.tell(false);
  }

  /* --- all heads --- */

  drawSmall() {
    const { layers, heads, grid } = this;
    if (grid.childElementCount !== layers * heads) {
      grid.style.setProperty("--heads", Math.min(heads, 6));
      grid.replaceChildren(...Array.from(
        { length: layers * heads }, (_, i) => this.smallHead(i)));
    }
    [...grid.children].forEach((button, i) => {
      const layer = Math.floor(i / heads), head = i % heads;
      const chosen = layer === this.layer && head === this.head;
      button.setAttribute("aria-pressed", String(chosen));
      this.paint(button.querySelector("canvas"), layer, head);
    });
  }

  smallHead(i) {
    const layer = Math.floor(i / this.heads), head = i % this.heads;
    return h("button", {
      type: "button", class: "small-head",
      "aria-label": `L${layer + 1} H${head + 1}, layer ${layer + 1}, `
        + `head ${head + 1}`,
      onclick: () => this.choose(layer, head),
    }, h("canvas", { "aria-hidden": "true" }),
    h("span", { "aria-hidden": "true" }, `L${layer + 1} H${head + 1}`));
  }

  choose(layer, head) {
    Object.assign(this, { layer, head });
    this.key = this.strongest();
    this.draw();
    this.tell(true);
    this.changed();
  }

  /* A pixel for each cell; what is masked stays clear. */
  paint(canvas, layer, head) {
    const { n } = this;
    canvas.width = canvas.height = n;
    const image = new ImageData(n, n);
    const cells = new Uint32Array(image.data.buffer);
    const { pixels } = this.colours;
    for (let q = 0; q < n; q++) {
      for (let k = 0; k <= q; k++) {
        cells[q * n + k] = pixels[level(this.weight(layer, head, q, k))];
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /* --- one head --- */

  drawLarge() {
    const { canvas, n, words } = this;
    const room = Math.max(260, canvas.parentElement.clientWidth - 4);
    const longest = Math.max(...words.map((word) => word.length));
    const side = Math.min(110, 8 * longest + 10);
    const cell = Math.max(5, Math.min(44, Math.floor((room - side) / n)));
    Object.assign(this, { side, cell });
    const pen = this.sized(side + n * cell, TOP + n * cell + side);
    canvas.style.setProperty("--cells", `${n * cell}px`);
    pen.font = `${LABEL}px ${getComputedStyle(canvas).fontFamily}`;
    pen.textBaseline = "middle";
    pen.textRendering = "optimizeSpeed";   // no ligatures
    this.drawCells(pen);
    this.drawLabels(pen);
    this.drawCursor(pen);
    this.title.textContent = `Layer ${this.layer + 1}, head ${this.head + 1}`;
    canvas.setAttribute("aria-label",
      `Attention of layer ${this.layer + 1}, head ${this.head + 1}: a row `
      + "for each token that looks, a column for each token it may look at. "
      + "Arrow keys move the cursor.");
  }

  /* A pen for the large canvas, in CSS pixels, the first row at 0. */
  sized(width, height) {
    const { canvas } = this, ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.translate(0, TOP);
    return pen;
  }

  drawCells(pen) {
    const { side, cell, n } = this, gap = cell > 8 ? 1 : 0;
    const { css } = this.colours;
    for (let q = 0; q < n; q++) {
      pen.fillStyle = css[0];
      pen.fillRect(side, q * cell, (q + 1) * cell, cell);
      for (let k = 0; k <= q; k++) {
        const weight = this.weight(this.layer, this.head, q, k);
        pen.fillStyle = css[level(weight)];
        pen.fillRect(side + k * cell, q * cell, cell - gap, cell - gap);
        if (n <= NUMBERS_UP_TO) this.drawNumber(pen, weight, q, k);
      }
    }
  }

  drawNumber(pen, weight, q, k) {
    const { side, cell } = this;
    pen.fillStyle = this.colours.light[level(weight)] ? "#000" : "#fff";
    pen.textAlign = "center";
    pen.fillText(weight.toFixed(2), side + (k + 0.5) * cell,
                 (q + 0.5) * cell);
  }

  /* Every token where there is room, else some, and always the cursor's. */
  drawLabels(pen) {
    const { side, cell, n, words } = this;
    const step = Math.ceil(LINE / cell);
    const shown = (i, at) => i === at
      || (i % step === 0 && Math.abs(i - at) >= step);
    pen.fillStyle = this.colours.text;
    pen.textAlign = "right";
    for (let q = 0; q < n; q++) {
      if (!shown(q, this.query)) continue;
      pen.fillText(words[q], side - 6, (q + 0.5) * cell, side - 8);
    }
    pen.save();
    pen.translate(side, n * cell + 6);
    pen.rotate(Math.PI / 2);
    pen.textAlign = "left";
    for (let k = 0; k < n; k++) {
      if (!shown(k, this.key)) continue;
      pen.fillText(words[k], 0, -(k + 0.5) * cell, side - 8);
    }
    pen.restore();
  }

  drawCursor(pen) {
    const { side, cell } = this, x = side + this.key * cell;
    const y = this.query * cell;
    pen.lineWidth = 4;
    pen.strokeStyle = this.colours.css[0];
    pen.strokeRect(x - 1, y - 1, cell + 1, cell + 1);
    pen.lineWidth = 2;
    pen.strokeStyle = this.colours.text;
    pen.strokeRect(x - 1, y - 1, cell + 1, cell + 1);
  }

  /* --- the cursor --- */

  point(event) {
    const x = event.offsetX - this.side, y = event.offsetY - TOP;
    const key = Math.floor(x / this.cell), query = Math.floor(y / this.cell);
    if (key < 0 || query < 0 || query >= this.n || key > query) return;
    this.put(query, key);
  }

  move(event) {
    const { key, ctrlKey, altKey, metaKey } = event;
    if (ctrlKey || altKey || metaKey) return;
    if (key === "Home") this.put(this.query, 0);
    else if (key === "End") this.put(this.query, this.query);
    else if (MOVES[key]) {
      const [down, right] = MOVES[key];
      this.put(this.query + down, this.key + right);
    } else return;
    event.preventDefault();
  }

  put(query, key) {
    this.query = Math.max(0, Math.min(this.n - 1, query));
    this.key = Math.max(0, Math.min(this.query, key));
    this.drawLarge();
    this.tell(true);
    this.changed();
  }

  /* The cell under the cursor in words, and its row as a table. */
  tell(aloud) {
    const { words, query, key, layer, head } = this;
    const weight = this.weight(layer, head, query, key).toFixed(2);
    this.readout.replaceChildren(
      h("code", {}, words[query]), ` (position ${query + 1}) looks at `,
      h("code", {}, words[key]), ` (position ${key + 1}): `,
      h("strong", {}, weight));
    if (aloud) {
      announce(`'${spoken(words[query])}' looks at `
        + `'${spoken(words[key])}' ${weight}`);
    }
    this.fillTable();
  }

  fillTable() {
    if (!this.details.open) return;
    const { words, query, layer, head } = this;
    this.caption.textContent =
      `Where ${words[query]} (position ${query + 1}) looks, ${this.name}`;
    this.rows.replaceChildren(...words.slice(0, query + 1).map((word, k) =>
      h("tr", {}, h("td", {}, String(k + 1)), h("td", {}, h("code", {}, word)),
        h("td", {}, this.weight(layer, head, query, k).toFixed(3)))));
  }
}
