/* Windows over a list of tokens, counted and placed as scratchlm.windows and
   scratchlm.data do. */

/** How many windows start at 0, stride, 2 * stride, ... and are whole; a
    window takes length + 1 tokens, its last target included. */
export function countWindows(nTokens, length, stride) {
  return Math.max(0, Math.ceil((nTokens - length) / stride));
}

/** How often each token is a target, a list of nTokens numbers. */
export function timesTarget(nTokens, length, stride) {
  const change = new Array(nTokens + 1).fill(0);
  const n = countWindows(nTokens, length, stride);
  for (let i = 0; i < n; i++) {
    change[i * stride + 1] += 1;
    change[i * stride + length + 1] -= 1;
  }
  let times = 0;
  return change.slice(0, nTokens).map(by => times += by);
}

/** The windows of each batch, in order: [[0, 1], [2, 3], [4]]. With
    `dropLast` a batch that is not full is left out. */
export function batches(nWindows, batchSize, dropLast) {
  const n = dropLast ? Math.floor(nWindows / batchSize)
    : Math.ceil(nWindows / batchSize);
  return Array.from({length: n}, (_, b) =>
    Array.from({length: Math.min(batchSize, nWindows - b * batchSize)},
      (_, row) => b * batchSize + row));
}
