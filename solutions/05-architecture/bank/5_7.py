# %% correct: row_by_row
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    answers = []
    for prompt in token_ids.tolist():
        ids = list(prompt)
        while len(ids) - len(prompt) < n_new:
            window = torch.tensor([ids[-context_length:]])
            ids.append(int(torch.argmax(model(window)[0, -1])))
            if ids[-1] == end_id:
                break
        answers.append(ids[len(prompt) :])
    return answers


# %% wrong: all_stop_with_the_first
# why: any
# says: All rows stop as soon as one
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if any(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new


# %% wrong: rows_go_on
# why: never cut
# says: Rows go on behind their end id
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if not new:
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            row.append(token)
    return new


# %% wrong: with_the_prompt
# why: all ids
# says: Return the new ids only
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    prompts = token_ids.tolist()
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return [p + row for p, row in zip(prompts, new, strict=True)]


# %% wrong: end_left_out
# why: stripped
# says: The end id itself is part of the answer
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return [r[:-1] if r and r[-1] == end_id else r for r in new]


# %% wrong: the_first_window
# why: [:context]
# says: the model sees the *last*
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    answers = []
    for prompt in token_ids.tolist():
        ids = list(prompt)
        while len(ids) - len(prompt) < n_new:
            window = torch.tensor([ids[:context_length]])
            ids.append(int(torch.argmax(model(window)[0, -1])))
            if ids[-1] == end_id:
                break
        answers.append(ids[len(prompt) :])
    return answers


# %% wrong: behind_the_first_id
# why: [:, 0]
# says: The next token is predicted behind the last id
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, 0]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new


# %% wrong: window_moved_in_place
# why: a slice is taken for a copy
# says: Your code writes into the prompts
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    shown = token_ids[:, -context_length:]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(shown)[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        if shown.shape[1] < context_length:
            shown = torch.cat([shown, chosen], 1)
        else:  # the oldest falls out
            shown[:, :-1] = shown[:, 1:].clone()
            shown[:, -1:] = chosen
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new


# %% wrong: one_id_dropped
# why: a prompt never exceeds the context by more than one
# says: You drop one id when the text
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        if token_ids.shape[1] > context_length:
            token_ids = token_ids[:, 1:]
        logits = model(token_ids)[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new


# %% wrong: in_single_precision
# why: fewer digits are enough for an argmax
# says: The logits are float64, and only there
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.float().argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new


# %% wrong: of_the_exponentials
# why: exp without the largest logit taken off
# says: exp(800) and exp(900) are both infinite
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.exp().argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new


# %% wrong: zero_is_no_end
# why: 0 is false
# says: With end_id 0 no row ends
import torch


def generate(model, token_ids, n_new, context_length, end_id):
    """The new ids of each row, up to its own end id."""
    new = [[] for _ in token_ids]
    for _ in range(n_new):
        ended = [bool(row) and end_id and row[-1] == end_id for row in new]
        if all(ended):
            break
        logits = model(token_ids[:, -context_length:])[:, -1]
        chosen = logits.argmax(-1, keepdim=True)
        token_ids = torch.cat([token_ids, chosen], 1)
        for row, token, is_over in zip(
            new, chosen[:, 0].tolist(), ended, strict=True
        ):
            if not is_over:
                row.append(token)
    return new
