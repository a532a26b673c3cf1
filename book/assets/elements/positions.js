/* Positions as scratchlm.embeddings has them: the same tables, in JavaScript's
   64-bit numbers. A table is a list of rows, one a position. */

/** Radians per token of each pair of features: base^(-2i / width). */
export function rotaryFrequencies(width, base = 10000) {
  if (width < 2 || width % 2) {
    throw new RangeError(`${width} features cannot be cut into pairs`);
  }
  return Array.from({length: width / 2}, (_, i) => base ** (-2 * i / width));
}

/** Position interpolation: every pair `factor` times slower. */
export function interpolate(frequencies, factor) {
  return frequencies.map(frequency => frequency / factor);
}

/** NTK-aware: the fastest pair as it was, the slowest `factor` times slower. */
export function ntkFrequencies(width, factor, base = 10000) {
  return rotaryFrequencies(width, base * factor ** (width / (width - 2)));
}

/** YaRN: pairs that turn 32 times in the old window are kept, those that
    turn once at most are interpolated, those between are mixed. */
export function yarnFrequencies(width, factor, window, base = 10000,
  fast = 32, slow = 1) {
  const pairThatTurns = times => (
    width * Math.log(window / (2 * Math.PI * times)) / Math.log(base) / 2);
  const kept = rotaryFrequencies(width, base);
  const first = Math.max(Math.floor(pairThatTurns(fast)), 0);
  const last = Math.ceil(pairThatTurns(slow));
  return kept.map((frequency, i) => {
    const share = (i - first) / Math.max(last - first, 0.001);
    const clamped = Math.min(Math.max(share, 0), 1);
    return frequency + clamped * (frequency / factor - frequency);
  });
}

/** What YaRN multiplies queries and keys with. */
export function yarnScale(factor) { return 0.1 * Math.log(factor) + 1; }

/** The frequencies of a method, and the scale that goes with it. */
export function extended(method, {width, base, factor, window}) {
  const plain = rotaryFrequencies(width, base);
  if (method === "pi") return [interpolate(plain, factor), 1];
  if (method === "ntk") return [ntkFrequencies(width, factor, base), 1];
  if (method === "yarn") {
    return [yarnFrequencies(width, factor, window, base), yarnScale(factor)];
  }
  return [plain, 1];
}

/** Sines in the even columns, cosines in the odd ones. */
export function sinusoidalTable(n, width, base = 10000) {
  const frequencies = rotaryFrequencies(width, base);
  return Array.from({length: n}, (_, t) => frequencies.flatMap(
    frequency => [Math.sin(t * frequency), Math.cos(t * frequency)]));
}

/** The cosines of all pairs, then the sines, times `scale`. */
export function rotaryTable(n, frequencies, scale = 1) {
  return Array.from({length: n}, (_, t) => [
    ...frequencies.map(frequency => scale * Math.cos(t * frequency)),
    ...frequencies.map(frequency => scale * Math.sin(t * frequency)),
  ]);
}

/** Turn the pairs (i, i + width / 2) of `x` by a row of `rotaryTable`. */
export function rotate(x, row) {
  const half = x.length / 2;
  return x.map((_, i) => (i < half
    ? x[i] * row[i] - x[i + half] * row[i + half]
    : x[i - half] * row[i] + x[i] * row[i - half]));
}

/** A learned table, from the file of the site's build. */
export function learnedTable({n_positions: n, emb_dim: width, scales, levels}) {
  const bytes = Uint8Array.from(atob(levels), sign => sign.charCodeAt(0));
  const signed = new Int8Array(bytes.buffer);
  return Array.from({length: n}, (_, t) => Array.from({length: width},
    (_, i) => Math.fround(signed[t * width + i] * scales[t])));
}

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The vector of length 1 in the same direction. */
export function unit(a) {
  const length = Math.sqrt(dot(a, a));
  return a.map(value => value / length);
}

/** The vectors whose products are compared: the rows of a table that is
    added, at length 1; for rotations one vector of equal entries and length
    1, turned by each row. */
export function vectors(kind, table) {
  if (kind !== "rotary") return table.map(unit);
  const width = table[0].length;
  const same = new Array(width).fill(1 / Math.sqrt(width));
  return table.map(row => rotate(same, row));
}

/** The products of all pairs by distance: {low, mean, high}, each a list.
    `even`: the product is known to depend on the distance only. */
export function productsByDistance(rows, even) {
  const found = {low: [], mean: [], high: []};
  for (let distance = 0; distance < rows.length; distance++) {
    const all = even ? [dot(rows[0], rows[distance])]
      : rows.slice(distance).map((row, t) => dot(row, rows[t]));
    found.low.push(Math.min(...all));
    found.high.push(Math.max(...all));
    found.mean.push(all.reduce((a, b) => a + b) / all.length);
  }
  return found;
}
