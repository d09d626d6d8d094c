# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Numbers of NumPy and tensors of one element as arguments; what calls do to their tensors."""

import numpy as np
import pytest
import torch

from calls import FUNCTIONS, decode_call, equal_bits, merge_call, pack_call, prefill_call
from tokenspeed_mla import merge_states, mla_kv_pack_quantize_fp8, tokenspeed_mla_decode

INTEGERS = [np.int32, np.int64, np.uint8, torch.tensor]
NUMBERS = [np.float32, np.float64, torch.tensor, lambda value: torch.tensor([value])]
BOOLS = [np.bool_, torch.tensor, int]


def same_results(name, **changes):
    function, make_call = FUNCTIONS[name]
    results, expected = function(**make_call() | changes), function(**make_call())
    pairs = (
        zip(results, expected, strict=True) if name in ("pack", "merge") else [(results, expected)]
    )
    return all(equal_bits(result, other) for result, other in pairs)


@pytest.mark.parametrize("integer", INTEGERS)
def test_integers(integer):
    assert same_results(
        "decode",
        max_seq_len=integer(48),
        kv_lora_rank=torch.tensor(512),
        qk_rope_head_dim=integer(64),
        cp_world=integer(1),
    )
    assert same_results("prefill", max_seq_len=integer(9), batch_size=integer(3))


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers(number):
    assert same_results("decode", softmax_scale=number(0.07216882), output_scale=number(1.0))
    assert same_results("prefill", softmax_scale=number(0.07216882))
    assert same_results("pack", k_scale_inv=number(1.0), v_scale_inv=number(1))


@pytest.mark.parametrize("flag", BOOLS)
def test_bools(flag):
    assert same_results("decode", causal_mask=flag(True), is_var_seq=flag(False))
    assert same_results("prefill", is_causal=flag(False)) is False
    assert same_results("pack", enable_pdl=flag(True))
    assert same_results("merge", enable_pdl=flag(True))


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        ("decode", {"max_seq_len": 48.0}, "max_seq_len must be an integer, got float 48.0"),
        ("decode", {"cp_rank": None}, "cp_rank must be an integer, got NoneType None"),
        ("decode", {"softmax_scale": "0.1"}, "softmax_scale must be a number, got str '0.1'"),
        ("decode", {"causal_mask": "no"}, "causal_mask must be a bool, got str 'no'"),
        ("decode", {"lse_base": 2}, "lse_base must be a string, got int 2"),
        ("prefill", {"batch_size": torch.ones(2, dtype=torch.int32)}, "of shape \\[2\\]"),
        ("prefill", {"is_causal": np.array([True, True])}, "is_causal must be a bool, got ndarray"),
        ("pack", {"k_scale_inv": torch.ones(4)}, "k_scale_inv must be a number, got Tensor"),
        ("merge", {"outs": [None, None]}, "each of outs must be a tensor, got NoneType"),
        ("merge", {"out": 3}, "out must be a tensor, got int"),
    ],
)
def test_other_values_are_refused(name, changes, text):
    function, make_call = FUNCTIONS[name]
    with pytest.raises(TypeError, match=text):
        function(**make_call() | changes)


def test_lengths_with_gaps():
    call = decode_call()
    gaps = torch.stack([call["seq_lens"], torch.full((3,), -7, dtype=torch.int32)], dim=1)[:, 0]
    assert gaps.stride() == (2,)
    assert same_results("decode", seq_lens=gaps)


def leading_dimensions(*shape):
    """merge_call with its five rows spread over the dimensions of `shape`, one row left over."""
    call = merge_call()
    return {
        "outs": [torch.cat([t, t[:1]]).view(*shape, 4, 128) for t in call["outs"]],
        "lses": [torch.cat([t, t[:1]]).view(*shape, 4) for t in call["lses"]],
    }


@pytest.mark.parametrize("shape", [(2, 3), (6, 1), (1, 6), (1, 2, 3)])
def test_merge_over_leading_dimensions(shape):
    call, rows = leading_dimensions(*shape), leading_dimensions(6)
    for result, expected in zip(merge_states(**call), merge_states(**rows), strict=True):
        assert result.shape[: len(shape)] == shape
        assert equal_bits(result.reshape(expected.shape), expected)


def test_merge_of_transposed_leading_dimensions():
    call = leading_dimensions(2, 3)
    expected, _ = merge_states(**call)
    outs = [t.transpose(0, 1).contiguous().transpose(0, 1) for t in call["outs"]]
    assert outs[0].stride(0) < outs[0].stride(1)
    assert equal_bits(merge_states(outs, call["lses"])[0], expected)
    with pytest.raises(ValueError, match="out must have leading dimensions that one stride can"):
        merge_states(**call, out=torch.empty_like(outs[0]))


def test_merge_refuses_leading_dimensions_that_differ():
    call, rows = leading_dimensions(2, 3), leading_dimensions(6)
    with pytest.raises(ValueError, match=r"each of lses must have shape \[2, 3, 4\]"):
        merge_states(call["outs"], rows["lses"])
    with pytest.raises(ValueError, match=r"out must have shape \[2, 3, 4, 128\]"):
        merge_states(**call, out=torch.empty_like(rows["outs"][0]))


@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_given_results_count_as_changed(mode):
    out = torch.zeros(3, 2, 4, 512, dtype=torch.bfloat16)
    k_out = torch.zeros(7, 4, 192, dtype=torch.float8_e4m3fn)
    with mode():
        tokenspeed_mla_decode(**decode_call(), out=out)
        _, v_out = mla_kv_pack_quantize_fp8(**pack_call(), k_out=k_out)
    assert out._version > 0 and k_out._version > 0
    assert v_out.is_inference() == (mode is torch.inference_mode)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_contiguous_whatever_the_inputs(name):
    function, make_call = FUNCTIONS[name]
    call = make_call()
    turned = {
        key: value.transpose(0, 1).contiguous().transpose(0, 1)
        for key, value in call.items()
        if key in ("query", "key", "value", "k_nope", "v")
    }
    if name == "merge":
        turned["outs"] = [t.transpose(0, 1).contiguous().transpose(0, 1) for t in call["outs"]]
    results, expected = function(**call | turned), function(**call)
    for result, other in zip(results, expected, strict=True):
        assert equal_bits(result, other)
    results = results if isinstance(results, tuple) else (results,)
    assert all(result.is_contiguous() for result in results)


def test_a_prefill_that_needs_grad_is_refused_before_it_runs():
    out = torch.zeros(14, 4, 128, dtype=torch.bfloat16)
    call = prefill_call(out=out)
    call["value"].requires_grad_()
    function, _ = FUNCTIONS["prefill"]
    with pytest.raises(RuntimeError, match="there is no backward pass"):
        function(**call)
    assert not out.any()
