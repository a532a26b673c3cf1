"""Schedules, groups, clipping and Muon, against PyTorch's and by hand."""

import math

import pytest
import torch
from torch import nn

from scratchlm.model import GPTConfig, GPTModel
from scratchlm.optimizers import (
    Muon,
    build_optimizers,
    clip_gradients,
    orthogonalize,
    parameter_groups,
    warmup_cosine,
    warmup_stable_decay,
)

CONFIG = GPTConfig(97, 12, 24, 3, 2)


# --- schedules -------------------------------------------------------------


def test_the_table_of_25_steps_with_a_warmup_of_5():
    found = [warmup_cosine(s, 25, 2.0, 5, 0.2) for s in range(25)]
    rise = [2.0 * k / 5 for k in (1, 2, 3, 4, 5)]
    fall = [
        0.2 + 1.8 * math.cos(math.pi * k / 40) ** 2  # half-angle form
        for k in range(1, 21)
    ]
    assert found == pytest.approx(rise + fall, abs=1e-12)


def test_the_cosine_is_pytorchs():
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=2.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20, 0.2)
    for step in range(20):
        optimizer.step()
        theirs.step()
        ours = warmup_cosine(step, 20, 2.0, 0, 0.2)
        assert ours == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)


@pytest.mark.parametrize("schedule", [warmup_cosine, warmup_stable_decay])
def test_a_schedule_rises_to_its_peak_and_ends_at_its_floor(schedule):
    rates = [schedule(s, 40, 3.0, 7, 0.5) for s in range(40)]
    assert rates[6] == 3.0
    assert rates[:7] == sorted(rates[:7])
    assert rates[0] == pytest.approx(3.0 / 7)
    assert rates[-1] == pytest.approx(0.5)
    assert rates[7:] == sorted(rates[7:], reverse=True)


def test_the_plateau_lasts_until_the_decay():
    rates = [warmup_stable_decay(s, 50, 1.0, 5, 0.0, 0.2) for s in range(50)]
    assert set(rates[4:40]) == {1.0}
    assert rates[40] < 1.0


@pytest.mark.parametrize("schedule", [warmup_cosine, warmup_stable_decay])
@pytest.mark.parametrize(("step", "n_warmup"), [(25, 0), (-1, 0), (3, 25)])
def test_steps_outside_are_refused(schedule, step, n_warmup):
    with pytest.raises(ValueError, match="of n_steps=25"):
        schedule(step, 25, 1.0, n_warmup)


# --- groups ----------------------------------------------------------------


@pytest.mark.parametrize("tie_head", [True, False])
def test_matrices_decay_and_norms_biases_embeddings_do_not(tie_head):
    model = GPTModel(GPTConfig(97, 12, 24, 3, 2, tie_head=tie_head))
    names = {id(p): name for name, p in model.named_parameters()}
    decayed, others = (
        [names[id(p)] for p in group["params"]]
        for group in parameter_groups(model, 0.1)
    )
    kinds = {"attn.qkv", "attn.out", "ff.up", "ff.down"}
    expected = {f"blocks.{i}.{k}.weight" for i in range(2) for k in kinds}
    assert set(decayed) == expected | (set() if tie_head else {"head.weight"})
    assert len(decayed) + len(others) == len(names)  # each of them once


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_every_parameter_has_one_optimiser(name):
    model = GPTModel(CONFIG)
    given = [
        id(p)
        for optimizer in build_optimizers(model, 0.1, name)
        for group in optimizer.param_groups
        for p in group["params"]
    ]
    assert sorted(given) == sorted(map(id, model.parameters()))


def test_an_unknown_optimiser_is_refused():
    with pytest.raises(ValueError, match="'sgd'; take adamw or muon"):
        build_optimizers(GPTModel(CONFIG), 0.1, "sgd")


def test_steps_are_those_of_plain_adamw_by_hand():
    torch.manual_seed(0)
    weight = nn.Parameter(torch.randn(5, 3, dtype=torch.float64))
    model = nn.Module()
    model.weight, rate, decay = weight, 0.01, 0.1
    (optimizer,) = build_optimizers(model, decay, betas=(0.9, 0.99))
    expected, m, v = weight.detach().clone(), 0.0, 0.0
    for step in range(1, 20):
        grad = torch.randn(5, 3, dtype=torch.float64)
        weight.grad = grad.clone()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        m, v = 0.9 * m + 0.1 * grad, 0.99 * v + 0.01 * grad**2
        ratio = (m / (1 - 0.9**step)) / ((v / (1 - 0.99**step)).sqrt() + 1e-8)
        expected = expected * (1 - rate * decay) - rate * ratio
    torch.testing.assert_close(weight.detach(), expected, rtol=0, atol=1e-12)


# --- clipping --------------------------------------------------------------


def with_grads(scale):
    torch.manual_seed(0)
    parameters = [nn.Parameter(torch.zeros(n, 3)) for n in (2, 5)]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) * scale
    return [*parameters, nn.Parameter(torch.zeros(4))]  # one without


@pytest.mark.parametrize("scale", [0.01, 10.0])
def test_clipping_is_pytorchs_above_and_below_the_limit(scale):
    ours, theirs = with_grads(scale), with_grads(scale)
    before = [p.grad.clone() for p in ours[:2]]
    norm = clip_gradients(ours, 1.0)
    torch.testing.assert_close(norm, nn.utils.clip_grad_norm_(theirs, 1.0))
    for x, y, old in zip(ours, theirs, before, strict=False):
        torch.testing.assert_close(x.grad, y.grad, rtol=1e-5, atol=0)
        assert torch.equal(x.grad, old) == (norm <= 1.0)  # never scaled up


@pytest.mark.parametrize("bad", [torch.inf, torch.nan])
def test_a_norm_that_is_no_number_is_refused_before_the_step(bad):
    parameters = with_grads(1.0)
    parameters[1].grad[0, 0] = bad
    with pytest.raises(ValueError, match=r"norm is (inf|nan)"):
        clip_gradients(parameters, 1.0)


# --- Muon ------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(12, 12), (24, 5), (5, 24)])
def test_orthogonalised_matrices_turn_and_do_not_stretch(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape, dtype=torch.float64)
    found = orthogonalize(matrix)
    values = torch.linalg.svdvals(found)
    assert found.shape == shape
    assert 0.6 < values.min() <= values.max() < 1.3
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    cosine = (found * (u @ vh)).sum() / found.norm() / (u @ vh).norm()
    assert cosine > 0.97


def test_muons_steps_are_near_pytorchs():
    torch.manual_seed(0)
    start = torch.randn(24, 12)
    ours, theirs = (nn.Parameter(start.clone()) for _ in range(2))
    settings = {"lr": 0.02, "weight_decay": 0.1}
    own = Muon([ours], **settings)
    peer = torch.optim.Muon(
        [theirs], **settings, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(5):
        grad = torch.randn(24, 12)
        ours.grad, theirs.grad = grad.clone(), grad.clone()
        own.step()
        peer.step()
    moved = (theirs - start).norm()  # theirs multiplies in bfloat16
    assert (ours - theirs).norm() < 0.05 * moved


def test_muon_refuses_what_is_no_matrix():
    with pytest.raises(ValueError, match=r"shape \(3,\); give it to AdamW"):
        Muon([nn.Parameter(torch.zeros(3))], lr=0.1)
