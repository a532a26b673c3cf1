/* Tokens as text in which everything can be seen, as `visible` of
   scratchlm.notebook writes them. */

const NAMED = { " ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥" };
const INVISIBLE = /[\p{C}\p{Z}]/gu;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/* Two hexadecimal digits. */
export function hex(byte) { return byte.toString(16).padStart(2, "0"); }

function escape(sign) {
  const code = sign.codePointAt(0);
  if (code < 256) return "\\x" + hex(code);
  return code < 65536 ? "\\u" + code.toString(16).padStart(4, "0")
    : "\\U" + code.toString(16).padStart(8, "0");
}

/* Text: ␣ for a space, ⏎ for a line break, \u200b for a sign without a
   picture, ◌ before a mark that has lost its letter. */
export function visibleText(text) {
  const seen = text.replace(INVISIBLE, (sign) => NAMED[sign] ?? escape(sign));
  return /^\p{M}/u.test(text) ? "◌" + seen : seen;
}

function wholeCharacter(bytes) {
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

/* How many bytes a character takes whose first byte this is. */
function announced(byte) {
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* Bytes: \xd1 for one that is only a part of a character. */
export function visible(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const slice = bytes.slice(at, at + announced(bytes[at]));
    const character = wholeCharacter(slice);
    text += character ?? "\\x" + hex(bytes[at]);
    at += character === null ? 1 : slice.length;
  }
  return visibleText(text);
}
