/* From logits to one token, as scratchlm.sampling does it: temperature,
   top-k, top-p, then one draw with a number that the seed decides. */

/** A number in [0, 1) for the token at `position`, the same each time.

    It does not depend on the draws before, so that a token taken back and
    drawn again is the same one. The mixing of the 32 bits is lowbias32 by
    Chris Wellons (public domain); the odd constant spreads the positions. */
export function uniform(seed, position) {
  let x = (seed + Math.imul(position + 1, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/* Probabilities of the ids in `kept`; all others get 0. */
function softmax(logits, kept, temperature) {
  const chances = new Float64Array(logits.length);
  let largest = -Infinity, total = 0;
  for (const id of kept) largest = Math.max(largest, logits[id]);
  for (const id of kept) {
    chances[id] = Math.exp((logits[id] - largest) / temperature);
    total += chances[id];
  }
  for (const id of kept) chances[id] /= total;
  return chances;
}

/** The ids by falling logit; of equal ones the lowest first. */
export function rank(logits) {
  return Int32Array.from(logits, (_, id) => id)
    .sort((a, b) => logits[b] - logits[a] || a - b);
}

/** What the next token is drawn from.

    ranked: the ids by falling logit, from `rank`
    temperature: above 0
    topK: 0 for all; tokens tied with the k-th are kept too
    topP: 1 for all; the token that crosses it is kept too
    returns: { all: probabilities before the two cuts, chances: after them,
      0 where a token is cut, nKept } */
export function distribution(logits, ranked,
                             { temperature = 1, topK = 0, topP = 1 }) {
  const all = softmax(logits, ranked, temperature);
  let kept = ranked;
  if (topK > 0 && topK < ranked.length) {
    const lowest = logits[ranked[topK - 1]];
    kept = ranked.filter((id) => logits[id] >= lowest);
  }
  let chances = softmax(logits, kept, temperature);
  if (topP < 1) {
    let sum = 0;
    const from = chances;
    kept = kept.filter((id) => {
      const open = sum < topP;
      sum += from[id];
      return open;
    });
    chances = softmax(logits, kept, temperature);
  }
  return { all, chances, nKept: kept.length };
}

/** The first id whose running sum is above `point`, a number in [0, 1). */
export function draw(chances, point) {
  let sum = 0, last = 0;
  const total = chances.reduce((a, b) => a + b, 0);
  for (let id = 0; id < chances.length; id++) {
    if (chances[id] > 0) last = id;
    sum += chances[id];
    if (sum > point * total) return id;
  }
  return last;
}
