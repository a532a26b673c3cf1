"""Checks of exercise 1.1: UTF-8 facts and safe decoding."""

import codecs
import unicodedata

from scratchgrade.checks.kit import Exercise, Mistake, Session

# Characters of one, two, three and four bytes.
WIDTHS = ("aZ 7?\n", "éїßЖλ", "中ह€ก한", "😀🦊𝄞𐍈🌻")


def draw_text(rng, n: int) -> str:
    """`n` characters at least, and at least one of every width."""
    text = [rng.choice(letters) for letters in WIDTHS]
    text += [rng.choice(rng.choice(WIDTHS)) for _ in range(n)]
    rng.shuffle(text)
    return "".join(text)


utf8 = Exercise(
    "1.1",
    "UTF-8 facts and safe decoding",
    needs=("utf8_facts", "decode_chunks"),
    read="Chapter 1, Step 1: Bytes",
)


def facts(text, width):
    widths = [width(c) for c in text]
    return {
        "code_points": len(text),
        "bytes": sum(widths),
        "widths": widths,
    }


def true_width(c: str) -> int:
    """The number of bytes by RFC 3629's table, without encoding anything."""
    return 1 + sum(ord(c) >= limit for limit in (0x80, 0x800, 0x10000))


def true_facts(text):
    return facts(text, true_width)


def facts_in_units_of_utf16(text):
    return facts(text, lambda c: 2 * (1 + (ord(c) > 0xFFFF)))


def facts_with_bytes_for_code_points(text):
    return {**true_facts(text), "code_points": len(text.encode())}


def facts_without_combining(text):
    return true_facts([c for c in text if not unicodedata.combining(c)])


FACTS_MISTAKES = [
    Mistake(
        lambda text: facts(text, lambda c: 1),
        "You counted one byte for every character. A byte is not a "
        "character: encode the text first, then take the length.",
    ),
    Mistake(
        lambda text: facts(
            text, lambda c: max(1, -(-ord(c).bit_length() // 8))
        ),
        "These widths are the bytes of the bare number `ord(c)`. UTF-8 "
        "spends bits on marking where a character starts, so it needs more: "
        "encode each character.",
    ),
    Mistake(
        facts_in_units_of_utf16,
        "These are UTF-16's two or four bytes per character. Ask for "
        "UTF-8 by name.",
    ),
    Mistake(
        facts_with_bytes_for_code_points,
        "Your code_points counts bytes: `len` of a `str` counts code "
        "points, `len` of `bytes` counts bytes.",
    ),
    Mistake(
        lambda text: {
            **true_facts(text),
            "widths": [true_width(c) for c in dict.fromkeys(text)],
        },
        "Your widths leave out characters that came before. One entry for "
        "each place in the text, repeats included.",
    ),
    Mistake(
        lambda text: {
            **true_facts(text),
            "widths": sorted(map(true_width, text)),
        },
        "Your widths are sorted. Keep them in the order of the text.",
    ),
]


@utf8.check("counts code points and bytes", 2)
def counts(s: Session):
    s.agrees(
        "utf8_facts",
        true_facts,
        given=[("aї",)],
        draw=lambda rng: (draw_text(rng, 6) * 2,),
        checked="code points, bytes and widths of a text in many scripts",
        look="`text.encode('utf-8')` is what is stored; a width is the "
        "length of one encoded character.",
        mistakes=FACTS_MISTAKES,
    )


@utf8.check("counts what is there, not what is seen", 1)
def counts_odd(s: Session):
    letter = s.rng.choice("aeiou")
    odd = [
        "",
        "\n",
        " \t",
        "\u0000",
        letter + "\u0308",  # a letter and a combining diaeresis
        "👩\u200d💻",  # two characters joined into one picture
        "🇺🇦",
        "\ufeffBOM",
    ]
    s.agrees(
        "utf8_facts",
        true_facts,
        given=[(text,) for text in odd],
        checked="a text that looks shorter than it is",
        look="Count every code point as it stands: blanks, joiners and "
        "combining marks included. An empty text has none.",
        mistakes=[
            *FACTS_MISTAKES,
            Mistake(
                lambda text: true_facts(unicodedata.normalize("NFC", text)),
                "You normalised the text: two code points became one. Count "
                "what is stored.",
            ),
            Mistake(
                facts_without_combining,
                "You left out combining marks. They are code points with "
                "bytes of their own.",
            ),
            Mistake(
                lambda text: true_facts(text.strip()),
                "You stripped white space. It is part of the text.",
            ),
            Mistake(
                lambda text: true_facts(text.removeprefix("\ufeff")),
                "A byte order mark at the start is a code point of three "
                "bytes: `utf-8-sig` drops it, `utf-8` does not.",
            ),
        ],
    )


def true_pieces(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces = [decoder.decode(chunk) for chunk in chunks]
    if pieces:
        pieces[-1] += decoder.decode(b"", final=True)
    return pieces


def each_alone(errors):
    def pieces(chunks):
        return [chunk.decode("utf-8", errors) for chunk in chunks]

    pieces.__name__ = f"each_alone_{errors}"
    return pieces


def all_at_the_end(chunks):
    text = b"".join(chunks).decode("utf-8", "replace")
    return [""] * (len(chunks) - 1) + [text] if chunks else []


def whole_chunks_held_back(chunks):
    """Nothing comes out while a chunk ends inside a character."""
    pieces, held = [], b""
    for chunk in chunks:
        held += chunk
        try:
            pieces.append(held.decode())
            held = b""
        except UnicodeDecodeError:
            pieces.append("")
    if pieces:
        pieces[-1] += held.decode("utf-8", "replace")
    return pieces


def at_most_held_back(limit):
    """One who gives up the bytes beyond `limit` of an unfinished character."""

    def pieces(chunks):
        held, found = b"", []
        for chunk in chunks:
            data = held + chunk
            text = data.decode("utf-8", "ignore")
            n_held = min(len(data) - len(text.encode()), limit)
            end = len(data) - n_held
            held = data[end:]
            found.append(data[:end].decode("utf-8", "replace"))
        if found:
            found[-1] += held.decode("utf-8", "replace")
        return found

    return pieces


def growing(chunks):
    pieces, text = [], ""
    for piece in true_pieces(chunks):
        text += piece
        pieces.append(text)
    return pieces


def without_end(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return [decoder.decode(chunk) for chunk in chunks]


def one_mark_per_byte(chunks):
    n_held = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        n_held.decode(chunk)
    pieces = without_end(chunks)
    if pieces:
        pieces[-1] += "\ufffd" * len(n_held.getstate()[0])
    return pieces


def end_in_a_piece_of_its_own(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces = [decoder.decode(chunk) for chunk in chunks]
    rest = decoder.decode(b"", final=True)
    return pieces + [rest] * bool(rest)


def strict_at_the_end(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")()
    pieces = [decoder.decode(chunk) for chunk in chunks]
    decoder.decode(b"", final=True)
    return pieces


EACH_ALONE = [
    Mistake(
        each_alone("replace"),
        "You decoded every chunk on its own: a character cut in two became "
        "replacement marks. Keep the unfinished bytes for the next chunk.",
    ),
    Mistake(
        each_alone("ignore"),
        "`errors='ignore'` threw the two halves of a cut character away. "
        "Keep the unfinished bytes for the next chunk.",
    ),
    Mistake(
        each_alone("strict"),
        "A chunk may end inside a character, and strict decoding raises "
        "there. Decode the whole characters, keep the unfinished bytes.",
    ),
]
NOT_IN_TIME = [
    Mistake(
        all_at_the_end,
        "All the text came with the last chunk. A reader is waiting: give "
        "out each character with the chunk that completes it.",
    ),
    Mistake(
        whole_chunks_held_back,
        "A chunk that ends inside a character gave nothing, though whole "
        "characters stand before the cut. Give those out now.",
    ),
    Mistake(
        growing,
        "Each string repeats the text before it. Return only what the chunk "
        "adds.",
    ),
]
TOO_FEW_HELD_BACK = [
    Mistake(
        at_most_held_back(1),
        "You hold back one byte at most. An unfinished character has up to "
        "three bytes.",
    ),
    Mistake(
        at_most_held_back(2),
        "You hold back two bytes at most. An unfinished emoji can have three.",
    ),
]


def cut(rng, data: bytes, n_cuts: int) -> list[bytes]:
    """Cut bytes anywhere; neighbouring cuts make an empty chunk."""
    places = sorted(rng.randrange(len(data) + 1) for _ in range(n_cuts))
    edges = zip([0, *places], [*places, len(data)], strict=True)
    return [data[start:end] for start, end in edges]


@utf8.check("gives a string for every chunk", 1)
def chunks_whole(s: Session):
    def draw(rng):
        words = [draw_text(rng, 2).encode() for _ in range(4)]
        words.insert(rng.randrange(5), b"")
        return (words,)

    s.agrees(
        "decode_chunks",
        true_pieces,
        given=[
            ([],),
            ([b""],),
            ([b"", "ї".encode(), b""],),
            # a mark of byte order, a line's end, and U+FFFD are characters
            (["\ufeffa\r\n".encode(), "\ufffdb".encode()],),
        ],
        draw=draw,
        checked="chunks of whole characters",
        look="As many strings as chunks, in their order; an empty chunk "
        "gives an empty string.",
        mistakes=[
            *NOT_IN_TIME[::2],
            Mistake(
                lambda chunks: [p for p in true_pieces(chunks) if p],
                "Your list lacks the empty strings: the n-th string belongs "
                "to the n-th chunk, also when it adds nothing.",
            ),
            Mistake(
                lambda chunks: "".join(true_pieces(chunks)),
                "You joined the strings. Return a list, one string a chunk.",
            ),
            Mistake(
                lambda chunks: [c.decode("latin-1") for c in chunks],
                "You turned every byte into a character of its own "
                "(`chr(byte)`, Latin-1). The bytes are UTF-8.",
            ),
        ],
    )
    s.unchanged(
        "decode_chunks",
        [b"a", b"", b"b"],
        oracle=true_pieces,
        look="Your code changed the list of chunks that it was given. Loop "
        "over it instead of taking chunks out.",
    )


@utf8.check("holds back the bytes of a cut character", 3)
def chunks_cut(s: Session):
    def draw(rng):
        data = draw_text(rng, 4).encode()
        return (cut(rng, data, rng.randrange(2, 8)),)

    emoji = s.rng.choice(WIDTHS[3]).encode()
    s.agrees(
        "decode_chunks",
        true_pieces,
        given=[([bytes([b]) for b in emoji],), ([emoji[:2], emoji[2:]],)],
        draw=draw,
        checked="chunks cut inside characters",
        look="Before you decode, put the bytes held back in front of the "
        "chunk; hold back only what the last, unfinished character has.",
        mistakes=[*EACH_ALONE, *NOT_IN_TIME, *TOO_FEW_HELD_BACK],
    )


@utf8.check("marks a stream that stops inside a character", 1)
def chunks_stop(s: Session):
    def draw(rng):
        words = [draw_text(rng, 3).encode() for _ in range(3)]
        words[-1] += rng.choice(WIDTHS[3]).encode()[: rng.choice([1, 2, 3])]
        return (words,)

    s.agrees(
        "decode_chunks",
        true_pieces,
        given=[
            ([b"\xd1"],),
            ([b"\xd1", b"\x97"],),
            ([b"a\xd1", b""],),
            ([b"\xf0\x9f", b"", b""],),
        ],
        draw=draw,
        checked="a stream that stops too early",
        look="One U+FFFD at the end of the last string stands for the "
        "character that never came.",
        mistakes=[
            *EACH_ALONE[:2],  # the third and strict_at_the_end both raise
            *NOT_IN_TIME[::2],
            *TOO_FEW_HELD_BACK,
            Mistake(
                without_end,
                "Bytes still wait after the last chunk and you dropped them. "
                "Say so with one U+FFFD at the end of the last string.",
            ),
            Mistake(
                one_mark_per_byte,
                "You wrote one U+FFFD for each waiting byte. They belong to "
                "one character: one mark.",
            ),
            Mistake(
                end_in_a_piece_of_its_own,
                "The mark came as one more string. Append it to the last "
                "one, so that there are as many strings as chunks.",
            ),
            Mistake(
                strict_at_the_end,
                "Your code raises when the stream stops inside a character. "
                "Decode the rest with errors='replace'.",
            ),
        ],
    )
