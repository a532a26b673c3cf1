"""The training loop: from a loader and a model to a better model.

`Trainer` takes optimiser steps and keeps everything that a step changes, so
that a run resumed from a checkpoint goes on bit by bit. Where several
processes train together each gets its rows of every batch, and the result is
that of one process.

Left out on purpose: models that need more than one device.
"""

import contextlib

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from scratchlm.checkpoint import (
    checkpoint_path,
    load_checkpoint,
    save_checkpoint,
)
from scratchlm.loss import linear_cross_entropy
from scratchlm.optimizers import SCHEDULES, build_optimizers, clip_gradients
from scratchlm.speed import fast_matmul
from scratchlm.windows import IGNORE_INDEX

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def world_size():
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


class TokenLoss(nn.Module):
    """A model and its loss as one module, for DDP and torch.compile."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, inputs, targets, positions=None, mask=None):
        """Sum of losses in nats; arguments as `hidden_states` and (B, T)."""
        hidden = self.model.hidden_states(inputs, positions, mask)
        return linear_cross_entropy(hidden, self.model.head.weight, targets)


class Trainer:
    """Takes optimiser steps and knows all that they depend on.

    model: on its device; loader: an endless iterator of (inputs, targets)
    n_steps: optimiser steps of the whole run, on which the schedule depends
    learning_rate: the highest; floor_share of it is left at the end
    n_accumulate: batches in one step; equal to one batch with all their rows
    precision: "float32", or "bfloat16" to multiply in bfloat16 (autocast)
    compiled: let torch.compile fuse operations; the first step takes long

    Raises ValueError for a setting that is none of these.
    """

    def __init__(
        self,
        model,
        loader,
        n_steps,
        learning_rate=1e-3,
        floor_share=0.1,
        n_warmup=0,
        schedule="cosine",
        weight_decay=0.1,
        betas=(0.9, 0.95),
        optimizer="adamw",
        max_norm=1.0,
        n_accumulate=1,
        precision="float32",
        compiled=False,
    ):
        if precision not in PRECISIONS or schedule not in SCHEDULES:
            raise ValueError(
                f"precision={precision!r}, schedule={schedule!r}; take one of "
                f"{list(PRECISIONS)} and one of {list(SCHEDULES)}"
            )
        self.model, self.loader, self.n_steps = model, loader, n_steps
        self.learning_rate, self.floor_share = learning_rate, floor_share
        self.n_warmup, self.schedule = n_warmup, SCHEDULES[schedule]
        self.max_norm, self.n_accumulate = max_norm, n_accumulate
        self.precision = PRECISIONS[precision]
        self.optimizers = build_optimizers(
            model, weight_decay, optimizer, betas
        )
        self.loss = TokenLoss(model)
        if world_size() > 1:
            self.loss = DistributedDataParallel(self.loss)
        if compiled:
            self.loss = torch.compile(self.loss)
        self.step, self.n_tokens = 0, 0

    def set_learning_rate(self):
        """Give the optimisers this step's learning rate and return it."""
        peak = self.learning_rate
        rate = self.schedule(
            self.step,
            self.n_steps,
            peak,
            self.n_warmup,
            peak * self.floor_share,
        )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        return rate

    def next_batches(self):
        """The batches of one step, and their targets in all processes."""
        device = self.model.head.weight.device
        batches = [next(self.loader) for _ in range(self.n_accumulate)]
        batches = [[x.to(device) for x in batch] for batch in batches]
        n_targets = sum((t != IGNORE_INDEX).sum() for _, t, *_ in batches)
        if world_size() > 1:
            distributed.all_reduce(n_targets)
        return batches, n_targets

    def train_step(self):
        """One optimiser step; returns what happened, as a dictionary.

        The gradient is that of the mean over all targets of the step: each
        batch adds its sum of losses divided by their common number.
        """
        with fast_matmul() if self.on_cpu() else contextlib.nullcontext():
            return self._train_step()

    def on_cpu(self):
        """Whether the model is on the processor."""
        return self.model.head.weight.device.type == "cpu"

    def _train_step(self):
        rate = self.set_learning_rate()
        self.model.train()
        batches, n_targets = self.next_batches()
        device = self.model.head.weight.device.type
        total = 0.0
        for i, batch in enumerate(batches):
            is_last = i == len(batches) - 1
            with contextlib.ExitStack() as stack:
                if world_size() > 1 and not is_last:
                    stack.enter_context(self.loss.no_sync())
                with torch.autocast(
                    device,
                    self.precision,
                    enabled=self.precision != torch.float32,
                ):
                    loss = self.loss(*batch)
                # DDP takes the mean over processes, we need the sum
                (loss * world_size() / n_targets.clamp_min(1)).backward()
            total += loss.detach()
        if world_size() > 1:
            distributed.all_reduce(total)
        norm = clip_gradients(self.model.parameters(), self.max_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.n_tokens += n_targets.item()
        return {
            "step": self.step,
            "n_tokens": self.n_tokens,
            "loss": (total / n_targets.clamp_min(1)).item(),
            "learning_rate": rate,
            "gradient_norm": norm.item(),
        }

    def save(self, folder):
        """Write a checkpoint of this moment into `folder`; its path."""
        path = checkpoint_path(folder, self.step)
        numbers = {
            "step": self.step,
            "n_tokens": self.n_tokens,
            "n_steps": self.n_steps,
            "loader": self.loader.state_dict(),
        }
        save_checkpoint(path, self.model, self.optimizers, numbers)
        return path

    def resume(self, path):
        """Go on where the run was that wrote the checkpoint at `path`.

        Raises ValueError when it was another run's.
        """
        numbers = load_checkpoint(path, self.model, self.optimizers)
        if numbers["n_steps"] != self.n_steps:
            raise ValueError(
                f"{path} is of a run of n_steps={numbers['n_steps']}, this "
                f"one has {self.n_steps}: the schedule would be another"
            )
        self.loader.load_state_dict(numbers["loader"])
        self.step, self.n_tokens = numbers["step"], numbers["n_tokens"]
