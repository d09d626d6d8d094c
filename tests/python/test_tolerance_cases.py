# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The comparison takes what the precision explains and refuses what a mistake would give."""

import math
from collections.abc import Callable

import pytest
import torch

from tokenspeed_mla.testing import reference
from tokenspeed_mla.testing.compare import Mismatch, compare, compare_bits
from tokenspeed_mla.testing.layout import Guarded
from tokenspeed_mla.testing.tolerance import Expected, expected_lse, expected_out

DTYPES = [torch.float16, torch.bfloat16, torch.float8_e4m3fn]
SCALE = 576**-0.5


def problem(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    query = torch.randn(8, 576, generator=generator).to(dtype)
    return query, torch.randn(300, 576, generator=generator).to(dtype)


def attend(query: torch.Tensor, keys: torch.Tensor, num: int = 300) -> reference.Attention:
    return reference.attend(query, keys, keys[:, :512], torch.full((8,), num), SCALE)


def out_dtype(dtype: torch.dtype) -> torch.dtype:
    return torch.bfloat16 if dtype.itemsize == 1 else dtype


@pytest.mark.parametrize("dtype", DTYPES)
def test_takes_plain_float32_attention(dtype: torch.dtype) -> None:
    query, keys = problem(dtype)
    scores = SCALE * query.float() @ keys.float().T
    got = (scores.softmax(-1) @ keys.float()[:, :512]).to(out_dtype(dtype))
    exact = attend(query, keys)
    assert compare("out", got, expected_out(exact, out_dtype(dtype), 576)) <= 1
    assert compare("lse", scores.logsumexp(-1), expected_lse(exact, 576, "e")) <= 1
    base_2 = scores.logsumexp(-1) * math.log2(math.e)
    assert compare("lse", base_2, expected_lse(exact, 576, "2")) <= 1


def sums_cut_off(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Dot products as a tensor core sums them that keeps 13 fraction bits of a running sum."""
    total = torch.zeros(len(query), len(keys)).double()
    for step in range(0, query.shape[1], 32):
        total += query[:, step : step + 32].double() @ keys[:, step : step + 32].double().T
        fraction, exponent = torch.frexp(total)
        total = torch.ldexp((fraction * 2**14).trunc(), exponent - 14)
    return total


def test_sums_that_a_tensor_core_cuts_off_are_taken_where_it_does() -> None:
    query, keys = problem(torch.float8_e4m3fn)
    scores = SCALE * sums_cut_off(query, keys)
    out = (scores.softmax(-1) @ keys.double()[:, :512]).to(torch.bfloat16)
    exact, lse = attend(query, keys), scores.logsumexp(-1).float()
    assert compare("lse", lse, expected_lse(exact, 576, "e", 2.0**-13)) <= 1
    assert compare("out", out, expected_out(exact, torch.bfloat16, 576, 2.0**-13)) <= 1
    with pytest.raises(Mismatch):
        compare("lse", lse, expected_lse(exact, 576, "e"))


MISTAKES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "one key too many": lambda q, k: attend(q, torch.cat([k, k[:1] * 1.0]), 301).out,
    "one key too few": lambda q, k: attend(q, k, 299).out,
    "two keys exchanged in value only": lambda q, k: (
        reference.attend(q, k, k[[1, 0, *range(2, 300)], :512], torch.full((8,), 300), SCALE).out
    ),
    "another scale": lambda q, k: (
        reference.attend(q, k, k[:, :512], torch.full((8,), 300), SCALE * 1.01).out
    ),
    "one rope column dropped": lambda q, k: (
        attend(torch.cat([q[:, :575].float(), torch.zeros(8, 1)], -1), k.float()).out
    ),
    "a column exchanged": lambda q, k: attend(q, k).out[:, [1, 0, *range(2, 512)]],
    "a factor of 1.02": lambda q, k: 1.02 * attend(q, k).out,
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_refuses(mistake: str, dtype: torch.dtype) -> None:
    query, keys = (x.double() for x in problem(dtype))
    got = MISTAKES[mistake](query, keys).to(out_dtype(dtype))
    with pytest.raises(Mismatch):
        compare("out", got, expected_out(attend(query, keys), out_dtype(dtype), 576))


def test_an_lse_in_the_wrong_base_is_refused() -> None:
    query, keys = problem(torch.bfloat16)
    exact = attend(query, keys)
    with pytest.raises(Mismatch):
        compare("lse", exact.lse.float(), expected_lse(exact, 576, "2"))


@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf])
def test_special_values_belong_in_their_places(special: float) -> None:
    expected = Expected(torch.tensor([1.0, special]).double(), torch.ones(2).double())
    assert compare("x", torch.tensor([1.0, special]), expected) == 0
    with pytest.raises(Mismatch, match=r"at \[1\] got 1"):
        compare("x", torch.tensor([1.0, 1.0]), expected)
    with pytest.raises(Mismatch, match=r"at \[0\]"):
        compare("x", torch.tensor([special, special]), expected)


def test_a_mismatch_names_the_worst_element() -> None:
    expected = Expected(torch.zeros(2, 3).double(), torch.full((2, 3), 0.1).double())
    got = torch.zeros(2, 3)
    got[0, 1], got[1, 2] = 0.2, -0.5
    with pytest.raises(Mismatch, match=r"x: at \[1, 2\] got -0.5, expected 0 .* \(2 of 6"):
        compare("x", got, expected)


def test_another_direction_is_refused_within_loose_bounds() -> None:
    exact = torch.ones(100).double()
    expected = Expected(exact, torch.ones(100).double(), cosine_bound=1e-6)
    compare("x", exact, expected)
    with pytest.raises(Mismatch, match="cosine"):
        compare("x", exact + 0.1 * (torch.arange(100) % 2), expected)


def test_bits_tell_zeros_apart_but_not_nans() -> None:
    bits = torch.tensor([0x7F, 0xFF], dtype=torch.uint8)
    nans, flipped = (x.view(torch.float8_e4m3fn) for x in (bits, bits.flip(0)))
    compare_bits("nan", nans, flipped)
    with pytest.raises(Mismatch):
        compare_bits("zero", torch.tensor([0.0]), torch.tensor([-0.0]))


def test_guards_notice_writes_outside() -> None:
    guarded = Guarded.empty((4, 8), torch.bfloat16, torch.device("cpu"))
    guarded.tensor.fill_(1.0)
    assert guarded.is_intact()
    guarded.storage[-1] = 0.0
    assert not guarded.is_intact()
