"""Generation: laws first (cached = full, batched = single), then a written
out loop and `transformers` as oracles, then counts of what the model sees."""

import math
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.testing import assert_close
from transformers import GPT2Config, GPT2LMHeadModel

from scratchlm.attention import Cache, KVCache
from scratchlm.generate import (
    REORDER_FROM,
    Batch,
    bare,
    generate,
    stream,
    uniforms_of,
)
from scratchlm.llama import LlamaConfig, LlamaModel
from scratchlm.model import GPTConfig, GPTModel, LanguageModel
from scratchlm.sampling import (
    next_token_probabilities,
    penalize_repetition,
    sample,
)

V, CONTEXT = 97, 24
PROMPTS = [[5, 90, 17], [8], [1, 2, 3, 4, 5, 6, 7], [40, 40, 41], [96]]
SETTINGS = {
    "greedy": {},
    "temperature": {"temperature": 0.8},
    "all": {
        "temperature": 1.2,
        "top_k": 30,
        "top_p": 0.9,
        "min_p": 0.01,
        "repetition_penalty": 1.3,
    },
    "greedy with penalty": {"repetition_penalty": 1.5},
}
ALL_SETTINGS = pytest.mark.parametrize(
    "settings", SETTINGS.values(), ids=SETTINGS.keys()
)


def spread(model, seed=0):
    """Weights large enough that the distributions are far from uniform."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(0.4 * noise)
    return model.double().eval()


def gpt(**changes):
    return spread(GPTModel(GPTConfig(V, CONTEXT, 12, 3, 2, **changes)))


def llama():
    return spread(LlamaModel(LlamaConfig(V, CONTEXT, 12, 3, 1, 2, 20)))


@pytest.fixture(scope="module", params=[gpt, llama], ids=["gpt", "llama"])
def model(request):
    return request.param()


class Markov(LanguageModel):
    """The next token depends on the last one only, by a table of logits.

    It notes the calls: the shape of the ids, and the mask.
    """

    def __init__(self, table, context_length=CONTEXT):
        super().__init__()
        self.config = SimpleNamespace(
            vocab_size=len(table), context_length=context_length
        )
        self.table = nn.Parameter(torch.as_tensor(table))  # (V, V)
        self.head = nn.Identity()
        self.calls = []

    def new_cache(self, batch_size, n_tokens=None):
        return Cache([KVCache(batch_size, 1, n_tokens, 1, like=self.table)])

    def hidden_states(self, token_ids, positions=None, mask=None, cache=None):
        self.calls.append((tuple(token_ids.shape), mask))
        if cache is not None:
            new = torch.zeros(len(token_ids), 1, token_ids.shape[1], 1)
            cache.layers[0].append(new, new)
        return self.table[token_ids]  # (B, T, V)


def counting_up(n):
    """A chain in which i is always followed by i + 1."""
    return Markov(torch.eye(n).roll(1, dims=1))


def written_out(model, prompt, n, settings, stop_ids=(), seed=0):
    """One row, no cache, no padding: what `generate` should be."""
    settings = {"temperature": 0.0} | settings
    penalty = settings.pop("repetition_penalty", 1.0)
    generator = torch.Generator().manual_seed(seed)
    uniforms = torch.rand(n, generator=generator, dtype=torch.float64)
    token_ids = list(prompt)
    for step in range(n):
        with torch.no_grad():
            logits = model(torch.tensor([token_ids]))[0, -1]
        logits = penalize_repetition(logits, torch.tensor(token_ids), penalty)
        probabilities = next_token_probabilities(logits, **settings)
        new = sample(probabilities, uniforms[step]).item()
        if new in stop_ids:
            break
        token_ids.append(new)
    return token_ids[len(prompt) :]


# --- laws ------------------------------------------------------------------


@ALL_SETTINGS
def test_cached_equals_uncached_equals_written_out(model, settings):
    n = CONTEXT - 7
    cached = generate(model, PROMPTS, n, seed=3, **settings)
    full = generate(model, PROMPTS, n, seed=3, use_cache=False, **settings)
    singly = [
        written_out(model, prompt, n, settings, seed=3 + row)
        for row, prompt in enumerate(PROMPTS)
    ]
    assert cached == full == singly
    assert all(len(row) == n for row in cached)
    assert len({token_id for row in cached for token_id in row}) > 3


@ALL_SETTINGS
def test_a_batch_equals_its_rows_run_singly(model, settings):
    """With stops, so that rows end at different steps."""
    n, stop_ids = CONTEXT - 7, range(0, V, 6)
    together = generate(
        model, PROMPTS, n, stop_ids=stop_ids, seed=9, **settings
    )
    for row, prompt in enumerate(PROMPTS):
        alone = generate(
            model, prompt, n, stop_ids=stop_ids, seed=9 + row, **settings
        )
        assert [together[row]] == alone
        assert together[row] == written_out(
            model, prompt, n, settings, stop_ids, seed=9 + row
        )
    assert len({len(row) for row in together}) > 1


@ALL_SETTINGS
def test_stream_yields_what_generate_returns(model, settings):
    for prompt in PROMPTS:
        (row,) = generate(model, prompt, 9, stop_ids=[3], seed=4, **settings)
        made = stream(model, prompt, 9, stop_ids=[3], seed=4, **settings)
        assert list(made) == row


@ALL_SETTINGS
def test_fewer_tokens_are_the_beginning_of_more(model, settings):
    long = generate(model, PROMPTS, 17, seed=1, **settings)
    for n in (0, 1, 8):
        short = generate(model, PROMPTS, n, seed=1, **settings)
        assert short == [row[:n] for row in long]


def test_rows_draw_from_their_own_seeds(model):
    same = [[5, 6]] * 3
    rows = generate(model, same, 12, temperature=1.0, seed=0)
    assert rows[0] != rows[1] != rows[2] != rows[0]
    seeds = [2, 0, 2]
    listed = generate(model, same, 12, temperature=1.0, seed=seeds)
    assert listed == [rows[2], rows[0], rows[2]]
    assert generate(model, same, 12, temperature=1.0, seed=1)[0] == rows[1]
    with pytest.raises(ValueError, match="2 seeds for 3 prompts"):
        generate(model, same, 12, seed=[1, 2])


def test_a_seed_draws_the_same_numbers_however_many():
    many = uniforms_of([7, 8], 100)
    for n in (1, 2, 15, 16, 17):
        assert torch.equal(uniforms_of([7, 8], n), many[:, :n])
    assert ((many >= 0) & (many < 1)).all()


def test_the_global_generator_is_neither_used_nor_moved(model):
    torch.manual_seed(0)
    first = generate(model, PROMPTS, 5, temperature=1.0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(1)
    assert generate(model, PROMPTS, 5, temperature=1.0) == first


# --- padding ---------------------------------------------------------------


def test_what_stands_in_the_padding_changes_nothing(model):
    batch = Batch(model, PROMPTS, 3, use_cache=False)
    expected = batch.next_logits()
    is_pad = ~batch.mask[:, 0, 0, : batch.n_tokens]  # (B, T)
    assert is_pad.sum(-1).tolist() == [4, 6, 0, 4, 6]
    batch.token_ids[:, : batch.n_tokens][is_pad] = 77
    assert_close(batch.next_logits(), expected, rtol=0, atol=0)


def test_positions_start_at_the_first_real_token(model):
    batch = Batch(model, PROMPTS[:3], 2, use_cache=True)
    assert batch.positions.tolist() == [
        [0, 0, 0, 0, 0, 1, 2, 3, 4],
        [0, 0, 0, 0, 0, 0, 0, 1, 2],
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
    ]


def test_padding_is_not_repeated_text():
    """Padded with a fixed id, its penalty would hit the short rows."""
    logits = torch.zeros(9, 9)
    logits[:, 0] = 2.0
    logits[:, 7] = 1.5
    prompts = [[5], [5, 6, 5, 6]]
    rows = generate(Markov(logits), prompts, 1, repetition_penalty=3.0)
    assert rows == [[0], [0]]
    rows = generate(Markov(logits), prompts, 2, repetition_penalty=3.0)
    assert rows == [[0, 7], [0, 7]]


# --- stopping --------------------------------------------------------------


@pytest.mark.parametrize("use_cache", [True, False])
def test_each_row_stops_by_itself_and_stays_stopped(use_cache):
    model = counting_up(10)
    rows = generate(
        model, [[6], [3], [0]], 20, stop_ids=[8, 5], use_cache=use_cache
    )
    assert rows == [[7], [4], [1, 2, 3, 4]]  # row 0 would come to 5 again


def test_the_loop_ends_when_all_rows_have_stopped():
    model = counting_up(10)
    generate(model, [[6], [3], [0]], 20, stop_ids=[8])
    assert len(model.calls) == 8  # of row 2: it makes 1 to 8


def test_a_stop_id_in_the_prompt_stops_nothing():
    assert generate(counting_up(10), [8, 2], 3, stop_ids=[8]) == [[3, 4, 5]]


def test_a_row_may_be_empty():
    assert generate(counting_up(10), [[7], [1]], 3, stop_ids=[8]) == [
        [],
        [2, 3, 4],
    ]


def test_stop_id_is_compared_per_row_when_batch_equals_vocabulary():
    model = counting_up(5)
    rows = generate(model, [[i] for i in range(5)], 4, stop_ids=[3])
    assert rows == [[1, 2], [2], [], [4, 0, 1, 2], [0, 1, 2]]


def test_the_batch_shrinks_when_half_of_it_has_stopped():
    model = counting_up(40)
    prompts = [[20], [24], [0], [26], [22], [28], [1]]
    rows = generate(model, prompts, 20, stop_ids=[30])
    assert rows == [list(range(i + 1, min(30, i + 21))) for [i] in prompts]
    sizes = [shape[0] for shape, _ in model.calls]
    assert sizes == [7] * 8 + [3] * 12  # 3 of 7 go on, then 2 of 3


def test_a_shrinking_batch_changes_nothing(model):
    prompts = [[i, i + 1][: 1 + i % 2] for i in range(20)]
    stop_ids = range(0, V, 4)
    rows = generate(model, prompts, 20, temperature=1.5, stop_ids=stop_ids)
    lengths = sorted(map(len, rows))
    assert lengths[0] < 2 < 6 < lengths[-1]
    for row, prompt in enumerate(prompts):
        assert [rows[row]] == generate(
            model, prompt, 20, temperature=1.5, stop_ids=stop_ids, seed=row
        )


# --- the context -----------------------------------------------------------


def test_the_context_can_be_filled(model):
    rows = generate(model, [[1, 2, 3], [4]], CONTEXT - 3)
    assert list(map(len, rows)) == [CONTEXT - 3] * 2
    assert rows[1] == written_out(model, [4], CONTEXT - 3, {})


@pytest.mark.parametrize("go_on", [generate, stream])
def test_too_many_tokens_are_refused_before_the_start(model, go_on):
    message = (
        "prompt of 3 tokens and max_new_tokens=22 exceed context_length=24; "
        "ask for at most 21"
    )
    with pytest.raises(ValueError, match=message):
        go_on(model, [1, 2, 3], 22)
    with pytest.raises(ValueError, match=r"24 tokens .*=1 .*; cut the prompt"):
        go_on(model, [0] * 24, 1)
    with pytest.raises(ValueError, match=r"30 tokens .*=0 .*; cut the prompt"):
        go_on(model, [0] * 30, 0)


def test_the_longest_prompt_of_a_batch_must_fit(model):
    with pytest.raises(ValueError, match=r"prompt of 7 .* at most 17"):
        generate(model, PROMPTS, 18)


@pytest.mark.parametrize(
    ("prompts", "n", "message"),
    [
        ([], 3, "has no token"),
        ([[1], []], 3, "has no token"),
        ([1, V], 3, "from 1 to 97, but the model knows 0 to 96"),
        ([[1], [-1, 2]], 3, "from -1 to 2, but"),
        ([1], -1, "max_new_tokens=-1; take 0 or more"),
    ],
)
def test_what_cannot_be_continued_is_named(model, prompts, n, message):
    with pytest.raises(ValueError, match=message):
        generate(model, prompts, n)


def test_stop_ids_that_cannot_stop_are_named(model):
    with pytest.raises(ValueError, match=r"pass a list, \[50\]"):
        generate(model, [1], 3, stop_ids=50)
    with pytest.raises(ValueError, match=r"stop ids \[50256\]: .* 0 to 96"):
        generate(model, [1], 3, stop_ids=[50256])


def test_ids_may_come_in_tensors(model):
    expected = generate(model, [[1, 2], [3, 4]], 5)
    assert generate(model, torch.tensor([[1, 2], [3, 4]]), 5) == expected
    assert generate(model, torch.tensor([1, 2]), 5) == expected[:1]
    rows = [torch.tensor([1, 2]), torch.tensor([3, 4])]
    assert generate(model, rows, 5) == expected
    with pytest.raises(TypeError):
        generate(model, [[1.0, 2.0]], 5)


# --- the model's mode ------------------------------------------------------


def modes(model):
    return [module.training for module in model.modules()]


def test_dropout_is_off_and_the_mode_comes_back():
    model = gpt(drop_rate=0.5)
    expected = generate(model, PROMPTS, 12)
    model.train()
    model.blocks[1].eval()  # a frozen part keeps its own mode
    before = modes(model)
    assert generate(model, PROMPTS, 12) == expected
    assert modes(model) == before


class Failing(Markov):
    def hidden_states(self, *arguments, **settings):
        if len(self.calls) == 3:
            raise KeyboardInterrupt
        return super().hidden_states(*arguments, **settings)


def test_the_mode_comes_back_after_an_error():
    model = Failing(torch.eye(5))
    model.train()
    with pytest.raises(KeyboardInterrupt):
        generate(model, [1], 9)
    assert model.training
    assert len(model.calls) == 3


def test_the_mode_comes_back_when_a_stream_is_left_early(model):
    model.train()
    ids = stream(model, [1], 9)
    assert model.training  # nothing has begun
    next(ids)
    assert not model.training
    ids.close()
    assert model.training
    for _ in stream(model, [1], 9):
        break  # the loop's iterator is gone after it
    assert model.training
    list(stream(model, [1], 9))
    assert model.training
    model.eval()


def test_a_stream_does_not_switch_gradients_off_for_its_reader(model):
    for _ in stream(model, [1], 3):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


class Watching(Markov):
    def hidden_states(self, *arguments, **settings):
        assert torch.is_inference_mode_enabled()
        return super().hidden_states(*arguments, **settings)


def test_no_graph_is_kept_at_any_step():
    model = Watching(torch.eye(5))
    generate(model, [1], 4)
    list(stream(model, [1], 4))
    assert len(model.calls) == 8


def test_the_model_can_be_trained_afterwards():
    model = gpt()
    generate(model, PROMPTS, 5)
    model(torch.tensor([[1, 2, 3]])).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_diverged_model_is_named():
    model = gpt()
    with torch.no_grad():
        model.final_norm.weight[0] = math.nan
    for temperature in (0.0, 1.0):
        with pytest.raises(ValueError, match="largest logit of a row is nan"):
            generate(model, [1], 5, temperature=temperature)


# --- what the model has to do ----------------------------------------------


def test_with_a_cache_the_model_reads_each_token_once():
    model = counting_up(9)
    generate(model, [[1, 2, 3], [4, 5, 6]], 5)
    assert [shape for shape, _ in model.calls] == [(2, 3)] + [(2, 1)] * 4


def test_without_padding_there_is_no_mask():
    model = counting_up(9)
    generate(model, [[1, 2], [3, 4]], 3)
    assert all(mask is None for _, mask in model.calls)
    generate(model, [[1, 2], [3]], 3)
    assert [
        tuple(mask.shape) for _, mask in model.calls if mask is not None
    ] == [(2, 1, 1, 2), (2, 1, 1, 3), (2, 1, 1, 4)]


def test_the_head_sees_the_last_position_only(model):
    shapes = []
    hook = model.head.register_forward_hook(
        lambda module, inputs, output: shapes.append(tuple(inputs[0].shape))
    )
    generate(model, [[1, 2, 3], [4, 5, 6]], 3)
    hook.remove()
    assert shapes == [(2, 12)] * 3


def test_no_token_is_no_work():
    model = counting_up(9)
    assert generate(model, [[1, 2], [3]], 0) == [[], []]
    assert list(stream(model, [1, 2], 0)) == []
    assert model.calls == []


def test_progress_is_shown_on_stderr_and_changes_nothing(model, capsys):
    expected = generate(model, PROMPTS, 6)
    assert generate(model, PROMPTS, 6, progress=True) == expected
    shown = capsys.readouterr()
    assert "6/6" in shown.err
    assert shown.out == ""


# --- the stand-in ----------------------------------------------------------


def test_a_stand_in_computes_the_same_from_the_same_tensors(model):
    stand_in = bare(model)
    ids = torch.tensor([[3, 1, 4, 1, 5]])
    assert torch.equal(stand_in(ids), model(ids))
    assert isinstance(stand_in, type(model))
    for mine, theirs in zip(
        stand_in.parameters(), model.parameters(), strict=True
    ):
        assert mine is theirs


def test_a_stand_in_leaves_the_model_alone():
    model = gpt()
    before = [dict(vars(module)) for module in model.modules()]
    bare(model)
    assert [dict(vars(module)) for module in model.modules()] == before


def test_a_stand_in_keeps_hooks_and_parts_that_stand_twice():
    layer = nn.Linear(3, 3)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    called = []
    x = torch.randn(2, 3)
    expected = model(x)
    assert torch.equal(bare(model)(x), expected)
    layer.register_forward_hook(lambda *_: called.append(1))
    assert torch.equal(bare(model)(x), expected)
    assert called == [1, 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_reordered_weights_are_the_same_weights(dtype):
    wide, narrow = nn.Linear(5, 12, dtype=dtype), nn.Linear(12, 5, dtype=dtype)
    model = nn.Sequential(wide, narrow)
    stand_in = bare(model, reorder=True)
    for mine, theirs in zip(stand_in, model, strict=True):
        assert torch.equal(mine.weight, theirs.weight)
    x = torch.randn(3, 5, dtype=dtype)
    assert torch.allclose(stand_in(x), model(x))
    moved = dtype == torch.float32  # other types would become slower
    assert stand_in[0].weight.is_contiguous() is not moved
    assert stand_in[1].weight is narrow.weight
    assert wide.weight.is_contiguous()


def test_long_and_short_continuations_begin_alike():
    """Only long ones have their weights reordered."""
    torch.manual_seed(4)
    model = GPTModel(GPTConfig(97, REORDER_FROM + 8, 12, 3, 2))
    short = generate(model, [5, 6, 7], REORDER_FROM - 1)
    long = generate(model, [5, 6, 7], REORDER_FROM)
    assert long[0][:-1] == short[0]


def twice(module, x):
    return 2 * nn.Linear.forward(module, x)


def test_a_stand_in_keeps_modules_with_a_call_of_their_own():
    class Twice(nn.Linear):
        def __call__(self, x):
            return twice(self, x)

    model = nn.Sequential(nn.Linear(3, 3), Twice(3, 3))
    model[0].forward = partial(twice, model[0])
    x = torch.randn(2, 3)
    expected = model(x)
    assert torch.equal(bare(model)(x), expected)
    assert not torch.equal(model[1].forward(model[0](x)), expected)


# --- transformers ----------------------------------------------------------


def as_transformers(model):
    """The same weights in the GPT-2 of `transformers`."""
    c = model.config
    theirs = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=c.vocab_size,
            n_positions=c.context_length,
            n_embd=c.emb_dim,
            n_head=c.n_heads,
            n_layer=c.n_layers,
            bos_token_id=None,
            eos_token_id=None,
        )
    )
    parts = {
        "transformer.h.": "blocks.",
        "transformer.wte": "token_embedding",
        "transformer.wpe": "position_embedding",
        "transformer.ln_f": "final_norm",
        "lm_head": "head",
        "ln_1": "attn_norm",
        "ln_2": "ff_norm",
        "attn.c_attn": "attn.qkv",
        "attn.c_proj": "attn.out",
        "mlp.c_fc": "ff.up",
        "mlp.c_proj": "ff.down",
    }
    ours, state = model.state_dict(), {}
    for name in theirs.state_dict():
        mine = name
        for old, new in parts.items():
            mine = mine.replace(old, new)
        turned = ".c_" in name and name.endswith(
            "weight"
        )  # stored as (in, out)
        state[name] = ours[mine].T if turned else ours[mine]
    theirs.load_state_dict(state)
    return theirs.double().eval()


def test_greedy_generation_equals_that_of_transformers():
    """Left padding, positions and stops per row included."""
    model, n, stop_id = gpt(), CONTEXT - 7, 28
    theirs = as_transformers(model)
    longest = max(map(len, PROMPTS))
    pads = [longest - len(prompt) for prompt in PROMPTS]
    rows = theirs.generate(
        torch.tensor(
            [p[:1] * k + p for k, p in zip(pads, PROMPTS, strict=True)]
        ),
        attention_mask=torch.tensor(
            [[0] * k + [1] * (longest - k) for k in pads]
        ),
        max_new_tokens=n,
        do_sample=False,
        eos_token_id=stop_id,
        pad_token_id=stop_id,
        repetition_penalty=1.2,
    )[:, longest:].tolist()
    ended = [row + [stop_id] for row in rows]
    made = generate(
        model, PROMPTS, n, stop_ids=[stop_id], repetition_penalty=1.2
    )
    assert made == [row[: row.index(stop_id)] for row in ended]
    assert len(set(map(len, made))) > 1
