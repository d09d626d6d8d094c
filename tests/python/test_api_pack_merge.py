# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What callers of packing and merging rely on beyond their numbers."""

import inspect

import pytest
import torch

from calls import equal_bits, merge_call, pack_call, random_tensor
from tokenspeed_mla import merge_states, mla_kv_pack_quantize_fp8


def test_pack_signature_is_the_one_callers_know():
    parameters = inspect.signature(mla_kv_pack_quantize_fp8).parameters
    assert {name: p.default for name, p in parameters.items() if p.default is not p.empty} == {
        "k_scale_inv": 1.0, "v_scale_inv": 1.0, "k_out": None, "v_out": None,
        "fp8_dtype": torch.float8_e4m3fn, "enable_pdl": False,
    }  # fmt: skip
    assert list(parameters)[:3] == ["k_nope", "k_pe", "v"]


@pytest.mark.parametrize("fp8_dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_pack_equals_concatenate_scale_cast(dtype, fp8_dtype):
    call = pack_call(dtype, k_scale_inv=1.5, v_scale_inv=0.75, fp8_dtype=fp8_dtype)
    k, v = mla_kv_pack_quantize_fp8(**call)
    k_pe = call["k_pe"][:, None].expand(7, 4, 64)
    expected = torch.cat([call["k_nope"], k_pe], dim=-1).float() * 1.5
    assert equal_bits(k, expected.to(fp8_dtype))
    assert equal_bits(v, (call["v"].float() * 0.75).to(fp8_dtype))


def test_pack_takes_k_pe_of_two_or_three_dimensions():
    call = pack_call()
    flat = mla_kv_pack_quantize_fp8(**call)
    deep = mla_kv_pack_quantize_fp8(**call | {"k_pe": call["k_pe"][:, None]})
    assert all(map(equal_bits, flat, deep))


def test_pack_honours_strides_of_one_projection():
    call = pack_call()
    projected = random_tensor(7, 4, 256, dtype=torch.bfloat16)
    projected[..., :128], projected[..., 128:] = call["k_nope"], call["v"]
    strided = call | {"k_nope": projected[..., :128], "v": projected[..., 128:]}
    results = mla_kv_pack_quantize_fp8(**strided), mla_kv_pack_quantize_fp8(**call)
    assert all(map(equal_bits, *results))


def test_pack_returns_the_given_buffers():
    k_out = torch.empty((7, 4, 192), dtype=torch.float8_e4m3fn)
    v_out = torch.empty((7, 4, 128), dtype=torch.float8_e4m3fn)
    k, v = mla_kv_pack_quantize_fp8(**pack_call(), k_out=k_out, v_out=v_out)
    assert k is k_out and v is v_out
    fresh = mla_kv_pack_quantize_fp8(**pack_call())
    assert equal_bits(k, fresh[0]) and equal_bits(v, fresh[1])


def test_pack_of_no_token_is_legal():
    call = {name: tensor[:0] for name, tensor in pack_call().items()}
    k, v = mla_kv_pack_quantize_fp8(**call)
    assert k.shape == (0, 4, 192) and v.shape == (0, 4, 128)


@pytest.mark.parametrize("lse_base", ["e", "2"])
def test_merge_agrees_with_float64(lse_base):
    call = merge_call(torch.float32, lse_base=lse_base)
    out, lse = merge_states(**call)
    exp, log = (torch.exp, torch.log) if lse_base == "e" else (torch.exp2, torch.log2)
    lses = torch.stack(call["lses"]).double()
    expected_lse = log(exp(lses).sum(0))
    weights = exp(lses - expected_lse)[..., None]
    torch.testing.assert_close(lse.double(), expected_lse, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(
        out.double(), (weights * torch.stack(call["outs"])).sum(0), atol=1e-6, rtol=1e-6
    )


def test_merge_of_a_neutral_partial_changes_nothing():
    call = merge_call()
    call["outs"][1].fill_(torch.nan)
    call["lses"][1].fill_(-torch.inf)
    out, lse = merge_states(**call)
    assert equal_bits(out, call["outs"][0]) and equal_bits(lse, call["lses"][0])


def test_merge_takes_decode_shapes_and_given_results():
    call = merge_call()
    deep = {
        "outs": [out.view(5, 2, 2, 128) for out in call["outs"]],
        "lses": [lse.view(5, 2, 2) for lse in call["lses"]],
    }
    out = torch.empty((5, 2, 2, 128), dtype=torch.bfloat16)
    lse = torch.empty((5, 2, 2))
    given_out, given_lse = merge_states(**deep, out=out, lse=lse)
    assert given_out is out and given_lse is lse
    flat_out, flat_lse = merge_states(**call)
    assert equal_bits(out.view(5, 4, 128), flat_out) and equal_bits(lse.view(5, 4), flat_lse)


def test_merge_makes_out_in_the_wanted_dtype():
    out, _ = merge_states(**merge_call(torch.float32), out_dtype=torch.bfloat16)
    assert out.dtype == torch.bfloat16
