"""The loss: the definition, PyTorch's, and the one in chunks agree."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from scratchlm import loss
from scratchlm.loss import cross_entropy, linear_cross_entropy
from scratchlm.windows import IGNORE_INDEX

B, T, D, V = 2, 5, 12, 97


def batch(seed=0, ignored=3):
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(B, T, D, generator=generator, dtype=torch.float64)
    weight = torch.randn(V, D, generator=generator, dtype=torch.float64)
    targets = torch.randint(V, (B, T), generator=generator)
    targets.view(-1)[:ignored] = IGNORE_INDEX
    return hidden.requires_grad_(), weight.requires_grad_(), targets


@pytest.fixture(params=[1, 3, 128])
def rows_in_a_chunk(request, monkeypatch):
    monkeypatch.setattr(loss, "CHUNK_ELEMENTS", 1)
    monkeypatch.setattr(loss, "MIN_CHUNK_ROWS", request.param)


def expected(hidden, weight, targets):
    return F.cross_entropy(
        (hidden @ weight.t()).flatten(0, 1),
        targets.flatten(),
        ignore_index=IGNORE_INDEX,
        reduction="sum",
    )


@pytest.mark.parametrize("ignored", [0, 3, B * T])
def test_the_definition_is_pytorchs(ignored):
    hidden, weight, targets = batch(ignored=ignored)
    total, n_targets = cross_entropy(hidden @ weight.t(), targets)
    torch.testing.assert_close(total, expected(hidden, weight, targets))
    assert n_targets == B * T - ignored


@pytest.mark.usefixtures("rows_in_a_chunk")
@pytest.mark.parametrize("ignored", [0, 3, B * T])
def test_chunks_change_neither_value_nor_gradients(ignored):
    hidden, weight, targets = batch(ignored=ignored)
    ours = linear_cross_entropy(hidden, weight, targets)
    theirs = expected(hidden, weight, targets)
    assert ours.isfinite()
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    for x, y in zip(
        torch.autograd.grad(ours * 0.3, (hidden, weight)),
        torch.autograd.grad(theirs * 0.3, (hidden, weight)),
        strict=True,
    ):
        torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-12)


def test_gradients_are_those_of_finite_differences():
    hidden, weight, targets = batch()
    assert torch.autograd.gradcheck(
        lambda h, w: linear_cross_entropy(h, w, targets), (hidden, weight)
    )


def test_the_loss_is_the_mean_of_all_positions():
    hidden, weight, targets = batch(ignored=0)
    log_p = (hidden @ weight.t()).log_softmax(-1)
    each = [-log_p[b, t, targets[b, t]] for b in range(B) for t in range(T)]
    total = linear_cross_entropy(hidden, weight, targets)
    torch.testing.assert_close(total / (B * T), torch.stack(each).mean())


def test_a_tied_weight_gets_both_gradients():
    _, weight, targets = batch(ignored=0)
    ids = torch.arange(B * T).view(B, T)
    ours = linear_cross_entropy(weight[ids], weight, targets)
    theirs = expected(weight[ids], weight, targets)
    torch.testing.assert_close(
        *(torch.autograd.grad(x, weight)[0] for x in (ours, theirs))
    )


def test_bfloat16_is_near_float32():
    hidden, weight, targets = batch()
    hidden = hidden.detach().float().requires_grad_()
    weight = weight.detach().float().requires_grad_()
    exact = expected(hidden, weight, targets)
    with torch.autocast("cpu", torch.bfloat16):
        rough = linear_cross_entropy(hidden, weight, targets)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, rtol=1e-2, atol=0.0)
    assert torch.autograd.grad(rough, weight)[0].dtype == torch.float32


class Largest(TorchDispatchMode):
    """Notes the largest tensor that any operation made."""

    size = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.size = max(self.size, made.numel())
        return made


@pytest.mark.parametrize(
    ("function", "holds_all"),
    [(linear_cross_entropy, False), (expected, True)],
)
def test_the_logits_of_a_batch_never_exist(monkeypatch, function, holds_all):
    monkeypatch.setattr(loss, "CHUNK_ELEMENTS", 1)
    monkeypatch.setattr(loss, "MIN_CHUNK_ROWS", 2)
    hidden, weight, targets = batch()
    hidden, targets = hidden.repeat(7, 1, 1), targets.repeat(7, 1)
    with Largest() as largest:
        function(hidden, weight, targets).backward()
    assert (largest.size >= 7 * B * T * V) == holds_all
