"""The numbers in the figures of chapters 6 and 7, recomputed another way."""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from figures import finetuning, pretraining
from figures.attention_numbers import shipped
from test_figures_models import drawn, texts


def numbers_in(words):
    return [float(w.replace("−", "-")) for w in words
            if re.fullmatch(r"−?\d+\.\d+", w)]  # fmt: skip


# --- pretraining ------------------------------------------------------------


def test_first_loss_is_that_of_knowing_nothing():
    rows = pretraining.tiny_run()
    assert rows[0]["loss"] == pytest.approx(math.log(1024), abs=0.1)
    assert rows[-1]["loss"] < rows[0]["loss"] - 1
    assert f"{rows[-1]['loss']:.2f}" in texts(
        drawn("pretraining.training_loop")
    )


def test_schedule_at_half_time():
    said = drawn("pretraining.schedules").description
    done = (500 - 100 + 1) / 900
    rate = 1e-4 + 9e-4 * (1 + math.cos(math.pi * done)) / 2
    assert f"at step 500 it is {rate:.6f}" in said
    assert "until step 800" in said


def test_loss_rows_have_the_mean_that_torch_computes():
    model, tokenizer, _ = shipped("stories")
    figure = drawn("pretraining.next_token_loss")
    words = re.findall(r"(\S+) after (\S+): p", figure.description)
    text = "".join(a for a, _ in words).replace("␣", " ")
    ids = [1023, *tokenizer.encode(text)]
    with torch.no_grad():
        logits = model(torch.tensor([ids[:-1]]))[0]
    loss = F.cross_entropy(logits, torch.tensor(ids[1:]))
    assert f"{loss:.2f}" in texts(figure)
    assert len(words) == 12


def test_checkpoint_holds_two_means_as_large_as_the_weights():
    losses, again, sizes, numbers = pretraining.saved_and_resumed()
    n_bytes = 4 * pretraining.tiny_trainer().model.n_parameters()
    assert sizes["model"] == sizes["exp_avg"] == sizes["exp_avg_sq"] == n_bytes
    assert losses[3:] == again, "bit by bit"
    assert numbers["step"] == 3


def test_copying_appears_suddenly_in_the_log():
    log = {row["step"]: row for row in pretraining.stories_log()}
    assert log[300]["share_same_animal"] == 0
    assert log[400]["share_same_animal"] > 0.3
    assert log[200]["share_sentences_parsed"] > 0.8
    said = texts(drawn("pretraining.story_score"))
    share = log[400]["share_same_animal"]
    assert f"from 0 to {share:.2f} between steps 300 and 400" in said


# --- fine-tuning ------------------------------------------------------------


def test_lora_by_the_drawn_numbers():
    cells = numbers_in(texts(drawn("finetuning.lora")))
    w, b, a, merged = cells[:20], cells[20:28], cells[28:38], cells[38:58]
    for i in range(4):
        for j in range(5):
            change = sum(b[2 * i + k] * a[5 * k + j] for k in range(2))
            assert merged[5 * i + j] == pytest.approx(
                w[5 * i + j] + 2 * change, abs=1e-6
            )


def test_lora_parameters_by_formula():
    d = 768
    widths = (d + 3 * d, d + d, d + 4 * d, 4 * d + d)
    assert f"{12 * 8 * sum(widths):,}" in texts(drawn("finetuning.lora"))


def test_counted_targets_spell_the_answers():
    tokenizer, end, rows = finetuning.instruction_rows()
    assert len({len(inputs) for inputs, *_ in rows}) == 1
    for (prompt, answer), (inputs, targets, n_real) in zip(
        finetuning.PROMPTS, rows, strict=True
    ):
        counted = [t for t in targets if t != -100]
        assert tokenizer.decode(counted[:-1]) == answer
        assert counted[-1] == end
        assert counted.count(end) == 1, "padding is not learned"
        assert tokenizer.decode(inputs[:n_real]) == prompt + answer
        for place, target in enumerate(targets):
            if target != -100 and place + 1 < n_real:
                assert target == inputs[place + 1]


def test_only_the_last_real_token_is_safe_from_padding():
    _, results = finetuning.classified()
    reals = [real for _, real, _ in results]
    lasts = [last for *_, last in results]
    for real in reals[1:]:
        assert torch.allclose(real, reals[0], atol=1e-4)
    assert torch.equal(lasts[0], reals[0]), "no padding: the same place"
    assert all((last - lasts[0]).abs().max() > 0.05 for last in lasts[1:])
