# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Calls with tensors on the CPU while an emulated GPU takes its place; run by test_emulator.py."""

import os
import threading

import pytest
import torch

from calls import decode_call
from tokenspeed_mla import (
    get_num_sm,
    merge_states,
    mla_kv_pack_quantize_fp8,
    tokenspeed_mla_decode,
)
from tokenspeed_mla.planning import device_facts
from tokenspeed_mla.testing import decode, random_cases
from tokenspeed_mla.testing.storm import Storm, Weather
from tokenspeed_mla.testing.table import load_cases
from tokenspeed_mla.testing.target import Target

NUM_SMS = {"sm_90": 132, "sm_100": 148}


def kv_b_proj_views(tokens: int, heads: int, dtype: torch.dtype):
    """k_nope and v as columns of one projection, k_pe as the tail of a latent row."""
    projection = torch.randn(tokens, heads, 256).to(dtype)
    latent = torch.randn(tokens, 1, 576).to(dtype)
    return projection[..., :128], latent[..., 512:], projection[..., 128:]


def pack_with_pytorch(k_nope, k_pe, v, scale, fp8):
    k = torch.cat([k_nope, k_pe.expand(-1, k_nope.shape[1], -1)], dim=-1)
    return [(x.float() * scale).to(fp8) for x in (k, v)]


def assert_packs_as_pytorch(inputs, fp8=torch.float8_e4m3fn):
    got = mla_kv_pack_quantize_fp8(*inputs, k_scale_inv=0.7, v_scale_inv=0.7, fp8_dtype=fp8)
    for tensor, expected in zip(got, pack_with_pytorch(*inputs, 0.7, fp8), strict=True):
        assert torch.equal(tensor.view(torch.uint8), expected.view(torch.uint8))


def test_the_cpu_stands_for_the_emulated_gpu():
    target = os.environ["TOKENSPEED_MLA_TARGET"].removeprefix("emulator:")
    assert device_facts("cpu").arch == target
    assert get_num_sm("cpu") == NUM_SMS[target]
    assert Target.named("cpu").arch == target


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn"])
def test_a_case_is_held_to_the_precision_of_the_gpu(dtype):
    """With scores this large, FP8 sums of 13 bits and probabilities of 8 show."""
    cases = load_cases("decode", ["quick"])
    case = next(c for c in cases if c["query_std"] > 50 and c["dtype"] == dtype)
    decode.check(case, Target.named("cpu"))


@pytest.mark.parametrize("fp8", [torch.float8_e4m3fn, torch.float8_e5m2])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_pack_equals_the_cast_of_pytorch(fp8, dtype):
    assert_packs_as_pytorch(kv_b_proj_views(19, 6, dtype), fp8)


def test_pack_of_two_threads_with_shared_inputs():
    inputs = kv_b_proj_views(8, 4, torch.bfloat16)
    threads = [threading.Thread(target=assert_packs_as_pytorch, args=(inputs,)) for _ in range(2)]
    failures: list[object] = []
    threading.excepthook = failures.append
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_merge_agrees_with_float64():
    outs = [torch.randn(5, 3, 128) for _ in range(3)]
    lses = [torch.randn(5, 3) for _ in range(3)]
    lses[1][2] = -torch.inf
    out, lse = merge_states(outs, lses)
    stacked = torch.stack(lses).double()
    weights = stacked.softmax(0)
    expected = (weights[..., None] * torch.stack(outs).double()).sum(0)
    torch.testing.assert_close(out.double(), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(lse.double(), stacked.logsumexp(0), atol=1e-5, rtol=1e-5)


def test_a_storm_passes(monkeypatch):
    monkeypatch.setattr(random_cases, "MOST_SCORES", 100_000)
    weather = Weather(torch.device("cpu"), seed=5, ops=("decode", "merge", "kv_pack"))
    outcome = Storm(weather).run(count=8)
    assert outcome.ok, outcome
    assert sum(outcome.passed.values()) == 8


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float8_e4m3fn])
def test_the_largest_scores_pick_the_best_key(dtype):
    call = decode_call(dtype, softmax_scale=2.0**18, return_lse=True)
    out, lse = tokenspeed_mla_decode(**call)
    keys = call["kv_cache"][call["block_tables"][2].long()].float().flatten(0, 1)
    scores = 2.0**18 * call["query"][2, 1].float() @ keys.T
    rounding = 2.0**-8 + (2.0**-4 if dtype.itemsize == 1 else 0)  # of out, of a probability
    best = keys[scores.argmax(-1), :512]
    torch.testing.assert_close(out[2, 1].float(), best, atol=0, rtol=rounding)
    assert 2.0**21 < scores.amax() < 2.0**23 and out.isfinite().all() and lse.isfinite().all()


def odd_strides(tensor: torch.Tensor) -> torch.Tensor:
    """The same values in rows that begin at odd elements, tokens and requests apart."""
    batch, tokens, heads, columns = tensor.shape
    room = tensor.new_zeros(batch + 1, tokens + 1, heads + 1, columns + 8 + 3)
    view = room[:batch, :tokens, :heads, :columns]
    view.copy_(tensor)
    return view


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float8_e4m3fn])
def test_decode_of_strides_that_no_kernel_follows(dtype):
    call = decode_call(dtype, return_lse=True)
    expected, expected_lse = tokenspeed_mla_decode(**call)

    given = odd_strides(torch.zeros_like(expected))
    out, lse = tokenspeed_mla_decode(**call | {"query": odd_strides(call["query"]), "out": given})
    assert out is given
    assert torch.equal(out, expected) and torch.equal(lse, expected_lse)

    one_token = call["query"][:, :1]
    repeated, _ = tokenspeed_mla_decode(**call | {"query": one_token.expand(-1, 2, -1, -1)})
    alone, _ = tokenspeed_mla_decode(**call | {"query": one_token.repeat(1, 2, 1, 1)})
    assert torch.equal(repeated, alone)


def test_a_cache_that_no_kernel_follows_is_refused():
    call = decode_call()
    cache = torch.zeros(9, 16, 577, dtype=torch.bfloat16)[..., :576]
    with pytest.raises(NotImplementedError, match="kv_cache's strides must be positive multiples"):
        tokenspeed_mla_decode(**call | {"kv_cache": cache})
