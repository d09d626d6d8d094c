# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What callers of decode rely on beyond its numbers."""

import inspect

import pytest
import torch

from calls import attention, decode_call, equal_bits, random_tensor
from tokenspeed_mla import tokenspeed_mla_decode

DTYPES = [torch.bfloat16, torch.float16, torch.float8_e4m3fn]


def test_signature_is_the_one_callers_know():
    parameters = inspect.signature(tokenspeed_mla_decode).parameters
    positional = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == [
        "query", "kv_cache", "workspace_buffer", "kv_lora_rank", "qk_rope_head_dim",
        "block_tables", "seq_lens", "max_seq_len", "softmax_scale", "output_scale", "out",
        "is_var_seq", "causal_mask", "enable_pdl", "return_lse", "causal_seqs", "cp_world",
        "cp_rank",
    ]  # fmt: skip
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    assert defaults == {
        "output_scale": 1.0, "out": None, "is_var_seq": True, "causal_mask": True,
        "enable_pdl": False, "return_lse": False, "causal_seqs": None, "cp_world": 1,
        "cp_rank": 0, "lse": None, "lse_base": "2", "batch_invariant": False,
    }  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_float64(dtype):
    call = decode_call(dtype)
    out = tokenspeed_mla_decode(**call)
    assert out.shape == (3, 2, 4, 512)
    assert out.dtype == (torch.bfloat16 if dtype is torch.float8_e4m3fn else dtype)
    for b, length in enumerate(call["seq_lens"].tolist()):
        keys = call["kv_cache"][call["block_tables"][b].long()].double().flatten(0, 1)[:length]
        for h in range(4):
            query = call["query"][b, :, h].double()
            expected = attention(query, keys, keys[:, :512], call["softmax_scale"], causal=True)
            assert (out[b, :, h].double() - expected).abs().max() < 0.02


@pytest.mark.parametrize("dtype", DTYPES)
def test_four_dimensional_cache_is_the_same_cache(dtype):
    call = decode_call(dtype)
    flat = tokenspeed_mla_decode(**call)
    assert equal_bits(
        tokenspeed_mla_decode(**call | {"kv_cache": call["kv_cache"].unsqueeze(1)}), flat
    )


def test_strided_query_and_pages_are_honoured():
    call = decode_call()
    wide_query = random_tensor(3, 2, 4, 640, dtype=torch.bfloat16, seed=7)
    wide_query[..., :576] = call["query"]
    wide_cache = random_tensor(9, 2, 16, 576, dtype=torch.bfloat16, seed=8)
    wide_cache[:, 1] = call["kv_cache"]
    strided = call | {"query": wide_query[..., :576], "kv_cache": wide_cache[:, 1]}
    assert equal_bits(tokenspeed_mla_decode(**strided), tokenspeed_mla_decode(**call))


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int16, torch.int64, torch.uint32])
def test_seq_lens_of_other_integers_are_converted(dtype):
    call = decode_call()
    converted = call | {"seq_lens": call["seq_lens"].to(dtype)}
    assert equal_bits(tokenspeed_mla_decode(**converted), tokenspeed_mla_decode(**call))


def test_seq_lens_beyond_int32_are_refused_not_wrapped():
    call = decode_call(seq_lens=torch.tensor([21, 2, 2**32 + 8]))
    with pytest.raises(ValueError, match="seq_lens"):
        tokenspeed_mla_decode(**call)


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8])
def test_workspace_of_either_byte_type_and_any_content(dtype):
    call = decode_call()
    expected = tokenspeed_mla_decode(**call)
    for fill in (0, 0x7F):
        workspace = torch.full((1 << 20,), fill, dtype=dtype)
        assert equal_bits(tokenspeed_mla_decode(**call | {"workspace_buffer": workspace}), expected)


def test_out_and_lse_are_the_given_tensors():
    call = decode_call()
    out = torch.full((3, 2, 4, 512), torch.nan, dtype=torch.bfloat16)
    lse = torch.full((3, 2, 4), torch.nan)
    given_out, given_lse = tokenspeed_mla_decode(**call, out=out, lse=lse, return_lse=True)
    assert given_out is out and given_lse is lse
    fresh_out, fresh_lse = tokenspeed_mla_decode(**call, return_lse=True)
    assert equal_bits(out, fresh_out) and equal_bits(lse, fresh_lse)


def test_lse_is_written_when_given_and_returned_when_asked_for():
    call = decode_call()
    lse = torch.full((3, 2, 4), torch.nan)
    out = tokenspeed_mla_decode(**call, lse=lse)
    assert isinstance(out, torch.Tensor)
    assert not lse.isnan().any()


def test_asking_for_lse_changes_no_bit():
    call = decode_call()
    with_lse, _ = tokenspeed_mla_decode(**call, return_lse=True)
    assert equal_bits(with_lse, tokenspeed_mla_decode(**call))


def test_lse_bases_differ_by_a_factor():
    call = decode_call()
    _, base_2 = tokenspeed_mla_decode(**call, return_lse=True)
    _, base_e = tokenspeed_mla_decode(**call, return_lse=True, lse_base="e")
    torch.testing.assert_close(base_2 * torch.log(torch.tensor(2.0)), base_e)


def test_output_scale_scales_out_alone():
    call = decode_call()
    out, lse = tokenspeed_mla_decode(**call, return_lse=True)
    doubled, same_lse = tokenspeed_mla_decode(**call, return_lse=True, output_scale=2.0)
    assert equal_bits(doubled, 2 * out) and equal_bits(same_lse, lse)


@pytest.mark.parametrize("option", ["enable_pdl", "is_var_seq"])
def test_hints_change_no_bit(option):
    call = decode_call()
    results = [tokenspeed_mla_decode(**call, **{option: value}) for value in (True, False)]
    assert equal_bits(*results)


def test_rows_without_keys_are_zero_and_minus_infinity():
    call = decode_call(seq_lens=torch.tensor([21, 0, 48], dtype=torch.int32))
    out, lse = tokenspeed_mla_decode(**call, return_lse=True)
    assert not out[1].any()
    assert (lse[1] == -torch.inf).all()


def test_no_request_is_legal():
    call = decode_call()
    empty = call | {name: call[name][:0] for name in ("query", "block_tables", "seq_lens")}
    out, lse = tokenspeed_mla_decode(**empty, return_lse=True)
    assert out.shape == (0, 2, 4, 512) and lse.shape == (0, 2, 4)


def test_positional_call_with_every_argument():
    call = decode_call()
    out = torch.empty((3, 2, 4, 512), dtype=torch.bfloat16)
    result = tokenspeed_mla_decode(*call.values(), 1.0, out, True, True, False, True, None, 1, 0)
    assert result[0] is out
    assert equal_bits(out, tokenspeed_mla_decode(**call))


def test_inference_mode_and_no_grad():
    call = decode_call()
    expected = tokenspeed_mla_decode(**call)
    with torch.inference_mode():
        assert equal_bits(tokenspeed_mla_decode(**call).clone(), expected)
    with torch.no_grad():
        call["query"].requires_grad_()
        assert equal_bits(tokenspeed_mla_decode(**call), expected)


def test_result_written_under_autograd_is_noticed():
    out = torch.ones((3, 2, 4, 512), dtype=torch.bfloat16)
    weight = torch.ones(512, dtype=torch.bfloat16, requires_grad=True)
    loss = (out * weight).sum()
    tokenspeed_mla_decode(**decode_call(), out=out)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
