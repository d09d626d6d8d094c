# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Comparison with a reference: a mismatch names the case, the coordinates, got and expected."""

from typing import NoReturn

import torch

from .layout import Guarded
from .tolerance import Expected, cosine_difference


class Mismatch(AssertionError):
    """A result that is not what the reference says."""


def compare(what: str, got: torch.Tensor, expected: Expected) -> float:
    """Raises `Mismatch` unless `got` is within bounds; returns the worst share of a bound used."""
    got = got.detach().cpu().double()
    if got.shape != expected.values.shape:
        raise Mismatch(f"{what}: shape {list(got.shape)}, not {list(expected.values.shape)}")
    if got.numel() == 0:
        return 0.0
    _compare_special(what, got, expected.values)
    finite = expected.values.isfinite()
    exact = torch.where(finite, expected.values, 0.0)
    value = torch.where(finite, got, 0.0)
    error = (value - exact).abs()
    if not bool((error <= expected.bounds).all()):
        excess = error / expected.bounds.clamp(min=2.0**-149)
        _fail(what, excess, got, expected.values, expected.bounds)
    if (angle := cosine_difference(value, exact)) > expected.cosine_bound:
        raise Mismatch(f"{what}: cosine difference {angle:.3g} > {expected.cosine_bound:.3g}")
    share = torch.where(error == 0, 0.0, error / expected.bounds)
    return float(share.max())


def compare_bits(what: str, got: torch.Tensor, expected: torch.Tensor) -> None:
    """Raises `Mismatch` unless both hold the same values bit for bit (any NaN equals any NaN)."""
    if got.shape != expected.shape or got.dtype != expected.dtype:
        raise Mismatch(f"{what}: {_describe(got)}, not {_describe(expected)}")
    got = got.detach().cpu().contiguous()
    expected = expected.contiguous()
    bits = {1: torch.uint8, 2: torch.int16, 4: torch.int32}[got.dtype.itemsize]
    both_nan = got.float().isnan() & expected.float().isnan()
    differs = (got.view(bits) != expected.view(bits)) & ~both_nan
    if bool(differs.any()):
        _fail(what, differs.double(), got.double(), expected.double(), None)


def expect_given(returned: object, given: Guarded | tuple[Guarded, ...]) -> None:
    """Raises `Mismatch` unless a call returned the buffers it was given and kept within them."""
    buffers = given if isinstance(given, tuple) else (given,)
    results = returned if isinstance(given, tuple) else (returned,)
    if not isinstance(results, tuple | list) or len(results) != len(buffers):
        raise Mismatch(f"{len(buffers)} results expected, got {type(returned).__name__}")
    for index, (result, buffer) in enumerate(zip(results, buffers, strict=True)):
        if result is not buffer.tensor:
            raise Mismatch(f"result {index} is not the buffer that was given for it")
        if not buffer.is_intact():
            raise Mismatch(f"the call wrote outside the buffer of result {index}")


def _compare_special(what: str, got: torch.Tensor, exact: torch.Tensor) -> None:
    same = torch.where(exact.isfinite(), got.isfinite(), got == exact)
    same |= got.isnan() & exact.isnan()
    if not bool(same.all()):
        _fail(f"{what} (inf or NaN)", (~same).double(), got, exact, None)


def _fail(
    what: str,
    excess: torch.Tensor,
    got: torch.Tensor,
    exact: torch.Tensor,
    bounds: torch.Tensor | None,
) -> NoReturn:
    """Names the worst element, the first of equals."""
    at = tuple(int(i) for i in torch.unravel_index(excess.argmax(), excess.shape))
    count = int((excess > (1.0 if bounds is not None else 0.0)).sum())
    text = f"{what}: at {list(at)} got {got[at].item():.9g}, expected {exact[at].item():.9g}"
    if bounds is not None:
        text += f" +- {bounds.expand(exact.shape)[at].item():.3g}"
    raise Mismatch(f"{text} ({count} of {excess.numel()} elements differ)")


def _describe(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"
