/* The scaling dial: parameters, operations, memory and training time of any
   configuration, with the formulas.

   config: {start: a name of configurations.json, tokens, peak, utilisation,
   batch}, all optional.
   Facts for tasks: every field of the configuration, and
     parameters, flops_per_token, training_flops, cache_bytes,
     training_bytes, hours
     embedding_share   of the token embedding among the parameters */

import {announce, asset, h, read} from "./dom.js";
import {
  cacheBytes, flopsPerToken, grouped, parameters, parametersByPart, power,
  trainingBytes, trainingFlops, trainingHours,
} from "./costs.js";
import {Dial, choice} from "./dial.js";
import {tasks} from "./tasks.js";

const PARTS = {
  token_embedding: "token embedding",
  position_embedding: "position embedding",
  attention: "attention",
  feed_forward: "feed-forward",
  norms: "norms",
  head: "head",
};
const FIELDS = {   // of the dials, in their order
  vocab_size: "Vocabulary (vocab_size)",
  context_length: "Context (context_length)",
  n_layers: "Layers (n_layers)",
  n_heads: "Heads (n_heads)",
  head_dim: "Width of a head (head_dim)",
  n_kv_heads: "Key-value heads (n_kv_heads)",
  hidden_dim: "Inside feed-forward (hidden_dim)",
};
const range = (from, to, step = 1) => Array.from(
  {length: Math.floor((to - from) / step) + 1}, (_, i) => from + i * step);
const powers = (from, to) => range(from, to).map(exponent => 2 ** exponent);
const BATCHES = powers(0, 10);
const UTILISATIONS = range(1, 20).map(twentieths => twentieths / 20);
const PEAKS = [1, 2, 5, 10, 20, 50, 100, 200, 312, 500, 1000, 2000, 5000];
const TOKENS = range(6, 13).flatMap(
  exponent => [1, 2, 5].map(digit => digit * 10 ** exponent));
const PAUSE = 800;   // milliseconds without a change, then it is said

/* Sorted, without doubles. */
const listed = values => [...new Set(values)].sort((a, b) => a - b);

/* 1610612736 -> "1.61 GB" */
function bytes(value) {
  const units = ["bytes", "KB", "MB", "GB", "TB", "PB"];
  let amount = Number(value), unit = 0;
  for (; amount >= 1000 && unit < units.length - 1; unit++) amount /= 1000;
  return unit ? `${amount.toPrecision(3)} ${units[unit]}` : `${value} bytes`;
}

function hours(value) {
  if (value < 1 / 60) return `${(3600 * value).toPrecision(3)} seconds`;
  if (value < 1) return `${(60 * value).toPrecision(3)} minutes`;
  if (value < 1000) return `${value.toPrecision(3)} hours`;
  return `${grouped(Math.round(value))} hours`;
}

/* 0.0003 -> "0.03 %" */
function percent(share) {
  const digits = share >= 0.001 ? 1 : share > 0 ? 2 : 0;
  return `${(100 * share).toFixed(digits)} %`;
}

class Scaling extends HTMLElement {
  async connectedCallback() {
    if (this.built) return;
    this.built = true;
    const {config = {}, tasks: list} = read(this);
    const response = await fetch(asset("data/configurations.json"));
    this.named = await response.json();
    this.build(config);
    this.querySelector(":scope > .widget-static").hidden = true;
    this.append(this.panel);
    tasks(this, list);
    this.start(config.start ?? this.named[0].name);
  }

  /* --- building ------------------------------------------------------------ */

  build(config) {
    const found = field => this.named.map(each => each[field]).filter(Boolean);
    const widths = this.named.map(each => each.emb_dim / each.n_heads);
    const values = {
      vocab_size: listed([...powers(8, 18), ...found("vocab_size")]),
      context_length: listed([...powers(5, 17), ...found("context_length")]),
      n_layers: range(1, 128),
      n_heads: range(1, 128),
      head_dim: listed([...range(8, 256, 8), ...widths]),
      n_kv_heads: [1],
      hidden_dim: listed([...range(128, 32768, 128), ...found("hidden_dim")]),
    };
    this.dials = {};
    for (const [name, label] of Object.entries(FIELDS)) {
      this.dials[name] = this.dial(name, label, values[name], grouped);
    }
    this.runs = {
      batch: this.dial("batch", "Sequences in the cache", BATCHES, grouped),
      tokens: this.dial("tokens", "Training tokens", TOKENS, power),
      peak: this.dial("peak", "Peak of the GPU, TFLOP/s", PEAKS, grouped),
      utilisation: this.dial("utilisation", "Utilisation", UTILISATIONS,
        value => `${Math.round(100 * value)} %`),
    };
    const begin = {batch: 1, tokens: 1e10, peak: 312, utilisation: 0.4};
    for (const [name, dial] of Object.entries(this.runs)) {
      dial.set(config[name] ?? begin[name]);
    }
    this.family = choice(`${this.id}-family`, "Plan",
      {gpt: "GPT-2", llama: "Llama"}, "gpt", () => this.update());
    this.ticks = {
      tie_head: this.tick("tie_head", "Head shares the token embedding"),
      qkv_bias: this.tick("qkv_bias", "Biases on queries, keys and values"),
    };
    this.lay();
  }

  dial(name, label, values, text) {
    return new Dial({id: `${this.id}-${name}`, label, values, text,
      value: values[0], onchange: () => this.update()});
  }

  tick(name, label) {
    const id = `${this.id}-${name}`;
    const box = h("input", {
      id, type: "checkbox", onchange: () => this.update()});
    return {box: h("label", {for: id, class: "pick"}, box, label), input: box};
  }

  lay() {
    const id = `${this.id}-start`;
    this.select = h("select", {id, onchange: () => {
      if (this.select.value) this.start(this.select.value);
    }}, h("option", {value: ""}, "own numbers"),
    this.named.map(({name}) => h("option", {value: name}, name)));
    const boxes = dials => Object.values(dials).map(dial => dial.box);
    this.bars = h("div", {class: "parts"});
    this.counts = h("div", {class: "costs"});
    this.panel = h("div", {class: "scaling-panel"},
      h("div", {class: "scaling-start"},
        h("label", {for: id}, "Start from"), this.select),
      this.family.box,
      h("div", {class: "dials"}, boxes(this.dials)),
      h("div", {class: "picks"}, boxes(this.ticks)),
      this.bars,
      h("p", {class: "panel-title"}, "Running and training"),
      h("div", {class: "dials"}, boxes(this.runs)),
      h("p", {class: "muted note"}, "312 TFLOP/s is the peak of one A100 in "
        + "bfloat16 (NVIDIA, data sheet of the A100)."),
      this.counts);
  }

  /* --- what is set ----------------------------------------------------------- */

  start(name) {
    const config = this.named.find(each => each.name === name);
    const {dials, ticks} = this;
    this.family.choose(config.family);
    const kv = config.n_kv_heads ?? config.n_heads;
    const values = {...config, head_dim: config.emb_dim / config.n_heads,
      n_kv_heads: kv, hidden_dim: config.hidden_dim ?? 4 * config.emb_dim};
    this.offerHeads(values.n_heads);
    for (const field of Object.keys(FIELDS)) dials[field].set(values[field]);
    ticks.tie_head.input.checked = config.tie_head;
    ticks.qkv_bias.input.checked = config.qkv_bias ?? false;
    this.select.value = name;
    this.update(name);
  }

  /* Key-value heads must divide the heads. */
  offerHeads(heads) {
    const divisors = range(1, heads).filter(n => heads % n === 0);
    if (String(divisors) !== String(this.dials.n_kv_heads.values)) {
      this.dials.n_kv_heads.offer(divisors);
    }
  }

  get config() {
    const value = name => this.dials[name].value;
    const gpt = this.family.value === "gpt";
    const shared = {
      family: this.family.value,
      vocab_size: value("vocab_size"),
      context_length: value("context_length"),
      emb_dim: value("n_heads") * value("head_dim"),
      n_heads: value("n_heads"),
      n_layers: value("n_layers"),
      tie_head: this.ticks.tie_head.input.checked,
    };
    return gpt ? {...shared, qkv_bias: this.ticks.qkv_bias.input.checked}
      : {...shared, n_kv_heads: value("n_kv_heads"),
        hidden_dim: value("hidden_dim")};
  }

  /* name: of the configuration that was just chosen */
  update(name = "") {
    const wasKv = this.dials.n_kv_heads.value;
    this.offerHeads(this.dials.n_heads.value);
    if (!name) this.dials.n_kv_heads.set(wasKv);
    this.select.value = name;
    const gpt = this.family.value === "gpt";
    this.dials.n_kv_heads.box.hidden = gpt;
    this.dials.hidden_dim.box.hidden = gpt;
    this.ticks.qkv_bias.box.hidden = !gpt;
    this.drawParts();
    this.drawCosts();
    this.speak();
  }

  /* --- what is shown --------------------------------------------------------- */

  drawParts() {
    const {config} = this;
    const parts = parametersByPart(config), all = parameters(config);
    const total = Number(all.value);
    const rows = Object.entries(parts).map(([part, {value, formula}]) => {
      const share = Number(value) / total;
      return h("tr", {},
        h("th", {scope: "row"}, PARTS[part]),
        h("td", {class: "count"}, grouped(value),
          h("small", {}, formula)),
        h("td", {class: "share"},
          h("span", {class: "bar", style: `width: ${100 * share}%`,
            hidden: !share, "aria-hidden": "true"}),
          h("span", {}, percent(share))));
    });
    this.bars.replaceChildren(h("table", {},
      h("caption", {}, "Parameters, ", h("strong", {}, grouped(all.value)),
        ` with width (emb_dim) ${grouped(config.emb_dim)}`),
      h("thead", {}, h("tr", {}, ["Part", "Parameters", "Share"].map(
        text => h("th", {scope: "col"}, text)))),
      h("tbody", {}, rows)));
  }

  drawCosts() {
    const {config} = this;
    const {batch, tokens, peak, utilisation} = Object.fromEntries(
      Object.entries(this.runs).map(([name, dial]) => [name, dial.value]));
    const counted = {
      parameters: parameters(config),
      flops_per_token: flopsPerToken(config),
      cache_bytes: cacheBytes(config, batch),
      training_bytes: trainingBytes(config),
      training_flops: trainingFlops(config, tokens),
    };
    const flops = counted.training_flops.value;
    counted.hours = trainingHours(flops, peak * 1e12, utilisation);
    const numbers = Object.entries(counted)
      .map(([name, {value}]) => [name, Number(value)]);
    this.facts = {...config, ...Object.fromEntries(numbers),
      embedding_share: config.vocab_size * config.emb_dim
        / Number(counted.parameters.value)};
    const each = Number(tokens) / this.facts.parameters;
    const row = (title, {value, formula}, short, exact = grouped(value)) =>
      h("div", {class: "cost"}, h("dt", {}, title),
        h("dd", {}, h("strong", {}, short), " ",
          h("span", {class: "formula"}, `${formula} = ${exact}`)));
    this.counts.replaceChildren(h("dl", {},
      row("Forward, a token", counted.flops_per_token,
        `${power(counted.flops_per_token.value)} FLOPs`),
      row("KV cache, 16 bits", counted.cache_bytes,
        bytes(counted.cache_bytes.value)),
      row("Weights, gradients, AdamW", counted.training_bytes,
        bytes(counted.training_bytes.value)),
      row("Training", counted.training_flops,
        `${power(flops)} FLOPs`),
      row("On one such GPU", counted.hours, hours(counted.hours.value),
        hours(counted.hours.value)),
      h("div", {class: "cost"}, h("dt", {}, "Tokens a parameter"),
        h("dd", {}, h("strong", {}, each.toPrecision(3))))));
  }

  speak() {
    clearTimeout(this.clock);
    if (this.spoke) {
      const {parameters: n, cache_bytes: cache, hours: time} = this.facts;
      this.clock = setTimeout(() => announce(
        `${grouped(n)} parameters, KV cache ${bytes(cache)}, training `
        + `${hours(time)}.`), PAUSE);
    }
    this.spoke = true;
  }
}

customElements.define("llm-scaling", Scaling);
