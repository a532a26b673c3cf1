/* Reading the file that scratchlm.web writes: safetensors in GPT-2's layout,
   int8 rows with their scales, and in the header the sizes, the tokenizer
   and some logits of PyTorch's. Nothing in a file is trusted. */

import { BytePairEncoding } from "./bpe.js";

const FORMAT = "scratchlm web 1";
const MAX_FILE = 2 ** 26;       // bytes, unpacked; scratchlm.web has the same
const MAX_HEADER = 2 ** 24;
const MAX_SIZE = 2 ** 20;       // of any one number in a configuration
const SIZES = ["vocab_size", "context_length", "emb_dim", "n_heads",
               "n_layers"];
const HOW = "Write one with: python -m scratchlm.web CHECKPOINT FILE";

/** What is wrong with a file or a prompt, in words for the reader. */
export class Refusal extends Error {}

async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const parts = [];
  let size = 0;
  try {
    for await (const part of chunks(stream)) {
      parts.push(part);
      size += part.length;
      if (size > MAX_FILE + MAX_HEADER) break;
    }
  } catch {
    throw new Refusal(
      "The file is compressed (gzip), but damaged or cut short. Copy or "
      + "export it again.");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function* chunks(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function readHeader(bytes) {
  const foreign = new Refusal(
    "This is no model file: it does not begin as a safetensors file does. "
    + HOW);
  if (bytes.length < 16) throw foreign;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = Number(view.getBigUint64(0, true));
  if (size > MAX_HEADER || bytes[8] !== 0x7b) throw foreign;
  if (8 + size > bytes.length) {
    throw new Refusal(
      `The file is cut short: its header alone takes ${8 + size} bytes, the `
      + `file has ${bytes.length}. Copy or export it again.`);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true })
      .decode(bytes.subarray(8, 8 + size));
    return { header: JSON.parse(text), start: 8 + size };
  } catch {
    throw new Refusal("The file's header is damaged. Export it again.");
  }
}

function readAbout(header) {
  const text = header.__metadata__?.scratchlm;
  if (typeof text !== "string") {
    throw new Refusal(
      "The file holds tensors, but not the sizes and the tokenizer that "
      + `this page needs. ${HOW}`);
  }
  const about = JSON.parse(text);
  if (about.format !== FORMAT) {
    throw new Refusal(
      `The file's format is ${about.format}, this page reads ${FORMAT}. `
      + HOW);
  }
  for (const size of SIZES) {
    const value = about.config?.[size];
    if (!Number.isInteger(value) || value < 1 || value > MAX_SIZE) {
      throw new Refusal(`The file says ${size}=${value}, which is no size.`);
    }
  }
  const { emb_dim: width, n_heads: heads } = about.config;
  if (width % heads) {
    throw new Refusal(
      `The file says emb_dim=${width} and n_heads=${heads}; the width must `
      + "be a multiple of the heads.");
  }
  return about;
}

/* The tensors of a file, each checked against what the model needs. */
class Tensors {
  constructor(bytes, header, start) {
    Object.assign(this, { bytes, header, start });
    const names = Object.keys(header);
    this.prefix = names.some((name) => name.startsWith("transformer."))
      ? "transformer." : "";
  }

  has(name) { return name in this.header; }

  read(name, shape, type) {
    const entry = this.header[name];
    const says = entry && `${entry.dtype} of shape (${entry.shape})`;
    if (entry?.dtype !== type || `${entry.shape}` !== `${shape}`) {
      throw new Refusal(
        `The tensor ${name} is ${says ?? "missing"}; the model needs `
        + `${type} of shape (${shape}). ${HOW}`);
    }
    const size = shape.reduce((a, b) => a * b, 1) * (type === "F32" ? 4 : 1);
    const [from, to] = entry.data_offsets;
    const data = this.bytes.slice(this.start + from, this.start + to);
    if (to - from !== size || data.length !== size) {
      throw new Refusal(
        `The file is cut short or damaged: the tensor ${name} has `
        + `${data.length} bytes of ${size}. Copy or export it again.`);
    }
    return type === "F32" ? finite(name, new Float32Array(data.buffer))
      : new Int8Array(data.buffer);
  }

  vector(name, n) { return this.read(this.prefix + name, [n], "F32"); }

  /* int8 rows times their scales: (rows, columns) as float32. */
  rows(name, rows, columns) {
    const levels = this.read(name, [rows, columns], "I8");
    const scale = this.read(`${name}.scale`, [rows], "F32");
    const out = new Float32Array(rows * columns);
    for (let r = 0, at = 0; r < rows; r++) {
      for (const end = at + columns; at < end; at++) {
        out[at] = levels[at] * scale[r];
      }
    }
    return out;
  }

  /* GPT-2 stores (in, out); a row for each output is faster to read. */
  linear(name, nIn, nOut) {
    const stored = this.rows(`${this.prefix}${name}.weight`, nIn, nOut);
    const weight = new Float32Array(nIn * nOut);
    for (let i = 0; i < nIn; i++) {
      for (let o = 0; o < nOut; o++) {
        weight[o * nIn + i] = stored[i * nOut + o];
      }
    }
    return { weight, bias: this.vector(`${name}.bias`, nOut), nIn, nOut };
  }

  norm(name, n) {
    return { weight: this.vector(`${name}.weight`, n),
             bias: this.vector(`${name}.bias`, n) };
  }
}

function finite(name, numbers) {
  if (numbers.every(Number.isFinite)) return numbers;
  throw new Refusal(
    `The tensor ${name} has numbers that are infinite or undefined; the file `
    + "is damaged, or training diverged.");
}

function readWeights(tensors, config) {
  const { vocab_size: vocab, context_length: context, emb_dim: width,
          n_layers: layers } = config;
  const prefix = tensors.prefix;
  const tokens = tensors.rows(`${prefix}wte.weight`, vocab, width);
  const blocks = Array.from({ length: layers }, (_, i) => ({
    attnNorm: tensors.norm(`h.${i}.ln_1`, width),
    qkv: tensors.linear(`h.${i}.attn.c_attn`, width, 3 * width),
    out: tensors.linear(`h.${i}.attn.c_proj`, width, width),
    ffNorm: tensors.norm(`h.${i}.ln_2`, width),
    up: tensors.linear(`h.${i}.mlp.c_fc`, width, 4 * width),
    down: tensors.linear(`h.${i}.mlp.c_proj`, 4 * width, width),
  }));
  return {
    tokens,
    positions: tensors.rows(`${prefix}wpe.weight`, context, width),
    blocks,
    finalNorm: tensors.norm("ln_f", width),
    head: {
      weight: tensors.has("lm_head.weight")
        ? tensors.rows("lm_head.weight", vocab, width) : tokens,
      bias: new Float32Array(vocab), nIn: width, nOut: vocab,
    },
  };
}

/** The model in a file that `scratchlm.web.export_web` wrote.

    bytes: a Uint8Array, compressed with gzip or not
    returns: { name, config, weights, tokenizer, reference }

    Throws a Refusal, in plain words, for everything else. */
export async function readModel(bytes) {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unpacked(bytes);
  if (bytes.length > MAX_FILE + MAX_HEADER) {
    throw new Refusal(
      `The file has ${bytes.length} bytes; this page takes up to `
      + `${MAX_FILE}. Choose a smaller model.`);
  }
  const { header, start } = readHeader(bytes);
  try {
    const about = readAbout(header);
    const weights = readWeights(
      new Tensors(bytes, header, start), about.config);
    const tokenizer = BytePairEncoding.fromJSON(about.tokenizer);
    if (tokenizer.vocabSize > about.config.vocab_size) {
      throw new Refusal(
        `The tokenizer has ${tokenizer.vocabSize} ids, the model only `
        + `${about.config.vocab_size}; they do not belong together.`);
    }
    const { name, config, reference } = about;
    return { name: String(name), config, weights, tokenizer, reference };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`The file is damaged: ${error.message}. ${HOW}`);
  }
}
