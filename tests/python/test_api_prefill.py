# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What callers of prefill rely on beyond its numbers."""

import inspect

import pytest
import torch

from calls import attention, equal_bits, prefill_call, random_tensor
from tokenspeed_mla import tokenspeed_mla_prefill

DTYPES = [torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2]


def test_signature_is_the_one_callers_know():
    parameters = inspect.signature(tokenspeed_mla_prefill).parameters
    positional = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == [
        "query", "key", "value", "seq_lens", "cum_seq_lens", "max_seq_len", "batch_size",
        "softmax_scale", "is_causal", "return_lse", "cum_seq_lens_q", "max_seq_len_q",
        "enable_pdl", "out",
    ]  # fmt: skip
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    assert defaults == {
        "is_causal": True, "return_lse": False, "cum_seq_lens_q": None, "max_seq_len_q": None,
        "enable_pdl": False, "out": None, "lse": None, "lse_base": "e",
    }  # fmt: skip


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_float64(dtype, is_causal):
    call = prefill_call(dtype, is_causal=is_causal)
    out, lse = tokenspeed_mla_prefill(**call, return_lse=True)
    assert out.shape == (14, 4, 128) and out.dtype == torch.bfloat16
    assert lse.shape == (14, 4) and lse.dtype == torch.float32
    for begin, end in ((0, 5), (5, 14)):
        for h in range(4):
            rows = [call[name][begin:end, h] for name in ("query", "key", "value")]
            expected = attention(*rows, call["softmax_scale"], causal=is_causal)
            assert (out[begin:end, h].double() - expected).abs().max() < 0.05


def test_queries_may_be_packed_differently():
    call = prefill_call(
        query=random_tensor(3, 4, 192, dtype=torch.bfloat16),
        cum_seq_lens_q=torch.tensor([0, 1, 1, 3], dtype=torch.int32),
        max_seq_len_q=2,
    )
    out = tokenspeed_mla_prefill(**call)
    assert out.shape == (3, 4, 128)
    rows = call["query"][1:3, 0], call["key"][5:14, 0], call["value"][5:14, 0]
    expected = attention(*rows, call["softmax_scale"], causal=True)
    assert (out[1:3, 0].double() - expected).abs().max() < 0.02


def test_strided_key_and_value_views_of_one_projection():
    call = prefill_call()
    projected = random_tensor(14, 4, 192 + 128, dtype=torch.bfloat16, seed=9)
    projected[..., :192], projected[..., 192:] = call["key"], call["value"]
    strided = call | {"key": projected[..., :192], "value": projected[..., 192:]}
    assert equal_bits(tokenspeed_mla_prefill(**strided), tokenspeed_mla_prefill(**call))


def test_lengths_of_other_integers_are_converted():
    call = prefill_call()
    converted = call | {"cum_seq_lens": call["cum_seq_lens"].long()}
    assert equal_bits(tokenspeed_mla_prefill(**converted), tokenspeed_mla_prefill(**call))


def test_out_and_lse_are_the_given_tensors():
    call = prefill_call()
    out = torch.full((14, 4, 128), torch.nan, dtype=torch.bfloat16)
    lse = torch.full((14, 4), torch.nan)
    given_out, given_lse = tokenspeed_mla_prefill(**call, out=out, lse=lse, return_lse=True)
    assert given_out is out and given_lse is lse
    fresh_out, fresh_lse = tokenspeed_mla_prefill(**call, return_lse=True)
    assert equal_bits(out, fresh_out) and equal_bits(lse, fresh_lse)


def test_float16_inputs_may_have_float16_out():
    call = prefill_call(torch.float16)
    out = torch.empty((14, 4, 128), dtype=torch.float16)
    assert tokenspeed_mla_prefill(**call, out=out) is out
    torch.testing.assert_close(
        out.float(), tokenspeed_mla_prefill(**call).float(), atol=1e-2, rtol=1e-2
    )


def test_lse_is_natural_unless_asked_for_in_base_2():
    call = prefill_call()
    _, base_e = tokenspeed_mla_prefill(**call, return_lse=True)
    _, base_2 = tokenspeed_mla_prefill(**call, return_lse=True, lse_base="2")
    torch.testing.assert_close(base_2 * torch.log(torch.tensor(2.0)), base_e)


def test_no_key_gives_zero_and_minus_infinity():
    no_keys = torch.zeros(4, dtype=torch.int32)
    call = prefill_call()
    call |= {"key": call["key"][:0], "value": call["value"][:0], "cum_seq_lens": no_keys}
    cum_seq_lens_q = torch.tensor([0, 5, 5, 14], dtype=torch.int32)
    out, lse = tokenspeed_mla_prefill(
        **call, cum_seq_lens_q=cum_seq_lens_q, is_causal=False, return_lse=True
    )
    assert not out.any()
    assert (lse == -torch.inf).all()


@pytest.mark.parametrize("end", [14, 9, 5, 0])
def test_rows_past_the_last_request_are_not_touched(end):
    call = prefill_call()
    sums = call["cum_seq_lens"].clamp(max=end)  # as a captured graph's padded requests have it
    whole = tokenspeed_mla_prefill(**call | {"cum_seq_lens": sums}, return_lse=True)
    for name in ("query", "key", "value"):
        call[name][end:] = torch.nan
    out = torch.full((14, 4, 128), 3.0, dtype=torch.bfloat16)
    lse = torch.full((14, 4), 3.0)
    tokenspeed_mla_prefill(**call | {"cum_seq_lens": sums}, out=out, lse=lse)
    assert equal_bits(out[:end], whole[0][:end]) and equal_bits(lse[:end], whole[1][:end])
    assert (out[end:] == 3.0).all() and (lse[end:] == 3.0).all()


def test_no_token_is_legal():
    call = prefill_call(cum_seq_lens=torch.zeros(4, dtype=torch.int32))
    call |= {name: call[name][:0] for name in ("query", "key", "value")}
    out, lse = tokenspeed_mla_prefill(**call, return_lse=True)
    assert out.shape == (0, 4, 128) and lse.shape == (0, 4)
