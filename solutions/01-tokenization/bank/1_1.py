# %% correct: with_the_incremental_decoder
import codecs


def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {
        "code_points": len(widths),
        "bytes": sum(widths),
        "widths": widths,
    }


def decode_chunks(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    last = len(chunks) - 1
    return [decoder.decode(c, final=i == last) for i, c in enumerate(chunks)]


# %% correct: by_arithmetic_on_lead_bytes
def width_of(lead):
    if lead < 0b10000000:
        return 1
    if lead < 0b11100000:
        return 2
    return 3 if lead < 0b11110000 else 4


def utf8_facts(text):
    data = text.encode()
    widths = [width_of(b) for b in data if b & 0b11000000 != 0b10000000]
    return dict(widths=widths, bytes=len(data), code_points=len(widths))


def decode_chunks(chunks):
    texts, held = [], bytearray()
    for chunk in chunks:
        text = ""
        for byte in chunk:
            held.append(byte)
            if len(held) == width_of(held[0]):
                text += held.decode()
                held.clear()
        texts.append(text)
    if held:
        texts[-1] += "\N{REPLACEMENT CHARACTER}"
    return texts


# %% wrong: a_byte_is_a_character
# why: counts characters and calls them bytes
# says: A byte is not a character
def utf8_facts(text):
    return {
        "code_points": len(text),
        "bytes": len(text),
        "widths": [1 for c in text],
    }


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: bytes_of_the_bare_number
# why: thinks UTF-8 stores the code point in as few bytes as the number needs
# says: bytes of the bare number
def utf8_facts(text):
    widths = [max(1, (ord(c).bit_length() + 7) // 8) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: utf16_units
# why: asks for the wide encoding that other languages use inside
# says: UTF-16's two or four bytes
def utf8_facts(text):
    widths = [len(c.encode("utf-16-le")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: code_points_counted_in_bytes
# why: takes len after encoding for everything
# says: Your code_points counts bytes
def utf8_facts(text):
    data = text.encode("utf-8")
    return {
        "code_points": len(data),
        "bytes": len(data),
        "widths": [len(c.encode("utf-8")) for c in text],
    }


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: width_of_each_different_character
# why: collects the widths in a dict, so a repeated character counts once
# says: leave out characters that came before
def utf8_facts(text):
    widths = {c: len(c.encode("utf-8")) for c in text}
    return {
        "code_points": len(text),
        "bytes": len(text.encode("utf-8")),
        "widths": list(widths.values()),
    }


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: normalised_first
# why: thinks composed and decomposed letters are the same text
# says: You normalised the text
import unicodedata


def utf8_facts(text):
    text = unicodedata.normalize("NFC", text)
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: combining_marks_do_not_count
# why: counts what a reader sees
# says: left out combining marks
import unicodedata


def utf8_facts(text):
    seen = [c for c in text if not unicodedata.combining(c)]
    widths = [len(c.encode("utf-8")) for c in seen]
    return {"code_points": len(seen), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    done, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        done.append(whole)
    if held:
        done[-1] += "\ufffd"
    return done


# %% wrong: each_chunk_alone_replaced
# why: decodes every chunk by itself; the halves of a character are lost
# says: decoded every chunk on its own
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    return [chunk.decode("utf-8", errors="replace") for chunk in chunks]


# %% wrong: each_chunk_alone_ignored
# why: silences the error instead of keeping the bytes
# says: threw the two halves of a cut character away
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    return [chunk.decode("utf-8", errors="ignore") for chunk in chunks]


# %% wrong: each_chunk_alone_strict
# why: assumes that a chunk ends where a character ends
# says: strict decoding raises there
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    return [chunk.decode() for chunk in chunks]


# %% wrong: everything_at_the_end
# why: joins first, decodes once: right text, but no stream
# says: All the text came with the last chunk
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    if not chunks:
        return []
    text = b"".join(chunks).decode("utf-8", "replace")
    return [""] * (len(chunks) - 1) + [text]


# %% wrong: waits_until_all_is_whole
# why: tries to decode what is held and gives nothing if that fails
# says: gave nothing, though whole characters stand before the cut
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    for chunk in chunks:
        held += chunk
        try:
            texts.append(held.decode("utf-8"))
            held = b""
        except UnicodeDecodeError:
            texts.append("")
    if held:
        texts[-1] += held.decode("utf-8", "replace")
    return texts


# %% wrong: holds_back_one_byte
# why: thinks of two-byte letters only
# says: You hold back one byte at most
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    for chunk in chunks:
        data = held + chunk
        n_whole = len(data.decode("utf-8", "ignore").encode("utf-8"))
        end = len(data) - min(1, len(data) - n_whole)
        texts.append(data[:end].decode("utf-8", "replace"))
        held = data[end:]
    if held:
        texts[-1] += held.decode("utf-8", "replace")
    return texts


# %% wrong: holds_back_two_bytes
# why: forgets the characters of four bytes
# says: You hold back two bytes at most
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    for chunk in chunks:
        data = held + chunk
        n_whole = len(data.decode("utf-8", "ignore").encode("utf-8"))
        end = len(data) - min(2, len(data) - n_whole)
        texts.append(data[:end].decode("utf-8", "replace"))
        held = data[end:]
    if held:
        texts[-1] += held.decode("utf-8", "replace")
    return texts


# %% wrong: returns_the_text_so_far
# why: gives the whole text again with every chunk
# says: Each string repeats the text before it
import codecs


def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    texts, text = [], ""
    for i, chunk in enumerate(chunks):
        text += decoder.decode(chunk, i == len(chunks) - 1)
        texts.append(text)
    return texts


# %% wrong: empty_strings_left_out
# why: appends only when something came out
# says: Your list lacks the empty strings
import codecs


def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    texts = []
    for i, chunk in enumerate(chunks):
        if text := decoder.decode(chunk, i == len(chunks) - 1):
            texts.append(text)
    return texts


# %% wrong: latin_1
# why: makes a character of every byte with chr
# says: turned every byte into a character of its own
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    return ["".join(chr(byte) for byte in chunk) for chunk in chunks]


# %% wrong: rest_dropped
# why: forgets the bytes that still wait after the last chunk
# says: and you dropped them
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        texts.append(whole)
    return texts


# %% wrong: one_mark_for_each_byte
# why: one replacement character for each waiting byte
# says: one U+FFFD for each waiting byte
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        texts.append(whole)
    if texts:
        texts[-1] += "\ufffd" * len(held)
    return texts


# %% wrong: mark_in_a_string_of_its_own
# why: appends the mark to the list, not to the last string
# says: The mark came as one more string
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    for chunk in chunks:
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        texts.append(whole)
    if held:
        texts.append("\ufffd")
    return texts


# %% wrong: a_generator
# why: yields the strings; the statement asks for a list
# says: a generator cannot be compared
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    held = b""
    for i, chunk in enumerate(chunks):
        held += chunk
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        yield whole + "\ufffd" * (i == len(chunks) - 1 and held != b"")


# %% wrong: chunks_used_up
# why: takes the chunks out of the caller's list
# says: changed the list of chunks
def utf8_facts(text):
    widths = [len(c.encode("utf-8")) for c in text]
    return {"code_points": len(text), "bytes": sum(widths), "widths": widths}


def decode_chunks(chunks):
    texts, held = [], b""
    while chunks:
        held += chunks.pop(0)
        whole = held.decode("utf-8", "ignore")
        held = held[len(whole.encode("utf-8")) :]
        texts.append(whole)
    if held:
        texts[-1] += "\ufffd"
    return texts
