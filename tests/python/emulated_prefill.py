# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prefill of tensors on the CPU while an emulated GPU takes its place; run by test_emulator.py."""

import pytest
import torch
from torch import Tensor

from calls import Call, equal_bits, prefill_call
from tokenspeed_mla import (
    PrefillProblem,
    can_implement,
    tokenspeed_mla_prefill,
    warmup_compile_prefill,
)
from tokenspeed_mla.testing import random_cases
from tokenspeed_mla.testing.storm import Storm, Weather

pytestmark = pytest.mark.skipif(
    not can_implement(PrefillProblem()), reason=can_implement(PrefillProblem()).reason
)

DTYPES = [torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def odd_strides(tensor: Tensor) -> Tensor:
    """The same values in rows that begin at odd elements, tokens apart."""
    tokens, heads, columns = tensor.shape
    room = tensor.float().new_full((tokens + 1, heads + 1, columns + 3), torch.nan)
    room = room.to(tensor.dtype)
    view = room[:tokens, :heads, :columns]
    view.copy_(tensor)
    return view


def run(call: Call, **changes: object) -> tuple[Tensor, Tensor]:
    return tokenspeed_mla_prefill(**call | changes, return_lse=True)


def assert_same(got: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]) -> None:
    assert all(equal_bits(*pair) for pair in zip(got, expected, strict=True))


@each_dtype
def test_strides_that_no_kernel_follows(dtype):
    call = prefill_call(dtype)
    expected = run(call)
    inputs = {name: odd_strides(call[name]) for name in ("query", "key", "value")}
    given = odd_strides(torch.zeros_like(expected[0]))
    got = run(call, **inputs, out=given)
    assert got[0] is given
    assert_same(got, expected)
    for name, tensor in inputs.items():
        assert_same(run(call, **{name: tensor}), expected)
    assert_same(run(call, out=odd_strides(torch.zeros_like(expected[0]))), expected)


@each_dtype
def test_heads_that_share_memory(dtype):
    """A stride of 0, as of expand()."""
    call = prefill_call(dtype)
    key, value = call["key"][:, :1], call["value"][:, :1]
    expected = run(call, key=key.repeat(1, 4, 1), value=value.repeat(1, 4, 1))
    assert_same(run(call, key=key.expand(-1, 4, -1), value=value.expand(-1, 4, -1)), expected)
    assert_same(run(call, key=key, value=value), expected)  # grouped queries


@each_dtype
@pytest.mark.parametrize("place", [torch.clone, odd_strides])
def test_rows_past_the_sums_stay_as_they_are(dtype, place):
    call = prefill_call(dtype)
    expected = run(call)
    sums = torch.tensor([0, 5, 5, 11], dtype=torch.int32)
    out = place(torch.full_like(expected[0], torch.nan))
    lse = torch.full_like(expected[1], -7.0)
    run(call, cum_seq_lens=sums, out=out, lse=lse)
    assert_same((out[:11], lse[:11]), (expected[0][:11], expected[1][:11]))
    assert out[11:].isnan().all() and (lse[11:] == -7.0).all()


@each_dtype
@pytest.mark.parametrize("causal", [True, False])
def test_nan_of_a_request_changes_no_other(dtype, causal):
    call = prefill_call(dtype, is_causal=causal)
    expected = run(call)
    for spoiled, others in ((slice(0, 5), slice(5, 14)), (slice(5, 14), slice(0, 5))):
        changes = {name: call[name].float() for name in ("query", "key", "value")}
        for tensor in changes.values():
            tensor[spoiled] = torch.nan
        got = run(call, **{name: tensor.to(dtype) for name, tensor in changes.items()})
        assert_same([x[others] for x in got], [x[others] for x in expected])


def test_a_bad_call_of_any_strides_is_an_error():
    call = prefill_call()
    with pytest.raises(ValueError, match=r"value must be \[sum kv"):
        run(call, value=odd_strides(call["value"])[:13])


@each_dtype
def test_the_largest_scores_pick_the_best_key(dtype):
    call = prefill_call(dtype, softmax_scale=2.0**18)
    out, lse = run(call)
    query, key, value = (call[name].double() for name in ("query", "key", "value"))
    best = (key[5:, 1] @ query[13, 1]).argmax()  # of all keys of the last request
    rounding = 2.0**-8 + (2.0**-4 if dtype.itemsize == 1 else 0)  # of out, of a probability
    torch.testing.assert_close(out[13, 1].double(), value[5 + best, 1], atol=0, rtol=rounding)
    assert out.isfinite().all() and lse.isfinite().all()


@each_dtype
def test_warmup(dtype):
    warmup_compile_prefill(dtype)
    warmup_compile_prefill(dtype, 128, 128, enable_pdl=True)


def test_a_storm_passes(monkeypatch):
    monkeypatch.setattr(random_cases, "MOST_SCORES", 100_000)
    outcome = Storm(Weather(torch.device("cpu"), seed=5, ops=("prefill",))).run(count=8)
    assert outcome.ok and not outcome.refused, outcome
    assert outcome.passed["prefill"] == 8
