# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Random problems with one thing wrong raise, and write nothing, or agree with float64."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenspeed_mla
from drawn_cases import cases
from tokenspeed_mla.testing import decode, prefill, reference
from tokenspeed_mla.testing.compare import compare
from tokenspeed_mla.testing.layout import Guarded
from tokenspeed_mla.testing.table import Case, make_case
from tokenspeed_mla.testing.target import Target
from tokenspeed_mla.testing.tolerance import expected_lse, expected_out

CPU = Target.named("cpu")
FP8 = ["float8_e4m3fn", "float8_e5m2"]
REFUSALS = (ValueError, TypeError, NotImplementedError, RuntimeError)


def set_to(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    """A mutation that gives an argument another value."""
    return lambda call: call.update({name: value})


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    """A mutation that changes an argument."""
    return lambda call: call.update({name: change(call[name])})


def at(index: tuple[int, ...], value: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A change of one element."""
    return lambda tensor: tensor.clone().index_put_(
        tuple(torch.tensor(i) for i in index), torch.tensor(value, dtype=tensor.dtype)
    )


SHAPE_CHANGES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "one row less": lambda x: x[:-1],
    "one dimension more": lambda x: x[None],
    "last dimension cut": lambda x: x[..., :-1],
    "last dimension strided": lambda x: torch.stack([x, x], -1)[..., 0],
    "first dimension twice": lambda x: torch.cat([x, x]),
    "moved to float32": lambda x: x.float(),
    "moved to int64": lambda x: x.float().nan_to_num(0, 0, 0).long(),
    "off its alignment": lambda x: torch.cat([x.flatten()[:1], x.flatten()])[1:].view(x.shape),
    "on another device": lambda x: x.to("meta"),
}


def shape_mutations(names: list[str]) -> dict[str, Callable[[dict[str, Any]], None]]:
    """Every change of shape, dtype, strides and device of every named tensor."""
    return {
        f"{name}: {what}": changed(name, change)
        for name in names
        for what, change in SHAPE_CHANGES.items()
    }


DECODE_MUTATIONS = {
    **shape_mutations(["query", "kv_cache", "block_tables", "seq_lens", "workspace_buffer"]),
    "no workspace": changed("workspace_buffer", lambda x: x[:0]),
    "a negative length": changed("seq_lens", at((0,), -1)),
    "a length beyond the table": changed("seq_lens", at((0,), 10**6)),
    "a page beyond the cache": changed("block_tables", at((0, 0), 10**6)),
    "a negative page": changed("block_tables", at((0, 0), -5)),
    "max_seq_len too small": set_to("max_seq_len", 1),
    "max_seq_len negative": set_to("max_seq_len", -1),
    "max_seq_len huge": set_to("max_seq_len", 2**31 - 1),
    "softmax_scale NaN": set_to("softmax_scale", math.nan),
    "softmax_scale 0": set_to("softmax_scale", 0.0),
    "softmax_scale negative": set_to("softmax_scale", -0.1),
    "output_scale infinite": set_to("output_scale", math.inf),
    "another rank of the latent": set_to("kv_lora_rank", 256),
    "another rope dimension": set_to("qk_rope_head_dim", 128),
    "no ranks": set_to("cp_world", 0),
    "several ranks without global lengths": set_to("cp_world", 2),
    "a rank outside": set_to("cp_rank", 1),
    "a negative rank": set_to("cp_rank", -1),
    "no query tokens": changed("query", lambda x: x[:, :0]),
    "no heads": changed("query", lambda x: x[:, :, :0]),
    "129 heads": changed("query", lambda x: x[:, :, :1].expand(-1, -1, 129, -1).contiguous()),
    "pages of 48": changed("kv_cache", lambda x: x[:, :48]),
}
SMALL_DECODE = cases(
    "decode",
    dtype=st.sampled_from(["float16", "bfloat16", "float8_e4m3fn"]),
    num_heads=st.integers(1, 8),
    q_len=st.integers(1, 4),
    seq_lens=st.lists(st.integers(1, 150), min_size=1, max_size=3),
    is_causal=st.booleans(),
)


def expect_refusal_or_agreement(
    function: Callable[..., Any],
    call: dict[str, Any],
    outputs: tuple[Guarded, Guarded],
    attention: Callable[[], reference.Attention],
    base: str,
) -> None:
    """Calls; a refusal has to leave the outputs alone, a result has to agree with float64."""
    out, lse = outputs
    before = [x.storage.clone() for x in outputs]
    try:
        function(**call, out=out.tensor, lse=lse.tensor, return_lse=True)
    except REFUSALS as refusal:
        assert len(str(refusal)) > 10
        for guarded, storage in zip(outputs, before, strict=True):
            assert torch.equal(guarded.storage.view(torch.uint8), storage.view(torch.uint8))
    else:
        exact = attention()
        width = call["query"].shape[-1]
        compare("out", out.tensor, expected_out(exact, out.tensor.dtype, width))
        compare("lse", lse.tensor, expected_lse(exact, width, base))


@settings(max_examples=4 * len(DECODE_MUTATIONS))
@given(case=SMALL_DECODE, mutation=st.sampled_from(sorted(DECODE_MUTATIONS)))
def test_broken_decode_raises_or_agrees(case: Case, mutation: str) -> None:
    inputs = decode.make_inputs(case)
    call = decode.arguments(inputs, case, CPU)
    DECODE_MUTATIONS[mutation](call)
    names = ("query", "kv_cache", "block_tables", "seq_lens", "softmax_scale", "output_scale")
    expect_refusal_or_agreement(
        tokenspeed_mla.tokenspeed_mla_decode,
        call,
        decode.make_outputs(inputs, case, CPU),
        lambda: reference.decode(**{n: call[n] for n in names}, causal_mask=call["causal_mask"]),
        base="2",
    )


PREFILL_MUTATIONS = {
    **shape_mutations(["query", "key", "value", "cum_seq_lens", "cum_seq_lens_q"]),
    "sums that do not start at 0": changed("cum_seq_lens", at((0,), 1)),
    "sums that fall": changed("cum_seq_lens", at((1,), -3)),
    "sums beyond the keys": changed("cum_seq_lens", at((-1,), 10**6)),
    "query sums beyond the queries": changed("cum_seq_lens_q", at((-1,), 10**6)),
    "another batch size": set_to("batch_size", 7),
    "a negative batch size": set_to("batch_size", -1),
    "max_seq_len too small": set_to("max_seq_len", 0),
    "max_seq_len_q too small": set_to("max_seq_len_q", 0),
    "softmax_scale NaN": set_to("softmax_scale", math.nan),
    "softmax_scale negative": set_to("softmax_scale", -0.1),
    "heads that do not divide": changed("key", lambda x: x[:, :1].expand(-1, 3, -1).contiguous()),
    "no heads of the query": changed("query", lambda x: x[:, :0]),
    "a narrower query and key": lambda call: call.update(
        query=call["query"][..., :64].contiguous(), key=call["key"][..., :64].contiguous()
    ),
}
SMALL_PREFILL = cases(
    "prefill",
    dtype=st.sampled_from(["float16", "bfloat16", *FP8]),
    q_lens=st.lists(st.integers(1, 40), min_size=2, max_size=2),
    kv_lens=st.lists(st.integers(1, 60), min_size=2, max_size=2),
    is_causal=st.booleans(),
)


@settings(max_examples=4 * len(PREFILL_MUTATIONS))
@given(case=SMALL_PREFILL, mutation=st.sampled_from(sorted(PREFILL_MUTATIONS)))
def test_broken_prefill_raises_or_agrees(case: Case, mutation: str) -> None:
    inputs = prefill.make_inputs(case)
    call = prefill.arguments(inputs, case, CPU, case["is_causal"])
    PREFILL_MUTATIONS[mutation](call)

    def attention() -> reference.Attention:
        q_lens, kv_lens = (
            call[name].diff().tolist() for name in ("cum_seq_lens_q", "cum_seq_lens")
        )
        tensors = (call["query"], call["key"], call["value"])
        return reference.prefill(
            *tensors, q_lens, kv_lens, call["softmax_scale"], call["is_causal"]
        )

    expect_refusal_or_agreement(
        tokenspeed_mla.tokenspeed_mla_prefill,
        call,
        prefill.make_outputs(inputs, case, CPU),
        attention,
        base="e",
    )


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_every_mutation_is_one(dtype: str) -> None:
    """A mutation that changes nothing would prove nothing."""
    case = make_case("decode", "one", 1, {"dtype": dtype, "seq_lens": [70, 3]})
    for name, mutate in DECODE_MUTATIONS.items():
        call = decode.arguments(decode.make_inputs(case), case, CPU)
        before = dict(call)
        mutate(call)
        assert any(call[key] is not before[key] for key in call), name
