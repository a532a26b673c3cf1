/** A number as readers write it: spaces may stand in it ("50 257"), commas
    between thousands ("50,257") or as the decimal sign ("0,5"). Anything
    else is NaN. */
export function number(text) {
  let plain = String(text).trim()
    .replace(/[\s_]/g, "").replace(/\u2212/g, "-");
  if (/^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(plain)) {
    plain = plain.replace(/,/g, "");
  }
  plain = plain.replace(/^([-+]?\d+),(\d+)$/, "$1.$2");
  return plain === "" ? NaN : Number(plain);
}

/** Whether two numbers are the same within `tolerance`. */
export function near(a, b, tolerance = 0) {
  return Math.abs(a - b) <= tolerance + 1e-9 * Math.abs(b);
}

/** "1 token", "2,000 tokens". */
export function plural(n, noun, nouns = `${noun}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? noun : nouns}`;
}
