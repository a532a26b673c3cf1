"""The figures of chapter 6, drawn with real numbers from scratchlm.

The losses come from a tiny model that is trained while the figure is drawn,
from the shipped stories model, and from the log of its training. Every
function returns a checked `Figure`.
"""

import csv
import json
import tempfile
from collections import Counter
from functools import cache
from importlib import resources
from math import log
from pathlib import Path
from random import Random

import torch
from safetensors import safe_open

from figures.attention_numbers import shipped
from figures.kit import NARROW, WIDE, Figure, two_layouts
from figures.parts import (
    KEY,
    QUERY,
    VALUE,
    Axes,
    bars,
    block,
    num,
    tight,
)
from scratchlm.data import WindowLoader
from scratchlm.loss import cross_entropy
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.notebook import visible
from scratchlm.optimizers import SCHEDULES
from scratchlm.stories import generate_stories, generate_story
from scratchlm.trainer import Trainer

LOOP = ("Batch", "Forward", "Loss", "Backward", "Clip", "Step")
N_STEPS = 30


def tiny_trainer(n_steps=N_STEPS):
    """A trainer of a small model on a few stories, always the same."""
    tokenizer = shipped("stories").tokenizer
    ids = tokenizer.encode(" ".join(generate_stories(50)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = GPTModel(GPTConfig(tokenizer.vocab_size, 32, 48, 4, 2))
    loader = WindowLoader(ids, 8, 32)
    return Trainer(model, loader, n_steps, learning_rate=3e-3, n_warmup=5)


@cache
def tiny_run():
    """What the trainer says of each step."""
    trainer = tiny_trainer()
    return [trainer.train_step() for _ in range(N_STEPS)]


# --- the loop ---------------------------------------------------------------


def training_loop(shown=(1, 2, 3, 10, 20, 30)):
    """One step of training as a circle of six parts, and what a real run
    says after some of its steps."""
    rows = [row for row in tiny_run() if row["step"] in shown]
    model = tiny_trainer().model
    said = "; ".join(
        f"step {row['step']}: loss {num(row['loss'])}, gradient norm "
        f"{num(row['gradient_norm'])}, learning rate "
        f"{row['learning_rate']:.4f}"
        for row in rows
    )
    what = (
        "(B, T) ids", "logits (B, T, V)", "one number", "a gradient each",
        "norm at most 1", "AdamW",
    )  # fmt: skip
    figure = Figure(
        WIDE,
        None,
        "The training loop: six parts of a step, and a run of thirty steps",
        "Six boxes in a circle: take a batch of inputs and targets; forward "
        "to logits; the mean loss over all targets; backward to a gradient "
        "for every parameter; clip the gradient's norm; one step of the "
        "optimiser, after which gradients are cleared and the next batch "
        f"comes. Below, a model with {model.n_parameters():,} parameters "
        f"that learns stories: {said}. The first loss is near ln "
        f"{model.config.vocab_size} = {num(log(model.config.vocab_size))}, "
        "the loss of knowing nothing.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        w, dx, dy = (180, 240, 106) if wide else (145, 182, 82)
        places = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]
        if not wide:  # down the right side, up the left
            places = [(0, 0), (1, 0), (1, 1), (1, 2), (0, 2), (0, 1)]
        boxes = []
        for i, name in enumerate(LOOP):
            column, lane = places[i]
            x, y = 1 + column * dx, 2 + lane * dy
            box = block(panel, x, y, w, 56, name, what[i],
                        outline="blue", width=1.6)  # fmt: skip
            boxes.append(box)
        for a, b in zip(boxes, boxes[1:] + boxes[:1], strict=True):
            if a.y == b.y:
                back = b.x < a.x
                start, end = (a.x, b.right) if back else (a.right, b.x)
                way = 5 if not back else -5
                panel.arrow((start + way, a.cy), (end - way, a.cy), width=2)
            else:
                up = b.y < a.y
                start, end = (a.y, b.bottom) if up else (a.bottom, b.y)
                way = -5 if up else 5
                panel.arrow((a.cx, start + way), (a.cx, end - way), width=2)
        for i, box in enumerate(boxes, 1):
            panel.step(box.x + 16, box.y + 16, i)
        top = boxes[3].bottom + 40
        _run_table(panel, wide, top, rows)
    return figure.check()


def _run_table(panel, wide, y, rows):
    """Steps of a run: loss as a bar, gradient norm, learning rate."""
    left, full = (66, 250) if wide else (44, 96)
    norm, rate = (400, 500) if wide else (196, 258)
    panel.text(0, y, "step", 13, bold=True)
    panel.text(left, y, "loss", 13, bold=True)
    panel.text(norm, y, "gradient" if wide else "grad.", 13, bold=True)
    panel.text(rate, y, "learning rate" if wide else "rate", 13, bold=True)
    most = max(row["loss"] for row in rows)
    lines = [(f"{row['step']}", row["loss"]) for row in rows]
    bars(panel, left, y + 10, lines, full, 22, longest=most, form=num)
    for i, row in enumerate(rows):
        middle = y + 10 + 22 * (i + 0.5) + 4.5
        panel.text(norm, middle, num(row["gradient_norm"]), 12, mono=True)
        panel.text(rate, middle, f"{row['learning_rate']:.4f}", 12, mono=True)


def schedules(n_steps=1000, peak=1e-3, n_warmup=100):
    """Warmup and cosine, and warmup, plateau and decay: the learning rate of
    every step."""
    floor = 0.1 * peak
    curves = {
        name: [
            schedule(step, n_steps, peak, n_warmup, floor)
            for step in range(n_steps)
        ]
        for name, schedule in SCHEDULES.items()
    }
    cosine, stable = curves["cosine"], curves["stable-decay"]
    falls = next(s for s in range(n_warmup, n_steps) if stable[s] < peak)
    half = n_steps // 2
    figure = Figure(
        WIDE,
        None,
        "Two learning-rate schedules: warmup and cosine, warmup-stable-decay",
        f"The learning rate over {n_steps:,} steps. Both rise in a straight "
        f"line for {n_warmup} steps to {peak}. Left, the cosine then falls "
        f"all the way, at step {half} it is {cosine[half]:.6f}, to "
        f"{cosine[-1]:.6f} at the last step. Right, the rate stays at its "
        f"peak until step {falls} and falls in a straight line to "
        f"{stable[-1]:.6f}. The cosine must know the number of steps from "
        "the first one on; the plateau can be prolonged and ended at any "
        "time.",
        narrow=(NARROW, None),
    )
    for k, (name, rates) in enumerate(
        (("Warmup and cosine", cosine), ("Warmup, stable, decay", stable))
    ):
        panel = figure.panel((k * 344, 0), (0, k * 276))
        panel.step(11, 14, "ab"[k], name)
        axes = Axes(panel, 52, 60, 254, 150, (0, n_steps), (0, 1.1 * peak))
        axes.x_ticks((0, half, n_steps), "{:,}".format, "step")
        axes.y_ticks((0, floor, peak), "{:g}".format, "learning rate")
        every = max(1, n_steps // 200)
        points = [(s, rates[s]) for s in range(0, n_steps, every)]
        points.append((n_steps - 1, rates[-1]))
        axes.curve(points, (QUERY, KEY)[k], width=2.4)
        x, y = axes.at(n_warmup, 0)
        panel.line((x, 72), (x, y), color="line", dash=True, width=1.2)
        panel.note(x + 5, 202, f"warmup: {n_warmup} steps")
        if k:
            x, _ = axes.at(falls, 0)
            panel.line((x, 72), (x, y), color="line", dash=True, width=1.2)
    return figure.check()


# --- the loss ---------------------------------------------------------------


@torch.no_grad()
def next_token_loss(n_tokens=12, seed=8):
    """The loss of real tokens: each position predicts the next one, and the
    mean of the surprises is the loss."""
    model, tokenizer, _ = shipped("stories")
    start = tokenizer.special_tokens["<|endoftext|>"]
    ids = [start, *tokenizer.encode(generate_story(Random(seed)))]
    ids = ids[: n_tokens + 1]
    inputs, targets = torch.tensor(ids[:-1]), torch.tensor(ids[1:])
    logits = model(inputs[None])[0]  # (T, V)
    p = logits.softmax(-1)[torch.arange(n_tokens), targets]  # (T,)
    nats = -p.log()
    total, n_targets = cross_entropy(logits, targets)
    if abs(total - nats.sum()) > 1e-3:
        raise ValueError(f"the rows sum to {nats.sum()}, the loss is {total}")
    mean = (total / n_targets).item()

    def word(i):
        return "EOT" if i == start else visible(tokenizer.decode_bytes([i]))

    rows = [
        (word(a), word(b), q, n)
        for a, b, q, n in zip(
            ids, ids[1:], p.tolist(), nats.tolist(), strict=False
        )
    ]
    said = "; ".join(f"{b} after {a}: p {num(q)}, {num(n)} nats"
                     for a, b, q, n in rows)  # fmt: skip
    figure = Figure(
        WIDE,
        None,
        "The next-token loss on real tokens: one surprise for each position",
        "Each row is one position of a story: the last token read, the next "
        "token, its probability in the trained stories model, and minus the "
        f"logarithm of that, in nats. {said}. The mean of the "
        f"{int(n_targets)} rows, {num(mean)}, is the loss. Where the story "
        "leaves a choice the model must be surprised; where grammar or "
        "context decide, it is not.",
        narrow=(NARROW, None),
    )
    h = 25
    for panel, wide in two_layouts(figure):
        xs, full = ((110, 150, 330, 400), 190) if wide else (
            (74, 94, 214, 222), 58)  # fmt: skip
        heads = ("read so far … ", "next", "p", "−ln p (nats)")
        if not wide:
            heads = ("… last", "next", "p", "−ln p")
        panel.text(xs[0], 14, heads[0], 13, anchor="end", bold=True)
        panel.text(xs[1], 14, heads[1], 13, bold=True)
        panel.text(xs[2] - 14, 14, heads[2], 13, anchor="end", bold=True)
        panel.text(xs[3], 14, heads[3], 13, bold=True)
        for i, (a, b, q, _) in enumerate(rows):
            y = 26 + h * i
            panel.text(xs[0], y + 16, a, 12.5, "mut", "end", mono=True)
            panel.arrow((xs[0] + 4, y + 12), (xs[1] - 4, y + 12), width=1.3)
            panel.chip(xs[1], y + 1, b, "card", h=22, size=12)
            panel.text(xs[2] - 8, y + 16, tight(q), 12, anchor="end",
                       mono=True)  # fmt: skip
        lines = [("", n) for *_, n in rows]
        most = max(n for *_, n in rows)
        bars(panel, xs[3], 26, lines, full, h, longest=most, form=num)
        y = 26 + h * len(rows) + 6
        panel.line((xs[2] - 40, y), (xs[3] + full + 40, y), color="fg",
                   width=1.4)  # fmt: skip
        panel.text(xs[3] - 8, y + 20, "mean", 13, anchor="end", bold=True)
        panel.text(xs[3] + 6, y + 20, num(mean), 13, bold=True, mono=True)
    return figure.check()


# --- checkpoints ------------------------------------------------------------


@cache
def saved_and_resumed(n_steps=6, stop=3):
    """A run of `n_steps` in one go, the same run stopped and resumed, and
    what the checkpoint between holds: (losses, resumed losses, bytes by kind
    of tensor, numbers)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        torch.random.fork_rng(devices=[]),
    ):
        straight = tiny_trainer(n_steps)
        losses = []
        for step in range(n_steps):
            losses.append(straight.train_step()["loss"])
            if step + 1 == stop:
                path = straight.save(folder)
        second = tiny_trainer(n_steps)
        second.resume(path)
        again = [second.train_step()["loss"] for _ in range(stop, n_steps)]
        sizes = Counter()
        with safe_open(Path(path) / "state.safetensors", "pt") as file:
            for name in file.keys():  # noqa: SIM118, it is no dictionary
                tensor = file.get_tensor(name)
                kind = name.partition(".")[0]
                if kind == "optimizer":
                    kind = name.rpartition(".")[2]
                sizes[kind] += tensor.numel() * tensor.element_size()
        text = (Path(path) / "state.json").read_text("utf-8")
        return losses, again, sizes, json.loads(text)["numbers"]


def checkpoint_contents(stop=3):
    """What a checkpoint must hold, by size, and a run that goes on from it
    as if it had never stopped."""
    losses, again, sizes, numbers = saved_and_resumed(stop=stop)
    equal = losses[stop:] == again
    if not equal:
        raise ValueError(f"{losses[stop:]} went on as {again}")
    names = (
        ("model", "weights"), ("exp_avg", "mean of gradients"),
        ("exp_avg_sq", "mean of squares"), ("step", "steps of AdamW"),
        ("random", "random state"),
    )  # fmt: skip
    rows = [(label, sizes[kind]) for kind, label in names]
    kept = ", ".join(k for k in numbers)
    figure = Figure(
        WIDE,
        None,
        "What a checkpoint holds, and a run that goes on from it exactly",
        "Left, the tensors of a checkpoint in bytes: "
        + ", ".join(f"{label} {n:,}" for label, n in rows)
        + f". Beside them a small file of numbers: {kept}. AdamW's two means "
        "take twice the room of the weights. Right, the losses of "
        f"{len(losses)} steps in one go, {', '.join(map(num, losses))}, and "
        f"of a run that was stopped after step {stop} and resumed: "
        f"{', '.join(map(num, again))}. They agree in every bit; without "
        "the optimiser's means or the loader's place they would not.",
        narrow=(NARROW, None),
    )
    a = figure.panel((0, 0), (0, 0))
    a.step(11, 14, "a", "In the checkpoint")
    a.note(0, 46, "state.safetensors, bytes", mono=True, size=12)
    bars(a, 134, 54, rows, 110, 26, color=VALUE, form="{:,.0f}".format,
         mono=False)  # fmt: skip
    a.note(0, 210, "state.json", mono=True, size=12)
    for i, (key, value) in enumerate(numbers.items()):
        shown = f"{value:,}" if isinstance(value, int) else "place in the data"
        a.text(134 - 6, 232 + 20 * i, key, 12.5, anchor="end", mono=True)
        a.text(134, 232 + 20 * i, shown, 12.5)
    b = figure.panel((366, 0), (0, 340))
    b.step(11, 14, "b", "Stopped and resumed")
    b.note(56, 46, "in one go")
    b.note(190, 46, "resumed")
    for i, loss in enumerate(losses):
        y = 58 + 30 * i
        b.text(46, y + 17, i + 1, 13, anchor="end")
        b.chip(56, y, f"{loss:.6f}", "card", w=96, size=12)
        if i >= stop:
            b.chip(190, y, f"{again[i - stop]:.6f}", "t1", w=96, size=12)
            b.mid(171, y + 18, "=", 15)
    y = 58 + 30 * stop - 2
    b.hatch(190, 58, 96, 30 * stop - 4)
    b.line((30, y), (296, y), color="fg", width=1.6, dash=True)
    b.note(56, 58 + 30 * len(losses) + 14, "dashed: saved here, loaded there")
    b.note(20, 46, "step", "middle")
    return figure.check()


# --- a real run -------------------------------------------------------------


@cache
def stories_log():
    """The log of the shipped stories model: one dictionary a row."""
    path = resources.files("scratchlm.shipped")
    path = path / "checkpoints" / "stories" / "log.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {key: float(value) for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def story_score(last_step=2000):
    """The stories model as it learns: grammar first, and then, within a few
    hundred steps, copying from context."""
    rows = [row for row in stories_log() if row["step"] <= last_step]
    steps = [int(row["step"]) for row in rows]
    curves = (
        ("same name", "share_same_name", "line", True),
        ("same animal", "share_same_animal", KEY, False),
        ("sentences right", "share_sentences_parsed", QUERY, False),
    )
    values = {key: [row[key] for row in rows] for _, key, *_ in curves}
    animal = values["share_same_animal"]
    before = max(s for s, v in zip(steps, animal, strict=True) if v == 0)
    after = steps[steps.index(before) + 1]
    jump = animal[steps.index(after)]
    figure = Figure(
        WIDE,
        None,
        "The stories model in training: grammar comes first, copying suddenly",
        f"Shares in 64 generated texts over the first {last_step:,} steps. "
        f"The share of well-formed sentences is "
        f"{num(values['share_sentences_parsed'][0])} at step {steps[0]} and "
        f"{num(values['share_sentences_parsed'][1])} at step {steps[1]}. The "
        "share of stories in which the animal stays the same is 0 until step "
        f"{before}, {num(jump)} at step {after} and {num(animal[-1])} at "
        f"step {steps[-1]:,}; the name follows the same course. Below, the "
        f"training loss: {num(rows[0]['loss'])} at step {steps[0]}, "
        f"{num(rows[steps.index(after)]['loss'])} at step {after}, "
        f"{num(rows[-1]['loss'])} at the end. Copying decides few of the "
        "tokens, so the loss hardly tells that it goes on improving.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        w = 580 if wide else 268
        axes = Axes(panel, 44, 100, w, 190, (0, last_step), (0, 1))
        axes.x_ticks(range(0, last_step + 1, 500), "{:,}".format)
        axes.y_ticks((0, 0.25, 0.5, 0.75, 1), "{:g}".format)
        panel.text(44, 14, "share of generated texts", bold=True)
        for i, (name, key, color, dash) in enumerate(curves):
            points = list(zip(steps, values[key], strict=True))
            axes.curve(points, color, dash)
            if not dash:
                for point in points:
                    axes.dot(*point, color, 2.5)
            x, y = (44 + 170 * i, 40) if wide else (44, 36 + 20 * i)
            panel.line((x, y), (x + 30, y), color=color, dash=dash, width=2)
            panel.text(x + 38, y + 4.5, name, 13)
        left, _ = axes.at(before, 0)
        right, _ = axes.at(after, 0)
        panel.bracket(left, right, 316)
        panel.note(44, 346, f"from {num(0, 0)} to {num(jump)} between "
                   f"steps {before} and {after}")  # fmt: skip
        loss = Axes(panel, 44, 392, w, 90, (0, last_step), (0.5, 1.5))
        loss.x_ticks(range(0, last_step + 1, 500), "{:,}".format, "step")
        loss.y_ticks((0.5, 1, 1.5), "{:g}".format)
        panel.text(44, 378, "training loss, nats per token", bold=True)
        loss.curve([(row["step"], row["loss"]) for row in rows], VALUE)
    return figure.check()
