# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Random inputs of a shape, as the keyword arguments of the public function, outputs allocated."""

from __future__ import annotations

import itertools
from typing import Any

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.kv_pool import KvPool, pages_of
from tokenspeed_mla.bench.random_data import random
from tokenspeed_mla.bench.shapes import DecodeShape, MergeShape, PackShape, PrefillShape, Shape
from tokenspeed_mla.bench.timing import Call
from tokenspeed_mla.dims import D_CACHE, D_QK, D_V, KV_LORA_RANK, NOPE_DIM, ROPE_DIM

Inputs = dict[str, Any]


def decode_inputs(
    shape: DecodeShape,
    device: torch.device,
    generator: torch.Generator,
    seq_lens: tuple[int, ...] | None = None,
    softmax_scale: float = D_QK**-0.5,
) -> Inputs:
    """Keyword arguments of `tokenspeed_mla_decode`; pages are shuffled as in a used cache.

    seq_lens: one length per request; by default those of the shape.
    """
    [inputs] = decode_rotations(shape, 1, device, generator)
    if seq_lens is not None:
        inputs["seq_lens"] = torch.tensor(seq_lens, dtype=torch.int32, device=device)
    return inputs | {"softmax_scale": softmax_scale}


def decode_rotations(
    shape: DecodeShape,
    count: int,
    device: torch.device,
    generator: torch.Generator,
    pool: KvPool | None = None,
) -> list[Inputs]:
    """Inputs of `count` calls with queries, outputs and pages of their own.

    They share the workspace, as the layers of a model do, and the cache they take their pages from.
    pool: that cache; by default a new one of just as many pages as they take.
    """
    num_pages = count * pages_of(shape)
    pool = pool or KvPool(num_pages, shape.page_size, shape.dtype, device, generator)
    rows = (shape.batch, shape.q_len, shape.num_heads)
    queries = random((count, *rows, D_CACHE), shape.dtype, device, generator)
    out_dtype = torch.bfloat16 if shape.dtype.itemsize == 1 else shape.dtype
    outs = torch.empty((count, *rows, KV_LORA_RANK), dtype=out_dtype, device=device)
    workspace_bytes = workspace_bytes_as_callers_allocate(shape.num_heads, shape.q_len, device)
    shared = {
        "kv_cache": pool.kv_cache,
        "workspace_buffer": torch.empty(workspace_bytes, dtype=torch.int8, device=device),
        "kv_lora_rank": KV_LORA_RANK,
        "qk_rope_head_dim": ROPE_DIM,
        "seq_lens": torch.tensor(shape.lens, dtype=torch.int32, device=device),
        "max_seq_len": shape.kv_len,
        "softmax_scale": D_QK**-0.5,
        "causal_mask": shape.is_causal,
    }
    return [
        {**shared, "query": query, "out": out, "block_tables": pool.block_tables(shape)}
        for query, out in zip(queries, outs, strict=True)
    ]


def prefill_inputs(
    shape: PrefillShape,
    device: torch.device,
    generator: torch.Generator,
    softmax_scale: float | None = None,
    out_dtype: torch.dtype = torch.bfloat16,
) -> Inputs:
    """Keyword arguments of `tokenspeed_mla_prefill`."""
    total_q, total_kv = sum(shape.q_lens), sum(shape.kv_lens)
    kv_row = (total_kv, shape.kv_heads)
    return {
        "query": random((total_q, shape.num_heads, shape.d_qk), shape.dtype, device, generator),
        "key": random((*kv_row, shape.d_qk), shape.dtype, device, generator),
        "value": random((*kv_row, shape.d_v), shape.dtype, device, generator),
        "seq_lens": torch.tensor(shape.kv_lens, dtype=torch.int32, device=device),
        "cum_seq_lens": cumulative(shape.kv_lens, device),
        "max_seq_len": max(shape.kv_lens, default=0),
        "batch_size": len(shape.q_lens),
        "softmax_scale": shape.d_qk**-0.5 if softmax_scale is None else softmax_scale,
        "is_causal": shape.is_causal,
        "return_lse": shape.has_lse,
        "cum_seq_lens_q": cumulative(shape.q_lens, device),
        "max_seq_len_q": max(shape.q_lens, default=0),
        "out": torch.empty(total_q, shape.num_heads, shape.d_v, dtype=out_dtype, device=device),
    }


def pack_inputs(shape: PackShape, device: torch.device, generator: torch.Generator) -> Inputs:
    """Keyword arguments of `mla_kv_pack_quantize_fp8`; k_nope and v are the halves of one
    projection, so they are strided as a model's are."""
    rows = (shape.num_tokens, shape.num_heads)
    kv = random((*rows, NOPE_DIM + D_V), shape.dtype, device, generator)
    return {
        "k_nope": kv[..., :NOPE_DIM],
        "k_pe": random((shape.num_tokens, ROPE_DIM), shape.dtype, device, generator),
        "v": kv[..., NOPE_DIM:],
        "k_out": torch.empty((*rows, D_QK), dtype=torch.float8_e4m3fn, device=device),
        "v_out": torch.empty((*rows, D_V), dtype=torch.float8_e4m3fn, device=device),
    }


def merge_inputs(shape: MergeShape, device: torch.device, generator: torch.Generator) -> Inputs:
    """Keyword arguments of `merge_states`."""
    rows = (shape.num_rows, shape.num_heads)
    count = range(shape.num_partials)
    return {
        "outs": [random((*rows, shape.head_dim), shape.dtype, device, generator) for _ in count],
        "lses": [random(rows, torch.float32, device, generator) for _ in count],
        "out": torch.empty((*rows, shape.head_dim), dtype=shape.dtype, device=device),
    }


_MAKERS = {
    "decode": (decode_inputs, tokenspeed_mla.tokenspeed_mla_decode),
    "prefill": (prefill_inputs, tokenspeed_mla.tokenspeed_mla_prefill),
    "kv_pack": (pack_inputs, tokenspeed_mla.mla_kv_pack_quantize_fp8),
    "merge": (merge_inputs, tokenspeed_mla.merge_states),
}


def make_inputs(shape: Shape, device: torch.device, generator: torch.Generator) -> Inputs:
    return _MAKERS[shape.op][0](shape, device, generator)


def make_rotations(
    shape: Shape, count: int, device: torch.device, generator: torch.Generator
) -> list[Inputs]:
    """Inputs of `count` calls that read and write memory of their own."""
    if isinstance(shape, DecodeShape):
        return decode_rotations(shape, count, device, generator)
    return [make_inputs(shape, device, generator) for _ in range(count)]


def our_call(shape: Shape, inputs: Inputs) -> Call:
    """The library's function on these inputs."""
    function = _MAKERS[shape.op][1]
    return lambda: function(**inputs)


def cumulative(lens: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """[0, a, a+b, ...] as int32."""
    sums = list(itertools.accumulate(lens, initial=0))
    return torch.tensor(sums, dtype=torch.int32, device=device)


def workspace_bytes_as_callers_allocate(num_heads: int, q_len: int, device: torch.device) -> int:
    """One float32 partial (512 values and an LSE) per processor, head and query token."""
    return tokenspeed_mla.get_num_sm(device) * num_heads * q_len * (KV_LORA_RANK + 1) * 4
