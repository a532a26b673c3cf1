# Answers to exercise 1.10, metrics: read as text, never imported.

# %% correct: with_generators_and_fsum
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode("utf-8")) for text in texts)
    return n_bytes / sum(map(len, encodings))


def fertility(texts, encodings):
    return sum(map(len, encodings)) / sum(len(t.split()) for t in texts)


def rank_models(text, losses):
    n_bytes = len(text.encode("utf-8"))
    table = {
        name: math.fsum(nats) / math.log(2) / n_bytes
        for name, nats in losses.items()
    }
    return sorted(table.items(), key=lambda item: item[1])

# %% correct: the_other_way_round
import re

import numpy as np


def bytes_per_token(texts, encodings):
    return len("".join(texts).encode()) / len([i for e in encodings for i in e])


def fertility(texts, encodings):
    n_words = len(re.findall(r"\S+", "\n".join(texts)))
    return sum(len(e) for e in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name in losses:
        bits = -np.log2(np.exp(-np.asarray(losses[name]))).sum()
        ranked.append((float(bits / len(bytes(text, "utf-8"))), name))
    return [(name, bits) for bits, name in sorted(ranked)]

# %% wrong: characters_for_bytes
# why: len of a text is taken for its bytes
# says: You count characters
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: tokens_per_byte
# why: the ratio is upside down
# says: Upside down: this is tokens per byte
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_bytes


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: empty_words_counted
# why: split(' ') for split()
# says: text.split(' ') cuts at every single space
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split(' ')) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: words_per_token
# why: fertility upside down
# says: This is words per token
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return n_words / sum(len(ids) for ids in encodings)


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: mean_of_ratios
# why: every text is given the same weight
# says: This is the mean of the three ratios
import math


def bytes_per_token(texts, encodings):
    ratios = [
        len(text.encode()) / len(ids) for text, ids in zip(texts, encodings)
    ]
    return sum(ratios) / len(ratios)


def fertility(texts, encodings):
    ratios = [
        len(ids) / len(text.split()) for text, ids in zip(texts, encodings)
    ]
    return sum(ratios) / len(ratios)


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: nats_for_bits
# why: the natural logarithm is taken for the binary one
# says: These are nats per byte
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: multiplied_by_ln_2
# why: nats are turned into bits the wrong way
# says: You multiplied by ln 2
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) * math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: bits_per_character
# why: characters for bytes once more
# says: These are bits per character
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text)))
    return sorted(ranked, key=lambda pair: pair[1])

# %% wrong: bits_per_token
# why: the mean loss of a token is taken for that of a byte
# says: These are bits per token
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(nats)))
    return sorted(ranked, key=lambda pair: sum(losses[pair[0]]))

# %% wrong: perplexity
# why: perplexities of different tokenizers are compared
# says: This is the perplexity per token
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        perplexity = math.exp(sum(nats) / len(nats))
        ranked.append((name, perplexity))
    return sorted(ranked, key=lambda pair: sum(losses[pair[0]]))

# %% wrong: ranked_by_loss_per_token
# why: bits per byte are computed, the order is that of perplexity
# says: You ranked by the loss per token
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: sum(losses[pair[0]]) / len(losses[pair[0]]))

# %% wrong: worst_first
# why: more bits are taken for better
# says: The worst model comes first
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return sorted(ranked, key=lambda pair: -pair[1])

# %% wrong: not_sorted
# why: the models stay in the order of the dictionary
# says: in the order in which they came
import math


def bytes_per_token(texts, encodings):
    n_bytes = sum(len(text.encode()) for text in texts)
    return n_bytes / sum(len(ids) for ids in encodings)


def fertility(texts, encodings):
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(ids) for ids in encodings) / n_words


def rank_models(text, losses):
    ranked = []
    for name, nats in losses.items():
        bits = sum(nats) / math.log(2)
        ranked.append((name, bits / len(text.encode())))
    return ranked


# %% wrong: losses_replaced
# why: the results take the place of the losses
# says: Your code changes the losses that it was given
import math


def bytes_per_token(texts, encodings):
    """UTF-8 bytes per token of a corpus.

    >>> bytes_per_token(["її"], [[5, 6]])
    2.0
    """
    n_bytes = sum(len(text.encode("utf-8")) for text in texts)
    return n_bytes / sum(len(token_ids) for token_ids in encodings)


def fertility(texts, encodings):
    """Tokens per word of a corpus.

    >>> fertility(["a  b", "c"], [[1, 2, 3], [4, 5, 6]])
    2.0
    """
    n_words = sum(len(text.split()) for text in texts)
    return sum(len(token_ids) for token_ids in encodings) / n_words


def rank_models(text, losses):
    """Models by bits per byte, the best first; `losses` are in nats.

    >>> ln = math.log
    >>> rank_models("abcd", {"letters": [ln(4)] * 4, "word": [ln(16)]})
    [('word', 1.0), ('letters', 2.0)]
    """
    n_bytes = len(text.encode("utf-8"))
    for name, nats in losses.items():
        losses[name] = sum(nats) / math.log(2) / n_bytes
    return sorted(losses.items(), key=lambda item: item[1])
