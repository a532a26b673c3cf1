/* Byte-level byte pair encoding, the same as scratchlm.bpe and
   scratchlm.tokenizer: what Python encodes gets the same ids here.

   Ids 0 to 255 are the single bytes, merge number `rank` makes the id
   256 + rank, special tokens have the last ids. Text is always read as
   ordinary text: no spelling of a special token becomes its id.

   Left out: training, and other pre-splits than GPT-2's. */

/* Python's and tiktoken's \s is Unicode's White_Space. JavaScript's own \s
   has U+FEFF in it and U+0085 not, so it must not be used here. */
export const GPT2_SPLIT_PATTERN = new RegExp(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+"
  + "| ?[^\\p{White_Space}\\p{L}\\p{N}]+"
  + "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+", "gu");

const FILE_FORMAT = "scratchlm BPE 1";
const MAX_VOCABULARY_BYTES = 2 ** 26;
const MAX_CACHED_LENGTH = 64;   // bytes
const MAX_CACHED_WORDS = 2 ** 14;
const SLICE = 8;                // milliseconds between two looks at the page
const encoder = new TextEncoder();

/** The words that merges may not cross; joined they are the text. */
export function preSplit(text, pattern = GPT2_SPLIT_PATTERN) {
  return text.toWellFormed().match(pattern) ?? [];
}

/* Numbers, the smallest first. */
class Heap {
  #items = [];

  get size() { return this.#items.length; }

  push(item) {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= item) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop() {
    const items = this.#items;
    const top = items[0], item = items.pop(), end = items.length;
    let at = 0;
    while (end > 0) {
      let child = 2 * at + 1;
      if (child + 1 < end && items[child + 1] < items[child]) child += 1;
      if (child >= end || items[child] >= item) break;
      items[at] = items[child];
      at = child;
    }
    if (end > 0) items[at] = item;
    return top;
  }
}

/* How many bytes each id stands for; refuses what is no vocabulary. */
function tokenLengths(merges) {
  const lengths = new Array(256).fill(1);
  let size = 256;
  merges.forEach(([left, right], rank) => {
    if (!(lengths[left] && lengths[right])) {
      throw new RangeError(
        `merge ${rank} joins the ids ${left} and ${right}, but only 0 to `
        + `${lengths.length - 1} exist before it`);
    }
    lengths.push(lengths[left] + lengths[right]);
    size += lengths[256 + rank];
    if (size > MAX_VOCABULARY_BYTES) {
      throw new RangeError(
        `the tokens up to merge ${rank} hold ${size} bytes, more than the `
        + `limit of ${MAX_VOCABULARY_BYTES}`);
    }
  });
  return lengths;
}

export class BytePairEncoding {
  #ranks = new Map();   // left * 65536 + right: rank
  #byteIds = [];        // of each byte
  #bytes = [];          // of each id, filled when asked for
  #cache = new Map();

  /* merges: pairs of ids, the earliest first
     byteOrder: byteOrder[i] is the byte of id i
     specials: texts of the special tokens, which get the last ids
     pattern: the pre-split, a RegExp with the flags g and u */
  constructor({merges, byteOrder = [...Array(256).keys()], specials = [],
                pattern = GPT2_SPLIT_PATTERN}) {
    if (new Set(byteOrder).size !== 256
        || !byteOrder.every(b => b >= 0 && b < 256)) {
      throw new RangeError("byteOrder must hold each of 0 to 255 once");
    }
    if (merges.length > 65536 - 256) {
      throw new RangeError(`${merges.length} merges; at most 65280 fit`);
    }
    tokenLengths(merges);
    this.merges = merges;
    this.pattern = pattern;
    byteOrder.forEach((byte, id) => {
      this.#byteIds[byte] = id;
      this.#bytes[id] = [byte];
    });
    merges.forEach(([left, right], rank) =>
      this.#ranks.set(left * 65536 + right, rank));
    this.specials = {};
    specials.forEach((text, i) => {
      const id = 256 + merges.length + i;
      this.specials[text] = id;
      this.#bytes[id] = [...encoder.encode(text)];
    });
    this.vocabSize = 256 + merges.length + specials.length;
  }

  /** From the JSON that BPETokenizer.save writes. */
  static fromJSON(content) {
    if (content?.format !== FILE_FORMAT) {
      throw new TypeError(
        `this is no tokenizer file (${FILE_FORMAT}): its format is `
        + JSON.stringify(content?.format));
    }
    return new BytePairEncoding({
      merges: content.merges,
      byteOrder: content.byte_order,
      specials: content.special_tokens,
    });
  }

  /** From the compact file that the site's build writes: the byte of each of
     the ids 0 to 255, then of every merge the left id, then of every merge
     the right id, in two bytes each, the lower byte first. */
  static fromBytes(buffer, specials = []) {
    const view = new DataView(buffer);
    const n = (buffer.byteLength - 256) / 4;
    const id = i => view.getUint16(256 + 2 * i, true);
    const merges = Array.from({length: n}, (_, r) => [id(r), id(n + r)]);
    const byteOrder = [...new Uint8Array(buffer, 0, 256)];
    return new BytePairEncoding({merges, byteOrder, specials});
  }

  /** The rank of a pair of ids, undefined where no merge joins them. */
  rank(left, right) { return this.#ranks.get(left * 65536 + right); }

  preSplit(text) { return preSplit(text, this.pattern); }

  encode(text) {
    const ids = [];
    for (const part of this.#encodeInParts(text)) append(ids, part);
    return ids;
  }

  /** The same for long texts: the page can answer clicks meanwhile. Ends
     with null as soon as `signal`, an AbortSignal, is aborted. */
  async encodeInSlices(text, signal) {
    const ids = [];
    let end = performance.now() + SLICE;
    for (const part of this.#encodeInParts(text)) {
      append(ids, part);
      if (performance.now() < end) continue;
      await new Promise(resolve => setTimeout(resolve));
      if (signal?.aborted) return null;
      end = performance.now() + SLICE;
    }
    return ids;
  }

  /* The ids of one word after another; a long word gives empty parts
     first, so that whoever asks can pause. */
  * #encodeInParts(text) {
    for (const [word] of text.toWellFormed().matchAll(this.pattern)) {
      let ids = this.#cache.get(word);
      if (!ids) {
        ids = yield* this.#merge(this.#single(word));
        this.#remember(word, ids);
      }
      yield ids;
    }
  }

  #single(word) {
    return Array.from(encoder.encode(word), byte => this.#byteIds[byte]);
  }

  #remember(word, ids) {
    if (word.length > MAX_CACHED_LENGTH) return;
    if (this.#cache.size >= MAX_CACHED_WORDS) this.#cache.clear();
    this.#cache.set(word, ids);
  }

  /* Merge the pair of lowest rank, the leftmost first, until none is left.
     The heap holds rank * 2^32 + position; the two arrays link neighbours. */
  * #merge(ids) {
    const end = ids.length;
    const before = Int32Array.from({length: end + 1}, (_, i) => i - 1);
    const after = Int32Array.from({length: end + 1}, (_, i) => i + 1);
    const heap = new Heap();
    const propose = (left, right) => {
      const rank = this.rank(ids[left], ids[right]);
      if (rank !== undefined) heap.push(rank * 2 ** 32 + left);
    };
    for (let i = 1; i < end; i++) {
      if (i % 1024 === 0) yield [];
      propose(i - 1, i);
    }
    for (let round = 1; heap.size; round++) {
      if (round % 1024 === 0) yield [];
      const item = heap.pop();
      const rank = Math.floor(item / 2 ** 32), left = item % 2 ** 32;
      const right = after[left];
      if (ids[left] === null || right === end
          || this.rank(ids[left], ids[right]) !== rank) continue;
      ids[left] = 256 + rank;
      ids[right] = null;
      after[left] = after[right];
      before[after[right]] = left;
      if (before[left] >= 0) propose(before[left], left);
      if (after[left] < end) propose(left, after[left]);
    }
    return ids.filter(id => id !== null);
  }

  /** How one word is encoded: a list of {ids, pair, rank, newId}, one for
     each rank, `ids` being the word before the step. After the last step
     the ids are those of `encode`. */
  steps(word) {
    const words = this.preSplit(word);
    if (words.length > 1) {
      throw new RangeError(
        `${JSON.stringify(word)} is ${words.length} words for the pre-split`);
    }
    let ids = this.#single(word);
    const steps = [];
    for (;;) {
      const ranks = ids.slice(1).map((id, i) => this.rank(ids[i], id))
        .filter(rank => rank !== undefined);
      if (!ranks.length) return steps;
      const rank = Math.min(...ranks);
      const pair = this.merges[rank], newId = 256 + rank;
      steps.push({ids, pair, rank, newId});
      ids = mergePair(ids, pair, newId);
    }
  }

  /** The bytes of one id, as a list of numbers. */
  bytes(id) {
    if (!(Number.isInteger(id) && id >= 0 && id < this.vocabSize)) {
      throw new RangeError(
        `token id ${id} is not in this vocabulary of ${this.vocabSize} `
        + `(0 to ${this.vocabSize - 1})`);
    }
    this.#bytes[id] ??= this.merges[id - 256].flatMap(i => this.bytes(i));
    return this.#bytes[id];
  }

  decode(ids) { return decodeBytes(ids.flatMap(id => this.bytes(id))); }
}

/** `ids` with `pair` replaced by `newId`, from left to right. */
export function mergePair(ids, [left, right], newId) {
  const merged = [];
  for (let at = 0; at < ids.length; at++) {
    const fits = ids[at] === left && ids[at + 1] === right;
    merged.push(fits ? newId : ids[at]);
    if (fits) at += 1;
  }
  return merged;
}

function append(ids, part) {
  for (const id of part) ids.push(id);
}

/** Bytes to text; what makes no whole character becomes U+FFFD. */
export function decodeBytes(bytes) {
  return new TextDecoder("utf-8", {ignoreBOM: true})
    .decode(Uint8Array.from(bytes));
}
