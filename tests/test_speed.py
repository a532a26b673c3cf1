"""The fast settings: on where they are exact, off where they are not."""

import pytest
import torch

from scratchlm import speed


@pytest.fixture(autouse=True)
def restored():
    before = torch.get_float32_matmul_precision()
    speed.is_exact.cache_clear()
    yield
    speed.is_exact.cache_clear()
    torch.set_float32_matmul_precision(before)


def test_the_fast_product_is_as_exact_as_float32():
    torch.set_float32_matmul_precision("highest")
    assert speed.rounding_error() < speed.MAX_ROUNDING
    with speed.fast_matmul():
        assert speed.rounding_error() < speed.MAX_ROUNDING
    assert torch.get_float32_matmul_precision() == "highest"


def test_the_setting_comes_back_after_an_error():
    torch.set_float32_matmul_precision("high")
    with pytest.raises(KeyError), speed.fast_matmul():
        raise KeyError
    assert torch.get_float32_matmul_precision() == "high"


def test_a_product_in_bfloat16_is_noticed_and_not_used(monkeypatch):
    torch.set_float32_matmul_precision("highest")
    exact = torch.Tensor.__matmul__

    def rough(left, right):
        if left.dtype == torch.float32:
            left, right = left.bfloat16(), right.bfloat16()
        return exact(left, right).to(torch.float64)

    monkeypatch.setattr(torch.Tensor, "__matmul__", rough)
    assert speed.rounding_error() > 1e-4
    with speed.fast_matmul():
        assert torch.get_float32_matmul_precision() == "highest"


def test_memory_is_kept_or_it_is_said():
    assert speed.keep_freed_memory() in (True, False)


def test_other_systems_have_no_such_setting(monkeypatch):
    monkeypatch.setattr(speed.sys, "platform", "win32")
    assert speed.keep_freed_memory() is False
