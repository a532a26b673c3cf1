"""Training: accumulated = one batch, resumed = uninterrupted, two processes
= one, and a model that learns."""

import copy
import csv
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from scratchlm import checkpoint
from scratchlm.checkpoint import latest_checkpoint, load_checkpoint
from scratchlm.data import WindowLoader
from scratchlm.evaluate import evaluate_loss
from scratchlm.gpt2_files import load_gpt2
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.train import document_batches
from scratchlm.trainer import Trainer
from scratchlm.windows import IGNORE_INDEX

CONFIG = GPTConfig(97, 12, 24, 3, 2)


def text(n_tokens=500):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(97, (n_tokens,), generator=generator)


def new_trainer(n_steps=10, drop_rate=0.0, dtype=torch.float32, **settings):
    torch.manual_seed(0)
    config = GPTConfig(97, 12, 24, 3, 2, drop_rate=drop_rate)
    model = GPTModel(config).to(dtype)
    loader = WindowLoader(text(), 4, 12, seed=3)
    return Trainer(model, loader, n_steps, n_warmup=2, **settings)


def ragged_rows():
    """Eight rows of unequal lengths: targets are missing at their ends."""
    torch.manual_seed(1)
    inputs = torch.randint(97, (8, 12))
    targets = torch.randint(97, (8, 12))
    for row in range(8):
        targets[row, 1 + row :] = IGNORE_INDEX
    return inputs, targets


def weights_after_a_step(batches, n_accumulate):
    trainer = new_trainer(
        dtype=torch.float64, n_accumulate=n_accumulate, max_norm=1e9
    )
    trainer.loader = iter(batches)
    row = trainer.train_step()
    return dict(trainer.model.named_parameters()), row["loss"]


def test_accumulated_batches_of_unequal_lengths_equal_one_big_batch():
    inputs, targets = ragged_rows()
    parts = [(inputs[a:b], targets[a:b]) for a, b in ((0, 1), (1, 5), (5, 8))]
    ours, our_loss = weights_after_a_step(parts, 3)
    whole, loss = weights_after_a_step([(inputs, targets)], 1)
    assert our_loss == pytest.approx(loss, abs=1e-12)
    for name, weight in whole.items():
        torch.testing.assert_close(ours[name], weight, rtol=0, atol=1e-9)


def test_a_mean_of_means_would_be_another_loss():
    inputs, targets = ragged_rows()
    means = [
        weights_after_a_step([(inputs[a:b], targets[a:b])], 1)[1]
        for a, b in ((0, 1), (1, 5), (5, 8))
    ]
    whole = weights_after_a_step([(inputs, targets)], 1)[1]
    assert sum(means) / 3 != pytest.approx(whole, abs=1e-4)


def test_a_step_without_targets_changes_nothing_into_nan():
    inputs, targets = ragged_rows()
    weights, loss = weights_after_a_step(
        [(inputs, torch.full_like(targets, IGNORE_INDEX))], 1
    )
    assert loss == 0.0
    assert all(weight.isfinite().all() for weight in weights.values())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_one_batch_can_be_learned_by_heart(precision):
    trainer = new_trainer(200, learning_rate=1e-2, precision=precision)
    batch = next(trainer.loader)
    trainer.loader = iter([batch] * 200)
    losses = [trainer.train_step()["loss"] for _ in range(200)]
    assert losses[0] == pytest.approx(4.57, abs=0.1)  # ln 97
    assert losses[-1] < 0.1


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_both_optimisers_learn(optimizer):
    trainer = new_trainer(60, learning_rate=5e-3, optimizer=optimizer)
    batch = next(trainer.loader)
    trainer.loader = iter([batch] * 60)
    losses = [trainer.train_step()["loss"] for _ in range(60)]
    assert losses[-1] < losses[0] - 1.0


@pytest.mark.parametrize(
    "wrong", [{"precision": "int4"}, {"schedule": "steps"}]
)
def test_unknown_settings_are_refused_with_the_choices(wrong):
    with pytest.raises(ValueError, match=r"float32.*cosine"):
        new_trainer(**wrong)


# --- resuming --------------------------------------------------------------


def run(trainer, n_steps):
    return [trainer.train_step() for _ in range(n_steps)]


def same_weights(left, right):
    pairs = zip(left.parameters(), right.parameters(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("n_before", [1, 4, 9])
def test_resumed_equals_uninterrupted_bit_by_bit(
    tmp_path, optimizer, n_before
):
    settings = {"drop_rate": 0.3, "optimizer": optimizer}
    whole = new_trainer(**settings)
    rows = run(whole, 10)
    first = new_trainer(**settings)
    run(first, n_before)
    path = first.save(tmp_path)
    run(first, 1)  # whatever comes after must not matter
    torch.manual_seed(12345)
    second = new_trainer(**settings)
    torch.manual_seed(54321)
    second.resume(path)
    assert run(second, 10 - n_before) == rows[n_before:]
    assert same_weights(second.model, whole.model)


@pytest.mark.parametrize("forgotten", ["optimizer", "random", "loader"])
def test_each_part_of_a_checkpoint_is_needed(tmp_path, forgotten):
    whole = new_trainer(drop_rate=0.3)
    run(whole, 10)
    first = new_trainer(drop_rate=0.3)
    run(first, 5)
    path = first.save(tmp_path)
    second = new_trainer(drop_rate=0.3)
    optimizers = copy.deepcopy([x.state_dict() for x in second.optimizers])
    loader = second.loader.state_dict()
    second.resume(path)
    if forgotten == "optimizer":
        for optimizer, state in zip(
            second.optimizers, optimizers, strict=True
        ):
            optimizer.load_state_dict(state)
    elif forgotten == "random":
        torch.manual_seed(0)
    else:
        second.loader.load_state_dict(loader)
    run(second, 5)
    assert not same_weights(second.model, whole.model)


def test_a_crash_while_saving_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    trainer = new_trainer()
    run(trainer, 2)
    old = trainer.save(tmp_path)
    run(trainer, 2)

    def crash(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        trainer.save(tmp_path)
    assert latest_checkpoint(tmp_path) == old
    new_trainer().resume(old)


def test_a_checkpoint_of_another_model_is_refused_unchanged(tmp_path):
    trainer = new_trainer()
    run(trainer, 2)
    path = trainer.save(tmp_path)
    other = GPTModel(GPTConfig(97, 12, 36, 3, 2))
    before = copy.deepcopy(other)
    with pytest.raises(ValueError, match=r"shape \(.*\) in the file and \("):
        load_checkpoint(path, other)
    assert same_weights(other, before)


def test_a_run_of_another_length_is_refused(tmp_path):
    path = new_trainer(10).save(tmp_path)
    with pytest.raises(ValueError, match="n_steps=10, this one has 20"):
        new_trainer(20).resume(path)


@pytest.mark.parametrize("name", ["state.safetensors", "state.json"])
def test_a_damaged_checkpoint_is_refused(tmp_path, name):
    path = new_trainer().save(tmp_path)
    content = (path / name).read_bytes()
    (path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="is no checkpoint, or damaged"):
        load_checkpoint(path, GPTModel(CONFIG))


# --- the command -----------------------------------------------------------

RECIPE = """
[model]
vocab_size = 300
context_length = 16
emb_dim = 24
n_heads = 3
n_layers = 2
drop_rate = {drop_rate}

[data]
source = "{source}"
validation_share = 0.2
aligned = {aligned}

[training]
n_steps = {n_steps}
batch_size = 4
n_accumulate = 2
learning_rate = 1e-2
evaluate_every = 5
save_every = 5
"""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture
def recipe(tmp_path):
    words = [
        "the",
        "cat",
        "sat",
        "on",
        "a",
        "mat",
        "and",
        "saw",
        "a",
        "rat",
        "in",
        "a",
        "hat",
    ]
    documents = [
        " ".join(words[(i * j) % len(words)] for j in range(1, 40)) + f" {i}."
        for i in range(60)
    ]
    source = tmp_path / "text.txt"
    source.write_text("\n<|endoftext|>\n".join(documents))

    def write(n_steps=10, drop_rate=0.0, aligned="false"):
        path = tmp_path / "recipe.toml"
        path.write_text(
            RECIPE.format(
                source=source,
                n_steps=n_steps,
                drop_rate=drop_rate,
                aligned=aligned,
            )
        )
        return path

    return write


def command(path, folder, n_processes=1):
    launch = [sys.executable]
    if n_processes > 1:
        launch += ["-m", "torch.distributed.run", "--standalone"]
        launch += ["--nproc-per-node", str(n_processes)]
    return [*launch, "-m", "scratchlm.train"] + [
        *["--config", str(path), "--folder", str(folder)]
    ]


def execute(path, folder, n_processes=1):
    return subprocess.run(
        command(path, folder, n_processes),
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        timeout=300,
    )


def final_weights(folder):
    return load_file(folder / "final" / "model.safetensors")


def test_the_command_trains_logs_and_exports(recipe, tmp_path):
    done = execute(recipe(), tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "step/s" in done.stderr  # the progress bar
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert rows[0].startswith("step,n_tokens,loss,learning_rate")
    assert [row.split(",")[0] for row in rows[1:]] == ["5", "10"]
    model = load_gpt2(tmp_path / "run" / "final")
    from transformers import GPT2LMHeadModel

    peer = GPT2LMHeadModel.from_pretrained(tmp_path / "run" / "final")
    ids = torch.arange(10)[None]
    with torch.no_grad():
        torch.testing.assert_close(
            model(ids), peer.eval()(ids).logits, rtol=0, atol=1e-5
        )


def test_two_processes_equal_one(recipe, tmp_path):
    path = recipe(aligned="true")
    one = execute(path, tmp_path / "one")
    two = execute(path, tmp_path / "two", n_processes=2)
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    ours, theirs = (final_weights(tmp_path / x) for x in ("one", "two"))
    far = 10 * 1e-2  # ten steps of AdamW at the highest rate
    for name, weight in ours.items():
        if name.endswith("c_attn.bias"):
            # softmax ignores what all keys share: their bias has gradient 0,
            # and AdamW makes full steps of its rounding errors
            weight[24:48] = theirs[name][24:48]
        torch.testing.assert_close(
            theirs[name], weight, rtol=0, atol=1e-3 * far
        )
    logs = [
        list(csv.DictReader((tmp_path / x / "log.csv").open()))
        for x in ("one", "two")
    ]
    for mine, other in zip(*logs, strict=True):
        # AdamW forgives a wrong scale of the gradient, its norm does not
        for column in ("n_tokens", "loss", "gradient_norm"):
            assert float(other[column]) == pytest.approx(
                float(mine[column]), rel=1e-4
            )


def test_a_killed_run_goes_on_and_ends_the_same(recipe, tmp_path):
    path = recipe(n_steps=120, drop_rate=0.2)
    whole = execute(path, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    process = subprocess.Popen(
        command(path, tmp_path / "killed"),
        env={**os.environ, **ONE_THREAD},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while latest_checkpoint(tmp_path / "killed" / "checkpoints") is None:
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "final").exists()
    again = execute(path, tmp_path / "killed")
    assert "going on from" in again.stderr
    ours, theirs = (final_weights(tmp_path / x) for x in ("whole", "killed"))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    logs = [
        (tmp_path / x / "log.csv").read_text() for x in ("whole", "killed")
    ]
    rows = [[r.split(",")[:5] for r in log.splitlines()] for log in logs]
    assert rows[0] == rows[1]


def test_an_unknown_setting_is_refused_with_the_list(recipe, tmp_path):
    path = recipe()
    path.write_text(path.read_text() + "speed = 3\n")
    done = execute(path, tmp_path / "run")
    assert "no setting ['speed']" in done.stderr
    assert "learning_rate" in done.stderr


def test_documents_are_evaluated_each_by_itself():
    """Every token after an end counts once, from its own document only."""
    torch.manual_seed(0)
    model = GPTModel(CONFIG).double().eval()
    ids = torch.tensor([5, 6, 7, 0, 8, 9, 0, 3, 0]).numpy()
    total, n_targets = evaluate_loss(model, document_batches(ids, 0, 2, 12))
    expected = 0.0
    for document in ([0, 5, 6, 7, 0], [0, 8, 9, 0], [0, 3, 0]):
        row = torch.tensor([document])
        log_p = model(row[:, :-1])[0].log_softmax(-1)
        expected -= log_p.gather(1, row[0, 1:, None]).sum().item()
    assert n_targets == len(ids)
    assert total == pytest.approx(expected, abs=1e-9)
