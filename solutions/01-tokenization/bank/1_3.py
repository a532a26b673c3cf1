# %% correct: counts_kept_up_to_date_over_different_words
from collections import Counter


def train_bpe(words, num_merges):
    times = Counter(words)
    rows = {word: tuple(word.encode("utf-8")) for word in times}
    counts = Counter()

    def note(word, sign):
        row = rows[word]
        for i in range(len(row) - 1):
            counts[row[i : i + 2]] += sign * times[word]

    for word in rows:
        note(word, +1)
    merges = []
    while len(merges) < num_merges and any(counts.values()):
        top = max(counts.values())
        pair = min(p for p, n in counts.items() if n == top)
        for word, row in rows.items():
            new, i = [], 0
            while i < len(row):
                if row[i : i + 2] == pair:
                    new.append(256 + len(merges))
                    i += 1
                else:
                    new.append(row[i])
                i += 1
            if len(new) < len(row):
                note(word, -1)
                rows[word] = tuple(new)
                note(word, +1)
        merges.append(pair)
    return merges


# %% correct: on_tokens_of_bytes_as_in_the_chapter
import re


def train_bpe(words, num_merges):
    number = {bytes([b]): b for b in range(256)}
    corpus = [[bytes([b]) for b in word.encode()] for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = {}
        for row in corpus:
            for left, right in zip(row, row[1:]):
                pair = number[left], number[right]
                counts[pair] = counts.get(pair, 0) + 1
        if counts == {}:
            break
        ranked = sorted(counts.items(), key=lambda item: item[0])
        best, _ = max(ranked, key=lambda item: item[1])
        merges.append(list(best))
        name = {i: token for token, i in number.items()}
        left, right = name[best[0]], name[best[1]]
        number[left + right] = new_id
        for k, row in enumerate(corpus):
            done = []
            for token in row:
                if done[-1:] == [left] and token == right and not glued:
                    done[-1] = left + right
                    glued = True
                else:
                    done.append(token)
                    glued = False
            corpus[k] = done
    return merges


# %% wrong: each_word_once
# why: reads a list of words as a set
# says: Each different word was counted once
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in dict.fromkeys(words)]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: across_word_boundaries
# why: treats the corpus as one row of bytes
# says: You joined the words
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list("".join(words).encode("utf-8"))]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: spaces_between_words
# why: joins the words with spaces first
# says: You put spaces between the words
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(" ".join(words).encode("utf-8"))]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: code_points
# why: starts from ord, not from bytes
# says: Your ids are code points
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [[ord(c) for c in word] for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: words_that_hold_the_pair
# why: counts in how many words a pair occurs
# says: You counted in how many words a pair occurs
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(set(zip(row, row[1:])))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: rarest_pair
# why: takes min where max was meant
# says: You merged the rarest pair
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: counts_without_overlap
# why: jumps over a pair that it has counted
# says: You counted `aaaa` as two pairs
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            i = 0
            while i < len(row) - 1:
                counts[row[i], row[i + 1]] += 1
                i += 2 if row[i] == row[i + 1] else 1
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: merges_that_overlap
# why: moves on by one place after a merge
# says: Your merges overlap: after a merge at place i
from collections import Counter


def merge(ids, pair, new_id):
    merged = []
    for i in range(len(ids)):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
        elif i == 0 or tuple(ids[i - 1 : i + 1]) != pair:
            merged.append(ids[i])
        elif tuple(ids[i - 1 : i + 1]) == pair:
            merged.append(ids[i])
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: from_the_right
# why: replaces from the end of the word
# says: You merged from right to left
from collections import Counter


def merge(ids, pair, new_id):
    ids, i = list(ids), len(ids) - 2
    while i >= 0:
        if (ids[i], ids[i + 1]) == pair:
            ids[i : i + 2] = [new_id]
            i -= 1
        i -= 1
    return ids


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: first_place_only
# why: stops after the first match in a word
# says: Only the first place in each word was merged
from collections import Counter


def merge(ids, pair, new_id):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair:
            return ids[:i] + [new_id] + ids[i + 2 :]
    return ids


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: ties_first_seen
# why: trusts max to break ties
# says: you took the one seen first
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = max(counts, key=counts.get)
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: ties_last_seen
# why: takes the last of the sorted items
# says: you took the one seen last
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = sorted(counts, key=counts.get)[-1]
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: ties_largest
# why: takes max over (count, pair)
# says: you took the largest
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = max(counts, key=lambda p: (counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: stale_counts
# why: counts once before the loop
# says: Your counts are stale
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    counts = Counter()
    for row in rows:
        counts.update(zip(row, row[1:]))
    for new_id in range(256, 256 + num_merges):
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        del counts[pair]
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: first_id_257
# why: counts the new ids from 257
# says: Your first new id is 257
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(257, 257 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: first_id_255
# why: gives the first merge the id of a byte
# says: Your first new id is 255
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(255, 255 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: one_merge_short
# why: ends the range one too early
# says: One merge is missing
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 255 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: newest_first
# why: puts each merge in front
# says: Your merges are in reverse
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.insert(0, pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: triples
# why: stores the new id with the pair
# says: without the new id
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append((new_id, *pair))
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: a_dictionary
# why: returns pair -> id
# says: You returned a dictionary
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    merges = {}
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges[pair] = new_id
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: stops_at_pairs_that_occur_once
# why: thinks that a single pair is not worth a merge
# says: You stopped when the best pair occurs once
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts or max(counts.values()) < 2:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: raises_when_pairs_run_out
# why: forgets that a corpus may be small
# says: Your code raised when no pair was left
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: words_overwritten
# why: turns the caller's list into lists of ids
# says: Your code changed the list of words
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = words
    merges = []
    for i, word in enumerate(words):
        words[i] = list(word.encode("utf-8"))
    rows = words
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: vocabulary_size
# why: takes the second argument for the size of the vocabulary
# says: not also the 256 bytes
from collections import Counter


def merge(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def train_bpe(words, num_merges):
    rows = [list(word.encode("utf-8")) for word in words]
    merges = []
    for new_id in range(256, num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        pair = min(counts, key=lambda p: (-counts[p], p))
        merges.append(pair)
        rows = [merge(row, pair, new_id) for row in rows]
    return merges


# %% wrong: ties_by_spelling
# why: works on tokens of bytes and lets them decide the tie
# says: You broke a tie by the bytes of the tokens
from collections import Counter


def train_bpe(words, num_merges):
    rows = [[bytes([b]) for b in word.encode("utf-8")] for word in words]
    number = {bytes([b]): b for b in range(256)}
    merges = []
    for new_id in range(256, 256 + num_merges):
        counts = Counter()
        for row in rows:
            counts.update(zip(row, row[1:]))
        if not counts:
            break
        left, right = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append((number[left], number[right]))
        number[left + right] = new_id
        for row in rows:
            i = 0
            while i < len(row) - 1:
                if row[i] == left and row[i + 1] == right:
                    row[i : i + 2] = [left + right]
                i += 1
    return merges
