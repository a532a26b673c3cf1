# Answers to exercise 1.6, special tokens: read as text, never imported.

# %% correct: a_regular_expression
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted({*allowed, *refused}, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    pattern = "(" + "|".join(re.escape(name) for name in watched) + ")"
    for piece in re.split(pattern, text):
        if piece in refused:
            raise ValueError(f"{piece} is refused")
        if piece in allowed:
            ids.append(special_tokens[piece])
        else:
            ids.extend(piece.encode())
    return ids


def encode_chat(turns, special_tokens):
    def plain(text):
        return list(text.encode())

    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start] + plain(role + "\n" + content) + [end]
    return ids + [start] + plain("assistant\n")

# %% correct: the_next_special_token_again_and_again
def encode_special(text, special_tokens, allowed, refused):
    places = [
        (text.find(name), -len(name), name)
        for name in list(allowed) + list(refused)
        if name in text
    ]
    if not places:
        return list(text.encode("utf-8"))
    start, minus_length, name = min(places)
    if name in refused:
        raise ValueError(name)
    before = list(text[:start].encode("utf-8"))
    after = text[start - minus_length :]
    rest = encode_special(after, special_tokens, allowed, refused)
    return before + [special_tokens[name]] + rest


def encode_chat(turns, special_tokens):
    nothing = set()
    ids = []
    for role, content in turns:
        ids.append(special_tokens["<|start|>"])
        ids += encode_special(role, special_tokens, nothing, nothing)
        ids.append(ord("\n"))
        ids += encode_special(content, special_tokens, nothing, nothing)
        ids.append(special_tokens["<|end|>"])
    opening = "<|start|>assistant\n"
    return ids + encode_special(
        opening, special_tokens, {"<|start|>"}, nothing
    )

# %% wrong: allowed_ignored
# why: whatever looks like a special token is one
# says: What is written in the text decides nothing
def encode_special(text, special_tokens, allowed, refused):
    ids, i = [], 0
    while i < len(text):
        here = [x for x in special_tokens if text.startswith(x, i)]
        if here:
            special = max(here, key=len)
            if special in refused:
                raise ValueError(special)
            ids.append(special_tokens[special])
            i += len(special)
        else:
            ids += text[i].encode()
            i += 1
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: raises_on_all_that_is_not_allowed
# why: tiktoken's default taken for the only way
# says: those in `refused` are an error
import re


def encode_special(text, special_tokens, allowed, refused):
    names = sorted(special_tokens, key=len, reverse=True)
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, names)) + ")", text):
        if piece in allowed:
            ids.append(special_tokens[piece])
        elif piece in special_tokens:
            raise ValueError(f"{piece} is not allowed")
        else:
            ids += piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: pattern_not_escaped
# why: the | of <|end|> means "or" in a regular expression
# says: makes every character stand for itself
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    for piece in re.split("(" + "|".join(watched) + ")", text):
        if piece in refused:
            raise ValueError(piece)
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: separators_lost
# why: splitting at the special tokens throws them away
# says: str.split and re.split drop what they split at
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    pattern = "|".join(map(re.escape, watched))
    if refused.intersection(re.findall(pattern, text)):
        raise ValueError("refused")
    return [b for piece in re.split(pattern, text) for b in piece.encode()]


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: text_after_the_last_one_lost
# why: the loop ends with the last special token
# says: add what is left when the loop is over
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids, begin = [], 0
    for match in re.finditer("|".join(map(re.escape, watched)), text):
        if match[0] in refused:
            raise ValueError(match[0])
        ids += text[begin : match.start()].encode()
        ids.append(special_tokens[match[0]])
        begin = match.end()
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: first_in_the_dictionary
# why: the first special token that fits is taken, not the longest
# says: The shorter special token came first in the dictionary
def encode_special(text, special_tokens, allowed, refused):
    ids, i = [], 0
    while i < len(text):
        for name, token_id in special_tokens.items():
            if name in allowed | refused and text.startswith(name, i):
                if name in refused:
                    raise ValueError(name)
                ids.append(token_id)
                i += len(name)
                break
        else:
            ids += text[i].encode()
            i += 1
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: longest_everywhere_first
# why: one special token after another is replaced in the whole text
# says: before you looked at the others
def encode_special(text, special_tokens, allowed, refused):
    pieces = [text]
    for name in sorted(allowed | refused, key=len, reverse=True):
        cut = []
        for piece in pieces:
            if not isinstance(piece, str):
                cut.append(piece)
                continue
            for i, part in enumerate(piece.split(name)):
                if i and name in refused:
                    raise ValueError(name)
                cut += [special_tokens[name], part] if i else [part]
        pieces = cut
    ids = []
    for piece in pieces:
        ids += piece.encode() if isinstance(piece, str) else [piece]
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: characters_for_bytes
# why: ord of a character is taken for its byte
# says: These are code points, one a character
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    pattern = "(" + "|".join(map(re.escape, watched)) + ")"
    ids = []
    for piece in re.split(pattern, text) if watched else [text]:
        if piece in refused:
            raise ValueError(piece)
        if piece in allowed:
            ids.append(special_tokens[piece])
        else:
            ids += map(ord, piece)
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *map(ord, role), 10, *map(ord, content), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: refused_searched_everywhere
# why: a refused token inside a longer allowed one is taken for an error
# says: ask at each place, while you read
import re


def encode_special(text, special_tokens, allowed, refused):
    if any(name in text for name in refused):
        raise ValueError("refused")
    if not allowed:
        return list(text.encode())
    names = sorted(allowed, key=len, reverse=True)
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, names)) + ")", text):
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: refused_as_text
# why: refused is taken for "not allowed"
# says: A refused special token is an error where it stands
import re


def encode_special(text, special_tokens, allowed, refused):
    if not allowed:
        return list(text.encode())
    names = sorted(allowed, key=len, reverse=True)
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, names)) + ")", text):
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: refused_before_allowed
# why: the check for refused ones comes first at each place
# says: You look for refused ones before allowed ones
def encode_special(text, special_tokens, allowed, refused):
    ids, i = [], 0
    while i < len(text):
        for name in refused:
            if text.startswith(name, i):
                raise ValueError(name)
        for name in sorted(allowed, key=len, reverse=True):
            if text.startswith(name, i):
                ids.append(special_tokens[name])
                i += len(name)
                break
        else:
            ids += text[i].encode()
            i += 1
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids + [start, *b"assistant\n"]

# %% wrong: chat_encoded_as_one_text
# why: the template and the user's text are joined before they are encoded
# says: You wrote the chat as one text and then
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, watched)) + ")", text):
        if piece in refused:
            raise ValueError(piece)
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    text = "".join(f"<|start|>{r}\n{c}<|end|>" for r, c in turns)
    text += "<|start|>assistant\n"
    allowed = {"<|start|>", "<|end|>"}
    return encode_special(text, special_tokens, allowed, set())

# %% wrong: chat_deletes_what_looks_dangerous
# why: user text is made safe by deleting special tokens from it
# says: You deleted what the user wrote
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, watched)) + ")", text):
        if piece in refused:
            raise ValueError(piece)
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    def clean(text):
        for name in special_tokens:
            text = text.replace(name, "")
        return text

    text = "".join(
        f"<|start|>{clean(r)}\n{clean(c)}<|end|>" for r, c in turns
    )
    text += "<|start|>assistant\n"
    allowed = {"<|start|>", "<|end|>"}
    return encode_special(text, special_tokens, allowed, set())

# %% wrong: chat_refuses_the_user
# why: a user who writes <|end|> is taken for an error
# says: people ask about these tokens
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, watched)) + ")", text):
        if piece in refused:
            raise ValueError(piece)
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    every = set(special_tokens)
    ids = []
    for role, content in turns:
        ids.append(special_tokens["<|start|>"])
        ids += encode_special(role, special_tokens, set(), every)
        ids += b"\n"
        ids += encode_special(content, special_tokens, set(), every)
        ids.append(special_tokens["<|end|>"])
    return ids + [special_tokens["<|start|>"], *b"assistant\n"]

# %% wrong: chat_trusts_the_role
# why: only the content is thought to come from outside
# says: You guard the content and trust the role
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, watched)) + ")", text):
        if piece in refused:
            raise ValueError(piece)
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    every = set(special_tokens)
    ids = []
    for role, content in turns:
        head = f"<|start|>{role}\n"
        ids += encode_special(head, special_tokens, every, set())
        ids += content.encode()
        ids.append(special_tokens["<|end|>"])
    return ids + [special_tokens["<|start|>"], *b"assistant\n"]

# %% wrong: chat_closes_the_answer
# why: the turn that the model has to write is left out
# says: The opening of the assistant's turn is missing
import re


def encode_special(text, special_tokens, allowed, refused):
    watched = sorted(allowed | refused, key=len, reverse=True)
    if not watched:
        return list(text.encode())
    ids = []
    for piece in re.split("(" + "|".join(map(re.escape, watched)) + ")", text):
        if piece in refused:
            raise ValueError(piece)
        ids += [special_tokens[piece]] if piece in allowed else piece.encode()
    return ids


def encode_chat(turns, special_tokens):
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    ids = []
    for role, content in turns:
        ids += [start, *role.encode(), 10, *content.encode(), end]
    return ids


# %% wrong: sets_united_in_place
# why: |= for |
# says: and what was refused is allowed from then on
def encode_special(text, special_tokens, allowed, refused):
    """The ids of `text`: bytes, and the ids of allowed special tokens.

    >>> special_tokens = {"<|end|>": 300, "<|end|>!": 301}
    >>> encode_special("hi<|end|>", special_tokens, {"<|end|>"}, set())
    [104, 105, 300]
    >>> encode_special("<|end|>!", special_tokens, set(special_tokens), set())
    [301]
    >>> len(encode_special("hi<|end|>", special_tokens, set(), set()))
    9

    Raises:
        ValueError: where a refused special token is read.
    """
    allowed |= refused  # all that are looked for
    token_ids, i = [], 0
    while i < len(text):
        here = [x for x in allowed if text.startswith(x, i)]
        if here:
            special = max(here, key=len)
            if special in refused:
                raise ValueError(f"{special} at {i} is refused")
            token_ids.append(special_tokens[special])
            i += len(special)
        else:
            token_ids += text[i].encode("utf-8")
            i += 1
    return token_ids


def encode_chat(turns, special_tokens):
    """The ids of a chat: control ids from the template, bytes from people.

    >>> encode_chat([("user", "hi")], {"<|start|>": 256, "<|end|>": 257})[:9]
    [256, 117, 115, 101, 114, 10, 104, 105, 257]
    """
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    token_ids = []
    for role, content in turns:
        text = f"{role}\n{content}"
        written = encode_special(text, special_tokens, set(), set())
        token_ids += [start, *written, end]
    return [*token_ids, start, *b"assistant\n"]


# %% wrong: opening_turn_appended
# why: the opening is added to the caller's turns
# says: argument 1 of encode_chat after the call
def encode_special(text, special_tokens, allowed, refused):
    """The ids of `text`: bytes, and the ids of allowed special tokens.

    >>> special_tokens = {"<|end|>": 300, "<|end|>!": 301}
    >>> encode_special("hi<|end|>", special_tokens, {"<|end|>"}, set())
    [104, 105, 300]
    >>> encode_special("<|end|>!", special_tokens, set(special_tokens), set())
    [301]
    >>> len(encode_special("hi<|end|>", special_tokens, set(), set()))
    9

    Raises:
        ValueError: where a refused special token is read.
    """
    token_ids, i = [], 0
    while i < len(text):
        here = [x for x in allowed | refused if text.startswith(x, i)]
        if here:
            special = max(here, key=len)
            if special in refused:
                raise ValueError(f"{special} at {i} is refused")
            token_ids.append(special_tokens[special])
            i += len(special)
        else:
            token_ids += text[i].encode("utf-8")
            i += 1
    return token_ids


def encode_chat(turns, special_tokens):
    """The ids of a chat: control ids from the template, bytes from people.

    >>> encode_chat([("user", "hi")], {"<|start|>": 256, "<|end|>": 257})[:9]
    [256, 117, 115, 101, 114, 10, 104, 105, 257]
    """
    start, end = special_tokens["<|start|>"], special_tokens["<|end|>"]
    turns.append(("assistant", ""))
    token_ids = []
    for role, content in turns:
        text = f"{role}\n{content}"
        written = encode_special(text, special_tokens, set(), set())
        token_ids += [start, *written, end]
    return token_ids[:-1]  # the last turn stays open
