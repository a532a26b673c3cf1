"""Positions: properties first (only the offset counts), then complex numbers
and the `transformers` package as oracles, then worked end points."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import (
    LlamaRotaryEmbedding,
    apply_rotary_pos_emb,
)

from scratchlm.embeddings import (
    alibi_bias,
    alibi_slopes,
    half_split_rows,
    interleaved_rows,
    interpolate_frequencies,
    ntk_frequencies,
    rotary_frequencies,
    rotary_table,
    rotate,
    rotate_interleaved,
    sinusoidal_positions,
    yarn_attention_scale,
    yarn_frequencies,
)

B, T, H, DH = 2, 5, 3, 14
BOTH_ROTATIONS = pytest.mark.parametrize(
    "turn", [rotate, rotate_interleaved], ids=["half_split", "interleaved"]
)
SHIFTED = torch.tensor([7, 8, 9, 10, 11])
JUMPING = torch.tensor([3, 0, 41, 40, 1000])  # neither sorted nor contiguous


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def table(positions, base=10_000.0, head_dim=DH):
    """(cos, sin) in float64, for exact comparisons."""
    frequencies = rotary_frequencies(head_dim, base)
    return rotary_table(positions, frequencies, dtype=torch.float64)


def scores(turn, queries, keys, positions, base=10_000.0):
    cos, sin = table(positions, base)
    return turn(queries, cos, sin) @ turn(keys, cos, sin).mT


def hugging_face(rope_type, head_dim=16, **parameters):
    """(frequencies, scale) from `transformers`, whose floats are 32-bit."""
    config = LlamaConfig(
        hidden_size=3 * head_dim,
        num_attention_heads=3,
        max_position_embeddings=2048,
        rope_parameters={
            "rope_type": rope_type,
            "rope_theta": 10_000.0,
            **parameters,
        },
    )
    return ROPE_INIT_FUNCTIONS[rope_type](config)


# --- sinusoids -------------------------------------------------------------


def test_dot_products_of_sinusoids_depend_on_the_offset_only():
    rows = sinusoidal_positions(40, 12).double()
    products = rows @ rows.T
    for offset in (0, 1, 17):
        diagonal = products.diagonal(offset)
        assert_close(
            diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=0
        )
    assert products[0, 0] > products[0, 1] > products[0, 2]


def test_even_columns_are_sines_and_odd_ones_cosines():
    rows = sinusoidal_positions(97, 6, base=50.0)
    assert rows.shape == (97, 6)
    assert rows.dtype == torch.float32
    for position in (0, 1, 96):
        for pair in range(3):
            angle = position / 50 ** (2 * pair / 6)
            expected = torch.tensor([math.sin(angle), math.cos(angle)])
            assert_close(rows[position, 2 * pair : 2 * pair + 2], expected)


def test_one_position_and_no_position():
    assert sinusoidal_positions(1, 4).tolist() == [[0.0, 1.0, 0.0, 1.0]]
    assert sinusoidal_positions(0, 4).shape == (0, 4)


# --- rotation --------------------------------------------------------------


@BOTH_ROTATIONS
@settings(max_examples=30, derandomize=True, deadline=None)
@given(
    positions=st.lists(st.integers(0, 5_000), min_size=T, max_size=T),
    shift=st.integers(0, 5_000),
)
def test_scores_depend_on_the_offset_only(turn, positions, shift):
    positions = torch.tensor(positions)
    queries, keys = draw(H, T, DH), draw(H, T, DH, seed=1)
    here = scores(turn, queries, keys, positions)
    there = scores(turn, queries, keys, positions + shift)
    assert_close(here, there, atol=1e-10, rtol=0)


@BOTH_ROTATIONS
def test_a_rotation_keeps_lengths_and_position_zero_keeps_all(turn):
    x = draw(B, H, T, DH)
    turned = turn(x, *table(JUMPING))
    assert_close(turned.norm(dim=-1), x.norm(dim=-1), atol=1e-12, rtol=0)
    zero = torch.zeros(T, dtype=torch.int64)
    assert torch.equal(turn(x, *table(zero)), x)


@pytest.mark.parametrize("positions", [SHIFTED, JUMPING])
@pytest.mark.parametrize("base", [10_000.0, 500.0])
def test_pairs_are_multiplied_by_a_complex_number_of_length_one(
    positions, base
):
    x = draw(B, H, T, DH)
    angles = torch.tensor(
        [
            [p * base ** (-2 * i / DH) for i in range(DH // 2)]
            for p in positions.tolist()
        ],
        dtype=torch.float64,
    )
    unit = torch.polar(torch.ones_like(angles), angles)
    adjacent = torch.view_as_complex(x.unflatten(-1, (-1, 2))) * unit
    assert_close(
        rotate_interleaved(x, *table(positions, base)),
        torch.view_as_real(adjacent).flatten(-2),
        atol=1e-12,
        rtol=0,
    )
    apart = torch.complex(x[..., : DH // 2], x[..., DH // 2 :]) * unit
    assert_close(
        rotate(x, *table(positions, base)),
        torch.cat((apart.real, apart.imag), dim=-1),
        atol=1e-12,
        rtol=0,
    )


@pytest.mark.parametrize("positions", [SHIFTED, JUMPING])
@pytest.mark.parametrize("base", [10_000.0, 500.0])
def test_half_split_is_hugging_faces_rotation(positions, base):
    config = LlamaConfig(
        hidden_size=H * DH,
        num_attention_heads=H,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )
    queries, keys = (
        draw(B, H, T, DH).float(),
        draw(B, H, T, DH, seed=1).float(),
    )
    theirs = LlamaRotaryEmbedding(config)(queries, positions[None])
    expected = apply_rotary_pos_emb(queries, keys, *theirs)
    ours = rotary_table(positions, rotary_frequencies(DH, base))
    for x, turned in zip((queries, keys), expected, strict=True):
        assert_close(rotate(x, *ours), turned, atol=3e-4, rtol=0)


def test_a_table_that_ignores_its_positions_is_told_apart():
    assert not torch.allclose(table(SHIFTED)[0], table(torch.arange(T))[0])
    assert not torch.allclose(table(JUMPING)[1], table(JUMPING.sort()[0])[1])
    whole = table(torch.arange(1001))
    assert torch.equal(table(JUMPING)[0], whole[0][JUMPING])
    assert torch.equal(table(JUMPING)[1], whole[1][JUMPING])


def test_a_table_that_ignores_its_base_is_told_apart():
    first, second = table(SHIFTED, 10_000.0)[1], table(SHIFTED, 500.0)[1]
    assert torch.equal(first[:, 0], second[:, 0])  # 1 radian in either base
    assert not torch.isclose(first[:, 1:], second[:, 1:]).any()


def test_every_sequence_of_a_batch_may_have_its_own_positions():
    x = draw(B, H, T, DH)
    positions = torch.stack((SHIFTED, JUMPING))
    cos, sin = table(positions[:, None])  # (B, 1, T, Dh/2)
    together = rotate(x, cos, sin)
    for row in range(B):
        alone = rotate(x[row], *table(positions[row]))
        assert_close(together[row], alone, atol=1e-14, rtol=0)


@BOTH_ROTATIONS
def test_one_token_and_one_pair(turn):
    x = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    cos, sin = table(torch.tensor([2]), head_dim=2)
    expected = complex(3, 4) * complex(math.cos(2), math.sin(2))
    assert turn(x, cos, sin)[0].tolist() == pytest.approx(
        [expected.real, expected.imag], abs=1e-14
    )


@BOTH_ROTATIONS
@pytest.mark.parametrize(
    "dtype", [torch.bfloat16, torch.float32, torch.float64]
)
def test_a_rotation_keeps_the_dtype_of_x(turn, dtype):
    x = draw(H, T, DH).to(dtype)
    turned = turn(x, *rotary_table(JUMPING, rotary_frequencies(DH)))
    assert turned.dtype == dtype
    exact = turn(x.double(), *table(JUMPING))
    assert_close(turned, exact.to(dtype), atol=1e-6, rtol=2**-7)


def test_tables_are_float32_of_float64_angles():
    positions = torch.arange(99_990, 100_000)
    frequencies = rotary_frequencies(64)
    assert frequencies.dtype == torch.float64
    cos, sin = rotary_table(positions, frequencies)
    assert cos.dtype == sin.dtype == torch.float32
    angles = positions[:, None].double() * frequencies
    assert torch.equal(cos, angles.cos().float())
    assert torch.equal(sin, angles.sin().float())
    narrow = positions[:, None].float() * frequencies.float()
    assert (narrow.cos() - cos).abs().max() > 1e-3


def test_scale_multiplies_the_table():
    frequencies = rotary_frequencies(DH)
    plain = rotary_table(JUMPING, frequencies, dtype=torch.float64)
    scaled = rotary_table(JUMPING, frequencies, 1.25, torch.float64)
    assert torch.equal(scaled[0], 1.25 * plain[0])
    assert torch.equal(scaled[1], 1.25 * plain[1])


@BOTH_ROTATIONS
@pytest.mark.parametrize(
    ("n_tokens", "head_dim"), [(1, DH), (T + 1, DH), (T, 2), (T, DH + 2)]
)
def test_a_table_for_other_shapes_is_refused(turn, n_tokens, head_dim):
    x = draw(B, H, T, DH)
    cos, sin = table(torch.arange(n_tokens), head_dim=head_dim)
    named = f"5 tokens x 14 features.* {n_tokens} x {head_dim // 2};"
    with pytest.raises(ValueError, match=named):
        turn(x, cos, sin)


@pytest.mark.parametrize("head_dim", [0, -2, 1, 7])
def test_a_width_without_pairs_is_refused(head_dim):
    message = f"^{head_dim} features .*; take an even number"
    with pytest.raises(ValueError, match=message):
        rotary_frequencies(head_dim)
    with pytest.raises(ValueError, match=message):
        sinusoidal_positions(3, head_dim)


# --- interleaved and half-split weights ------------------------------------


def project(x, weight, bias, n_heads):
    """(T, D) -> (H, T, Dh)"""
    return (x @ weight.T + bias).unflatten(-1, (n_heads, -1)).transpose(0, 1)


def scores_from_weights(turn, x, weights, positions):
    queries, keys = (project(x, *weight, H) for weight in weights)
    return scores(turn, queries, keys, positions)


@pytest.mark.parametrize("positions", [torch.arange(T), JUMPING])
def test_converted_weights_give_equal_scores(positions):
    x = draw(T, 11)  # the input is not as wide as the heads
    made_for_pairs = [
        (draw(H * DH, 11, seed=s), draw(H * DH, seed=s + 1)) for s in (1, 3)
    ]
    converted = [
        tuple(half_split_rows(part, H) for part in weight)
        for weight in made_for_pairs
    ]
    expected = scores_from_weights(
        rotate_interleaved, x, made_for_pairs, positions
    )
    actual = scores_from_weights(rotate, x, converted, positions)
    assert_close(actual, expected, atol=1e-10, rtol=0)


def test_without_conversion_the_first_token_is_fine_then_garbage():
    x = draw(T, 11)
    weights = [
        (draw(H * DH, 11, seed=s), draw(H * DH, seed=9)) for s in (1, 2)
    ]
    positions = torch.arange(T)
    expected = scores_from_weights(rotate_interleaved, x, weights, positions)
    wrong = scores_from_weights(rotate, x, weights, positions)
    error = (wrong - expected).abs()
    assert error[:, 0, 0].max() < 1e-12
    assert error[:, 1:, 0].min() > 1e-3


def test_the_two_conversions_are_inverses_and_stay_within_heads():
    for weight in (draw(H * DH, 11), draw(H * DH)):
        there = half_split_rows(weight, H)
        assert there.shape == weight.shape
        assert torch.equal(interleaved_rows(there, H), weight)
        back = interleaved_rows(weight, H)
        assert torch.equal(half_split_rows(back, H), weight)
        for before, after in zip(weight.chunk(H), there.chunk(H), strict=True):
            assert torch.equal(after, torch.cat((before[::2], before[1::2])))


# --- longer windows --------------------------------------------------------


def test_interpolation_is_a_smaller_step_between_positions():
    slowed = interpolate_frequencies(rotary_frequencies(DH), 4)
    cos, sin = rotary_table(4 * JUMPING, slowed, dtype=torch.float64)
    assert_close(cos, table(JUMPING)[0], atol=1e-12, rtol=0)
    assert_close(sin, table(JUMPING)[1], atol=1e-12, rtol=0)
    theirs, _ = hugging_face("linear", factor=4.0)
    ours = interpolate_frequencies(rotary_frequencies(16), 4.0)
    assert_close(ours.float(), theirs, rtol=1e-6, atol=0)


@pytest.mark.parametrize(("head_dim", "base"), [(16, 10_000.0), (6, 500.0)])
def test_ntk_keeps_the_fastest_pair_and_slows_the_slowest(head_dim, base):
    ratio = rotary_frequencies(head_dim, base) / ntk_frequencies(
        head_dim, 8.0, base
    )
    assert ratio[0] == 1
    assert ratio[-1].item() == pytest.approx(8.0, rel=1e-12)
    assert (ratio.diff() > 0).all()
    steps = ratio.log().diff()
    assert_close(steps, steps[:1].expand_as(steps))  # evenly in logarithms


def test_ntk_equals_hugging_faces_at_the_length_where_theirs_is_static():
    # Theirs follows the sequence: at n tokens of a window of w the stretch
    # is factor * n / w - (factor - 1). Here 1.75 * 4 - 0.75 = 6.25.
    ours = ntk_frequencies(16, 6.25)
    parameters = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 1.75}
    config = LlamaConfig(
        hidden_size=48,
        num_attention_heads=3,
        max_position_embeddings=2048,
        rope_parameters=parameters,
    )
    theirs, _ = ROPE_INIT_FUNCTIONS["dynamic"](config, seq_len=4 * 2048)
    assert_close(ours.float(), theirs, rtol=1e-5, atol=0)


@pytest.mark.parametrize("head_dim", [8, 64, 128])
@pytest.mark.parametrize("factor", [1.0, 4.0, 16.0])
@pytest.mark.parametrize("window", [512, 100_000])
@pytest.mark.parametrize("betas", [(32.0, 1.0), (8.0, 2.0)])
def test_yarn_equals_hugging_faces(head_dim, factor, window, betas):
    theirs, scale = hugging_face(
        "yarn",
        head_dim,
        factor=factor,
        original_max_position_embeddings=window,
        beta_fast=betas[0],
        beta_slow=betas[1],
    )
    ours = yarn_frequencies(head_dim, factor, window, 10_000.0, *betas)
    assert_close(ours.float(), theirs, rtol=2e-6, atol=0)
    assert yarn_attention_scale(factor) == pytest.approx(scale, rel=1e-12)


def test_yarn_keeps_fast_pairs_and_interpolates_slow_ones():
    head_dim, factor, window = 128, 4.0, 2048
    plain = rotary_frequencies(head_dim)
    ratio = plain / yarn_frequencies(head_dim, factor, window)
    turns = window * plain / math.tau
    # Limits are rounded to whole pairs, away from each other.
    n_kept, n_slowed = (turns >= 32).sum(), (turns <= 1).sum()
    assert torch.equal(ratio[:n_kept], torch.ones(n_kept, dtype=torch.float64))
    assert_close(
        ratio[-n_slowed:], factor * torch.ones_like(ratio[-n_slowed:])
    )
    between = ratio[n_kept:-n_slowed]
    assert len(between) > 10
    assert ((between > 1) & (between < factor)).all()
    assert (between.diff() > 0).all()


def test_yarn_and_ntk_do_not_scale_all_bands():
    plain = rotary_frequencies(64)
    everywhere = plain / interpolate_frequencies(plain, 4.0)
    assert_close(everywhere, torch.full_like(plain, 4.0))
    for scaled in (yarn_frequencies(64, 4.0, 512), ntk_frequencies(64, 4.0)):
        ratio = plain / scaled
        assert ratio[0] == 1
        assert ratio[-1].item() == pytest.approx(4.0)


@pytest.mark.parametrize(
    "base", [10_000.0, 100_000.0], ids=["base_1e4", "base_1e5"]
)
def test_factor_one_changes_nothing(base):
    plain = rotary_frequencies(16, base)
    assert torch.equal(interpolate_frequencies(plain, 1.0), plain)
    assert torch.equal(ntk_frequencies(16, 1.0, base), plain)
    assert torch.equal(yarn_frequencies(16, 1.0, 512, base), plain)
    assert yarn_attention_scale(1.0) == 1


@pytest.mark.parametrize(
    "extend",
    [
        lambda factor: interpolate_frequencies(rotary_frequencies(8), factor),
        lambda factor: ntk_frequencies(8, factor),
        lambda factor: yarn_frequencies(8, factor, 512),
        yarn_attention_scale,
    ],
    ids=["interpolate", "ntk", "yarn", "yarn_scale"],
)
def test_a_factor_upside_down_is_refused(extend):
    with pytest.raises(ValueError, match=r"factor=0\.25 .* divided by"):
        extend(0.25)


def test_ntk_needs_two_pairs():
    with pytest.raises(ValueError, match=r"head_dim=2 .* take 4 or more"):
        ntk_frequencies(2, 4.0)


@pytest.mark.parametrize("betas", [(1.0, 32.0), (2.0, 2.0), (32.0, 0.0)])
def test_yarn_betas_out_of_order_are_refused(betas):
    with pytest.raises(ValueError, match=r"beta_fast=.*beta_slow=.*exchange"):
        yarn_frequencies(64, 4.0, 512, 10_000.0, *betas)


# --- ALiBi -----------------------------------------------------------------


@pytest.mark.parametrize("n_heads", [1, 2, 3, 8, 12, 16, 20, 97])
def test_alibi_equals_blooms_up_to_a_constant_per_query(n_heads):
    n_tokens = 7
    attended = torch.ones(1, n_tokens)
    per_key = build_alibi_tensor(attended, n_heads, torch.float64)
    causal = torch.ones(n_tokens, n_tokens, dtype=torch.bool).tril()
    refused = ~causal
    theirs = per_key.expand(-1, n_tokens, -1).masked_fill(refused, -math.inf)
    ours = alibi_bias(n_heads, n_tokens, n_tokens).double()
    ours = ours.masked_fill(refused, -math.inf)
    assert_close(ours.softmax(-1), theirs.softmax(-1), atol=1e-6, rtol=0)


def test_alibi_lowers_distant_keys_and_each_head_by_its_own_slope():
    bias = alibi_bias(n_heads=6, n_queries=2, n_keys=5)
    assert bias.shape == (6, 2, 5)
    slopes = alibi_slopes(6)
    assert len(set(slopes.tolist())) == 6
    assert ((slopes > 0) & (slopes < 1)).all()
    distances = torch.tensor([[3, 2, 1, 0, 1], [4, 3, 2, 1, 0]])
    for head in range(6):
        assert torch.equal(bias[head], -slopes[head] * distances)


def test_alibi_of_eight_and_of_twelve_heads():
    eight = [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(8).tolist() == eight
    between = [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    assert alibi_slopes(12).tolist() == pytest.approx(eight + between)
