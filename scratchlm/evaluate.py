"""How good is a model: loss, perplexity, bits per byte, accuracy.

All are ratios of sums over the whole text, so neither the batch size nor a
short last batch changes them.

Left out on purpose: judging free text; `stories` scores what can be parsed.
"""

import math

import torch

from scratchlm.loss import linear_cross_entropy
from scratchlm.model import evaluating
from scratchlm.windows import IGNORE_INDEX


def evaluate_loss(model, batches):
    """Sum of losses in nats, and the number of targets, over all batches.

    batches: an iterable of (inputs, targets), (B, T) each and of any size,
        or of (inputs, targets, positions, mask) as for `hidden_states`
    returns: two numbers; their ratio is the loss in nats per token

    Raises ValueError when there is no target.
    """
    device = next(model.parameters()).device
    total, n_targets = 0.0, 0
    with evaluating(model), torch.inference_mode():
        for batch in batches:
            inputs, targets, *context = (x.to(device) for x in batch)
            hidden = model.hidden_states(inputs, *context)
            total += linear_cross_entropy(
                hidden, model.head.weight, targets
            ).item()
            n_targets += (targets != IGNORE_INDEX).sum().item()
    if n_targets == 0:
        raise ValueError("there is no target in these batches")
    return total, n_targets


def perplexity(total, n_tokens):
    """exp of the mean loss: among how many tokens the model hesitates.

    total: nats. Comparable only between models with the same tokenizer.

    >>> round(perplexity(2 * math.log(8), 2), 6)
    8.0
    """
    return math.exp(total / n_tokens)


def bits_per_byte(total, n_bytes):
    """Loss per byte of the text in bits, whatever the tokenizer was.

    total: nats. Divided by characters it is bits per character.

    >>> bits_per_byte(16 * math.log(2), n_bytes=8)
    2.0
    """
    return total / math.log(2) / n_bytes


def accuracy(predictions, answers):
    """Share of predictions that equal their answer; any objects.

    Exact match of texts is the same. Raises ValueError for no or unequal
    numbers of them.

    >>> accuracy(["Paris", "Rome"], ["Paris", "Oslo"])
    0.5
    """
    if len(predictions) != len(answers) or not answers:
        raise ValueError(
            f"{len(predictions)} predictions for {len(answers)} answers; "
            "give as many of both, at least one"
        )
    pairs = zip(predictions, answers, strict=True)
    return sum(left == right for left, right in pairs) / len(answers)
