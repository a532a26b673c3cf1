/* A GPT-2 that runs in the page: the forward pass with a cache of keys and
   values. Plain numbers in plain arrays; nothing here knows of the page. */

import { Refusal } from "./explorer-file.js";

/* x (n, nIn) -> y (n, nOut), four dot products at a time: of four tokens
   with one row of the weights, or of one token with four rows. */
function linear(layer, x, y, n) {
  const whole = n - n % 4;
  for (let t = 0; t < whole; t += 4) fourTokens(layer, x, y, t);
  for (let t = whole; t < n; t++) oneToken(layer, x, y, t);
}

function fourTokens({ weight, bias, nIn, nOut }, x, y, t) {
  const a = t * nIn, b = a + nIn, c = b + nIn, d = c + nIn;
  for (let o = 0, w = 0, at = t * nOut; o < nOut; o++, at++) {
    let s0 = bias[o], s1 = s0, s2 = s0, s3 = s0;
    for (let i = 0; i < nIn; i++, w++) {
      const v = weight[w];
      s0 += v * x[a + i]; s1 += v * x[b + i];
      s2 += v * x[c + i]; s3 += v * x[d + i];
    }
    y[at] = s0; y[at + nOut] = s1;
    y[at + 2 * nOut] = s2; y[at + 3 * nOut] = s3;
  }
}

function oneToken({ weight, bias, nIn, nOut }, x, y, t) {
  const from = t * nIn, to = t * nOut;
  let o = 0;
  for (; o + 4 <= nOut; o += 4) {
    const a = o * nIn, b = a + nIn, c = b + nIn, d = c + nIn;
    let s0 = bias[o], s1 = bias[o + 1], s2 = bias[o + 2], s3 = bias[o + 3];
    for (let i = 0; i < nIn; i++) {
      const v = x[from + i];
      s0 += weight[a + i] * v; s1 += weight[b + i] * v;
      s2 += weight[c + i] * v; s3 += weight[d + i] * v;
    }
    y[to + o] = s0; y[to + o + 1] = s1;
    y[to + o + 2] = s2; y[to + o + 3] = s3;
  }
  for (; o < nOut; o++) {
    y[to + o] = bias[o] + dot(weight, o * nIn, x, from, nIn);
  }
}

function dot(a, i, b, j, n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[i + k] * b[j + k];
  return sum;
}

function normalise({ weight, bias }, x, y, n, width) {
  for (let t = 0; t < n; t++) {
    const from = t * width, end = from + width;
    let mean = 0, variance = 0;
    for (let i = from; i < end; i++) mean += x[i];
    mean /= width;
    for (let i = from; i < end; i++) variance += (x[i] - mean) ** 2;
    const shrink = 1 / Math.sqrt(variance / width + 1e-5);
    for (let i = from, k = 0; i < end; i++, k++) {
      y[i] = (x[i] - mean) * shrink * weight[k] + bias[k];
    }
  }
}

function gelu(x, n) {
  const scale = Math.sqrt(2 / Math.PI);
  for (let i = 0; i < n; i++) {
    const v = x[i];
    x[i] = 0.5 * v * (1 + Math.tanh(scale * (v + 0.044715 * v * v * v)));
  }
}

function add(x, y, n) {
  for (let i = 0; i < n; i++) x[i] += y[i];
}

/** One text in front of a model: the ids so far, their keys and values, and
    every attention weight. */
export class Session {
  constructor(model) {
    const { context_length: context, emb_dim: width, n_layers: layers } =
      model.config;
    const cache = () => Array.from(
      { length: layers }, () => new Float32Array(context * width));
    Object.assign(this, { model, ids: [], keys: cache(), values: cache() });
    this.attention = [];   // of each query: (L, H, query + 1)
  }

  /** Logits (V,) of what follows `ids`. What `ids` begins with and was seen
      before is not computed again. */
  logits(ids) {
    const { config, weights } = this.model;
    this.check(ids, config);
    let same = 0;
    while (same < ids.length - 1 && this.ids[same] === ids[same]) same += 1;
    const fresh = ids.slice(same), n = fresh.length;
    const x = this.embed(fresh, same);
    const nMaps = config.n_layers * config.n_heads;
    this.attention.length = same;
    for (let t = same + 1; t <= ids.length; t++) {
      this.attention.push(new Float32Array(nMaps * t));
    }
    this.ids = this.ids.slice(0, same);
    weights.blocks.forEach((block, l) => this.block(block, l, x, same, n));
    this.ids = [...ids];
    return this.head(x.subarray((n - 1) * config.emb_dim));
  }

  check(ids, { context_length: context, vocab_size: vocab }) {
    if (!ids.length) throw new Refusal("There is no token to go on from.");
    if (ids.length > context) {
      throw new Refusal(
        `The text has ${ids.length} tokens, the model's context holds `
        + `${context}. Shorten it.`);
    }
    const wrong = ids.find((id) => !(id >= 0 && id < vocab));
    if (wrong !== undefined) {
      throw new Refusal(`The model has no token ${wrong}; it knows ${vocab}.`);
    }
  }

  /* Token plus position: (n, D). */
  embed(ids, start) {
    const { config: { emb_dim: width }, weights } = this.model;
    const x = new Float32Array(ids.length * width);
    ids.forEach((id, t) => {
      for (let i = 0; i < width; i++) {
        x[t * width + i] = weights.tokens[id * width + i]
          + weights.positions[(start + t) * width + i];
      }
    });
    return x;
  }

  block(block, l, x, start, n) {
    const width = this.model.config.emb_dim;
    const y = new Float32Array(n * width);
    const qkv = new Float32Array(n * 3 * width);
    normalise(block.attnNorm, x, y, n, width);
    linear(block.qkv, y, qkv, n);
    this.attend(l, qkv, y, start, n);
    const part = new Float32Array(n * width);
    linear(block.out, y, part, n);
    add(x, part, n * width);
    const wide = new Float32Array(n * 4 * width);
    normalise(block.ffNorm, x, y, n, width);
    linear(block.up, y, wide, n);
    gelu(wide, n * 4 * width);
    linear(block.down, wide, part, n);
    add(x, part, n * width);
  }

  /* Queries, keys and values (n, 3D) -> context (n, D). */
  attend(l, qkv, context, start, n) {
    const { emb_dim: width, n_heads: heads } = this.model.config;
    const keys = this.keys[l], values = this.values[l];
    for (let t = 0; t < n; t++) {
      const from = t * 3 * width, at = (start + t) * width;
      keys.set(qkv.subarray(from + width, from + 2 * width), at);
      values.set(qkv.subarray(from + 2 * width, from + 3 * width), at);
    }
    context.fill(0);
    for (let t = 0; t < n; t++) {
      for (let h = 0; h < heads; h++) {
        this.attendFrom(l, h, start + t, qkv, t * 3 * width, context,
                        t * width);
      }
    }
  }

  /* One query in one head. */
  attendFrom(l, h, query, qkv, at, context, to) {
    const { emb_dim: width, n_heads: heads } = this.model.config;
    const size = width / heads, shift = h * size;
    const keys = this.keys[l], values = this.values[l];
    const weights = this.row(l, h, query);
    const scale = 1 / Math.sqrt(size);
    let largest = -Infinity, total = 0;
    for (let k = 0; k <= query; k++) {
      weights[k] = dot(qkv, at + shift, keys, k * width + shift, size) * scale;
      if (weights[k] > largest) largest = weights[k];
    }
    for (let k = 0; k <= query; k++) {
      weights[k] = Math.exp(weights[k] - largest);
      total += weights[k];
    }
    for (let k = 0; k <= query; k++) {
      weights[k] /= total;
      const w = weights[k], from = k * width + shift;
      for (let i = 0; i < size; i++) {
        context[to + shift + i] += w * values[from + i];
      }
    }
  }

  /* The weights of one query: (query + 1,). */
  row(l, h, query) {
    const from = (l * this.model.config.n_heads + h) * (query + 1);
    return this.attention[query].subarray(from, from + query + 1);
  }

  head(x) {
    const { config: { emb_dim: width, vocab_size: vocab }, weights } =
      this.model;
    const y = new Float32Array(width), logits = new Float32Array(vocab);
    normalise(weights.finalNorm, x, y, 1, width);
    linear(weights.head, y, logits, 1);
    return logits;
  }

  /** All attention weights so far: (L, H, T, T), 0 where masked. */
  maps() {
    const { n_layers: layers, n_heads: heads } = this.model.config;
    const n = this.ids.length;
    const maps = new Float32Array(layers * heads * n * n);
    for (let l = 0, at = 0; l < layers; l++) {
      for (let h = 0; h < heads; h++) {
        for (let t = 0; t < n; t++, at += n) maps.set(this.row(l, h, t), at);
      }
    }
    return maps;
  }
}

/** The largest difference between our logits and those in the file, which
    PyTorch computed from the same rounded weights. */
export function selfTest(model) {
  const { token_ids: ids, every, logits: expected } = model.reference;
  const found = new Session(model).logits(ids);
  return expected.reduce(
    (worst, logit, i) => Math.max(worst, Math.abs(logit - found[i * every])),
    0);
}
