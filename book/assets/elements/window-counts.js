/* The counts of llm-window, each by its formula with the numbers in it. */

import {h} from "./dom.js";
import {plural} from "./number.js";

function term(name, ...words) {
  return [h("dt", {}, name), h("dd", {}, ...words)];
}

function formula(name, words, numbers, result, rest = "") {
  return term(name, `${words} = ${numbers} = `,
    h("strong", {}, String(result)), rest && ` ${rest}`);
}

function windows({windows: n, nTokens, length, stride}) {
  if (nTokens <= length) {
    return term("Windows", h("strong", {}, "0"),
      `: one takes length + 1 = ${length + 1} tokens`);
  }
  return formula("Windows", "⌈(tokens − length) / stride⌉",
    `⌈(${nTokens} − ${length}) / ${stride}⌉`, n);
}

function between({length, stride}) {
  return stride > length
    ? formula("Gap", "stride − length", `${stride} − ${length}`,
      stride - length, "tokens between two windows are never a target")
    : formula("Overlap", "length − stride", `${length} − ${stride}`,
      length - stride, "inputs are shared by neighbours");
}

function inBatches({windows: n, batches, batch, left_out: left, dropLast}) {
  const [open, close] = dropLast ? "⌊⌋" : "⌈⌉";
  return formula("Batches", `${open}windows / batch size${close}`,
    `${open}${n} / ${batch}${close}`, batches,
    left ? `(${plural(left, "window")} left out)` : "");
}

/** Terms and descriptions for a `<dl>`. `state` has the facts of llm-window
    and {nTokens, length, stride, batch, dropLast}. */
export function countsOf(state) {
  return [...term("Tokens", h("strong", {}, String(state.nTokens))),
    ...windows(state), ...between(state), ...inBatches(state)];
}
