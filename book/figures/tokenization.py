"""The figures of chapter 1, drawn with real numbers from scratchlm.

Every function returns a checked `Figure`. Letters in discs are the parts of
one figure; numbers in discs are the chapter's seven steps.
"""

from codecs import getincrementaldecoder
from collections import Counter
from functools import cache, partial
from itertools import pairwise
from math import log
from typing import NamedTuple
from unicodedata import category

from figures.kit import NARROW, WIDE, Figure, text_width, two_layouts
from scratchlm.datasets import load_austen
from scratchlm.tokenizer import BPETokenizer, pre_split

# The text of the chapter's training by hand: import it from here, so that
# prose, cells and figures agree. In five merges it shows what there is to
# see: the counts 6, 5, 3, 2, 2; a merge that takes pairs away from another
# ("e a" dies with "s e"); tokens made of tokens; exactly one tie, at rank 3
# (" se"+"e" against " sea"+"s", both 2: the smaller ids win); and "see" and
# " see" ending as different tokens because only one has a leading space.
TOY_TEXT = "see sea see seas see seasons"
TOY_MERGES = 5

# The word of rank_vs_longest(): GPT-2 cuts it where no reader would.
RANK_WORD = "seaside"

HIT = {"fill": 1, "width": 1.8}  # orange: just chosen or merged
SPECIAL = {"fill": "card", "width": 2, "outline": "green"}


@cache
def gpt2():
    return BPETokenizer.gpt2()


@cache
def austen_tokenizer():
    """2,048 tokens learned from one novel, in less than a second."""
    return BPETokenizer.train(load_austen("Pride and Prejudice"), 2048)


@cache
def toy_tokenizer(n_merges=TOY_MERGES):
    return BPETokenizer.train(TOY_TEXT, vocab_size=256 + n_merges)


def shown(token):
    """A token as a reader sees it: space as ␣, cut characters in hex."""
    if isinstance(token, bytes):
        try:
            token = token.decode("utf-8")
        except UnicodeDecodeError:
            return token.hex(" ").upper()
    return token.replace(" ", "␣").replace("\n", "⏎")


def pieces(tokenizer, text, **options):
    """(token_ids, tokens as shown) of a text."""
    ids = tokenizer.encode(text, **options)
    return ids, [shown(tokenizer.decode_bytes([i])) for i in ids]


def n_bytes(text):
    return len(text.encode("utf-8"))


def heading(panel, wide, y, label, note=""):
    """The name of a row at y: beside it, with its note below (wide), or
    above it, with the note behind (narrow)."""
    if wide:
        panel.text(0, y + 18, label, bold=True)
        panel.note(0, y + 36, note)
    else:
        panel.text(0, y - 9, label, bold=True)
        panel.note(NARROW, y - 9, note.replace("\n", " "), "end")


# --- 1 ----------------------------------------------------------------------

STEPS = (
    "Bytes",
    "Train",
    "Encode",
    "Pre-split",
    "Special tokens",
    "Alternatives",
    "Measure",
)


def pipeline(step=None):
    """The map of the chapter; `step`, 1 to 7, brings one step to the front."""
    text, special = "Chloë baked", "<|endoftext|>"
    names = ", ".join(f"{i} {name}" for i, name in enumerate(STEPS, 1))
    figure = Figure(
        WIDE,
        None,
        "Map: from text to token ids, with the seven steps of the chapter"
        + (f"; step {step}, {STEPS[step - 1]}" if step else ""),
        f"The text {text}{special} runs down to the model. The special token "
        "is set apart and becomes one id at once. The rest is cut into "
        "words, the words become UTF-8 bytes, and merges, lowest rank first, "
        "join bytes to tokens; each token has one id, and ids are all that "
        "the model receives. The merges were learned before, from a corpus. "
        f"Numbers in discs are the steps of the chapter: {names}.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        _map(panel, wide, step, text, special)
    return figure.check()


def _map(panel, wide, step, text, special):
    left, cell = (150, 30) if wide else (1, 22)
    row = 52 if wide else 76
    data, words = text.encode("utf-8"), pre_split(text)
    ids, tokens = pieces(gpt2(), text)
    sizes = [len(gpt2().decode_bytes([i])) for i in ids]
    control = gpt2().special_tokens[special]
    end = left + cell * len(data)
    last = end + (122 if wide else 64)
    aside = last - 54 if wide else last - 30  # where the special token runs
    seam = left + n_bytes(words[0]) * cell  # between the two words
    trunk = (left + end) / 2 if wide else seam + 70
    name = partial(_map_row, panel, wide, step)

    def strip(y, parts, labels, gap=1, **options):
        x, boxes = left, []
        for i, (part, label) in enumerate(zip(parts, labels, strict=True)):
            w = part * cell
            where = {"w": w - 2 * gap, "h": 28, "fill": i, **options}
            boxes.append(panel.chip(x + gap, y, label, **where))
            x += w
        return boxes

    def down(y, *boxes):
        for box in boxes:
            panel.arrow((box, y - row + 28), (box, y))

    y = 4 if wide else 26
    name(y, "Text")
    panel.chip(left, y, shown(text) + special, "bg", w=last - left, h=28)
    y += row
    down(y, trunk, aside)
    name(y, 5)
    cut = end if wide else end - 48
    panel.chip(left, y, shown(text), "card", w=cut - left, h=28)
    apart = {"h": 28, "size": 12, **SPECIAL}
    panel.chip(cut + 6, y, special, w=last - cut - 6, **apart)
    special_bottom = y + 28
    y += row
    branches = (seam - 30, seam + 66)  # right of the headings, when narrow
    if wide:
        branches = (left + seam) / 2, (seam + end) / 2
    down(y, *branches)
    name(y, 4)
    strip(y, map(n_bytes, words), map(shown, words), 4, fill="card")
    y += row
    down(y, *branches)
    name(y, 1)
    hexes = [f"{b:02X}" for b in data]
    strip(y, [1] * len(data), hexes, 0.5, fill="bg", size=12)

    y += row
    encode = panel.rect(left, y, 176 if wide else 136, 54, "card", "line", 6)
    x, w = (left + 236, 160) if wide else (left + 168, 116)
    train = panel.rect(x, y, w, 54, "bg", "line", 6, dash=True)
    for box, number, note in (
        (encode, 3, "lowest rank first"),
        (train, 2, "on a corpus"),
    ):
        _map_disc(panel, step, number, box.x + 20, y + 18)
        panel.note(box.x + 10, y + 44, note)
    down(y, encode.cx if wide else encode.right - 10)
    panel.arrow((train.x, y + 27), (encode.right, y + 27))
    if wide:
        panel.note((encode.right + x) / 2 + 2, y + 20, "merges", "middle")
        name(y, 6)
        panel.note(29, y + 38, "other rules\nfor this box")
    else:
        _map_disc(panel, step, 6, x + 10, y + 78)
        corner = encode.right - 16
        points = (x - 6, y + 78), (corner, y + 78), (corner, y + 56)
        panel.arrow(*points, dash=True)
    y += 54 + row - 28
    panel.arrow((encode.cx, encode.bottom), (encode.cx, y))
    name(y, "Tokens")
    boxes = strip(y, sizes, tokens)
    y += row if wide else 34
    if wide:
        down(y, *(box.cx for box in boxes))
        name(y, "Token ids")
    strip(y, sizes, ids, fill="bg", size=12)
    panel.arrow((aside, special_bottom), (aside, y))
    panel.chip(aside - 28, y, control, w=56, **apart)

    y += 44
    _map_disc(panel, step, 7, 11, y + (6 if wide else 14))
    ratio = len(data) / len(ids)
    said = f"{len(data)} bytes in {len(ids)} tokens"
    said += f": {ratio:.1f} bytes a token" if wide else ""
    panel.note(left + (0 if wide else 104), y + (10 if wide else 18), said)
    model = y + (28 if wide else 40)
    for x in (boxes[-1].right - 40 if wide else boxes[-1].right - 4, aside):
        panel.arrow((x, y - 16), (x, model))
    panel.rect(left, model, last - left, 46, "card", "fg", 6, 1.5)
    panel.text(left + 12, model + 20, "Model", bold=True)
    everything = " ".join(map(str, [*ids, control]))
    panel.text(left + 12, model + 38, f"sees only {everything}", 12.5)


def _map_disc(panel, step, number, x, y):
    quiet = step not in (None, number)
    panel.step(x, y, number, STEPS[number - 1], 14, quiet)


def _map_row(panel, wide, step, y, label):
    """The name of a row of the map: a step of the chapter, or plain."""
    if isinstance(label, int):
        _map_disc(panel, step, label, 11, y + 14 if wide else y - 16)
    else:
        panel.text(0, y + (19 if wide else -9), label, bold=True)


# --- 2 ----------------------------------------------------------------------


def text_levels():
    """Characters on the screen, code points and bytes of one short text."""
    twins = ["\u0457", "\u0456\u0308"]
    characters = ["a", *twins, "😀"]
    text = "".join(characters)
    data = text.encode("utf-8")
    figure = Figure(
        WIDE,
        None,
        "One text on three levels: characters, code points, bytes",
        f"The text {text} is {len(characters)} characters on the screen, "
        f"{len(text)} code points and {len(data)} bytes, drawn above each "
        "other so that widths are bytes. The two letters ї look the same: "
        "the first is one code point, the second a plain і and a combining "
        "mark of two dots, so their bytes differ and so would their tokens.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        left, cell = (162, 46) if wide else (1, 29.8)
        step = 62 if wide else 76
        y = 4 if wide else 24
        heading(panel, wide, y, f"{len(characters)} characters", "you see")
        heading(panel, wide, y + step, f"{len(text)} code points", "len(text)")
        note = "len(text.encode())"
        heading(panel, wide, y + 2 * step, f"{len(data)} bytes", note)
        x0 = left
        for i, character in enumerate(characters):
            w = cell * n_bytes(character)
            fill = ("card", "t0")[i % 2]
            box = panel.rect(x0 + 1, y, w - 2, 44, fill, "line", 5)
            panel.mid(box.cx, y + 29, character, 20)
            x1 = x0
            for code in character:
                w = cell * n_bytes(code)
                place = x1 + 1, y + step, w - 2, 44
                box = panel.rect(*place, fill, "line", 5)
                combining = text_width(code) == 0
                sign = "\u25cc" * combining + code
                panel.mid(box.cx, y + step + 18, sign, 15)
                hexes = f"U+{ord(code):04X}", f"U+{ord(code):X}"
                fits = [h for h in hexes if text_width(h, 12, True) < w - 6]
                number = (*fits, hexes[1][2:])[0]
                panel.mid(box.cx, y + step + 36, number, 12, mono=True)
                for byte in code.encode():
                    chip = {"w": cell - 2, "h": 44, "size": 12}
                    at = x1 + 1, y + 2 * step
                    panel.chip(*at, f"{byte:02X}", fill, **chip)
                    x1 += cell
            x0 = x1
        low = y + 2 * step + 46
        first, second = (cell * n_bytes(twin) for twin in twins)
        x = left + cell
        panel.bracket(x + 2, x + first - 3, low)
        panel.bracket(x + first + 3, x + first + second - 2, low)
        x += (first + second) / 2
        panel.note(x, low + 24, "same look, not equal", "middle", color="fg")
    return figure.check()


# --- 3 ----------------------------------------------------------------------


def utf8_layout():
    """The bits of one, two, three and four bytes of UTF-8."""
    characters = "Aї€😀"
    figure = Figure(
        WIDE,
        None,
        "How UTF-8 lays the bits of a code point into one to four bytes",
        "One row for each of "
        + ", ".join(f"{c} (U+{ord(c):04X})" for c in characters)
        + ". Hatched bits are fixed marks: a first byte that starts with 0 "
        "stands alone, 110, 1110 and 11110 announce two, three and four "
        "bytes, and every later byte starts with 10. The other bits hold "
        "the code point, highest first.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        left, bit, gap = (128, 14.6, 10) if wide else (1, 9.6, 7)
        byte = 8 * bit + gap
        y = 6 if wide else 30
        for char in characters:
            marks = [_n_marks(value) for value in char.encode("utf-8")]
            n, free = len(marks), 8 * len(marks) - sum(marks)
            size = f"{n} byte" + "s" * (n > 1)
            panel.mid(14, y + 24 if wide else y - 9, char, 20 if wide else 17)
            code = f"U+{ord(char):04X}"
            panel.text(36, y + 12 if wide else y - 9, code, 13, mono=True)
            if wide:
                panel.note(36, y + 30, size)
                if n < len(characters):
                    said = "0: alone, " * (n == 1) + f"{free} bits are free"
                    panel.note(left + n * byte + 4, y + 18, said)
            else:
                panel.note(NARROW, y - 9, f"{size}, {free} bits free", "end")
            for k, value in enumerate(char.encode("utf-8")):
                _bits(panel, left + k * byte, y, bit, value)
            y += 58 if wide else 70
        y -= 28 if wide else 40
        panel.bracket(left, left + _n_marks(0xF0) * bit, y)
        panel.note(left, y + 24, "four ones:\nfour bytes")
        for k in (1, 2, 3):
            x = left + k * byte
            panel.bracket(x, x + _n_marks(0x80) * bit, y)
        said = "10: not a first byte, but\nmore of the same character"
        panel.note(left + byte, y + 24, said)
    return figure.check()


def _n_marks(byte):
    """How many bits are fixed marks: the leading ones and the zero that
    ends them."""
    return f"{byte:08b}".index("0") + 1


def _bits(panel, x, y, bit, byte):
    marks = _n_marks(byte)
    panel.hatch(x, y, marks * bit, 28, r=0)
    panel.rect(x + marks * bit, y, (8 - marks) * bit, 28, "t2", "line", 0)
    for i, value in enumerate(f"{byte:08b}"):
        middle = x + (i + 0.5) * bit
        panel.mid(middle, y + 18.5, value, 12.5, mono=True, bold=i < marks)


# --- 4 ----------------------------------------------------------------------


def granularity():
    """One sentence as words, tokens, characters and bytes."""
    text = "Київ has bread"
    known = set(pre_split(load_austen().lower()))
    tokens = list(map(gpt2().token_bytes.__getitem__, gpt2().encode(text)))
    assigned = sum(  # letters and signs, in whatever Unicode Python knows
        category(chr(i)) not in ("Cn", "Co", "Cs") for i in range(0x110000)
    )
    rows = (
        ("words", pre_split(text), "no end: names, typos"),
        ("tokens", tokens, f"{gpt2().vocab_size:,}: we choose"),
        ("characters", list(text), f"over {assigned // 10_000 * 10_000:,}"),
        ("bytes", [bytes([b]) for b in text.encode()], "256"),
    )
    figure = Figure(
        WIDE,
        None,
        "The same sentence cut into words, tokens, characters and bytes",
        f"The sentence {text} is "
        + ", ".join(f"{len(parts)} {name}" for name, parts, _ in rows)
        + ". The smaller the pieces, the longer the row and the shorter the "
        "list of pieces that can occur: "
        + "; ".join(f"{name}, {size}" for name, _, size in rows)
        + ". A list of the words in Austen's novels does not know Київ; "
        "tokens, the subject of this chapter, keep the row short without "
        "ever meeting an unknown piece.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        left, cell = (108, 21.6) if wide else (1, 18.2)
        edge = left + n_bytes(text) * cell + 26
        y = 30 if wide else 26
        if wide:
            panel.note(left, 18, "each row is the whole sentence")
            panel.note(edge, 18, "possible pieces")
        for name, parts, size in rows:
            n = len(parts)
            if wide:
                panel.text(0, y + 15, n, 20, bold=True)
                panel.text(0, y + 32, name, 13)
                panel.text(edge, y + 22, size, 13)
            else:
                panel.text(0, y - 9, f"{n} {name}", bold=True)
                panel.note(NARROW, y - 9, size, "end")
            x = left
            for i, part in enumerate(parts):
                raw = part.encode() if isinstance(part, str) else part
                w = cell * len(raw)
                if name == "words" and part.lower() not in known:
                    panel.hatch(x + 1, y, w - 2, 34)
                    panel.mid(x + w / 2, y + 22, "unknown", 13)
                else:
                    label = raw.hex().upper() if name == "bytes" else part
                    fill = i if name == "tokens" else "card"
                    where = {"w": w - 1.6, "h": 34, "size": 12}
                    panel.chip(x + 0.8, y, shown(label), fill, **where)
                x += w
            y += 60 if wide else 76
    return figure.check()


# --- 5 ----------------------------------------------------------------------


def _toy_words(n_merges):
    """{word: (times, token_ids)} of TOY_TEXT after the first merges."""
    encode = toy_tokenizer(n_merges).encode
    words = Counter(pre_split(TOY_TEXT))
    return {word: (times, encode(word)) for word, times in words.items()}


def _toy_pairs(words):
    counts = Counter()
    for times, ids in words.values():
        for pair in pairwise(ids):
            counts[pair] += times
    return counts


def training_round(rank=0):
    """One round of BPE on TOY_TEXT: the one that makes the merge `rank`."""
    tokenizer, words = toy_tokenizer(), _toy_words(rank)
    pair, new_id = tokenizer.merges[rank], 256 + rank
    names = [shown(b) for b in tokenizer.token_bytes]
    counts = _toy_pairs(words)
    order = sorted(counts, key=lambda p: (-counts[p], p))
    tied = [p for p in order if counts[p] == counts[pair]]
    a, b = names[pair[0]], names[pair[1]]
    how = f"{a} and {b} win with {counts[pair]}"
    if len(tied) > 1:
        how += f", a tie of {len(tied)} pairs, because their ids are smaller"
    figure = Figure(
        WIDE,
        None,
        "One round of training: count the pairs, choose one, replace it "
        f"(rank {rank})",
        f"Left, the words of the text {TOY_TEXT!r} as tokens, with their "
        "counts. Middle, every pair of neighbours with its count: "
        + ", ".join(f"{names[p]} {names[q]} {counts[p, q]}" for p, q in order)
        + f". {how}. Right, the words after the pair has become token "
        f"{new_id}; the list of tokens is shorter.",
        narrow=(NARROW, None),
    )
    table = 52 + 24 * len(order)
    below = 252 + table + (44 if len(tied) > 1 else 14)
    left = figure.panel((0, 0), (0, 0))
    centre = figure.panel((236, 0), (0, 252))
    right = figure.panel((466, 0), (0, below))

    left.step(11, 12, "a", "Words so far")
    left.note(0, 40, "how often, and their tokens")
    _toy_rows(left, words, names, pair=pair)

    centre.step(11, 12, "b", "Count and choose")
    centre.note(0, 40, "every pair of neighbours")
    for i, (p, q) in enumerate(order):
        y, wins = 52 + 24 * i, (p, q) == pair
        fill = 1 if wins else "card"
        first = centre.chip(0, y, names[p], fill, h=20, size=13)
        centre.chip(first.right + 2, y, names[q], fill, h=20, size=13)
        length = 10 * counts[p, q]
        bar = "orange" if wins else "line"
        end = centre.rect(88, y + 3, length, 14, bar, r=1).right
        box = centre.text(end + 7, y + 15, counts[p, q], bold=wins)
        if (p, q) in tied:
            centre.note(box.right + 8, y + 15, "wins" if wins else "tie")
    if len(tied) > 1:
        said = f"a tie: the smaller ids win,\n{pair} before {tied[1]}"
        centre.note(0, table + 14, said)

    right.step(11, 12, "c", "Replace")
    right.note(0, 40, f"rank {rank}: {a} + {b} is token {new_id}")
    _toy_rows(right, _toy_words(rank + 1), names, new_id=new_id)
    for x in (202, 434):
        figure.panel((x, 0), None).arrow((0, 132), (20, 132), width=2)
    return figure.check()


def _toy_rows(panel, words, names, pair=None, new_id=None):
    """Words as rows of chips, the coming pair or the new token in colour;
    below, how many tokens the text has."""
    y = 56
    for times, ids in words.values():
        panel.text(25, y + 16, f"{times} ×", 13, anchor="end")
        x, i = 32, 0
        while i < len(ids):
            both = tuple(ids[i : i + 2]) == pair
            for token_id in ids[i : i + 1 + both]:
                new = both or token_id == new_id
                name = names[token_id]
                where = {"w": text_width(name, 14, True) + 8, "h": 22}
                style = HIT if new else {"fill": "card"}
                box = panel.chip(x, y, name, **where, **style)
                x = box.right if both else box.right + 3
            x += 3 if both else 0
            i += 1 + both
        y += 32
    total = sum(times * len(ids) for times, ids in words.values())
    panel.note(0, y + 14, f"{total} tokens in the text", color="fg")


# --- 6 ----------------------------------------------------------------------


class Node(NamedTuple):
    """A token over the leaves start..end; a leaf has rank None."""

    start: int
    end: int
    level: int
    token: bytes
    rank: int | None = None
    children: tuple = ()


def _grow(tokenizer, word):
    """All nodes of the merge trees of a word, and the trees' roots."""
    leaves = [bytes([b]) for b in word.encode("utf-8")]
    roots = [Node(i, i + 1, 0, leaf) for i, leaf in enumerate(leaves)]
    nodes = list(roots)
    for step in tokenizer.merge_steps(word):
        pair = [tokenizer.token_bytes[i] for i in step.pair]
        i = 0
        while i < len(roots) - 1:
            one, two = roots[i : i + 2]
            if [one.token, two.token] == pair:
                level = 1 + max(one.level, two.level)
                token = b"".join(pair)
                span = one.start, two.end, level, token, step.rank
                roots[i : i + 2] = [Node(*span, (one, two))]
                nodes.append(roots[i])
            i += 1
    return nodes, roots


def merge_tree(word=" neighbourhood", tokenizer=None):
    """How the merges of a tokenizer build a word from its bytes."""
    learned = "" if tokenizer else "learned from Pride and Prejudice "
    tokenizer = tokenizer or austen_tokenizer()
    nodes, roots = _grow(tokenizer, word)
    n_leaves, top = n_bytes(word), max(node.level for node in nodes)
    merged = [node for node in nodes if node.children]
    figure = Figure(
        WIDE,
        None,
        f"The merges that build {shown(word)} from its {n_leaves} bytes",
        f"A tree of merges {learned}({tokenizer.vocab_size:,} tokens): at "
        f"the bottom the bytes of {shown(word)}, above them "
        + ", then ".join(f"{shown(m.token)} at rank {m.rank}" for m in merged)
        + ". A merge of lower rank was learned earlier and is done earlier. "
        "The word ends as: "
        + " ".join(shown(root.token) for root in roots)
        + ".",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        cell = min(66, (656 if wide else 328) / n_leaves)
        left = ((WIDE if wide else NARROW) - cell * n_leaves) / 2
        bottom = 56 * top + 2

        def place(node, left=left, cell=cell, bottom=bottom):
            middle = left + (node.start + node.end) / 2 * cell
            return middle, bottom - 56 * node.level

        for node in merged:
            x, y = place(node)
            for child in node.children:
                panel.line((x, y + 38), place(child), width=1.4)
        for node in nodes:
            x, y = place(node)
            label, done = shown(node.token), node in roots
            fill, width = ("t1", 2) if done else ("card", 1)
            if node.rank is None:
                w = min(30, cell - 3)
                fill = 1 if done else "bg"
                panel.chip(x - w / 2, y, label, fill, w=w, size=13)
                continue
            widths = text_width(label, 14, True), text_width(node.rank, 12)
            w = min(max(widths) + 14, (node.end - node.start) * cell - 3)
            panel.rect(x - w / 2, y, w, 38, fill, "line", 5, width)
            panel.mid(x, y + 16, label, mono=True, bold=done)
            panel.mid(x, y + 32, node.rank, 12, mono=True)
        said = "bottom: bytes; lower number in a box: rank of its merge"
        if not wide:
            said = said.replace("; ", "\n")
        panel.note(max(0, left) if wide else 0, bottom + 48, said)
    return figure.check()


# --- 7 ----------------------------------------------------------------------


def overlap():
    """Pairs overlap when counted, but not when merged: aaaa and aaa."""
    tokenizer = BPETokenizer.train("aaaa", vocab_size=257)
    figure = Figure(
        WIDE,
        None,
        "Counted pairs overlap, merged pairs do not",
        "The word aaaa has three places where a meets a, and they overlap, "
        "so the pair counts 3. Merging goes from the left and never uses a "
        "letter twice, so aaaa becomes aa aa. In aaa the count is 2, but "
        "one merge uses up the first two letters and the third is left "
        "over: aa a, never one token.",
        narrow=(NARROW, None),
    )
    cell, size = 44, {"h": 30, "size": 16}
    for row, word in enumerate(("aaaa", "aaa")):
        panel = figure.panel((10, 132 * row), (0, 230 * row))
        n_pairs = len(word) - 1
        panel.step(11, 14, "a", f"Count in {word}: {n_pairs} pairs")
        for i, letter in enumerate(word):
            where = {"w": cell - 4, **size}
            panel.chip(i * cell + 2, 60, letter, "card", **where)
        for i in range(n_pairs):
            up = i % 2 == 1
            x, y = (i + 0.5) * cell, 57 if up else 93
            ink = {"color": "fg", "size": 14}
            panel.bracket(x + 3, x + cell - 3, y, f"{i + 1}", up, **ink)

        other = figure.panel((356, 132 * row), (0, 230 * row + 122))
        ids = tokenizer.encode(word)
        n_merged = ids.count(256)
        other.step(11, 14, "b", f"Merge from the left: {n_merged}")
        x = 0
        for token_id in ids:
            token = shown(tokenizer.token_bytes[token_id])
            where = {"w": cell * len(token) - 4, **size}
            style = HIT if token_id == 256 else {"fill": "card"}
            other.chip(x + 2, 60, token, **where, **style)
            x += cell * len(token)
        if ids[-1] != 256:
            other.note(x + 8, 72, "left over: its\nneighbour is used up")
        arrow = figure.panel((0, 75 + 132 * row), None)
        arrow.arrow((220, 0), (330, 0), width=2)
    return figure.check()


# --- 8 ----------------------------------------------------------------------


def longest_first(tokenizer, word):
    """The shortcut that is not BPE: the longest token that fits, then on."""
    known, rest, tokens = set(tokenizer.token_bytes), word.encode(), []
    while rest:
        fits = (n for n in range(len(rest), 0, -1) if rest[:n] in known)
        end = next(fits)
        tokens.append(rest[:end])
        rest = rest[end:]
    return tokens


def rank_vs_longest(word=RANK_WORD, tokenizer=None):
    """One word cut by rank and by longest match: different tokens."""
    tokenizer = tokenizer or gpt2()
    steps, ids = tokenizer.merge_steps(word), tokenizer.encode(word)
    greedy = longest_first(tokenizer, word)
    greedy_ids = [tokenizer.token_bytes.index(t) for t in greedy]
    if greedy_ids == ids:
        raise ValueError(
            f"{word!r} is cut the same way by rank and by longest match: "
            "choose another word"
        )
    by_rank = [tokenizer.token_bytes[i] for i in ids]
    text = [" ".join(map(shown, tokens)) for tokens in (by_rank, greedy)]
    figure = Figure(
        WIDE,
        None,
        f"GPT-2 cuts {shown(word)} by rank; the longest match cuts elsewhere",
        f"Left, the letters of {shown(word)} are merged by lowest rank "
        f"first, {len(steps)} merges, and end as {text[0]}. Right, the "
        "longest token that fits is taken from the left, which gives "
        f"{text[1]}. Both spell the word, but only the left is BPE: the "
        "model was trained on those ids and never met the others here.",
        narrow=(NARROW, None),
    )
    cell = min(27, 190 / n_bytes(word))
    aside, row = cell * n_bytes(word) + 14, 38
    left = figure.panel((0, 0), (0, 0))
    left.step(11, 12, "a", "By rank: BPE")
    left.note(0, 42, "of all pairs here, the lowest rank goes first")
    y = 56
    for step in steps:
        _tokens(left, tokenizer, step.token_ids, y, cell, step.pair)
        one, two = (shown(tokenizer.token_bytes[i]) for i in step.pair)
        left.note(aside, y + 18, f"{one} {two}: rank {step.rank}")
        y += row
    _tokens(left, tokenizer, ids, y, cell)
    left.note(aside, y + 18, "no pair has a rank")
    left.text(0, y + 64, f"{len(ids)} tokens: what GPT-2 learned from", 13)

    right = figure.panel((352, 0), (0, y + 92))
    right.step(11, 12, "b", "By length: not BPE")
    right.note(0, 42, "from the left, the longest token that fits")
    y = 56
    for k, token in enumerate(greedy, 1):
        x = 0
        rest = word.encode()[len(b"".join(greedy[:k])) :]
        for done in (*greedy[:k], *(bytes([b]) for b in rest)):
            w = cell * len(done)
            style = HIT if done is token else {"fill": "bg"}
            right.chip(x + 1, y, shown(done), w=w - 2, **style)
            x += w
        right.note(aside, y + 18, f"{shown(token)} fits")
        y += row
    _tokens(right, tokenizer, greedy_ids, y, cell)
    right.note(aside, y + 18, "other ids")
    said = f"{len(greedy)} tokens that GPT-2 never met in this word"
    right.text(0, y + 64, said, 13)
    return figure.check()


def _tokens(panel, tokenizer, ids, y, cell, pair=None):
    """Tokens on the pitch of their letters: the coming pair in colour, or,
    without one, the end result with its ids."""
    x, i = 0, 0
    while i < len(ids):
        hit = pair is not None and tuple(ids[i : i + 2]) == pair
        for token_id in ids[i : i + 1 + hit]:
            token = tokenizer.token_bytes[token_id]
            style = HIT if hit else {"fill": "bg"}
            if pair is None:
                style = {"fill": "card", "width": 2, "under": token_id}
            w = cell * len(token)
            panel.chip(x + 1, y, shown(token), w=w - 2, **style)
            x += w
        i += 1 + hit


# --- 9 ----------------------------------------------------------------------

PARTS = (  # the parts of GPT2_SPLIT_PATTERN in its order, space drawn as ␣
    ("'s 't 're 've 'm 'll 'd", "contractions"),
    (r"␣?\p{L}+", "letters, with a space before"),
    (r"␣?\p{N}+", "digits, the same way"),
    (r"␣?[^\s\p{L}\p{N}]+", "other signs, the same way"),
    (r"\s+(?!\S)|\s+", "white space that is left"),
)


def _part_of(piece):
    """Which part of the pattern a piece came from."""
    sign = piece.lstrip(" ")[:1]
    if not sign:
        return 4
    if sign == "'" and len(piece) > 1:
        return 0
    return 1 if sign.isalpha() else 2 if sign.isnumeric() else 3


def pre_split_boundaries():
    """A sentence cut by GPT-2's pattern; merges stay inside the words."""
    text = "We'll bake 12 loaves,  won't we?"
    words = pre_split(text)
    figure = Figure(
        WIDE,
        None,
        "GPT-2's pattern cuts text into words; no merge crosses a cut",
        f"The sentence {text!r} is cut into {len(words)} words: "
        + ", ".join(map(shown, words))
        + ". A word takes the space before it along; contractions, digits "
        "and signs stand apart; of two spaces the first stands alone. Below, "
        "the parts of the pattern, each with what it matched. Merges are "
        "made inside a word only.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        rows = [words] if wide else [words[:6], words[6:]]
        boxes, y = [], 34
        for row in rows:
            style = {"size": 15, "h": 30, "fill": "card"}
            made = panel.chips(0, y, map(shown, row), gap=9, **style)
            for box in made[:-1] if row is rows[-1] else made:
                x = box.right + 4.5
                panel.line((x, y - 6), (x, y + 36), dash=True, width=1.3)
            boxes += made
            y += 66
        loaves, comma = boxes[4:6]
        panel.bracket(loaves.x + 14, loaves.x + 36, loaves.bottom + 3)
        ink = {"color": "fg"}
        x, low = loaves.x + 44, loaves.bottom + 15
        side = "start" if wide else "end"
        panel.note(x if wide else x - 38, low, "merge: allowed", side, **ink)
        panel.bracket(loaves.right - 10, comma.x + 12, 30, up=True)
        panel.note(loaves.right - 18, 20, "merge: never", "end", **ink)
        y += 14 if wide else 26
        for i, (part, meaning) in enumerate(PARTS):
            mine = [shown(w) for w in words if _part_of(w) == i]
            panel.text(0, y, part, 13, mono=True)
            style = {"h": 24, "size": 13, "fill": "card"}
            if wide:
                panel.note(206, y, meaning)
                panel.chips(404, y - 17, mine, **style)
            else:
                panel.note(NARROW, y, meaning.partition(",")[0], "end")
                panel.chips(0, y + 9, mine, **style)
            y += 36 if wide else 60
    return figure.check()


# --- 10 ---------------------------------------------------------------------


def special_tokens(text="Hi<|endoftext|>"):
    """What encode does with text that spells a special token."""
    tokenizer = gpt2()
    special, control = next(iter(tokenizer.special_tokens.items()))
    try:
        tokenizer.encode(text)
        raise AssertionError(f"{text!r} does not spell {special}")
    except ValueError as error:
        refusal = type(error).__name__
    plain = pieces(tokenizer, text, disallowed_special=())
    marked = pieces(tokenizer, text, allowed_special="all")
    figure = Figure(
        WIDE,
        None,
        f"Text that spells {special}: refused, ordinary text, or control id",
        f"The text {text} takes one of three ways. Plain path, for text from "
        f"anybody: encode(text) refuses it with a {refusal}; with "
        f"disallowed_special=() its letters become {len(plain[0])} ordinary "
        f"tokens. Control path, for text your own program wrote: with "
        f"allowed_special='all' the name becomes the control id {control}. A "
        "user's text on the control path could end your document.",
        narrow=(NARROW, None),
    )
    lanes = (
        (
            "Plain path: text from anybody",
            ("a", "encode(text)", "the default: you must decide", None),
            (
                "b",
                "encode(text, disallowed_special=())",
                "letters only: harmless",
                plain,
            ),
        ),
        (
            "Control path: text your program wrote",
            (
                "c",
                'encode(text, allowed_special="all")',
                "ends the document",
                marked,
            ),
        ),
    )
    for panel, wide in two_layouts(figure):
        right = WIDE - 1 if wide else NARROW - 1
        panel.text(1, 19, "text =", 13, mono=True)
        panel.chip(58, 1, text, "bg")
        y, row = 38, 62 if wide else 108
        for title, *calls in lanes:
            height = 40 + row * len(calls)
            fill = "card" if calls[0][0] == "a" else "bg"
            panel.rect(1, y, right - 1, height, fill, "line", 8)
            panel.text(14, y + 24, title, bold=True)
            y += 40
            for letter, call, note, result in calls:
                panel.step(26, y + 13, letter)
                panel.text(46, y + 12, call, 12.5, mono=True)
                panel.note(46, y + 30, note)
                x, top = (336, y) if wide else (14, y + 44)
                if wide:
                    panel.arrow((316, y + 13), (331, y + 13))
                _outcome(panel, x, top, result, refusal, special, control)
                y += row
            y += 12
    return figure.check()


def _outcome(panel, x, y, result, refusal, special, control):
    """The tokens that came out, or the refusal."""
    if result is None:
        panel.hatch(x, y, 204, 28)
        panel.mid(x + 102, y + 19, f"refused: {refusal}", 13, bold=True)
        return
    for token_id, token in zip(*result, strict=True):
        name = special if token_id == control else token
        widths = text_width(name, 13, True), text_width(token_id, 12, True)
        style = {"fill": "bg", "size": 13, "under": token_id}
        if token_id == control:
            style |= SPECIAL
        x = panel.chip(x, y, name, w=max(widths) + 9, **style).right + 3


# --- 11 ---------------------------------------------------------------------


def wordpiece_scores():
    """The pairs of TOY_TEXT in the order of BPE and of WordPiece."""
    words = _toy_words(0)
    counts, single = _toy_pairs(words), Counter()
    for times, ids in words.values():
        for token_id in ids:
            single[token_id] += times
    score = {p: n / (single[p[0]] * single[p[1]]) for p, n in counts.items()}
    names = {i: shown(bytes([i])) for i in single}
    by_count = sorted(counts, key=lambda p: (-counts[p], p))
    by_score = sorted(counts, key=lambda p: (-score[p], by_count.index(p)))
    first, second = by_count[0], by_score[0]
    a, b = (" ".join(names[i] for i in pair) for pair in (first, second))
    figure = Figure(
        WIDE,
        None,
        "Count and WordPiece score choose different pairs",
        f"The {len(counts)} pairs of {TOY_TEXT!r} in two orders, joined by "
        f"lines. By count, {a} is first with {counts[first]}. By count "
        "divided by the counts of both members, "
        f"{b} is first with {score[second]:.0f}: its letters occur once, "
        f"always together, while {a} falls to {score[first]:.3f} because s "
        "and e occur often anyway.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        left, right = (20, 392) if wide else (0, 176)
        panel.text(left, 16, "BPE: count", bold=True)
        panel.text(right, 16, "WordPiece: score", bold=True)
        panel.note(left, 36, "c(a,b)")
        panel.note(right, 36, "c(a,b) / (c(a) · c(b))")
        ends = {}  # pair -> where its line starts
        for i, pair in enumerate(by_count):
            value = f"{counts[pair]}"
            box = _ranked(panel, left, i, pair, names, value)
            ends[pair] = box.right + 8, 62 + 32 * i
        for i, pair in enumerate(by_score):
            value = f"{score[pair]:.3f}"
            box = _ranked(panel, right, i, pair, names, value)
            if wide:
                parts = " · ".join(str(single[t]) for t in pair)
                said = f"= {counts[pair]} / ({parts})"
                panel.note(box.right + 10, 66.5 + 32 * i, said)
            leads = pair in (first, second)
            ink = {"color": "orange", "width": 2.6, "head": True}
            ink = (
                ink if leads else {"color": "line", "width": 1, "head": False}
            )
            panel.curve(ends[pair], (right - 5, 62 + 32 * i), **ink)
    return figure.check()


def _ranked(panel, x, i, pair, names, value):
    """Line i of a ranking of pairs; the first line is the choice."""
    y, style = 50 + 32 * i, HIT if i == 0 else {"fill": "card"}
    for token_id in pair:
        panel.chip(x, y, names[token_id], w=19, h=24, **style)
        x += 20
    return panel.text(x + 8, y + 17, value, bold=i == 0)


# --- 12 ---------------------------------------------------------------------

LONGEST_PIECE = 6
UNIGRAM_NOVEL, UNIGRAM_LENGTH = "Pride and Prejudice", 200_000


def best_cut(word, logp):
    """Viterbi: [(best sum, where its last piece starts)] for each prefix."""
    best = [(0.0, 0)]
    for end in range(1, len(word) + 1):
        starts = range(max(0, end - LONGEST_PIECE), end)
        known = [i for i in starts if word[i:end] in logp]
        best.append(max((best[i][0] + logp[word[i:end]], i) for i in known))
    return best


def spans(best):
    """The (start, end) of each piece of the best cut."""
    end, cut = len(best) - 1, []
    while end:
        start = best[end][1]
        cut.append((start, end))
        end = start
    return cut[::-1]


@cache
def unigram_logp(rounds=3, least=30):
    """{piece: log-probability}: a Unigram model of one novel, by hard EM.

    Start from every substring of up to six letters that occurs often, then
    cut all words by the present probabilities and count the pieces. The
    values are rounded as they are drawn, so that the drawn numbers add up.
    """
    novel = pre_split(load_austen(UNIGRAM_NOVEL)[:UNIGRAM_LENGTH].lower())
    words = Counter(w.strip() for w in novel)
    words = {w: n for w, n in words.items() if w.isascii() and w.isalpha()}
    counts, letters = Counter(), Counter(set("".join(words)))
    for word, n in words.items():
        for i in range(len(word)):
            for end in range(i + 1, min(len(word), i + LONGEST_PIECE) + 1):
                counts[word[i:end]] += n
    for _ in range(rounds + 1):
        keep = {p: n for p, n in counts.items() if n >= least or len(p) == 1}
        total = sum(keep.values())
        logp = {p: log(n / total) for p, n in keep.items()}
        counts, least = Counter(letters), 5
        for word, n in words.items():
            for start, end in spans(best_cut(word, logp)):
                counts[word[start:end]] += n
    return {piece: round(value, 2) for piece, value in logp.items()}


def unigram_lattice(word="income"):
    """Every way to spell a word in pieces, and the most probable one."""
    logp, n = unigram_logp(), len(word)
    ends = range(1, n + 1)
    bricks = [(i, j) for j in ends for i in range(j) if word[i:j] in logp]
    best = best_cut(word, logp)
    cut, greedy = spans(best), []
    while not greedy or greedy[-1][1] < n:
        start = greedy[-1][1] if greedy else 0
        greedy.append(max(brick for brick in bricks if brick[0] == start))
    ways = [1]
    for end in ends:
        ways.append(sum(ways[i] for i, j in bricks if j == end))
    sums = [f"{sum(logp[word[i:j]] for i, j in way):.2f}".replace("-", "−")
            for way in (cut, greedy)]  # fmt: skip
    spelt = ["|".join(word[i:j] for i, j in way) for way in (cut, greedy)]
    rows = _pack(bricks)
    figure = Figure(
        WIDE,
        None,
        f"All pieces of {word} with their log-probabilities, and the best cut",
        f"The pieces that can spell {word}, each above the letters it covers "
        "and with its log-probability (natural logarithm) in a Unigram model "
        f"trained on the first {UNIGRAM_LENGTH:,} characters of "
        f"{UNIGRAM_NOVEL}; {ways[-1]} cuts are possible. The most probable "
        f"is {spelt[0]} with {sums[0]}. Taking the longest piece first gives "
        f"{spelt[1]} with {sums[1]}. Viterbi keeps, below each "
        "letter, the best sum of the prefix that ends there.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        left, cell = (120, 90) if wide else (1, 328 / n)
        low = 34 + 46 * len(rows)
        y, drop = low + 20, 0 if wide else 20  # sums in two rows, for room
        for i in range(n + 1):
            x, end = left + i * cell, low + 2
            end += (22 if i % 2 else 42) if drop and i else 0
            panel.line((x, 30), (x, end), width=1, dash=True)
        for i, letter in enumerate(word):
            panel.mid(left + (i + 0.5) * cell, 20, letter, 20, mono=True)
        for k, row in enumerate(rows):
            for i, j in row:
                x, w = left + i * cell + 3, (j - i) * cell - 6
                chosen = (i, j) in cut
                look = ("t1", "fg", 5, 2.4) if chosen else ("card", "line", 5)
                top = 32 + 46 * k
                panel.rect(x, top, w, 38, *look)
                ink = {"mono": True, "bold": chosen}
                panel.mid(x + w / 2, top + 16, word[i:j], **ink)
                value = f"{logp[word[i:j]]:.2f}".replace("-", "−")
                panel.mid(x + w / 2, top + 32, value, 12.5)
        if wide:
            panel.note(0, 56, "pieces, with\nlog-probability")
            panel.note(0, y, "best sum so far", color="fg")
        for j in ends:
            value = f"{best[j][0]:.2f}".replace("-", "−")
            kept = {"anchor": "end", "bold": any(j == e for _, e in cut)}
            low = y + drop * (j % 2 == 0)
            panel.text(left + j * cell - 4, low, value, 13, **kept)
        if not wide:
            y += 48
            panel.note(1, y, "best sum up to each letter", color="fg")
        y += 34
        verdict = f"best of {ways[-1]} cuts: {spelt[0]}  {sums[0]}"
        box = panel.text(left, y, verdict, bold=True)
        x, y = (box.right + 30, y) if wide else (left, y + 22)
        panel.note(x, y, f"longest first: {spelt[1]}  {sums[1]}")
        panel.note(left, y + 24, f"Unigram model trained on {UNIGRAM_NOVEL}")
    return figure.check()


def _pack(bricks):
    """Bricks in rows of one length, so that none in a row overlap."""
    rows = []
    for i, j in sorted(bricks, key=lambda brick: (brick[1] - brick[0], brick)):
        for row in rows:
            a, b = row[-1]
            if b - a == j - i and b <= i:
                row.append((i, j))
                break
        else:
            rows.append([(i, j)])
    return rows


# --- 13 ---------------------------------------------------------------------


def vocabulary_ledger():
    """GPT-2's 50,257 ids: bytes, merges and one special token."""
    tokenizer = gpt2()
    size, n_merges = tokenizer.vocab_size, len(tokenizer.merges)
    special, last = next(iter(tokenizer.special_tokens.items()))
    n_bytes_ = size - n_merges - len(tokenizer.special_tokens)
    young, old = (
        [shown(tokenizer.token_bytes[i]) for i in ids]
        for ids in ((n_bytes_, n_bytes_ + 1), (last - 2, last - 1))
    )
    figure = Figure(
        WIDE,
        None,
        f"GPT-2's vocabulary: {n_bytes_} + {n_merges:,} + 1 = {size:,} ids",
        f"A bar of {size:,} ids drawn to scale. The first {n_bytes_} are the "
        "single bytes, a sliver that the enlargement below makes visible; "
        f"the next {n_merges:,}, ids {n_bytes_} to {last - 1}, were each "
        f"made by one merge, the first {' and '.join(young)}, the last "
        f"{' and '.join(old)}; the last id, {last}, is {special}.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        width = 668 if wide else 328
        seam = 1 + n_bytes_ * width / size
        panel.text(1, 16, f"{size:,} ids, drawn to scale", bold=True)
        panel.rect(1, 30, width, 32, "t0", "line", 0)
        panel.rect(1, 30, seam - 1, 32, "fg", None, 0)
        panel.rect(width - 0.5, 30, 1.5, 32, "fg", None, 0)
        panel.mid(1 + width / 2, 51, f"{n_merges:,} merges")
        n, m, y = n_bytes_, last, 138
        cell = 50 if wide else 29
        _enlarged(panel, 1, cell, (0, "…", n - 1, n, n + 1), (n, m), (1, seam))
        panel.bracket(2, 3 * cell - 1, y)
        panel.note(2, y + 24, f"{n} bytes")
        panel.bracket(3 * cell + 3, 5 * cell, y)
        said = f"first {'merges' if wide else 'two'}:\n{'  '.join(young)}"
        panel.note(3 * cell + 3, y + 24, said)
        cell = 83 if wide else 58
        x = width + 1 - 3 * cell
        ends = width, width + 1
        _enlarged(panel, x, cell, (m - 2, m - 1, m), (n, m), ends)
        panel.bracket(x + 1, x + 2 * cell - 2, y)
        said = f"last {'merges' if wide else 'two'}:\n"
        panel.note(x + 1, y + 24, said + ("  " if wide else "\n").join(old))
        panel.bracket(x + 2 * cell + 2, width, y)
        panel.note(width, y + 24, "special:\n" + special, "end")
    return figure.check()


def _enlarged(panel, x, cell, ids, merged, ends):
    """Ids as chips from x on, enlarged from between the `ends` of the bar."""
    for i, token_id in enumerate(ids):
        style = {"w": cell - 1.4, "h": 28, "size": 12, "fill": "card"}
        if token_id == merged[1]:
            style |= SPECIAL
        elif token_id in range(*merged):
            style["fill"] = "t0"
        panel.chip(x + i * cell + 0.7, 106, token_id, **style)
    for end, low in zip(ends, (x, x + cell * len(ids)), strict=True):
        panel.line((end, 62), (low, 106), width=1, dash=True)


# --- 14 ---------------------------------------------------------------------


def digits(number="12345678"):
    """How GPT-2 cuts a number as it grows, digit by digit."""
    tokenizer, n = gpt2(), len(number)
    cuts = [pieces(tokenizer, number[:k])[1] for k in range(1, n + 1)]
    figure = Figure(
        WIDE,
        None,
        "GPT-2 cuts numbers by frequency, not by place value",
        "The numbers "
        + ", ".join(number[:k] for k in range(1, n + 1))
        + ", units below units, cut into GPT-2's tokens: "
        + "; ".join(" ".join(cut) for cut in cuts)
        + ". Many tokens lie across the lines that mark thousands and "
        "millions, and one digit more can move every cut, so the same place "
        "value sits in different tokens.",
        narrow=(NARROW, None),
    )
    places = {0: "units", 3: "thousands", 6: "millions"}
    places = {power: name for power, name in places.items() if power < n}
    for panel, wide in two_layouts(figure):
        cell = 48 if wide else 30
        end = n * cell + (2 if wide else 14)
        for power, name in places.items():
            x = end - power * cell
            panel.line((x, 26), (x, 42 + 34 * n), width=1.2, dash=True)
            panel.note(x - 3, 18, name, "end")
        if not wide:
            panel.note(NARROW, 18, "tokens", "end")
        for i, cut in enumerate(cuts):
            y, x, left = 36 + 34 * i, end - (i + 1) * cell, i + 1
            across = 0  # tokens that lie across a place line
            for j, token in enumerate(cut):
                w = cell * len(token)
                right = left - len(token)
                crosses = any(right < power < left for power in places)
                style = {"outline": "fg", "width": 2.4} if crosses else {}
                panel.chip(x + 1.5, y, token, j, w=w - 3, size=15, **style)
                across += crosses
                x, left = x + w, right
            said = f"{len(cut)} token" + "s" * (len(cut) > 1)
            said += f", {across} across a line" * bool(across)
            panel.note(end + 14, y + 18, said if wide else len(cut))
    return figure.check()


# --- 15 ---------------------------------------------------------------------


def streaming_utf8(text="ok 😀!"):
    """Decoding a stream token by token: alone, and holding bytes back."""
    tokenizer = gpt2()
    ids = tokenizer.encode(text)
    decoder, rows, screen = getincrementaldecoder("utf-8")(), [], ""
    for token_id in ids:
        data = tokenizer.decode_bytes([token_id])
        screen += decoder.decode(data)
        held = decoder.getstate()[0]
        rows.append(
            (token_id, data, tokenizer.decode([token_id]), held, screen)
        )
    naive = "".join(row[2] for row in rows)
    figure = Figure(
        WIDE,
        None,
        "A character split between two tokens: decode each alone, or wait",
        f"The {len(ids)} tokens of {text} arrive one by one. The emoji's "
        "four bytes are split between two tokens. Decoding each token alone "
        f"shows {naive}, with a replacement character for each broken part. "
        "Holding back the bytes of an unfinished character until the rest "
        f"arrives shows {screen}.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        columns = (0, 232, 378, 536) if wide else (0, 0, 118, 226)
        heads = "token arrives, its bytes", "decoded alone", "held back"
        for i, head in enumerate((*heads, "on the screen")):
            place = columns[i], 18 if wide or i == 0 else 38
            panel.text(*place, head, 14 if wide else 12.5, bold=True)
        y = 32 if wide else 54
        for token_id, data, alone, held, so_far in rows:
            if not wide:
                panel.line((0, y - 4), (NARROW, y - 4), width=1)
                y += 6
            panel.chip(0, y, token_id, "bg", w=58, size=13)
            for k, byte in enumerate(data):
                fill = 0 if byte > 127 else "card"
                style = {"w": 26, "size": 12}
                panel.chip(66 + 28 * k, y, f"{byte:02X}", fill, **style)
            y += 0 if wide else 34
            fill = "mask" if "\ufffd" in alone else "bg"
            panel.chip(columns[1], y, shown(alone), fill, w=58)
            if held:
                panel.hatch(columns[2], y, 96, 26)
                x = columns[2] + 48
                panel.mid(x, y + 17, shown(held), 12.5, mono=True)
            else:
                panel.note(columns[2], y + 17, "nothing")
            panel.chip(columns[3], y, shown(so_far), "card", w=94)
            y += 42 if wide else 38
        y += 12 if wide else 14
        panel.text(0, y, "in the end", 13)
        style = {"size": 15, "mono": True, "bold": True}
        x = columns[1] if wide else 96
        panel.text(x, y, shown(naive), **style)
        panel.text(columns[3], y, shown(screen), **style)
    return figure.check()
