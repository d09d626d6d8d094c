# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Packing and merging of CUDA tensors, against PyTorch on the same GPU."""

import pytest
import torch

from tokenspeed_mla import merge_states, mla_kv_pack_quantize_fp8

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")

LARGEST = {torch.float8_e4m3fn: 448.0, torch.float8_e5m2: 57344.0}


def kv_b_proj_views(tokens: int, heads: int, dtype: torch.dtype, std: float = 1.0):
    """k_nope and v as columns of one projection, k_pe as the tail of a latent row."""
    projection = torch.randn(tokens, heads, 256, device="cuda").mul(std).to(dtype)
    latent = torch.randn(tokens, 1, 576, device="cuda").mul(std).to(dtype)
    return projection[..., :128], latent[..., 512:], projection[..., 128:]


def expected_pack(k_nope, k_pe, v, k_scale, v_scale, fp8):
    k = torch.cat([k_nope, k_pe.expand(-1, k_nope.shape[1], -1)], dim=-1)
    return [
        (x.float() * scale).clamp(-LARGEST[fp8], LARGEST[fp8]).to(fp8)
        for x, scale in ((k, k_scale), (v, v_scale))
    ]


def assert_same_bits(got: torch.Tensor, expected: torch.Tensor) -> None:
    both_nan = got.float().isnan() & expected.float().isnan()
    same = got.view(torch.uint8) == expected.view(torch.uint8)
    assert bool((same | both_nan).all())


@pytest.mark.parametrize("fp8", [torch.float8_e4m3fn, torch.float8_e5m2])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("std", [1.0, 300.0])
def test_pack_equals_the_cast_of_pytorch(fp8, dtype, std):
    inputs = kv_b_proj_views(77, 48, dtype, std)
    inputs[0][3, 5, 7] = float("nan")
    got = mla_kv_pack_quantize_fp8(*inputs, k_scale_inv=0.7, v_scale_inv=1.3, fp8_dtype=fp8)
    for tensor, expected in zip(got, expected_pack(*inputs, 0.7, 1.3, fp8), strict=True):
        assert_same_bits(tensor, expected)


def test_captured_pack_follows_its_inputs():
    k_nope, k_pe, v = kv_b_proj_views(64, 16, torch.bfloat16)
    out = mla_kv_pack_quantize_fp8(k_nope, k_pe, v)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        mla_kv_pack_quantize_fp8(k_nope, k_pe, v, k_out=out[0], v_out=out[1], enable_pdl=True)
    for tensor in (k_nope, k_pe, v):
        tensor.copy_(torch.randn_like(tensor))
    graph.replay()
    for tensor, expected in zip(
        out, expected_pack(k_nope, k_pe, v, 1.0, 1.0, torch.float8_e4m3fn), strict=True
    ):
        assert_same_bits(tensor, expected)


def test_calls_run_on_the_current_stream():
    k_nope, k_pe, v = kv_b_proj_views(4096, 128, torch.bfloat16)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for tensor in (k_nope, k_pe, v):
            tensor.mul_(2.0)
        got = mla_kv_pack_quantize_fp8(k_nope, k_pe, v)
    stream.synchronize()
    for tensor, expected in zip(
        got, expected_pack(k_nope, k_pe, v, 1.0, 1.0, torch.float8_e4m3fn), strict=True
    ):
        assert_same_bits(tensor, expected)


@pytest.mark.parametrize("num_partials", [1, 2, 9])
def test_merge_agrees_with_float64(num_partials):
    outs = [torch.randn(33, 16, 128, device="cuda") for _ in range(num_partials)]
    lses = [torch.randn(33, 16, device="cuda") * 4 for _ in range(num_partials)]
    outs[0][0] = float("nan")
    lses[0][0] = float("-inf")
    out, lse = merge_states(outs, lses)
    stacked = torch.stack(lses).double()
    expected_lse = torch.logsumexp(stacked, dim=0)
    weights = torch.exp(stacked - expected_lse).nan_to_num(0.0)
    values = torch.stack(outs).double().nan_to_num(0.0)
    expected = (weights[..., None] * values).sum(0)
    torch.testing.assert_close(lse.double(), expected_lse, atol=1e-5, rtol=1e-6)
    torch.testing.assert_close(out.double(), expected, atol=1e-5, rtol=1e-5)
