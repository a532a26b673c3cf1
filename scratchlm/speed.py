"""Settings of the process that change its speed and not its results.

PyTorch's defaults are careful. On a processor two of them cost much: which
library multiplies float32 matrices, and how freed memory is handled.
benchmarks/README.md has what each gains.

Left out on purpose: the number of threads (`torch.set_num_threads`), and
anything that makes results less exact.
"""

import ctypes
import sys
from contextlib import contextmanager
from functools import cache

import torch

MAX_ROUNDING = 1e-6  # float32 has 1.2e-7; bfloat16 would show 4e-3


def rounding_error():
    """Relative error of a float32 product of two matrices here."""
    generator = torch.Generator().manual_seed(0)
    left = torch.rand(64, 256, generator=generator)
    right = torch.rand(256, 64, generator=generator)
    exact = left.double() @ right.double()  # (64, 64)
    return ((left @ right - exact).abs().max() / exact.max()).item()


@cache
def is_exact(precision):
    """Whether float32 products keep float32's rounding at this setting."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        return rounding_error() < MAX_ROUNDING
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def fast_matmul():
    """Multiply float32 matrices with oneDNN meanwhile, if it is as exact.

    PyTorch calls MKL, which on a processor that is not Intel's uses half of
    the vector width. With the precision "medium" it calls oneDNN, which
    multiplies in float32 unless the processor has units for bfloat16
    matrices (AMX). Whether it does is measured once, and if so nothing is
    changed. For the large products of training only: with a single row, as
    when generating, oneDNN is the slower one.

    >>> before = torch.get_float32_matmul_precision()
    >>> with fast_matmul():
    ...     rounding_error() < MAX_ROUNDING
    True
    >>> torch.get_float32_matmul_precision() == before
    True
    """
    before = torch.get_float32_matmul_precision()
    if is_exact("medium"):
        torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def keep_freed_memory():
    """Let the C library keep large blocks for the next step.

    glibc returns a large block to the system when it is freed, and the next
    step pays for fetching and clearing the same pages again. For processes
    that train; the memory is returned when they end. Returns whether it is
    on: only glibc (Linux) has the setting.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    trim_threshold, mmap_max = -1, -4  # from malloc.h
    return bool(mallopt(mmap_max, 0) and mallopt(trim_threshold, 2**31 - 1))
