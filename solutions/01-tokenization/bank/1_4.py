# %% correct: replays_the_merges_one_by_one
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    def spell(i):
        if i < 256:
            return bytes([i])
        left, right = merges[i - 256]
        return spell(left) + spell(right)

    return b"".join(map(spell, token_ids)).decode("utf-8", "replace")


# %% correct: linked_list_and_heap
import heapq


def bpe_encode(text, merges):
    rank = {tuple(p): r for r, p in enumerate(merges)}
    ids = list(text.encode())
    after = list(range(1, len(ids) + 1))
    before = list(range(-1, len(ids) - 1))
    heap = []

    def offer(i):
        if 0 <= i and i < len(ids) and after[i] < len(ids):
            pair = ids[i], ids[after[i]]
            if pair in rank:
                heapq.heappush(heap, (rank[pair], i, pair))

    for i in range(len(ids)):
        offer(i)
    while heap:
        r, i, pair = heapq.heappop(heap)
        if ids[i] is None or after[i] >= len(ids):
            continue
        j = after[i]
        if (ids[i], ids[j]) != pair:
            continue
        ids[i], ids[j] = 256 + r, None
        after[i] = after[j]
        if after[i] < len(ids):
            before[after[i]] = i
        offer(before[i])
        offer(i)
    return [i for i in ids if i is not None]


def bpe_decode(token_ids, merges):
    data = list(token_ids)
    for new_id in range(255 + len(merges), 255, -1):
        pair = list(merges[new_id - 256])
        data = sum((pair if i == new_id else [i] for i in data), [])
    return bytes(data).decode(errors="replace")


# %% correct: by_the_bytes_of_a_pair_as_tiktoken
def bpe_encode(text, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    number = {token: i for i, token in enumerate(tokens)}
    parts = [text.encode()[i : i + 1] for i in range(len(text.encode()))]
    while len(parts) > 1:
        joined = [a + b for a, b in zip(parts, parts[1:])]
        best = min(number.get(token, 10**9) for token in joined)
        if best == 10**9:
            break
        i = [number.get(token) for token in joined].index(best)
        parts = parts[:i] + [joined[i]] + parts[i + 2 :]
    return [number[part] for part in parts]


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: longest_token_first
# why: takes the longest token that fits, as WordPiece does
# says: You took the longest token that fits
def bpe_encode(text, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data, ids = text.encode("utf-8"), []
    while data:
        best = max(
            (i for i in range(len(tokens)) if data.startswith(tokens[i])),
            key=lambda i: len(tokens[i]),
        )
        ids.append(best)
        data = data[len(tokens[best]) :]
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: leftmost_pair_first
# why: merges from left to right whatever is in the list
# says: You merged the leftmost pair
def bpe_encode(text, merges):
    rank = {tuple(pair): r for r, pair in enumerate(merges)}
    ids = list(text.encode("utf-8"))
    while True:
        known = [p for p in zip(ids, ids[1:]) if p in rank]
        if not known:
            return ids
        pair = known[0]
        i = list(zip(ids, ids[1:])).index(pair)
        ids[i : i + 2] = [256 + rank[pair]]


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: highest_rank_first
# why: takes the newest merge first
# says: You merged the pair of highest rank first
def bpe_encode(text, merges):
    rank = {tuple(pair): r for r, pair in enumerate(merges)}
    ids = list(text.encode("utf-8"))
    while True:
        known = [p for p in zip(ids, ids[1:]) if p in rank]
        if not known:
            return ids
        pair = max(known, key=rank.get)
        i = list(zip(ids, ids[1:])).index(pair)
        ids[i : i + 2] = [256 + rank[pair]]


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: most_frequent_pair_first
# why: trains again on the text to be encoded
# says: most frequent in this text
def bpe_encode(text, merges):
    rank = {tuple(pair): r for r, pair in enumerate(merges)}
    ids = list(text.encode("utf-8"))
    while True:
        known = [p for p in zip(ids, ids[1:]) if p in rank]
        if not known:
            return ids
        pair = min(known, key=lambda p: (-known.count(p), rank[p]))
        i = list(zip(ids, ids[1:])).index(pair)
        ids[i : i + 2] = [256 + rank[pair]]


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: one_merge_only
# why: leaves the loop after the first merge
# says: You stopped after one merge
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        if merged != ids:
            return merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: one_pass_from_left_to_right
# why: joins each byte to what came before if it can
# says: You walked through the text once
def bpe_encode(text, merges):
    new_id = {tuple(p): 256 + r for r, p in enumerate(merges)}
    ids = []
    for byte in text.encode("utf-8"):
        if ids and (ids[-1], byte) in new_id:
            ids[-1] = new_id[ids[-1], byte]
        else:
            ids.append(byte)
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: code_points
# why: starts from ord: right for ASCII only
# says: Your ids started as code points
def bpe_encode(text, merges):
    ids = [ord(c) for c in text]
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: ids_from_257
# why: counts the new ids from 257
# says: yours are one more
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(257 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: tokens_instead_of_ids
# why: returns the bytes of the tokens
# says: You returned the tokens' bytes
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return [tokens[i] for i in ids]


def bpe_decode(token_ids, merges):
    return b"".join(token_ids).decode("utf-8", errors="replace")


# %% wrong: first_place_only
# why: merges each pair once and goes on to the next rank
# says: Only the first place of each pair was merged
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, (left, right) in enumerate(merges):
        for i in range(len(ids) - 1):
            if ids[i] == left and ids[i + 1] == right:
                ids = ids[:i] + [256 + rank] + ids[i + 2 :]
                break
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: from_the_right
# why: merges from the end of the text
# says: You merged from right to left
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, (left, right) in enumerate(merges):
        i = len(ids) - 2
        while i >= 0:
            if ids[i : i + 2] == [left, right]:
                ids[i : i + 2] = [256 + rank]
                i -= 1
            i -= 1
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: merges_that_overlap
# why: moves on by one place after a merge
# says: an id that was just merged was used again
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, (left, right) in enumerate(merges):
        merged = []
        for i in range(len(ids)):
            if ids[i : i + 2] == [left, right]:
                merged.append(256 + rank)
            else:
                merged.append(ids[i])
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: last_pair_missed
# why: a range that ends one place too early
# says: Your loop ends before the last pair
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, (left, right) in enumerate(merges):
        i = 0
        while i < len(ids) - 2:
            if ids[i : i + 2] == [left, right]:
                ids[i : i + 2] = [256 + rank]
            i += 1
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: merges_used_up
# why: takes the merges from the caller's list
# says: that it was given: the next call
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    new_id = 256
    while merges:
        left, right = merges.pop(0)
        merged, i = [], 0
        while i < len(ids):
            if ids[i : i + 2] == [left, right]:
                merged.append(new_id)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids, new_id = merged, new_id + 1
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")


# %% wrong: token_by_token
# why: decodes each token before joining
# says: You decoded one token at a time
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return "".join(tokens[i].decode("utf-8", "replace") for i in token_ids)


# %% wrong: a_character_a_byte
# why: decodes with chr
# says: You made a character of every byte
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [chr(b) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return "".join(tokens[i] for i in token_ids)


# %% wrong: bytes_instead_of_text
# why: forgets the last step
# says: You returned bytes. Decode
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[i] for i in token_ids)


# %% wrong: strict_decoding
# why: fails where a model stops inside a character
# says: Your code raised UnicodeDecodeError
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8")


# %% wrong: broken_characters_ignored
# why: hides what is broken
# says: Broken characters vanished
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="ignore")


# %% wrong: pre_split_first
# why: cuts at spaces although the statement says one word
# says: You cut the text into words first
import re


def encode_word(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        merged, i = [], 0
        while i < len(ids):
            if tuple(ids[i : i + 2]) == tuple(pair):
                merged.append(256 + rank)
                i += 2
            else:
                merged.append(ids[i])
                i += 1
        ids = merged
    return ids


def bpe_encode(text, merges):
    words = re.findall(r" ?[^ ]+| +", text)
    return [i for word in words for i in encode_word(word, merges)]


def bpe_decode(token_ids, merges):
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    data = b"".join(tokens[i] for i in token_ids)
    return data.decode("utf-8", errors="replace")
