"""Checkpoints of a training run: all that is needed to go on as if nothing
had happened.

A checkpoint is a folder with `state.safetensors` (weights, the optimisers'
moments, random state) and `state.json` (plain numbers). It appears under its
name only when it is complete, and nothing in it is ever unpickled.

Left out on purpose: one checkpoint shared by several machines' disks.
"""

import json
import os
import re
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

NAME = re.compile(r"step-(\d{8})")


def checkpoint_path(folder, step):
    """Where the checkpoint after `step` steps is in `folder`."""
    return Path(folder) / f"step-{step:08}"


def latest_checkpoint(folder):
    """The path of the last complete checkpoint, or None."""
    found = [p for p in Path(folder).glob("step-*") if NAME.fullmatch(p.name)]
    return max(found, default=None)


def flatten_optimizers(optimizers):
    """(tensors, numbers): the optimisers' state without nesting.

    Tensors are named "optimizer.<which>.<parameter>.<name>".
    """
    tensors, numbers = {}, []
    for which, optimizer in enumerate(optimizers):
        state = optimizer.state_dict()
        for parameter, entries in state["state"].items():
            for name, tensor in entries.items():
                tensors[f"optimizer.{which}.{parameter}.{name}"] = tensor
        numbers.append(state["param_groups"])
    return tensors, numbers


def restore_optimizers(optimizers, tensors, numbers):
    """Undo `flatten_optimizers`. Raises ValueError when they do not fit."""
    if len(optimizers) != len(numbers):
        raise ValueError(
            f"the checkpoint has {len(numbers)} optimisers, this run "
            f"{len(optimizers)}; use the same settings or start anew"
        )
    for which, optimizer in enumerate(optimizers):
        state = {}
        for name, tensor in tensors.items():
            kind, place, *rest = name.split(".")
            if kind == "optimizer" and int(place) == which:
                state.setdefault(int(rest[0]), {})[rest[1]] = tensor
        optimizer.load_state_dict(
            {"state": state, "param_groups": numbers[which]}
        )


def named_weights(model):
    """{name: parameter or buffer}; a shared one stands under one name."""
    return dict([*model.named_parameters(), *model.named_buffers()])


def save_checkpoint(path, model, optimizers, numbers):
    """Write a checkpoint folder at `path`; an older one there is replaced.

    numbers: what else to keep, as JSON (steps done, the loader's state)

    The folder is written under another name and renamed when it is on disk,
    so a crash leaves the old checkpoint or the new one.
    """
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    tensors, groups = flatten_optimizers(optimizers)
    weights = {f"model.{k}": v for k, v in named_weights(model).items()}
    random = {"random.cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random["random.cuda"] = torch.cuda.get_rng_state()
    everything = {
        name: tensor.detach().contiguous()
        for name, tensor in {**weights, **tensors, **random}.items()
    }
    save_file(everything, unfinished / "state.safetensors")
    content = {"format": "scratchlm checkpoint 1", "optimizers": groups}
    text = json.dumps({**content, "numbers": numbers}, indent=1)
    (unfinished / "state.json").write_text(text + "\n", encoding="utf-8")
    for file in unfinished.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    shutil.rmtree(path, ignore_errors=True)
    os.replace(unfinished, path)


def load_checkpoint(path, model, optimizers=()):
    """Restore what `save_checkpoint` wrote, and return its numbers.

    Without optimizers only the weights are restored, and no random state.
    Raises ValueError when the checkpoint is damaged or of another model,
    and changes nothing then.
    """
    path = Path(path)
    try:
        content = json.loads((path / "state.json").read_text("utf-8"))
        tensors = load_file(path / "state.safetensors")
        numbers, groups = content["numbers"], content["optimizers"]
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        SafetensorError,
    ) as error:
        raise ValueError(
            f"{path} is no checkpoint, or damaged: {error}; go back to an "
            "earlier one"
        ) from error
    weights = named_weights(model)
    found = {
        name.removeprefix("model."): tensor
        for name, tensor in tensors.items()
        if name.startswith("model.")
    }
    for name in weights.keys() | found.keys():
        expected = tuple(weights[name].shape) if name in weights else None
        stored = tuple(found[name].shape) if name in found else None
        if expected != stored:
            raise ValueError(
                f"{path} does not fit this model: {name} has the shape "
                f"{stored} in the file and {expected} in the model"
            )
    if optimizers:
        restore_optimizers(optimizers, tensors, groups)
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(found[name])
    return numbers
