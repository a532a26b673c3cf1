# Answers to exercise 1.8, WordPiece: read as text, never imported.

# %% correct: lists_and_fractions
from fractions import Fraction


def train_wordpiece(word_counts, n_merges, min_count):
    words = []
    for word, n in word_counts.items():
        words.append(([word[0]] + ["##" + c for c in word[1:]], n))
    merges = []
    while len(merges) < n_merges:
        single, double = {}, {}
        for pieces, n in words:
            for a in pieces:
                single[a] = single.get(a, 0) + n
            for a, b in zip(pieces, pieces[1:]):
                double[a, b] = double.get((a, b), 0) + n
        ranked = sorted(
            (-Fraction(n, single[a] * single[b]), (a, b))
            for (a, b), n in double.items()
            if n >= min_count
        )
        if not ranked:
            return merges
        a, b = ranked[0][1]
        merges.append((a, b))
        for pieces, _ in words:
            i = 0
            while i + 1 < len(pieces):
                if pieces[i] == a and pieces[i + 1] == b:
                    pieces[i : i + 2] = [a + b[2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer, place = [], 0
    for word in text.split(" "):
        pieces, i = [], 0
        while i < len(word):
            ends = [
                j
                for j in range(i + 1, len(word) + 1)
                if ("##" + word[i:j] if i else word[:j]) in vocab
            ]
            if not ends:
                pieces = [("[UNK]", place, place + len(word))]
                break
            j = ends[-1]
            piece = "##" + word[i:j] if i else word[:j]
            pieces.append((piece, place + i, place + j))
            i = j
        answer += pieces
        place += len(word) + 1
    return answer

# %% correct: logarithms_and_recursion
import math
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    cuts = {w: [w[:1], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        piece_counts = Counter()
        pair_counts = Counter()
        for w, pieces in cuts.items():
            for k in range(len(pieces)):
                piece_counts[pieces[k]] += word_counts[w]
                if k:
                    pair_counts[pieces[k - 1], pieces[k]] += word_counts[w]

        def surprise(pair):
            a, b = map(piece_counts.get, pair)
            return round(math.log(pair_counts[pair] / (a * b)), 9)

        allowed = [p for p in pair_counts if pair_counts[p] >= min_count]
        if not allowed:
            break
        top = max(map(surprise, allowed))
        best = min(p for p in allowed if surprise(p) == top)
        merges.append(best)
        for w in cuts:
            old, new = cuts[w][::-1], []
            while old:
                piece = old.pop()
                if old and (piece, old[-1]) == best:
                    piece += old.pop()[2:]
                new.append(piece)
            cuts[w] = new
    return merges


def encode_wordpiece(text, vocab):
    def cut(word, mark, start):
        if not word:
            return []
        for n in range(len(word), 0, -1):
            if mark + word[:n] in vocab:
                rest = cut(word[n:], "##", start + n)
                if rest is None:
                    return None
                return [(mark + word[:n], start, start + n), *rest]
        return None

    answer = []
    for match in re.finditer(r"[^ ]+", text):
        pieces = cut(match[0], "", match.start())
        answer += [("[UNK]", *match.span())] if pieces is None else pieces
    return answer

# %% wrong: most_frequent_pair
# why: WordPiece is taken for BPE
# says: You merge the most frequent pair
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: each_word_counted_once
# why: the words' counts are forgotten
# says: Each word counts once here
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = 1
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: divided_by_the_sum
# why: count(a) + count(b) for count(a) * count(b)
# says: You divide by the sum of the two counts
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] + single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: divided_by_the_left_only
# why: the score is taken for the probability of b after a
# says: You divide by the left piece's count only
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / single[a]
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: pieces_without_marks
# why: a letter is the same piece wherever it stands
# says: Your pieces carry no ##
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: list(w) for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: scores_of_the_first_round
# why: counts are made once and then only read off
# says: The scores are from the first round
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    single, double = Counter(), Counter()
    for word, n in word_counts.items():
        pieces = [word[0], *("##" + c for c in word[1:])]
        for a in pieces:
            single[a] += n
        for pair in zip(pieces, pieces[1:]):
            double[pair] += n
    score = {
        (a, b): n / (single[a] * single[b])
        for (a, b), n in double.items()
        if n >= min_count
    }
    ranked = sorted(score, key=lambda pair: (-score[pair], pair))
    return ranked[:n_merges]


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: rare_pairs_merged
# why: min_count is not looked at
# says: You merged pairs that occur fewer than min_count times
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: more_than_min_count
# why: at least is taken for more than
# says: A pair that occurs exactly min_count times may be merged
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n > min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: first_of_the_tied
# why: of equal scores the one met first is taken
# says: Of equal scores you take the pair met first
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = max(score, key=score.get)
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: largest_of_the_tied
# why: max over (score, pair) takes the largest pair
# says: Of equal scores you take the largest pair
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = max(score, key=lambda pair: (score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: error_at_the_end
# why: there are thought to be pairs as long as merges are wished
# says: max of nothing raises an error
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: runs_counted_without_overlap
# why: in a run of one letter only every second pair is counted
# says: In a run of one letter you count every second pair
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            i = 0
            while i + 1 < len(pieces):
                double[pieces[i], pieces[i + 1]] += n
                i += 2 if pieces[i] == pieces[i + 1] else 1
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: marks_stripped
# why: lstrip is taken for removing a prefix
# says: takes every # there is, the letter too
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1].lstrip("#")]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: marks_dropped_from_the_answer
# why: ## is taken for decoration
# says: The ## is missing from the pieces you return
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((word[i:j], start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: marks_not_looked_up
# why: inside a word the pieces that begin words are looked up
# says: Inside a word you look up pieces without ##
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: shortest_piece_first
# why: the first piece that fits is taken, from the short end
# says: You take the shortest piece that fits
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(i + 1, len(word) + 1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: places_within_the_word
# why: the places are counted from the word's beginning
# says: Your places count from the beginning of each word
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], 0
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: beginning_kept
# why: what was found before the search got stuck is kept
# says: You keep the pieces found before the search got stuck
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces.append(("[UNK]", start + i, start + len(word)))
                break
        answer += pieces
    return answer

# %% wrong: unk_for_one_character
# why: one strange character is one [UNK], the search goes on
# says: You give [UNK] for the one character
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces.append(("[UNK]", start + i, start + i + 1))
                i += 1
        answer += pieces
    return answer

# %% wrong: unknown_word_dropped
# why: what is not in the vocabulary is left out
# says: The word is gone
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for match in re.finditer("[^ ]+", text):
        word, start = match[0], match.start()
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = []
                break
        answer += pieces
    return answer

# %% wrong: goes_back_when_stuck
# why: greedy is taken for a search over all segmentations
# says: You went back and tried a shorter piece
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    def cut(word, mark, start):
        if not word:
            return []
        for n in range(len(word), 0, -1):
            if mark + word[:n] in vocab:
                rest = cut(word[n:], "##", start + n)
                if rest is not None:
                    return [(mark + word[:n], start, start + n), *rest]
        return None

    answer = []
    for match in re.finditer("[^ ]+", text):
        pieces = cut(match[0], "", match.start())
        answer += [("[UNK]", *match.span())] if pieces is None else pieces
    return answer

# %% wrong: first_occurrence_of_the_word
# why: text.find is asked where a word stands that occurs twice
# says: find the first time the word occurs
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer = []
    for word in text.split():
        start = text.find(word)
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
    return answer

# %% wrong: one_space_between_words
# why: the places are added up with one space a word
# says: You count one space between words
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    words = {w: [w[0], *("##" + c for c in w[1:])] for w in word_counts}
    merges = []
    for _ in range(n_merges):
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            n = word_counts[word]
            for a in pieces:
                single[a] += n
            for pair in zip(pieces, pieces[1:]):
                double[pair] += n
        score = {
            (a, b): n / (single[a] * single[b])
            for (a, b), n in double.items()
            if n >= min_count
        }
        if not score:
            break
        best = min(score, key=lambda pair: (-score[pair], pair))
        merges.append(best)
        for word, pieces in words.items():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    answer, start = [], 0
    for word in text.split():
        pieces, i = [], 0
        while i < len(word):
            for j in range(len(word), i, -1):
                piece = ("##" if i else "") + word[i:j]
                if piece in vocab:
                    pieces.append((piece, start + i, start + j))
                    i = j
                    break
            else:
                pieces = [("[UNK]", start, start + len(word))]
                break
        answer += pieces
        start += len(word) + 1
    return answer


# %% wrong: counts_rekeyed
# why: the cut words take the place of the words in the caller's counts
# says: Your code changes the counts that it was given
import re
from collections import Counter


def train_wordpiece(word_counts, n_merges, min_count):
    """The merges of WordPiece, in the order in which they were made.

    >>> train_wordpiece({"ab": 6, "cb": 3, "cd": 1}, 1, 1)
    [('c', '##d')]
    >>> train_wordpiece({"ab": 6, "cb": 3, "cd": 1}, 9, 2)
    [('a', '##b'), ('c', '##b')]
    """
    words = {}
    for word in list(word_counts):
        pieces = [word[0], *("##" + c for c in word[1:])]
        words[" ".join(pieces)] = pieces
        word_counts[" ".join(pieces)] = word_counts.pop(word)
    merges = []
    while len(merges) < n_merges:
        single, double = Counter(), Counter()
        for word, pieces in words.items():
            for i, piece in enumerate(pieces):
                single[piece] += word_counts[word]
                if i > 0:
                    double[pieces[i - 1], piece] += word_counts[word]
        scores = {
            (left, right): n / (single[left] * single[right])
            for (left, right), n in double.items()
            if n >= min_count
        }
        if not scores:
            break
        best = min(scores, key=lambda pair: (-scores[pair], pair))
        merges.append(best)
        for pieces in words.values():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == best:
                    pieces[i : i + 2] = [best[0] + best[1][2:]]
                i += 1
    return merges


def encode_wordpiece(text, vocab):
    """The pieces of a text with their places: (piece, start, end).

    >>> encode_wordpiece("un unhurt", {"un", "##hurt"})
    [('un', 0, 2), ('un', 3, 5), ('##hurt', 5, 9)]
    >>> encode_wordpiece("un hurt", {"un", "##hurt"})
    [('un', 0, 2), ('[UNK]', 3, 7)]
    """
    answer = []
    for match in re.finditer("[^ ]+", text):
        pieces, i = [], match.start()
        while i < match.end():
            mark = "##" if i > match.start() else ""
            for j in range(match.end(), i, -1):
                if mark + text[i:j] in vocab:
                    break
            else:
                pieces = [("[UNK]", match.start(), match.end())]
                break
            pieces.append((mark + text[i:j], i, j))
            i = j
        answer += pieces
    return answer
