# %% correct: rows_by_room_left_and_a_mask_by_loops
import torch


def pack(documents, context_length, end_id):
    room, placed, number = [], [], 0
    for document in documents:
        whole = list(document) + [end_id]
        after = whole[1:] + [-100]
        while whole:
            head, goals = whole[:context_length], after[:context_length]
            whole, after = whole[context_length:], after[context_length:]
            where = next((k for k, r in enumerate(room) if r >= len(head)), None)
            if where is None:
                where = len(room)
                room.append(context_length)
                placed.append([])
            room[where] -= len(head)
            placed[where].append((number, head, goals))
            number += 1
    rows = []
    for r, parts in zip(room, placed):
        rows.append({
            "inputs": sum((h for _, h, _ in parts), []) + [0] * r,
            "targets": sum((g for _, _, g in parts), []) + [-100] * r,
            "document_ids": sum(([k] * len(h) for k, h, _ in parts), []) + [-1] * r,
            "positions": sum((list(range(len(h))) for _, h, _ in parts), []) + [0] * r,
        })
    return rows


def block_mask(document_ids):
    n = len(document_ids)
    mask = torch.zeros(n, n, dtype=torch.bool)
    for i in range(n):
        mask[i, i] = True
        for j in range(i):
            if document_ids[i] != -1:
                mask[i, j] = document_ids[i] == document_ids[j]
    return mask


# %% wrong: causal_only
# why: a separator is thought to be enough
# says: Your mask is causal only
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return causal


# %% wrong: block_only
# why: the mask is not causal
# says: Your mask lets tokens look ahead
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return ids[:, None] == ids[None, :]


# %% wrong: empty_padding_rows
# why: padding sees nothing
# says: A row of padding is all False
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return alike & causal


# %% wrong: padding_sees_padding
# why: padding is taken for a document
# says: Padding sees the padding before it
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :])
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: mask_turned_round
# why: True where it must not look
# says: the other way round
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return ~((alike & causal) | torch.eye(n).bool())


# %% wrong: positions_run_on
# why: positions count the row
# says: Positions run on through the row
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] = list(range(len(row["inputs"])))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] = list(range(context_length))
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: target_across_the_boundary
# why: the last input predicts the neighbour
# says: the first token of its neighbour
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        if row["targets"]:
            row["targets"][-1] = inputs[0]
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: padding_learned
# why: padding has target 0
# says: Padding has the target 0
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [0] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: cut_ends_unlearned
# why: the last of each piece predicts nothing
# says: Where a long document was cut
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], [*targets[i:stop][:-1], -100]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: next_fit
# why: only the last row is tried
# says: You look at the last row only
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows[-1:]:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: long_documents_dropped
# why: too long is left out
# says: A document longer than a row is gone
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids) if len(ids) <= context_length else 0, context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: long_documents_cut_off
# why: only the beginning stays
# says: Of a long document only the first row is kept
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in [0]:
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: end_appended
# why: the end id is added to the caller's documents
# says: argument 1 of pack after the call
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        document.append(end_id)
        ids, targets = document, [*document[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = (ids[:, None] == ids[None, :]) & (ids != -1)[:, None]
    causal = torch.ones(n, n).tril().bool()
    return (alike & causal) | torch.eye(n).bool()


# %% wrong: padding_renumbered
# why: each padding gets a number of its own, in the caller's list
# says: argument 1 of block_mask after the call
import torch


def pack(documents, context_length, end_id):
    """Rows of whole documents; see the rules above.

    >>> pack([[1, 2]], 4, 9)[0]["targets"]
    [2, 9, -100, -100]
    """
    units = []
    for document in documents:
        ids = [*document, end_id]
        targets = [*ids[1:], -100]
        for i in range(0, len(ids), context_length):
            stop = i + context_length
            units.append((ids[i:stop], targets[i:stop]))
    rows = []
    for number, (inputs, targets) in enumerate(units):
        for row in rows:
            if len(row["inputs"]) + len(inputs) <= context_length:
                break
        else:
            row = new_row()
            rows.append(row)
        row["inputs"] += inputs
        row["targets"] += targets
        row["document_ids"] += [number] * len(inputs)
        row["positions"] += range(len(inputs))
    for row in rows:
        n_left = context_length - len(row["inputs"])
        row["inputs"] += [0] * n_left
        row["targets"] += [-100] * n_left
        row["document_ids"] += [-1] * n_left
        row["positions"] += [0] * n_left
    return rows


def new_row():
    return {"inputs": [], "targets": [], "document_ids": [], "positions": []}


def block_mask(document_ids):
    """Which token may look at which, (T, T), bool.

    >>> block_mask([0, -1]).tolist()
    [[True, False], [False, True]]
    """
    for i, number in enumerate(document_ids):
        if number == -1:
            document_ids[i] = -1 - i  # like no other
    ids = torch.tensor(document_ids)
    n = len(ids)
    alike = ids[:, None] == ids[None, :]
    causal = torch.ones(n, n).tril().bool()
    return alike & causal
