/* The explorer's models, beside the page, so that it never waits for them.

   Each message is {id, what, ...}; the answer is {id, answer}, or {id,
   refusal} with words for the reader, or before it {id, bytes} while a file
   comes in. A model is known by its `key`. */

import { readModel, Refusal } from "./explorer-file.js";
import { selfTest, Session } from "./explorer-model.js";
import { rank } from "./explorer-sampling.js";
import { decodeBytes } from "./bpe.js";
import { visible } from "./visible.js";

const KEPT = 3;          // models in memory, the last ones used
const MAPPED = 192;      // tokens; above, attention is too much to draw
const SHOWN = 10;        // most probable tokens whose text is sent along
const END = "<|endoftext|>";
const models = new Map();

async function fetched(url, tell) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new Refusal("The model could not be fetched. Are you offline?");
  }
  if (!response.ok) {
    throw new Refusal(
      `The model could not be fetched: the server said ${response.status}.`);
  }
  const parts = [], reader = response.body.getReader();
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    tell(size += value.length);
  }
}

function remember(key, model) {
  models.delete(key);
  models.set(key, { model, session: new Session(model) });
  if (models.size > KEPT) models.delete(models.keys().next().value);
}

function find(key) {
  const found = models.get(key);
  if (!found) throw new Refusal("This model is no longer in memory.");
  models.delete(key);   // to the end: used last
  models.set(key, found);
  return found;
}

/* What the page shows of a token. */
function seen(tokenizer, id) {
  return id < tokenizer.vocabSize ? visible(tokenizer.bytes(id)) : `#${id}`;
}

const actions = {
  has({ key }) { return models.has(key); },

  /* url, or file: a Blob -> what the page needs to know of the model */
  async load({ key, url, file }, tell) {
    const start = performance.now();
    const bytes = url ? await fetched(url, tell)
      : new Uint8Array(await file.arrayBuffer());
    const arrived = performance.now();
    const model = await readModel(bytes);
    const worst = selfTest(model);
    remember(key, model);
    const { name, config, tokenizer } = model;
    return {
      name, config, worst, endId: tokenizer.specials[END] ?? null,
      fetchMs: arrived - start, readMs: performance.now() - arrived,
    };
  },

  encode({ key, text }) { return find(key).model.tokenizer.encode(text); },

  /* ids -> logits of the next token, and their order; with `maps` the
     attention weights, where they can be drawn */
  run({ key, ids, maps }) {
    const { model: { tokenizer }, session } = find(key);
    const start = performance.now();
    const logits = session.logits(ids);
    const ms = performance.now() - start;
    const ranked = rank(logits);
    const words = [...new Set([...ids, ...ranked.subarray(0, SHOWN)])]
      .map((id) => [id, seen(tokenizer, id)]);
    const known = ids.filter((id) => id < tokenizer.vocabSize);
    return {
      logits, ranked, ms, words,
      maps: maps && ids.length <= MAPPED ? session.maps() : null,
      text: decodeBytes(known.flatMap((id) => tokenizer.bytes(id))),
    };
  },
};

onmessage = async ({ data: { id, what, ...rest } }) => {
  try {
    const tell = (bytes) => postMessage({ id, bytes });
    const answer = await actions[what](rest, tell);
    const { logits, ranked, maps } = answer ?? {};
    const moved = [logits, ranked, maps].filter(Boolean);
    postMessage({ id, answer }, moved.map(({ buffer }) => buffer));
  } catch (error) {
    const words = error instanceof Refusal ? error.message
      : `Something went wrong in the page: ${error.message}`;
    postMessage({ id, refusal: words });
  }
};
