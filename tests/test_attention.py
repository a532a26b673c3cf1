"""Attention: what a token may see, and laws that every faster form keeps:
written out = fused = tiled, loop of heads = one product, cached = full,
padded = unpadded. `torch.nn.MultiheadAttention` is the oracle."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from scratchlm.attention import (
    Cache,
    Dropout,
    KVCache,
    MultiHeadAttention,
    attend,
    attend_fused,
    attend_tiled,
    causal_mask,
    document_mask,
    keep_mask,
    padding_mask,
    repeat_heads,
    sliding_window_mask,
)
from scratchlm.embeddings import rotary_frequencies, rotary_table

B, T, T_K, H, H_KV, DH = 2, 5, 7, 6, 3, 4
D = H * DH


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def same(actual, expected, atol=1e-12):
    assert_close(actual, expected, atol=atol, rtol=0)


def qkv(n_queries=T, n_keys=T_K, n_heads=H, n_kv_heads=H, batch_size=B):
    queries = draw(batch_size, n_heads, n_queries, DH, seed=1)
    keys = draw(batch_size, n_kv_heads, n_keys, DH, seed=2)
    values = draw(batch_size, n_kv_heads, n_keys, DH, seed=3)
    return queries, keys, values


def layer(n_heads=H, n_kv_heads=None, emb_dim=D, seed=0, **options):
    """A float64 layer in which no weight and no bias is zero."""
    attn = MultiHeadAttention(emb_dim, n_heads, n_kv_heads, **options)
    attn = attn.double().eval()
    with torch.no_grad():
        for i, parameter in enumerate(attn.parameters()):
            parameter.copy_(draw(*parameter.shape, seed=10 * seed + i) / 2)
    return attn


def new_cache(batch_size=B, n_kv_heads=H, n_tokens=T_K):
    return KVCache(batch_size, n_kv_heads, n_tokens, DH, like=draw(1))


# --- masks -----------------------------------------------------------------


@pytest.mark.parametrize(("n_queries", "n_keys"), [(1, 1), (5, 5), (3, 7)])
def test_a_query_sees_the_past_and_itself(n_queries, n_keys):
    mask = causal_mask(n_queries, n_keys)
    assert mask.dtype == torch.bool
    for query in range(n_queries):
        position = n_keys - n_queries + query
        assert mask[query].tolist() == [k <= position for k in range(n_keys)]


def test_a_causal_mask_is_square_by_default():
    assert torch.equal(causal_mask(5), causal_mask(5, 5))


@pytest.mark.parametrize("window", [1, 2, 3, 4, 100])
def test_a_window_holds_that_many_keys_its_own_included(window):
    mask = sliding_window_mask(9, window=window)
    for query in range(9):
        seen = range(max(0, query - window + 1), query + 1)
        assert mask[query].nonzero().flatten().tolist() == list(seen)
    cached = sliding_window_mask(2, 9, window=window)
    assert torch.equal(cached, mask[-2:])  # the last queries of the sequence


def test_masks_that_no_query_can_use_are_refused():
    with pytest.raises(ValueError, match=r"5 queries have only 3 keys"):
        causal_mask(5, 3)
    with pytest.raises(ValueError, match=r"5 queries have only 3 keys"):
        sliding_window_mask(5, 3, window=2)
    with pytest.raises(ValueError, match=r"window=0 .* at least 1"):
        sliding_window_mask(5, window=0)


def test_padding_hides_keys_and_documents_see_themselves_only():
    hidden = padding_mask(torch.tensor([[1, 1, 0], [1, 0, 0]]))
    assert hidden.shape == (2, 1, 1, 3)
    assert hidden.dtype == torch.bool
    assert hidden[:, 0, 0].tolist() == [
        [True, True, False],
        [True] + [False] * 2,
    ]
    own = document_mask(torch.tensor([[4, 4, 9], [0, 1, 0]]))
    assert own.shape == (2, 1, 3, 3)
    assert own[0, 0].int().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert own[1, 0].int().tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def test_a_mask_of_zeros_times_minus_infinity_is_nan():
    built = torch.triu(torch.ones(4, 4), diagonal=1) * -torch.inf
    assert built.isnan().sum() == 10  # the trap: 0 * -inf is not 0
    queries, keys, values = qkv(4, 4)
    context, attn_weights = attend(queries, keys, values, causal_mask(4))
    assert not context.isnan().any()
    assert not attn_weights.isnan().any()


# --- scaled dot-product attention ------------------------------------------


def by_hand(queries, keys, values, mask):
    """One number at a time, with Python's floats."""
    context = torch.zeros_like(queries)
    mask = mask.expand(*queries.shape[:3], keys.shape[2])
    for b, h, t in torch.cartesian_prod(*map(torch.arange, queries.shape[:3])):
        seen = mask[b, h, t].nonzero().flatten().tolist()
        query = queries[b, h, t].tolist()
        exps = [
            math.exp(
                sum(q * k for q, k in zip(query, keys[b, h, s], strict=True))
                / math.sqrt(len(query))
            )
            for s in seen
        ]
        for weight, s in zip(exps, seen, strict=True):
            context[b, h, t] += weight / sum(exps) * values[b, h, s]
    return context


def some_mask(n_queries, n_keys):
    """Causal, with further holes, but never a row without keys."""
    holes = draw(B, 1, n_queries, n_keys, seed=5) > 0.5
    holes = holes & ~torch.eye(n_keys, dtype=torch.bool)[-n_queries:]
    return causal_mask(n_queries, n_keys) & ~holes


@pytest.mark.parametrize(
    "mask",
    [
        torch.ones(T, T_K, dtype=torch.bool),
        causal_mask(T, T_K),
        some_mask(T, T_K),
    ],
    ids=["all", "causal", "holes"],
)
def test_attend_is_softmax_of_scaled_dot_products(mask):
    queries, keys, values = qkv()
    context, attn_weights = attend(queries, keys, values, mask)
    same(context, by_hand(queries, keys, values, mask))
    assert attn_weights.shape == (B, H, T, T_K)
    same(attn_weights.sum(-1), torch.ones(B, H, T, dtype=torch.float64))
    assert (attn_weights[~mask.expand_as(attn_weights)] == 0).all()
    assert (attn_weights[mask.expand_as(attn_weights)] > 0).all()


def test_no_mask_lets_every_query_see_every_key():
    queries, keys, values = qkv()
    everything = torch.ones(T, T_K, dtype=torch.bool)
    expected, _ = attend(queries, keys, values, everything)
    same(attend(queries, keys, values)[0], expected)
    same(attend_tiled(queries, keys, values, tile=3), expected)


def test_equal_scores_give_the_mean_of_past_and_present():
    values = draw(1, 1, T, DH)
    zeros = torch.zeros_like(values)
    context, _ = attend(zeros, zeros, values, causal_mask(T))
    counts = torch.arange(1, T + 1)[:, None]
    same(context[0, 0], values[0, 0].cumsum(0) / counts)


def test_scores_are_divided_by_the_root_of_the_width():
    # Not by the width, nor by a root of the number of tokens.
    ones = torch.ones(1, 1, 1, 16, dtype=torch.float64)
    keys = torch.cat((ones, 0 * ones), dim=2)  # scores 16 and 0
    _, attn_weights = attend(ones, keys, keys)
    odds = attn_weights[0, 0, 0, 0] / attn_weights[0, 0, 0, 1]
    assert odds.log().item() == pytest.approx(16 / 4, abs=1e-12)


def test_only_the_mask_knows_the_order():
    queries, keys, values = qkv(T, T)
    order = torch.tensor([3, 0, 4, 1, 2])
    shuffled = keys[:, :, order], values[:, :, order]
    bag, _ = attend(queries, keys, values)
    same(attend(queries, *shuffled)[0], bag)
    ordered, _ = attend(queries, keys, values, causal_mask(T))
    other, _ = attend(queries, *shuffled, causal_mask(T))
    assert (other - ordered)[:, :, :-1].abs().min() > 1e-6
    same(other[:, :, -1], ordered[:, :, -1])  # the last one sees all


def test_huge_scores_stay_finite():
    queries, keys, values = qkv(T, T)
    best = (queries @ keys.mT).masked_fill(~causal_mask(T), -torch.inf)
    expected = values.gather(
        2, best.argmax(-1, keepdim=True).expand_as(values)
    )
    for context in three_ways(1e4 * queries, 1e4 * keys, values):
        same(context, expected)


# --- written out = fused = tiled -------------------------------------------


def three_ways(queries, keys, values, mask=None, tile=2):
    """Causal attention by the three functions; only the fused one is causal
    by itself."""
    visible = causal_mask(queries.shape[2], keys.shape[2])
    visible = visible if mask is None else visible & mask
    return (
        attend(queries, keys, values, visible)[0],
        attend_fused(queries, keys, values, mask),
        attend_tiled(queries, keys, values, visible, tile=tile),
    )


@pytest.mark.parametrize("n_kv_heads", [H, H_KV, 1])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("batch_size", [1, B])
@pytest.mark.parametrize(
    ("n_queries", "n_keys"), [(5, 5), (5, 7), (1, 7), (1, 1)]
)
def test_written_out_fused_and_tiled_agree(
    n_queries, n_keys, batch_size, masked, n_kv_heads
):
    tensors = qkv(n_queries, n_keys, H, n_kv_heads, batch_size)
    for tensor in tensors:
        tensor.requires_grad_()
    mask = some_mask(n_queries, n_keys)[:batch_size] if masked else None
    written, *others = three_ways(*tensors, mask)
    assert written.shape == (batch_size, H, n_queries, DH)
    upstream = draw(*written.shape, seed=7)
    expected = torch.autograd.grad(written, tensors, upstream)
    for context in others:
        same(context, written)
        gradients = torch.autograd.grad(context, tensors, upstream)
        for gradient, wanted in zip(gradients, expected, strict=True):
            same(gradient, wanted)


@pytest.mark.parametrize("n_tokens", [1, 63, 64, 65, 129, 520, 600])
def test_causal_blocks_agree_at_every_edge(n_tokens):
    # The fused form cuts the queries into blocks of 64 or more.
    tensors = qkv(n_tokens, n_tokens, 2, 2, batch_size=1)
    for tensor in tensors:
        tensor.requires_grad_()
    written, _ = attend(*tensors, causal_mask(n_tokens))
    fused = attend_fused(*tensors)
    same(fused, written)
    upstream = draw(*written.shape, seed=7)
    for gradient, wanted in zip(
        torch.autograd.grad(fused, tensors, upstream),
        torch.autograd.grad(written, tensors, upstream),
        strict=True,
    ):
        same(gradient, wanted)


@pytest.mark.parametrize("n_kv_heads", [H, H_KV])
@pytest.mark.parametrize("training", [False, True])
def test_the_layer_runs_in_bfloat16_and_under_autocast(training, n_kv_heads):
    attn = layer(n_kv_heads=n_kv_heads).train(training)
    x = draw(B, T, D) / 4
    expected = attn(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = attn.float()(x.float())
    mixed.square().sum().backward()
    gradient = attn.qkv.weight.grad.clone()
    assert gradient.isfinite().all()
    for result in (mixed, attn.bfloat16()(x.bfloat16())):
        assert result.dtype == torch.bfloat16
        assert_close(result.double(), expected, atol=0.1, rtol=0.05)


@pytest.mark.parametrize("tile", [1, 2, 3, 6, 7, 8, 1000])
def test_any_tile_gives_the_same_result(tile):
    queries, keys, values = qkv()
    keys = 30 * keys  # the running maximum grows by hundreds
    mask = some_mask(T, T_K)
    expected, _ = attend(queries, keys, values, mask)
    same(attend_tiled(queries, keys, values, mask, tile), expected)


def test_a_tile_without_keys_is_refused():
    with pytest.raises(ValueError, match=r"tile=0 .* at least 1"):
        attend_tiled(*qkv(), tile=0)


class Allocations(TorchDispatchMode):
    """The most numbers that one new tensor held."""

    def __init__(self):
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        old = {
            leaf.untyped_storage().data_ptr()
            for leaf in tree_leaves((args, kwargs))
            if isinstance(leaf, torch.Tensor)
        }
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                storage = leaf.untyped_storage()
                if storage.data_ptr() not in old:
                    self.largest = max(self.largest, leaf.numel())
        return result


@pytest.mark.parametrize("masked", [False, True])
def test_tiled_attention_never_holds_all_scores(masked):
    n_tokens, tile = 128, 16
    queries, keys, values = (
        draw(1, 1, n_tokens, DH, seed=s) for s in (1, 2, 3)
    )
    mask = causal_mask(n_tokens) if masked else None
    with Allocations() as dense:
        expected, _ = attend(queries, keys, values, mask)
    assert dense.largest == n_tokens * n_tokens  # the counter sees them
    with Allocations() as tiled:
        context = attend_tiled(queries, keys, values, mask, tile=tile)
    assert tiled.largest == n_tokens * tile
    same(context, expected)


# --- rows that may see nothing ---------------------------------------------


@pytest.mark.parametrize("n_kv_heads", [H, H_KV])
@pytest.mark.parametrize("n_queries", [T, 1])
def test_a_query_without_keys_gets_zeros_and_no_nan(n_queries, n_kv_heads):
    tensors = qkv(n_queries, T_K, H, n_kv_heads)
    for tensor in tensors:
        tensor.requires_grad_()
    mask = torch.ones(B, 1, n_queries, T_K, dtype=torch.bool)
    mask[1, :, -1] = False
    for context in three_ways(*tensors, mask):
        assert (context[1, :, -1] == 0).all()
        assert (context[0] != 0).all()
        gradients = torch.autograd.grad(context.sum(), tensors)
        assert all(gradient.isfinite().all() for gradient in gradients)
        assert (gradients[0][1, :, -1] == 0).all()


# --- dropout ---------------------------------------------------------------


def dropped_weights(attention, drop_rate, n_kv_heads=H):
    """(expected without dropout, with dropout): values that are the unit
    matrix show the weights."""
    n_keys = DH
    queries, keys, _ = qkv(n_keys, n_keys, H, n_kv_heads, batch_size=60)
    values = torch.eye(n_keys, dtype=torch.float64).expand_as(keys)
    _, attn_weights = attend(queries, keys, values, causal_mask(n_keys))
    torch.manual_seed(0)
    return attn_weights, attention(queries, keys, values, drop_rate)


def written_out(queries, keys, values, drop_rate):
    mask = causal_mask(queries.shape[2], keys.shape[2])
    return attend(queries, keys, values, mask, drop_rate)[0]


def fused(queries, keys, values, drop_rate):
    return attend_fused(queries, keys, values, drop_rate=drop_rate)


@pytest.mark.parametrize("attention", [written_out, fused])
@pytest.mark.parametrize("n_kv_heads", [H, H_KV])
def test_dropout_scales_survivors_and_keeps_the_mean(attention, n_kv_heads):
    drop_rate = 0.25
    plain, dropped = dropped_weights(attention, drop_rate, n_kv_heads)
    visible = causal_mask(DH).expand_as(plain)
    plain, survived = plain[visible], dropped[visible]
    kept = survived != 0
    same(survived[kept], plain[kept] / (1 - drop_rate))  # not 1 / drop_rate
    spread = math.sqrt(drop_rate * (1 - drop_rate) / kept.numel())
    assert abs(kept.double().mean() - (1 - drop_rate)) < 4 * spread
    assert (dropped[~visible] == 0).all()
    # The rows are not normalised again: they sum to one on average only.
    sums = dropped.sum(-1)
    assert abs(sums.mean() - 1) < 0.05
    assert (sums - 1).abs().max() > 0.3


@pytest.mark.parametrize("drop_rate", [0.1, 0.5, 0.9])
def test_every_number_is_dropped_by_itself(drop_rate):
    torch.manual_seed(0)
    n = 400_001  # no multiple of four: four are cut from one random number
    mask = keep_mask(torch.empty(n, dtype=torch.float64), drop_rate)
    same(mask.unique(), mask.new_tensor([0.0, 1 / (1 - drop_rate)]))
    kept = (mask > 0).double()
    variance = drop_rate * (1 - drop_rate)
    assert abs(kept.mean() - (1 - drop_rate)) < 4 * math.sqrt(variance / n)
    kept -= 1 - drop_rate
    for distance in (1, 2, 3, 4, 8):
        together = (kept[distance:] * kept[:-distance]).mean()
        assert abs(together) < 4 * variance / math.sqrt(n)
    other = keep_mask(mask, drop_rate)
    assert not torch.equal(other, mask)
    torch.manual_seed(0)
    assert torch.equal(keep_mask(mask, drop_rate), mask)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 1, 7), (0, 4)])
def test_dropout_keeps_shape_and_dtype(shape):
    for dtype in (torch.bfloat16, torch.float32, torch.float64):
        x = torch.ones(shape, dtype=dtype)
        drop = Dropout(0.5)
        dropped = drop(x)
        assert dropped.shape == shape
        assert dropped.dtype == dtype
        assert set(dropped.flatten().tolist()) <= {0.0, 2.0}
        assert torch.equal(drop.eval()(x), x)
        assert torch.equal(Dropout(0.0)(x), x)


@pytest.mark.parametrize("n_tokens", [3, 70])
@pytest.mark.parametrize("n_kv_heads", [2, 1])
def test_gradients_know_which_weights_were_dropped(n_tokens, n_kv_heads):
    tensors = qkv(n_tokens, n_tokens, 2, n_kv_heads, batch_size=1)

    def one_draw(*tensors):
        torch.manual_seed(3)  # the same weights are dropped every time
        return attend_fused(*tensors, drop_rate=0.4)

    for tensor in tensors:
        tensor.requires_grad_()
    assert torch.autograd.gradcheck(one_draw, tensors, fast_mode=True)


@pytest.mark.parametrize("attention", [written_out, fused])
def test_without_dropout_nothing_changes(attention):
    plain, dropped = dropped_weights(attention, 0.0)
    same(dropped, plain)


@pytest.mark.parametrize("n_kv_heads", [H, H_KV])
@pytest.mark.parametrize("n_tokens", [T, 1])
def test_the_layer_drops_in_training_only(n_tokens, n_kv_heads):
    # In evaluation the fused kernel must be told so: it has no mode.
    attn = layer(n_kv_heads=n_kv_heads, drop_rate=0.5)
    twin = layer(n_kv_heads=n_kv_heads, drop_rate=0.0)
    x = draw(64, n_tokens, D)
    same(attn(x), twin(x))
    same(twin.train()(x), attn(x))
    torch.manual_seed(0)
    attn.train()
    assert not torch.allclose(attn(x), attn(x))


# --- heads -----------------------------------------------------------------


@pytest.mark.parametrize("qkv_bias", [False, True])
@pytest.mark.parametrize(("batch_size", "n_tokens"), [(B, T), (1, 1)])
def test_the_layer_equals_pytorchs(batch_size, n_tokens, qkv_bias):
    attn = layer(qkv_bias=qkv_bias)
    oracle = nn.MultiheadAttention(D, H, bias=True, batch_first=True).double()
    with torch.no_grad():
        oracle.in_proj_weight.copy_(attn.qkv.weight)
        oracle.in_proj_bias.zero_()
        if qkv_bias:
            oracle.in_proj_bias.copy_(attn.qkv.bias)
        oracle.out_proj.weight.copy_(attn.out.weight)
        oracle.out_proj.bias.copy_(attn.out.bias)
    x = draw(batch_size, n_tokens, D)
    expected, attn_weights = oracle(
        x,
        x,
        x,
        attn_mask=~causal_mask(n_tokens),  # theirs is True where hidden
        average_attn_weights=False,
    )
    same(attn(x), expected)
    same(attn.attn_weights(x), attn_weights)


def loop_over_heads(attn, x, kv_head):
    """Every head by itself, with its own rows of the projection.

    kv_head: for each head the number of its key and value head
    """
    n_heads, n_kv_heads = attn.n_heads, attn.n_kv_heads
    rows = attn.qkv.weight.unflatten(0, (-1, DH))  # (H + 2 H_kv, Dh, D)
    contexts = []
    for head in range(n_heads):
        query, key = x @ rows[head].T, x @ rows[n_heads + kv_head[head]].T
        value = x @ rows[n_heads + n_kv_heads + kv_head[head]].T  # (B, T, Dh)
        scores = query @ key.mT / math.sqrt(DH)
        scores = scores + torch.full_like(scores, -torch.inf).triu(1)
        contexts.append(scores.softmax(-1) @ value)
    return torch.cat(contexts, dim=-1) @ attn.out.weight.T + attn.out.bias


def test_features_are_split_over_heads_and_not_tokens():
    attn, x = layer(), draw(B, T, D)
    same(attn(x), loop_over_heads(attn, x, range(H)))
    # T = 5 is no multiple of H = 6; every head sees every earlier token.
    attn_weights = attn.attn_weights(x)
    assert attn_weights.shape == (B, H, T, T)
    assert (attn_weights[:, :, causal_mask(T)] > 0).all()


@pytest.mark.parametrize(
    ("n_kv_heads", "kv_head"),
    [(1, [0] * 6), (2, [0, 0, 0, 1, 1, 1]), (3, [0, 0, 1, 1, 2, 2])],
)
def test_neighbouring_heads_share_keys_and_values(n_kv_heads, kv_head):
    attn, x = layer(n_kv_heads=n_kv_heads), draw(B, T, D)
    same(attn(x), loop_over_heads(attn, x, kv_head))
    if n_kv_heads > 1:  # 0 1 2 0 1 2: repeated as a whole, the usual slip
        turns = [head % n_kv_heads for head in range(H)]
        wrong = loop_over_heads(attn, x, turns)
        assert (wrong - attn(x)).abs().max() > 1e-3


@pytest.mark.parametrize("n_kv_heads", [1, 2, 3])
def test_grouped_heads_equal_full_heads_with_repeated_rows(n_kv_heads):
    grouped, full = layer(n_kv_heads=n_kv_heads), layer()
    queries, keys, values = grouped.qkv.weight.unflatten(0, (-1, DH)).split(
        [H, n_kv_heads, n_kv_heads]
    )
    repeats = H // n_kv_heads
    with torch.no_grad():
        full.qkv.weight.copy_(
            torch.cat(
                (
                    queries,
                    keys.repeat_interleave(repeats, 0),
                    values.repeat_interleave(repeats, 0),
                )
            ).flatten(0, 1)
        )
        full.out.load_state_dict(grouped.out.state_dict())
    x = draw(B, T, D)
    same(grouped(x), full(x))
    same(grouped.attn_weights(x), full.attn_weights(x))
    assert grouped.qkv.weight.shape == ((H + 2 * n_kv_heads) * DH, D)


@pytest.mark.parametrize("n_kv_heads", [H, H_KV])
def test_the_weights_shown_are_those_used(n_kv_heads):
    attn, x = layer(n_kv_heads=n_kv_heads), draw(B, T, D)
    mask = some_mask(T, T)
    rotary = rotary_table(torch.arange(3, T + 3), rotary_frequencies(DH))
    attn_weights = attn.attn_weights(x, mask, rotary)
    assert attn_weights.shape == (B, H, T, T)
    values = x @ attn.qkv.weight[-n_kv_heads * DH :].T
    values = values.unflatten(-1, (n_kv_heads, DH)).transpose(1, 2)
    context = attn_weights @ repeat_heads(values, H)
    mixed = context.transpose(1, 2).flatten(2)
    same(attn(x, mask, rotary), attn.out(mixed))


def test_repeated_heads_are_neighbours():
    x = torch.arange(3).view(1, 3, 1, 1)
    assert repeat_heads(x, 6).flatten().tolist() == [0, 0, 1, 1, 2, 2]
    assert repeat_heads(x, 3).flatten().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("emb_dim", "n_heads", "n_kv_heads"), [(8, 3, None), (24, 6, 4), (4, 8, 8)]
)
def test_heads_that_do_not_divide_are_refused(emb_dim, n_heads, n_kv_heads):
    named = f"emb_dim={emb_dim}.*n_heads={n_heads}.*n_kv_heads="
    with pytest.raises(ValueError, match=named):
        MultiHeadAttention(emb_dim, n_heads, n_kv_heads)


def test_eight_dims_and_two_heads_are_two_of_four():
    assert MultiHeadAttention(8, 2).head_dim == 4


def test_queries_keys_and_values_are_all_learned():
    attn = layer(qkv_bias=True)
    attn(draw(B, T, D)).square().sum().backward()
    for gradient in attn.qkv.weight.grad.chunk(3):
        assert (gradient.abs().amax(-1) > 0).all()


def test_biases_are_where_they_are_asked_for():
    plain = MultiHeadAttention(D, H, out_bias=False)
    assert plain.qkv.bias is None
    assert plain.out.bias is None
    both = MultiHeadAttention(D, H, qkv_bias=True)
    assert both.qkv.bias.shape == (3 * D,)
    assert both.out.bias.shape == (D,)


# --- causality -------------------------------------------------------------


@pytest.mark.parametrize("n_kv_heads", [H, H_KV])
@pytest.mark.parametrize("masked", [False, True])
def test_no_output_depends_on_a_later_token(n_kv_heads, masked):
    attn, x = layer(n_kv_heads=n_kv_heads), draw(1, T, D).requires_grad_()
    mask = torch.ones(T, T, dtype=torch.bool) if masked else None
    for t, output in enumerate(attn(x, mask)[0]):
        (gradient,) = torch.autograd.grad(
            output.sum(), x, retain_graph=t < T - 1
        )
        reached = gradient[0].abs().amax(-1) > 0
        assert reached.tolist() == [s <= t for s in range(T)]


@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_each_layer_of_windows_reaches_window_minus_one_further(
    n_layers, window
):
    n_tokens = 9
    x = draw(1, n_tokens, D).requires_grad_()
    mask = sliding_window_mask(n_tokens, window=window)
    y = x
    for i in range(n_layers):
        y = y + layer(seed=i)(y, mask)
    (gradient,) = torch.autograd.grad(y[0, -1].sum(), x)
    reached = (gradient[0].abs().amax(-1) > 0).nonzero().flatten()
    distance = n_tokens - 1 - reached.min().item()
    assert distance == min(n_layers * (window - 1), n_tokens - 1)


# --- padding and documents -------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_equals_unpadded(side):
    attn = layer(n_kv_heads=H_KV)
    lengths = [T, 2, 1]
    rows = [draw(n, D, seed=n) for n in lengths]
    x = torch.full((3, T, D), 1e3, dtype=torch.float64)  # pads would show
    is_token = torch.zeros(3, T, dtype=torch.bool)
    places = [
        slice(0, n) if side == "right" else slice(T - n, T) for n in lengths
    ]
    for b, (row, place) in enumerate(zip(rows, places, strict=True)):
        x[b, place], is_token[b, place] = row, True
    together = attn(x, padding_mask(is_token))
    assert together.isfinite().all()
    for b, (row, place) in enumerate(zip(rows, places, strict=True)):
        same(together[b, place], attn(row[None])[0])


def test_packed_documents_equal_separate_ones():
    attn = layer()
    documents = [draw(n, D, seed=n) for n in (3, 1, 4)]
    document_ids = torch.tensor([[0] * 3 + [1] + [2] * 4])
    packed = attn(torch.cat(documents)[None], document_mask(document_ids))
    separate = [attn(document[None])[0] for document in documents]
    same(packed[0], torch.cat(separate))
    leaking = attn(torch.cat(documents)[None])[0]
    assert (leaking - torch.cat(separate))[3:].abs().amax(-1).min() > 1e-3


# --- the cache -------------------------------------------------------------


def run_in_chunks(attn, x, sizes, cache, mask=None, rotary=None):
    outputs, start = [], cache.length
    for size in sizes:
        end = start + size
        part = None if rotary is None else tuple(r[start:end] for r in rotary)
        rows = None if mask is None else mask[start:end, :end]
        chunk = x[:, start:end]
        outputs.append(attn(chunk, rows, rotary=part, cache=cache))
        start = end
    return torch.cat(outputs, dim=1)


def cuts_to_sizes(cuts):
    edges = [0, *sorted(cuts), T_K]
    return [end - start for start, end in pairwise(edges)]


ANY_CHUNKS = st.sets(st.integers(1, T_K - 1)).map(cuts_to_sizes)


@pytest.mark.parametrize("n_kv_heads", [H, H_KV, 1])
@pytest.mark.parametrize("window", [None, 3])
@settings(max_examples=20, derandomize=True, deadline=None)
@given(sizes=ANY_CHUNKS)
def test_cached_equals_full_for_any_chunks(n_kv_heads, window, sizes):
    attn, x = layer(n_kv_heads=n_kv_heads), draw(B, T_K, D)
    mask = window and sliding_window_mask(T_K, window=window)
    rotary = rotary_table(torch.arange(T_K), rotary_frequencies(DH))
    cache = new_cache(n_kv_heads=n_kv_heads)
    chunked = run_in_chunks(attn, x, sizes, cache, mask, rotary)
    same(chunked, attn(x, mask, rotary))
    assert cache.length == T_K


def test_a_full_cache_refuses_more_and_keeps_what_it_has():
    attn, x = layer(), draw(B, T_K, D)
    cache = new_cache(n_tokens=6)
    with torch.no_grad():
        run_in_chunks(attn, x, [4], cache)
        with pytest.raises(ValueError, match=r"holds 4 .*room for 6; 3 more"):
            attn(x[:, 4:], cache=cache)
        assert cache.length == 4
        rest = attn(x[:, 4:6], cache=cache)  # the others still fit
    same(rest, attn(x)[:, 4:6])


@pytest.mark.parametrize("n_before", [0, 2])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_cache_for_another_batch_is_refused(batch_size, n_before):
    # One row would fill all rows of the cache without a word.
    attn, cache = layer(), new_cache(B)
    if n_before:
        attn(draw(B, n_before, D), cache=cache)
    with pytest.raises(ValueError, match=rf"\b2\b.*\b{batch_size}\b"):
        attn(draw(batch_size, 1, D), cache=cache)
    assert cache.length == n_before


def two_layers(batch_size=B, n_kv_heads=H_KV):
    return Cache([new_cache(batch_size, n_kv_heads) for _ in range(2)])


def fill(cache, n_tokens, seed=0):
    """Different numbers in each layer; returns what was stored."""
    stored = []
    for i, part in enumerate(cache.layers):
        shape = (len(part.keys), part.keys.shape[1], n_tokens, DH)
        keys = draw(*shape, seed=seed + 2 * i)
        values = draw(*shape, seed=seed + 2 * i + 1)
        stored.append((keys, values))
        part.append(keys, values)
    return stored


def contents(cache):
    length = cache.length
    return [
        (part.keys[:, :, :length], part.values[:, :, :length])
        for part in cache.layers
    ]


def assert_holds(cache, expected):
    for held, wanted in zip(contents(cache), expected, strict=True):
        assert all(map(torch.equal, held, wanted))


def test_truncate_forgets_the_later_tokens_and_reset_all():
    cache = two_layers()
    first = fill(cache, 5)
    cache.truncate(3)
    assert cache.length == 3
    assert_holds(cache, [(k[:, :, :3], v[:, :, :3]) for k, v in first])
    later = fill(cache, 2, seed=50)
    assert_holds(
        cache,
        [
            (torch.cat((k[:, :, :3], k2), 2), torch.cat((v[:, :, :3], v2), 2))
            for (k, v), (k2, v2) in zip(first, later, strict=True)
        ],
    )
    cache.reset()
    assert cache.length == 0
    assert_holds(cache, fill(cache, 1, seed=90))


@pytest.mark.parametrize("n_tokens", [-1, 6])
def test_truncate_cannot_make_a_cache_longer(n_tokens):
    cache = two_layers()
    fill(cache, 5)
    with pytest.raises(ValueError, match=f"keep {n_tokens} .* of 5"):
        cache.truncate(n_tokens)
    assert cache.length == 5


@pytest.mark.parametrize("rows", [[1, 0], [1, 1, 0], [0]])
def test_select_keeps_reorders_and_repeats_rows(rows):
    cache = two_layers()
    stored = fill(cache, 4)
    cache.select(torch.tensor(rows))
    assert cache.length == 4
    assert_holds(cache, [(k[rows], v[rows]) for k, v in stored])
    more = fill(cache, 2, seed=50)  # the rows are independent from here on
    assert_holds(
        cache,
        [
            (torch.cat((k[rows], k2), 2), torch.cat((v[rows], v2), 2))
            for (k, v), (k2, v2) in zip(stored, more, strict=True)
        ],
    )


def test_grouped_heads_shrink_the_cache_in_proportion():
    # layers x (keys, values) x B x H_kv x tokens x Dh x 8 bytes
    for n_kv_heads in (H, H_KV, 1):
        cache = two_layers(n_kv_heads=n_kv_heads)
        assert cache.n_bytes == 2 * 2 * B * n_kv_heads * T_K * DH * 8
    # A cache takes its memory once: filling it changes nothing.
    before = cache.layers[0].keys.data_ptr()
    fill(cache, T_K)
    assert cache.layers[0].keys.data_ptr() == before


def test_queries_keys_and_values_are_all_learned_projections():
    layer = MultiHeadAttention(12, 3)
    layer(torch.randn(2, 5, 12)).square().sum().backward()
    for part in layer.qkv.weight.grad.split(12):
        assert part.abs().max() > 1e-6
