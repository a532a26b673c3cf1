/* What a model costs, as scratchlm.costs counts it. Counts are BigInt, so that
   they are exact also where a number would be rounded.

   A config has the fields of GPTConfig or LlamaConfig and `family`, "gpt" or
   "llama". Each count comes with the formula, numbers put in: a function
   here gives {value, formula}, or an object of such by part. */

const big = value => BigInt(value);
const sum = counts => counts.reduce((a, b) => a + b, 0n);

/** 50257 -> "50,257"; also for BigInt. */
export function grouped(value) { return value.toLocaleString("en"); }

const g = grouped;

function kvHeads(config) { return config.n_kv_heads ?? config.n_heads; }

function headDim(config) { return config.emb_dim / config.n_heads; }

/* Numbers in the keys of one token and layer. */
function kvWidth(config) { return kvHeads(config) * headDim(config); }

/* The products of width and width that attention and feed-forward have in a
   layer, as formula and count. */
function attentionMatrices(config) {
  const {emb_dim: d} = config, kv = kvWidth(config);
  return {
    value: big(d) * big(2 * d + 2 * kv),
    formula: `${g(d)} · (2 · ${g(d)} + 2 · ${g(kv)})`,
  };
}

function feedForwardMatrices(config) {
  const {emb_dim: d, hidden_dim: hidden} = config;
  return config.family === "gpt"
    ? {value: 8n * big(d) * big(d), formula: `2 · ${g(d)} · ${g(4 * d)}`}
    : {value: 3n * big(d) * big(hidden),
      formula: `3 · ${g(d)} · ${g(hidden)}`};
}

/** {attention, feed_forward, head}: weights of the matrix products. */
export function matrixWeights(config) {
  const layers = big(config.n_layers);
  return {
    attention: layers * attentionMatrices(config).value,
    feed_forward: layers * feedForwardMatrices(config).value,
    head: big(config.vocab_size) * big(config.emb_dim),
  };
}

/** Parameters by part: {token_embedding: {value, formula}, ...}. */
export function parametersByPart(config) {
  const {vocab_size: vocab, emb_dim: d, n_layers: layers} = config;
  const gpt = config.family === "gpt";
  const attention = attentionMatrices(config);
  const forward = feedForwardMatrices(config);
  const biases = gpt ? [config.qkv_bias ? 4 : 1, 5] : [0, 0];
  const inLayers = ({value, formula}, bias) => ({
    value: big(layers) * (value + big(bias) * big(d)),
    formula: bias ? `${layers} · (${formula} + ${bias} · ${g(d)})`
      : `${layers} · ${formula}`,
  });
  const table = {
    value: big(vocab) * big(d), formula: `${g(vocab)} · ${g(d)}`};
  const norm = gpt ? 2 : 1;
  return {
    token_embedding: table,
    position_embedding: gpt ? {
      value: big(config.context_length) * big(d),
      formula: `${g(config.context_length)} · ${g(d)}`,
    } : {value: 0n, formula: "rotary, none"},
    attention: inLayers(attention, biases[0]),
    feed_forward: inLayers(forward, biases[1]),
    norms: {
      value: big(2 * layers + 1) * big(norm) * big(d),
      formula: `(2 · ${layers} + 1) · ${gpt ? `2 · ${g(d)}` : g(d)}`,
    },
    head: config.tie_head
      ? {value: 0n, formula: "tied: the token embedding again"} : table,
  };
}

export function parameters(config) {
  const parts = Object.values(parametersByPart(config));
  const value = sum(parts.map(part => part.value));
  const formula = parts.filter(part => part.value)
    .map(part => g(part.value)).join(" + ");
  return {value, formula};
}

/** Operations that bring one token forward, in a window of the context
    length. */
export function flopsPerToken(config) {
  const {n_layers: layers, emb_dim: d, context_length: tokens} = config;
  const weights = sum(Object.values(matrixWeights(config)));
  return {
    value: 2n * (weights + big(layers) * big(d) * big(tokens)),
    formula: `2 · (${g(weights)} + ${layers} · ${g(d)} · ${g(tokens)})`,
  };
}

/** Operations of training on so many tokens. */
export function trainingFlops(config, trainingTokens) {
  const {value} = flopsPerToken(config);
  return {
    value: 3n * value * big(trainingTokens),
    formula: `3 · ${g(value)} · ${g(trainingTokens)}`,
  };
}

/** Bytes of a KV cache for the whole context. */
export function cacheBytes(config, batch = 1, numberBytes = 2) {
  const {n_layers: layers, context_length: tokens} = config;
  const heads = kvHeads(config), width = headDim(config);
  return {
    value: 2n * big(layers) * big(kvWidth(config)) * big(tokens)
      * big(batch) * big(numberBytes),
    formula: `2 · ${layers} · ${heads} · ${width} · ${g(tokens)} · `
      + `${g(batch)} · ${numberBytes}`,
  };
}

/** Bytes of weights, gradients and AdamW's two moments, in float32. */
export function trainingBytes(config) {
  const {value} = parameters(config);
  return {value: 16n * value, formula: `(4 + 4 + 8) · ${g(value)}`};
}

/** Hours of one device with `peak` operations a second. */
export function trainingHours(flops, peak, utilisation) {
  return {
    value: Number(flops) / (peak * utilisation) / 3600,
    formula: `${power(flops)} / (${power(peak)} · ${utilisation}) / 3,600`,
  };
}

const HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 312000000000000 -> "3.12 · 10¹⁴" */
export function power(value) {
  const [digits, exponent] = Number(value).toExponential(2).split("e+");
  const high = [...exponent].map(digit => HIGH[digit]).join("");
  return `${Number(digits)} · 10${high}`;
}
