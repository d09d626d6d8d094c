# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Calls that must be refused: with the right exception, a text that helps, and nothing written.

Each row changes one thing in a good call of calls.py and names what the error must be and say.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch

from calls import FUNCTIONS
from tokenspeed_mla import DecodeProblem, decode_workspace_size, get_num_sm


class BadCall(NamedTuple):
    name: str
    function: str
    changes: dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]
    error: type[Exception]
    text: str


def empty(*shape: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype)


def int32(*values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int32)


def misaligned(tensor: torch.Tensor) -> torch.Tensor:
    """The same values, one element past a 16-byte boundary."""
    storage = torch.empty(tensor.numel() + 8, dtype=tensor.dtype)
    shifted = storage[1 : 1 + tensor.numel()].view(tensor.shape)
    return shifted.copy_(tensor)


def every_other(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of the same shape whose last stride is 2."""
    return tensor.repeat_interleave(2, dim=-1)[..., ::2]


E4M3 = torch.float8_e4m3fn

DECODE_CALLS = [
    BadCall("query no tensor", "decode", {"query": [1.0]}, TypeError, "query must be a tensor, got list"),
    BadCall("query rank", "decode", {"query": empty(3, 4, 576)}, ValueError, "query must have 4 dimensions, got shape [3, 4, 576]"),
    BadCall("query width", "decode", {"query": empty(3, 2, 4, 512)}, ValueError, "got [3, 2, 4, 512]"),
    BadCall("query float32", "decode", {"query": empty(3, 2, 4, 576, dtype=torch.float32)}, TypeError, "query must be float16, bfloat16 or float8_e4m3fn, got float32"),
    BadCall("query float64", "decode", {"query": empty(3, 2, 4, 576, dtype=torch.float64)}, TypeError, "query must have a dtype that this library knows, got float64"),
    BadCall("query e5m2", "decode", {"query": empty(3, 2, 4, 576, dtype=torch.float8_e5m2)}, TypeError, "got float8_e5m2"),
    BadCall("no query token", "decode", {"query": empty(3, 0, 4, 576)}, ValueError, "q_len must be at least 1, got 0"),
    BadCall("no head", "decode", {"query": empty(3, 2, 0, 576)}, ValueError, "num_heads must be 1 to 128, got 0"),
    BadCall("129 heads", "decode", {"query": empty(3, 2, 129, 576)}, ValueError, "num_heads must be 1 to 128, got 129"),
    BadCall("query last stride", "decode", lambda c: {"query": every_other(c["query"])}, ValueError, "query must have a last stride of 1, got 2"),
    BadCall("query misaligned", "decode", lambda c: {"query": misaligned(c["query"])}, ValueError, "query must start at a multiple of 16 bytes"),
    BadCall("query requires grad", "decode", lambda c: {"query": c["query"].clone().requires_grad_()}, RuntimeError, "there is no backward pass"),
    BadCall("cache no tensor", "decode", {"kv_cache": None}, TypeError, "kv_cache must be a tensor, got NoneType"),
    BadCall("cache rank", "decode", {"kv_cache": empty(9, 576)}, ValueError, "kv_cache must have 3 or 4 dimensions, got 2"),
    BadCall("cache rank 5", "decode", {"kv_cache": empty(1, 9, 1, 16, 576)}, ValueError, "kv_cache must have at most 4 dimensions, got 5"),
    BadCall("cache dtype", "decode", {"kv_cache": empty(9, 16, 576, dtype=E4M3)}, TypeError, "kv_cache must be bfloat16 as query is, got float8_e4m3fn"),
    BadCall("cache with two KV heads", "decode", {"kv_cache": empty(9, 2, 16, 576)}, ValueError, "[pages, 1, page_size, 576]"),
    BadCall("page size", "decode", {"kv_cache": empty(9, 48, 576)}, ValueError, "page_size must divide 128, got 48"),
    BadCall("page size 256", "decode", {"kv_cache": empty(9, 256, 576)}, ValueError, "page_size must divide 128, got 256"),
    BadCall("latent width", "decode", {"kv_lora_rank": 256}, ValueError, "kv_lora_rank must be 512, got 256"),
    BadCall("negative latent width", "decode", {"kv_lora_rank": -1}, ValueError, "kv_lora_rank must be 512, got -1"),
    BadCall("rope width", "decode", {"qk_rope_head_dim": 32}, ValueError, "qk_rope_head_dim must be 64, got 32"),
    BadCall("rope width beyond int32", "decode", {"qk_rope_head_dim": 2**32 + 64}, ValueError, "qk_rope_head_dim must fit 32 bits"),
    BadCall("rope width no number", "decode", {"qk_rope_head_dim": "64"}, TypeError, "qk_rope_head_dim must be an integer, got str '64'"),
    BadCall("table dtype", "decode", lambda c: {"block_tables": c["block_tables"].long()}, TypeError, "block_tables must be int32, got int64"),
    BadCall("table rank", "decode", {"block_tables": int32(7, 0, 8)}, ValueError, "block_tables must have 2 dimensions, got 1"),
    BadCall("table rows", "decode", {"block_tables": int32([7, 2, 5])}, ValueError, "block_tables must be [batch, max_pages]"),
    BadCall("table too narrow", "decode", {"block_tables": int32([7], [0], [8])}, ValueError, "seq_lens[0] must be between 0 and 16, got 21"),
    BadCall("page beyond the cache", "decode", {"block_tables": int32([7, 9, 5], [0, 6, 6], [8, 1, 3])}, ValueError, "block_tables[0, 1] must name one of the 9 pages of kv_cache, got 9"),
    BadCall("negative page", "decode", {"block_tables": int32([7, 2, 5], [0, 6, 6], [8, -1, 3])}, ValueError, "block_tables[2, 1]"),
    BadCall("lengths float", "decode", {"seq_lens": torch.ones(3)}, TypeError, "seq_lens must be int32, got float32"),
    BadCall("lengths bool", "decode", {"seq_lens": torch.ones(3, dtype=torch.bool)}, TypeError, "seq_lens must have a dtype"),
    BadCall("lengths list", "decode", {"seq_lens": [21, 2, 48]}, TypeError, "seq_lens must be a tensor, got list"),
    BadCall("lengths count", "decode", {"seq_lens": int32(21, 2)}, ValueError, "seq_lens must be [batch] = [3], got [2]"),
    BadCall("negative length", "decode", {"seq_lens": int32(21, -2, 48)}, ValueError, "seq_lens[1] must be between 0 and 48, got -2"),
    BadCall("length beyond int32", "decode", {"seq_lens": torch.tensor([21, 2, 2**32 + 8])}, ValueError, "seq_lens[2] must be between 0 and 48, got 2147483647"),
    BadCall("negative bound", "decode", {"max_seq_len": -1}, ValueError, "max_seq_len must be at least 0, got -1"),
    BadCall("workspace dtype", "decode", {"workspace_buffer": empty(1 << 18, dtype=torch.float32)}, TypeError, "workspace_buffer must be int8 or uint8, got float32"),
    BadCall("workspace rank", "decode", {"workspace_buffer": empty(4, 1 << 18, dtype=torch.int8)}, ValueError, "workspace_buffer must have 1 dimension, got 2"),
    BadCall("workspace missing", "decode", {"workspace_buffer": None}, TypeError, "workspace_buffer must be a tensor, got NoneType"),
    BadCall("scale not finite", "decode", {"softmax_scale": float("nan")}, ValueError, "softmax_scale must be finite"),
    BadCall("scale beyond float32", "decode", {"softmax_scale": 1e300}, ValueError, "softmax_scale must be finite"),
    BadCall("output scale not finite", "decode", {"output_scale": float("inf")}, ValueError, "output_scale must be finite"),
    BadCall("out shape", "decode", {"out": empty(3, 2, 4, 576)}, ValueError, "out must be [batch, q_len, num_heads, 512] = [3, 2, 4, 512], got [3, 2, 4, 576]"),
    BadCall("out dtype", "decode", {"out": empty(3, 2, 4, 512, dtype=torch.float32)}, TypeError, "out must be bfloat16, got float32"),
    BadCall("cache device", "decode", {"kv_cache": empty(9, 16, 576).to("meta")}, ValueError, "kv_cache must be on cpu as query is, got meta"),
    BadCall("workspace device", "decode", {"workspace_buffer": torch.empty(64, dtype=torch.int8, device="meta")}, ValueError, "workspace_buffer must be on cpu"),
    BadCall("out shares memory with query", "decode", lambda c: {"out": c["query"][..., :512]}, ValueError, "out must not overlap query"),
    BadCall("lse shape", "decode", {"lse": torch.empty(3, 4, 2)}, ValueError, "lse must be [batch, q_len, num_heads] = [3, 2, 4], got [3, 4, 2]"),
    BadCall("lse dtype", "decode", {"lse": empty(3, 2, 4)}, TypeError, "lse must be float32, got bfloat16"),
    BadCall("lse not contiguous", "decode", {"lse": torch.empty(3, 4, 4)[:, ::2]}, ValueError, "lse must be contiguous"),
    BadCall("lse base", "decode", {"lse_base": "10"}, ValueError, 'lse_base must be "2" or "e", got "10"'),
    BadCall("no rank", "decode", {"cp_world": 0}, ValueError, "cp_world must be at least 1, got 0"),
    BadCall("rank outside the world", "decode", {"cp_world": 2, "cp_rank": 2, "causal_seqs": int32(42, 4, 96)}, ValueError, "cp_rank must be between 0 and 1, got 2"),
    BadCall("global lengths missing", "decode", {"cp_world": 2}, ValueError, "causal_seqs must be given when cp_world is above 1, got 2"),
    BadCall("more keys than a rank holds", "decode", {"cp_world": 2, "causal_seqs": int32(21, 4, 96)}, ValueError, "seq_lens[0] must not exceed the 11 keys"),
]  # fmt: skip

PREFILL_CALLS = [
    BadCall("query no tensor", "prefill", {"query": None}, TypeError, "query must be a tensor, got NoneType"),
    BadCall("query rank", "prefill", {"query": empty(1, 14, 4, 192)}, ValueError, "query must have 3 dimensions"),
    BadCall("query dtype", "prefill", {"query": empty(14, 4, 192, dtype=torch.float32)}, TypeError, "got float32"),
    BadCall("key dtype", "prefill", {"key": empty(14, 4, 192, dtype=E4M3)}, TypeError, "key must be bfloat16 as query is, got float8_e4m3fn"),
    BadCall("value rank", "prefill", {"value": empty(14, 512)}, ValueError, "value must have 3 dimensions"),
    BadCall("value last stride", "prefill", lambda c: {"value": every_other(c["value"])}, ValueError, "value must have a last stride of 1, got 2"),
    BadCall("heads not a multiple", "prefill", {"key": empty(14, 3, 192), "value": empty(14, 3, 128)}, ValueError, "multiple"),
    BadCall("head widths", "prefill", {"query": empty(14, 4, 256), "key": empty(14, 4, 256)}, ValueError, "(192, 128) or (128, 128), got (256, 128)"),
    BadCall("batch", "prefill", {"batch_size": 4}, ValueError, "= [5], got [4]"),
    BadCall("negative batch", "prefill", {"batch_size": -1}, ValueError, "batch must be at least 0, got -1"),
    BadCall("sums dtype", "prefill", {"cum_seq_lens": torch.zeros(4)}, TypeError, "must be int32, got float32"),
    BadCall("sums not from 0", "prefill", {"cum_seq_lens": int32(1, 5, 5, 14)}, ValueError, "[0] must be 0, got 1"),
    BadCall("sums descend", "prefill", {"cum_seq_lens": int32(0, 5, 4, 14)}, ValueError, "[2] must be at least"),
    BadCall("sums end late", "prefill", {"cum_seq_lens": int32(0, 5, 5, 15)}, ValueError, "must not exceed the number of query tokens, 14, got 15"),
    BadCall("key sums end late", "prefill", lambda c: {"cum_seq_lens": int32(0, 5, 5, 15), "cum_seq_lens_q": c["cum_seq_lens"]}, ValueError, "must not exceed the number of key tokens, 14, got 15"),
    BadCall("out shape", "prefill", {"out": empty(14, 4, 192)}, ValueError, "out must be [sum q, h_q, d_v] = [14, 4, 128], got [14, 4, 192]"),
    BadCall("out dtype", "prefill", {"out": empty(14, 4, 128, dtype=torch.float32)}, TypeError, "got float32"),
    BadCall("out device", "prefill", {"out": empty(14, 4, 128).to("meta")}, ValueError, "out must be on cpu"),
    BadCall("out shares memory with value", "prefill", lambda c: {"out": c["value"]}, ValueError, "out must not overlap value"),
    BadCall("out requires grad", "prefill", lambda c: {"out": empty(14, 4, 128).requires_grad_()}, RuntimeError, "there is no backward pass"),
    BadCall("key device", "prefill", {"key": empty(14, 4, 192).to("meta")}, ValueError, "key must be on cpu as query is, got meta"),
    BadCall("lse shape", "prefill", {"lse": torch.empty(14)}, ValueError, "lse must have 2 dimensions, got 1"),
    BadCall("scale", "prefill", {"softmax_scale": 0.0}, ValueError, "softmax_scale must be finite and above 0, got 0"),
    BadCall("lse base", "prefill", {"lse_base": "natural"}, ValueError, "lse_base"),
]  # fmt: skip

PACK_CALLS = [
    BadCall("k_nope dtype", "pack", {"k_nope": empty(7, 4, 128, dtype=torch.float32)}, TypeError, "k_nope must be bfloat16 or float16, got float32"),
    BadCall("k_nope rank", "pack", {"k_nope": empty(7, 512)}, ValueError, "k_nope must have 3 dimensions"),
    BadCall("k_pe tokens", "pack", {"k_pe": empty(6, 64)}, ValueError, "k_pe must be [tokens, rope] = [7, 64], got [6, 64]"),
    BadCall("k_pe heads", "pack", {"k_pe": empty(7, 4, 64)}, ValueError, "[tokens, 1, rope]"),
    BadCall("v heads", "pack", {"v": empty(7, 2, 128)}, ValueError, "v must be [tokens, heads, d_v]"),
    BadCall("v dtype", "pack", {"v": empty(7, 4, 128, dtype=torch.float16)}, TypeError, "v must be bfloat16 as k_nope is"),
    BadCall("v last stride", "pack", lambda c: {"v": every_other(c["v"])}, ValueError, "v must have a last stride of 1"),
    BadCall("FP8 dtype no dtype", "pack", {"fp8_dtype": "e4m3"}, TypeError, "kv_pack: fp8_dtype must be a torch.dtype, got str 'e4m3'"),
    BadCall("no FP8 dtype", "pack", {"fp8_dtype": torch.float16}, TypeError, "k_out must be float8_e4m3fn or float8_e5m2, got float16"),
    BadCall("k_out dtype", "pack", {"k_out": empty(7, 4, 192, dtype=torch.float8_e5m2)}, TypeError, "k_out must have dtype torch.float8_e4m3fn"),
    BadCall("k_out shape", "pack", {"k_out": empty(7, 4, 128, dtype=E4M3)}, ValueError, "k_out must be [tokens, heads, nope + rope] = [7, 4, 192]"),
    BadCall("scale not finite", "pack", {"k_scale_inv": float("inf")}, ValueError, "k_scale_inv must be finite"),
    BadCall("scale no number", "pack", {"v_scale_inv": None}, TypeError, "v_scale_inv must be a number, got NoneType"),
]  # fmt: skip

MERGE_CALLS = [
    BadCall("out dtype no dtype", "merge", {"out_dtype": "bf16"}, TypeError, "merge_states: out_dtype must be a torch.dtype, got str 'bf16'"),
    BadCall("nothing", "merge", {"outs": [], "lses": []}, ValueError, "at least one tensor, got none"),
    BadCall("lse missing", "merge", lambda c: {"lses": c["lses"][:1]}, ValueError, "there must be 2 lses, got 1"),
    BadCall("shapes differ", "merge", lambda c: {"outs": [c["outs"][0], empty(5, 4, 64)]}, ValueError, "each of outs must have shape [5, 4, 128], got [5, 4, 64]"),
    BadCall("dtypes differ", "merge", lambda c: {"outs": [c["outs"][0], c["outs"][1].half()]}, TypeError, "must be bfloat16 as partials[0].out is, got float16"),
    BadCall("lse dtype", "merge", lambda c: {"lses": [lse.bfloat16() for lse in c["lses"]]}, TypeError, "must be float32, got bfloat16"),
    BadCall("width", "merge", {"outs": [empty(5, 4, 12)] * 2}, ValueError, "d must be a multiple of 8, got 12"),
    BadCall("too few dimensions", "merge", {"outs": [empty(4, 128)] * 2, "lses": [torch.empty(4)] * 2}, ValueError, "3 dimensions at least"),
    BadCall("out shape", "merge", {"out": empty(4, 5, 128)}, ValueError, "out must have shape [5, 4, 128], got [4, 5, 128]"),
    BadCall("out dtype", "merge", {"out": empty(5, 4, 128, dtype=E4M3)}, TypeError, "out must be float32, bfloat16 or float16, got float8_e4m3fn"),
    BadCall("out against out_dtype", "merge", {"out": empty(5, 4, 128), "out_dtype": torch.float32}, TypeError, "out must have dtype torch.float32, got torch.bfloat16"),
    BadCall("out is a partial", "merge", lambda c: {"out": c["outs"][1]}, ValueError, "out must not overlap partials[1].out"),
    BadCall("lse base", "merge", {"lse_base": ""}, ValueError, "lse_base"),
]  # fmt: skip

BAD_CALLS = DECODE_CALLS + PREFILL_CALLS + PACK_CALLS + MERGE_CALLS


def poisoned_results(function: str) -> dict[str, torch.Tensor]:
    """Results that a good call would fill, holding values that none would write."""
    if function == "decode":
        shapes = {"out": (empty(3, 2, 4, 512), 123.0), "lse": (torch.empty(3, 2, 4), 123.0)}
    elif function == "prefill":
        shapes = {"out": (empty(14, 4, 128), 123.0), "lse": (torch.empty(14, 4), 123.0)}
    elif function == "pack":
        shapes = {
            "k_out": (empty(7, 4, 192, dtype=E4M3), 112.0),
            "v_out": (empty(7, 4, 128, dtype=E4M3), 112.0),
        }
    else:
        shapes = {"out": (empty(5, 4, 128), 123.0), "lse": (torch.empty(5, 4), 123.0)}
    return {name: tensor.fill_(value) for name, (tensor, value) in shapes.items()}


def changed(bad: BadCall) -> dict[str, Any]:
    _, make_call = FUNCTIONS[bad.function]
    call = make_call()
    changes = bad.changes(call) if callable(bad.changes) else bad.changes
    return call | changes


@pytest.mark.parametrize("bad", BAD_CALLS, ids=lambda bad: f"{bad.function}: {bad.name}")
def test_bad_call_is_refused(bad):
    function, _ = FUNCTIONS[bad.function]
    with pytest.raises(bad.error, match=re.escape(bad.text)) as raised:
        function(**changed(bad))
    assert type(raised.value) is bad.error


@pytest.mark.parametrize("bad", BAD_CALLS, ids=lambda bad: f"{bad.function}: {bad.name}")
def test_bad_call_writes_nothing(bad):
    function, _ = FUNCTIONS[bad.function]
    call = changed(bad)
    results = poisoned_results(bad.function)
    with pytest.raises(bad.error):
        function(**results | call)
    for name, result in results.items():
        if name not in call:
            assert (result.float() == (112.0 if bad.function == "pack" else 123.0)).all()


@pytest.mark.skipif(get_num_sm("cpu") == 1, reason="one worker needs no workspace")
def test_a_workspace_too_small_says_how_much_is_needed():
    function, make_call = FUNCTIONS["decode"]
    call = make_call(
        query=empty(1, 1, 4, 576),
        block_tables=torch.zeros(1, 1 << 16, dtype=torch.int32),
        seq_lens=int32(1 << 20),  # long enough for any plan to split
        max_seq_len=1 << 20,
    )
    problem = DecodeProblem(num_heads=4, page_size=16, max_seq_len=1 << 20)
    needed = decode_workspace_size(problem, "cpu")
    assert needed > 0
    for size in (0, needed - 1):
        call["workspace_buffer"] = empty(size, dtype=torch.int8)
        with pytest.raises(
            ValueError, match=f"workspace_buffer must hold {needed} bytes, got {size}"
        ):
            function(**call)


def test_the_table_is_long_enough():
    assert len(BAD_CALLS) >= 40
