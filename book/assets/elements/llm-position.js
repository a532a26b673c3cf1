/* The position explorer: a learned table, sinusoids and rotations; the
   product of two positions, and of all pairs by distance.

   config: {kind, base, width, window, method, factor, first, second}, all
   optional; kind: sinusoidal, learned or rotary; method (rotary): none, pi,
   ntk or yarn; window: tokens that the model was trained on, factor times as
   many are shown.
   Facts for tasks:
     kind, method, base, width, window, factor
     distance, product   of the two positions
     spread              largest less smallest product at this distance
     turning             pairs that turn once or more in the trained window
     fastest, slowest    tokens that a whole turn takes
     slowed_neighbours   the fastest pair is slower than without a method */

import {announce, asset, h, read} from "./dom.js";
import {Dial, choice} from "./dial.js";
import {HeatMap, curve} from "./position-view.js";
import {
  dot, extended, learnedTable, productsByDistance, rotaryFrequencies,
  rotaryTable, sinusoidalTable, vectors,
} from "./positions.js";
import {tasks} from "./tasks.js";

const KINDS = {
  sinusoidal: "Sinusoidal", learned: "Learned", rotary: "Rotary",
};
const METHODS = {
  none: "None", pi: "Interpolation", ntk: "NTK-aware", yarn: "YaRN",
};
const BASES = [100, 1e3, 1e4, 1e5, 5e5, 1e6];
const WIDTHS = Array.from({length: 63}, (_, i) => 4 + 2 * i);
const WINDOWS = [32, 64, 96, 128, 256];
const FACTORS = [1, 2, 4, 8];
const PAUSE = 700;   // milliseconds without a change, then it is said
const SHOWN = 8;     // features in the table of numbers

const whole = value => Math.round(value).toLocaleString("en");
const signed = (value, digits = 4) => value.toFixed(digits)
  .replace(/^-(?=0\.?0*$)/, "").replace("-", "−");

class Position extends HTMLElement {
  connectedCallback() {
    if (this.built) return;
    this.built = true;
    const {config = {}, tasks: list} = read(this);
    this.build(config);
    this.querySelector(".widget-static").hidden = true;
    this.append(this.panel);
    tasks(this, list);
    new ResizeObserver(() => this.drawCurve()).observe(this.plot);
    new MutationObserver(() => this.drawTable()).observe(
      document.documentElement, {attributeFilter: ["data-theme"]});
    this.update();
  }

  build(config) {
    const dial = (name, label, values, value, text = whole) => new Dial({
      id: `${this.id}-${name}`, label, values, value, text,
      onchange: () => this.update()});
    const update = () => this.update();
    this.kind = choice(`${this.id}-kind`, "Positions", KINDS,
      config.kind ?? "sinusoidal", update);
    this.method = choice(`${this.id}-method`, "Longer window by", METHODS,
      config.method ?? "none", update);
    this.dials = {
      base: dial("base", "Base", BASES, config.base ?? 1e4),
      width: dial("width", "Features", WIDTHS, config.width ?? 64),
      window: dial("window", "Trained window, tokens", WINDOWS,
        config.window ?? 96),
      factor: dial("factor", "Times the window", FACTORS, config.factor ?? 1),
    };
    this.places = ["m", "n"].map((name, i) => dial(name,
      `Position ${name}`, [0, 1], 0, String));
    this.wanted = [config.first ?? 40, config.second ?? 30];
    this.heat = new HeatMap(position => this.pick(position));
    this.plot = h("div", {class: "plot"});
    this.said = h("div", {class: "position-said"});
    this.numbers = h("div", {class: "numbers", tabindex: "0", role: "group",
      "aria-label": "Numbers of both positions"});
    const button = (text, by) => h("button", {type: "button", class: "quiet",
      onclick: () => this.shift(by)}, text);
    this.panel = h("div", {class: "position-panel"},
      this.kind.box,
      h("div", {class: "dials"}, this.dials.base.box, this.dials.width.box,
        this.dials.window.box, this.dials.factor.box),
      this.method.box,
      this.heat.box,
      h("div", {class: "dials"}, this.places.map(place => place.box)),
      h("div", {class: "row"}, button("Both 1 earlier", -1),
        button("Both 1 later", 1)),
      this.said,
      h("p", {class: "panel-title"}, "Product by distance"),
      this.plot,
      h("details", {class: "fold"},
        h("summary", {}, `The first ${SHOWN} numbers of both positions`),
        h("div", {class: "fold-body"}, this.numbers)));
  }

  // --- what is set -----------------------------------------------------------

  get settings() {
    const values = Object.fromEntries(Object.entries(this.dials)
      .map(([name, dial]) => [name, dial.value]));
    return {kind: this.kind.value, method: this.method.value, ...values};
  }

  /* The learned table is loaded when it is chosen, 20 KB. */
  async learned() {
    this.loading ??= fetch(asset("data/positions.json"))
      .then(response => response.json()).then(learnedTable);
    return this.loading;
  }

  async table({kind, method, base, width, window, factor}) {
    if (kind === "learned") return this.learned();
    if (kind === "sinusoidal") return sinusoidalTable(window, width, base);
    const how = extended(method, {width, base, factor, window});
    return rotaryTable(window * factor, ...how);
  }

  async update() {
    const settings = this.settings;
    const key = JSON.stringify(settings);
    if (key !== this.key) {
      const table = await this.table(settings);
      if (JSON.stringify(this.settings) !== key) return;   // changed meanwhile
      const {kind} = settings;
      this.key = key;
      this.rows = table;
      this.vectors = vectors(kind, table);
      this.products = productsByDistance(this.vectors, kind !== "learned");
      this.offer(kind, table.length);
      this.drawTable();
    }
    this.heat.mark(this.pair, this.rows.length);
    this.tell(settings);
  }

  /* Hide what the kind does not have, keep positions inside. */
  offer(kind, n) {
    const {base, width, window, factor} = this.dials;
    for (const dial of [base, width, window]) {
      dial.box.hidden = kind === "learned";
    }
    width.label.textContent = kind === "rotary"
      ? "Width of a head (head_dim)" : "Width (emb_dim)";
    factor.box.hidden = this.method.box.hidden = kind !== "rotary";
    const all = Array.from({length: n}, (_, i) => i);
    this.places.forEach((place, i) => {
      const value = this.wanted ? this.wanted[i] : place.value;
      place.offer(all, Math.min(value, n - 1));
    });
    this.wanted = null;
  }

  get pair() { return this.places.map(place => place.value); }

  pick(position) {
    const [m, n] = this.pair;
    const nearer = Math.abs(position - m) <= Math.abs(position - n) ? 0 : 1;
    this.places[nearer].set(position);
    this.update();
  }

  shift(by) {
    const moved = this.pair.map(position => position + by);
    if (moved.some(position => !(position in this.rows))) {
      announce("The table ends here.");
      return;
    }
    this.earlier = {pair: this.pair, product: this.facts.product};
    moved.forEach((position, i) => this.places[i].set(position));
    this.update();
  }

  // --- what is shown ---------------------------------------------------------

  drawTable() {
    if (!this.rows) return;
    const n = this.rows.length, width = this.rows[0].length;
    const what = {
      learned: "The position table that the stories model has learned",
      sinusoidal: "Sines and cosines of each position",
      rotary: "Cosines (upper half) and sines (lower half) of the angles",
    }[this.kind.value];
    this.heat.draw(this.rows,
      `${what}: ${n} positions from left to right, ${width} features from `
      + "top to bottom.");
  }

  drawCurve() {
    const width = this.plot.clientWidth;
    if (!width || !this.facts) return;
    const {distance, product, window, factor, kind} = this.facts;
    const at = [0, 1, 2, 4, 8, 16, 32, 64].filter(d => d < this.rows.length)
      .map(d => `${d}: ${signed(this.products.mean[d], 2)}`).join(", ");
    this.plot.replaceChildren(curve(width, {
      products: this.products, at: {distance, product},
      window: kind === "rotary" && factor > 1 ? window : null,
      label: `Mean product by distance: ${at}.`}));
  }

  measure(settings) {
    const [m, n] = this.pair, distance = Math.abs(m - n);
    const {kind, width, base, window, method, factor} = settings;
    const {low, high} = this.products;
    const facts = {...settings, distance,
      product: dot(this.vectors[m], this.vectors[n]),
      spread: high[distance] - low[distance]};
    if (kind !== "learned") {
      const used = kind === "rotary"
        ? extended(method, {width, base, factor, window})[0]
        : rotaryFrequencies(width, base);
      const turns = used.map(frequency => 2 * Math.PI / frequency);
      facts.turning = turns.filter(tokens => tokens <= window).length;
      facts.fastest = turns[0];
      facts.slowest = turns.at(-1);
      facts.slowed_neighbours = used[0] < 1;
    }
    return facts;
  }

  tell(settings) {
    this.facts = this.measure(settings);
    const {kind, distance, product, spread} = this.facts;
    const [m, n] = this.pair;
    const {low, high} = this.products;
    const now = `Positions ${m} and ${n} are ${distance} apart: `
      + `product ${signed(product)}.`;
    const every = spread > 1e-6
      ? `All pairs ${distance} apart: from ${signed(low[distance])} to `
        + `${signed(high[distance])}. The place counts too.`
      : `All pairs ${distance} apart have this product: only the distance `
        + "counts.";
    const moved = this.earlier
      && `Before both moved, at ${this.earlier.pair.join(" and ")}: `
        + `${signed(this.earlier.product)}.`;
    this.earlier = null;
    this.said.replaceChildren(
      h("p", {}, h("strong", {}, now)),
      moved ? h("p", {}, moved) : "",
      h("p", {}, every),
      kind === "learned" ? "" : h("p", {class: "muted"}, this.speeds()));
    this.drawNumbers(m, n);
    this.drawCurve();
    clearTimeout(this.clock);
    if (this.spoke) {
      this.clock = setTimeout(
        () => announce([now, moved, every].filter(Boolean).join(" ")), PAUSE);
    }
    this.spoke = true;
  }

  speeds() {
    const {turning, fastest, slowest, width, window} = this.facts;
    return `A whole turn takes the fastest pair ${fastest.toFixed(2)} tokens, `
      + `the slowest ${whole(slowest)}. Within ${window} tokens ${turning} of `
      + `${width / 2} pairs turn once or more.`;
  }

  drawNumbers(m, n) {
    const head = ["feature", ...Array(SHOWN).keys()].slice(0, SHOWN + 1);
    const cells = position => this.rows[position].slice(0, SHOWN)
      .map(value => h("td", {}, signed(value, 3)));
    this.numbers.replaceChildren(h("table", {},
      h("thead", {}, h("tr", {}, head.map(text =>
        h("th", {scope: "col"}, text)))),
      h("tbody", {}, [["m", m], ["n", n]].map(([name, position]) =>
        h("tr", {}, h("th", {scope: "row"}, `${name} = ${position}`),
          cells(position))))));
  }
}

customElements.define("llm-position", Position);
