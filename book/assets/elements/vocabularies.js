/* The vocabularies that the site's build wrote (vocabularies.py). */

import {BytePairEncoding} from "./bpe.js";
import {asset} from "./dom.js";

const loaded = new Map();
let list;

async function get(file) {
  const response = await fetch(asset(`vocabularies/${file}`));
  if (!response.ok) throw new Error(`${file}: HTTP ${response.status}`);
  return response;
}

/** What there is: `{name: {title, n_tokens, bytes, specials}}`. */
export function index() {
  list ??= get("index.json").then(response => response.json())
    .catch(error => { list = undefined; throw error; });
  return list;
}

async function fetched(name) {
  const known = (await index())[name];
  if (!known) throw new Error(`there is no vocabulary ${name}`);
  const response = await get(`${name}.bin`);
  return BytePairEncoding.fromBytes(
    await response.arrayBuffer(), known.specials);
}

/** The vocabulary of that name, loaded once: a BytePairEncoding. */
export function vocabulary(name) {
  if (!loaded.has(name)) {
    loaded.set(name, fetched(name).catch(error => {
      loaded.delete(name);
      throw error;
    }));
  }
  return loaded.get(name);
}

/** Bytes as a reader's size: "3 KB" for 3,324, "1.6 MB". */
export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}
