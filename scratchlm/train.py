"""A training run from a config file.

    python -m scratchlm.train --config CONFIG --folder FOLDER
    torchrun --nproc-per-node 2 -m scratchlm.train --config ... --folder ...

The folder receives the tokenizer, the token files, a log (log.csv), the
checkpoints, and at the end the model in GPT-2's layout. The same command
again goes on where the run was stopped. A config file has the tables [model],
[data] and [training]; book/data/recipes has examples.

Left out on purpose: a search for settings.
"""

import argparse
import csv
import json
import os
import shutil
import sys
import time
import tomllib
from itertools import pairwise
from pathlib import Path

import torch
from torch import distributed

from scratchlm.attention import document_mask
from scratchlm.checkpoint import latest_checkpoint
from scratchlm.corpus import END_OF_TEXT, prepare
from scratchlm.data import (
    WindowLoader,
    document_starts,
    evaluation_batches,
)
from scratchlm.documents import pack_documents
from scratchlm.evaluate import bits_per_byte, evaluate_loss
from scratchlm.generate import generate
from scratchlm.gpt2_files import save_gpt2
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.speed import keep_freed_memory
from scratchlm.stories import score_stories
from scratchlm.trainer import Trainer, world_size

TABLES = {
    "model": GPTConfig.__dataclass_fields__.keys() - {"tie_head"},
    "data": {"source", "validation_share", "n_documents", "aligned"},
    "training": {
        "n_steps", "batch_size", "seed", "evaluate_every", "save_every",
        "learning_rate", "floor_share", "n_warmup", "schedule",
        "weight_decay", "betas", "optimizer", "max_norm", "n_accumulate",
        "precision", "compiled", "keep", "export",
    },
}  # fmt: skip


def read_config(path):
    """The tables of a config file: {"model": {...}, ...}.

    Raises ValueError for a table or setting that does not exist, or a
    missing table.
    """
    config = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    if config.keys() != TABLES.keys():
        raise ValueError(
            f"{path} has the tables {sorted(config)}; a config has "
            f"{sorted(TABLES)}"
        )
    for table, names in TABLES.items():
        if unknown := config[table].keys() - names:
            raise ValueError(
                f"{path}: [{table}] has no setting {sorted(unknown)}; it has "
                f"{sorted(names)}"
            )
    return config


class Log:
    """A CSV file of what a run measures, a row for each evaluation.

    Rows after `step` are dropped when a run goes on from there.
    """

    def __init__(self, path, step):
        self.path, self.rows = Path(path), []
        if self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.rows = [row for row in rows if int(row["step"]) <= step]

    def add(self, row):
        """Append a dictionary and write the file anew, atomically."""
        self.rows.append(row)
        unfinished = self.path.with_suffix(".part")
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file, fieldnames=list(row), lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(self.rows)
        os.replace(unfinished, self.path)


def document_batches(token_ids, end_id, batch_size, context_length):
    """Batches for `evaluate_loss` in which each document stands alone.

    token_ids: in which `end_id` ends each document; a document's first token
        is predicted from the `end_id` before it
    """
    starts = [*document_starts(token_ids, end_id), len(token_ids) - 1]
    documents = [
        [end_id, *ids] if ids[0] != end_id else ids
        for ids in (
            token_ids[start : end + 1].tolist()
            for start, end in pairwise(starts)
        )
    ]
    rows = pack_documents(documents, context_length)
    for inputs, targets, document_ids, positions in zip(
        *(part.split(batch_size) for part in rows), strict=True
    ):
        yield inputs, targets, positions, document_mask(document_ids)


def sample_documents(model, tokenizer, n_documents, seed):
    """Documents that the model writes from nothing, as texts."""
    end_id = tokenizer.special_tokens[END_OF_TEXT]
    rows = generate(
        model,
        [[end_id]] * n_documents,
        max_new_tokens=model.config.context_length - 1,
        temperature=1.0,
        stop_ids=[end_id],
        seed=seed,
    )
    return [tokenizer.decode(row) for row in rows]


class Run:
    """Everything of one run: model, data, trainer, folder."""

    def __init__(self, config, folder, rank=0, device="cpu"):
        data, training = dict(config["data"]), dict(config["training"])
        self.aligned = data.pop("aligned", False)  # windows begin as texts do
        self.config, self.folder, self.rank = config, Path(folder), rank
        self.batch_size = training.pop("batch_size")
        self.evaluate_every = training.pop("evaluate_every", 100)
        self.save_every = training.pop("save_every", 500)
        self.keep = set(training.pop("keep", []))  # steps to export at
        self.dtype = getattr(torch, training.pop("export", "float32"))
        torch.manual_seed(training.pop("seed", 0))
        self.model = GPTModel(GPTConfig(**config["model"])).to(device)
        if rank == 0:
            self.prepare(data)
        if world_size() > 1:
            distributed.barrier()
        self.tokenizer, ids, self.validation, self.n_characters = self.prepare(
            data
        )
        end_id = self.tokenizer.special_tokens[END_OF_TEXT]
        loader = WindowLoader(
            ids,
            self.batch_size,
            self.model.config.context_length,
            rank=rank,
            world_size=world_size(),
            starts=document_starts(ids, end_id) if self.aligned else None,
        )
        self.trainer = Trainer(self.model, loader, **training)

    def prepare(self, data):
        """The files of `corpus.prepare`, made by the first that comes."""
        vocab_size = self.model.config.vocab_size
        return prepare(self.folder, vocab_size=vocab_size, **data)

    def evaluate(self):
        """What the log says of the model now: a dictionary."""
        context_length = self.model.config.context_length
        if self.aligned:
            end_id = self.tokenizer.special_tokens[END_OF_TEXT]
            batches = document_batches(
                self.validation, end_id, self.batch_size, context_length
            )
        else:
            batches = evaluation_batches(
                self.validation, self.batch_size, context_length
            )
        total, n_targets = evaluate_loss(self.model, batches)
        row = {
            "validation_loss": total / n_targets,
            "bits_per_character": bits_per_byte(total, self.n_characters),
        }
        if self.config["data"]["source"] == "stories":
            texts = sample_documents(self.model, self.tokenizer, 64, seed=0)
            row.update(score_stories(texts)._asdict())
        return row

    def go(self):
        """Train to the end, from the last checkpoint if there is one."""
        trainer = self.trainer
        found = latest_checkpoint(self.folder / "checkpoints")
        if found is not None:
            trainer.resume(found)
            self.say(f"going on from {found}")
        log = Log(self.folder / "log.csv", trainer.step)
        started = time.monotonic()
        bar = self.progress_bar()
        while trainer.step < trainer.n_steps:
            row = trainer.train_step()
            bar.update()
            bar.set_postfix(loss=f"{row['loss']:.3f}", refresh=False)
            is_last = trainer.step == trainer.n_steps
            if self.rank == 0 and (
                trainer.step % self.evaluate_every == 0 or is_last
            ):
                row["seconds"] = round(time.monotonic() - started, 1)
                row.update(self.evaluate())
                log.add(row)
                bar.write(json.dumps(row), file=sys.stderr)
            if trainer.step % self.save_every == 0 or is_last:
                self.save(found)
                found = latest_checkpoint(self.folder / "checkpoints")
            if trainer.step in self.keep:
                self.export(f"step-{trainer.step}")
            if world_size() > 1:
                distributed.barrier()
        bar.close()
        self.export("final")

    def save(self, previous):
        """Write a checkpoint, then remove the previous one."""
        if self.rank == 0:
            path = self.trainer.save(self.folder / "checkpoints")
            if previous is not None and previous != path:
                shutil.rmtree(previous)

    def export(self, name):
        """Write the model in GPT-2's layout, with the tokenizer."""
        if self.rank == 0:
            folder = self.folder / name
            save_gpt2(self.model, folder, self.tokenizer, self.dtype)
            self.say(f"the model after {self.trainer.step} steps: {folder}")

    def progress_bar(self):
        """Steps on stderr, with the time left."""
        from tqdm import tqdm

        return tqdm(
            total=self.trainer.n_steps,
            initial=self.trainer.step,
            unit="step",
            disable=self.rank != 0,
        )

    def say(self, text):
        """A line on stderr, from the first process only."""
        if self.rank == 0:
            print(text, file=sys.stderr, flush=True)


def main(arguments=None):
    """The command line; see the module."""
    parser = argparse.ArgumentParser(
        prog="python -m scratchlm.train",
        description="Train a GPT as a config file says, or go on with it.",
    )
    parser.add_argument("--config", required=True, help="a TOML file")
    parser.add_argument("--folder", required=True, help="where all is written")
    parser.add_argument(
        "--threads", type=int, default=1, help="processor threads (default 1)"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    rank = int(os.environ.get("RANK", 0))
    device = "cpu"
    if torch.cuda.is_available():
        device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
        torch.cuda.set_device(device)
    else:
        keep_freed_memory()
    if "RANK" in os.environ:  # torchrun sets it
        distributed.init_process_group("nccl" if device != "cpu" else "gloo")
    try:
        Run(read_config(options.config), options.folder, rank, device).go()
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()


if __name__ == "__main__":
    main()
