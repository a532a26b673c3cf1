# %% correct: by_hex_digest_and_by_searching
import hashlib


def split(documents, group_of, share, salt):
    def place(group):
        h = hashlib.blake2b(digest_size=8)
        h.update(salt.encode() + b":" + group.encode())
        return int(h.hexdigest(), 16) / 2**64

    held = [place(group_of(d)) < share for d in documents]
    train = [i for i in range(len(held)) if not held[i]]
    return [train, [i for i in range(len(held)) if held[i]]]


def overlap(train_documents, validation_documents, n):
    def stands(run):
        for d in train_documents:
            for i in range(len(d)):
                if list(d[i : i + n]) == run:
                    return True
        return False

    result = []
    for d in validation_documents:
        places = len(d) - n + 1
        hits = 0
        for i in range(max(places, 0)):
            hits += stands(list(d[i : i + n]))
        result.append(hits / places if places > 0 else 0.0)
    return result


# %% wrong: sides_swapped
# why: validation is what lies above
# says: The sides are swapped
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") >= share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: by_place
# why: hashes the place in the list
# says: You hash the place in the list
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{place}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: salt_ignored
# why: the salt is left out
# says: The salt does not take part
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f":{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: little_endian
# why: reads the bytes from the other end
# says: read in the other order
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "little") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: last_part
# why: holds out the end of the list
# says: You cut the list at the end
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    cut = round(len(documents) * (1 - share))
    for place, document in enumerate(documents):
        held_out = place >= cut
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: runs_across_documents
# why: joins the training documents
# says: You joined the training documents
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {*runs(sum(map(list, train_documents), []), n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: different_runs
# why: counts different runs
# says: You count different runs
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in {*runs(document, n)}]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: jaccard
# why: divides by the union
# says: You divide by the union
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        mine = {*runs(document, n)}
        shares.append(len(mine & seen) / max(1, len(mine | seen)))
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: share_of_training
# why: divides by the training runs
# says: You divide by the number of training runs
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        mine = {*runs(document, n)}
        shares.append(len(mine & seen) / max(1, len(seen)))
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: single_ids
# why: looks up ids, not runs
# says: You look up single ids
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    return [tuple(document[i : i + 1]) for i in range(len(document))]


# %% wrong: short_documents_divide_by_zero
# why: divides by no runs
# says: has no run: its overlap is 0.0
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found))
    return shares


def runs(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


# %% wrong: runs_by_popping
# why: the window slides by pop(0)
# says: argument 1 of overlap after the call
import hashlib


def split(documents, group_of, share, salt):
    """Places of the documents for training and for validation."""
    sides = ([], [])
    for place, document in enumerate(documents):
        data = f"{salt}:{group_of(document)}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        held_out = int.from_bytes(digest, "big") < share * 2**64
        sides[held_out].append(place)
    return sides


def overlap(train_documents, validation_documents, n):
    """Share of each validation document's runs that training has seen.

    >>> overlap([[1, 2, 3]], [[1, 2, 9]], 2)
    [0.5]
    """
    seen = {run for document in train_documents for run in runs(document, n)}
    shares = []
    for document in validation_documents:
        found = [run in seen for run in runs(document, n)]
        shares.append(sum(found) / len(found) if found else 0.0)
    return shares


def runs(document, n):
    found = []
    while len(document) >= n:
        found.append(tuple(document[:n]))
        document.pop(0)
    return found
