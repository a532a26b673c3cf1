/* What the reader did, kept in this browser under "scratchlm/...": nothing
   is sent. Where storage is refused or full, it is kept until the page
   closes. */

const PREFIX = "scratchlm/";
const memory = new Map();

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function parsed(text, otherwise) {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

function tell(key) {
  document.dispatchEvent(new CustomEvent("scratchlm-saved", {detail: {key}}));
}

function put(key, text) {
  memory.set(key, text);
  try {
    storage()?.setItem(PREFIX + key, text);
  } catch { /* full: memory has it */ }
}

/** The value saved under `key`, or `otherwise`. */
export function load(key, otherwise = null) {
  const text = storage()?.getItem(PREFIX + key) ?? memory.get(key);
  return text === undefined ? otherwise : parsed(text, otherwise);
}

/** Save a value that JSON can hold; undefined removes it. */
export function save(key, value) {
  if (value === undefined) {
    memory.delete(key);
    storage()?.removeItem(PREFIX + key);
  } else {
    put(key, JSON.stringify(value));
  }
  tell(key);
}

function keys() {
  const kept = Object.keys(storage() ?? {})
    .filter(key => key.startsWith(PREFIX))
    .map(key => key.slice(PREFIX.length));
  return [...new Set([...kept, ...memory.keys()])].sort();
}

/** Everything that is saved, as one object by key. */
export function everything() {
  return Object.fromEntries(keys().map(key => [key, load(key)]));
}

/** Remove all; `key` of the event is null. */
export function forget() {
  for (const key of keys()) storage()?.removeItem(PREFIX + key);
  memory.clear();
  tell(null);
}

/** Replace all by the values of `object`, as `everything` gave it. */
export function restore(object) {
  forget();
  for (const [key, value] of Object.entries(object)) {
    put(key, JSON.stringify(value));
  }
  tell(null);
}
