# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What a serving engine does with this library, for one layer of one tensor-parallel rank.

    prompts    expand latents to K and V per head → pack to FP8 → ragged causal prefill
    cache      write each token's latent, 512 + 64 values shared by all heads, into its page
    steps      append the new tokens' latents → absorbed decode over the pages

Prefill and decode are two forms of one attention: q . (W_uk c) = (W_uk^T q) . c, so decode takes
queries that went through W_uk, reads the latents themselves, and its output goes through W_uv.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.inputs import Inputs, cumulative, workspace_bytes_as_callers_allocate
from tokenspeed_mla.bench.shapes import DecodeShape, PackShape, PrefillShape
from tokenspeed_mla.bench.timing import Call, measure
from tokenspeed_mla.cli.check import Check, check_decode, check_pack, check_prefill
from tokenspeed_mla.dims import D_CACHE, D_QK, D_V, KV_LORA_RANK, NOPE_DIM, ROPE_DIM

PAGE_SIZE = 64
SOFTMAX_SCALE = D_QK**-0.5
CHECK_EVERY = 5  # query tokens of the prefill that float64 is computed for; odd: see check_prefill


@dataclass(frozen=True)
class Workload:
    """Requests of one rank: DeepSeek V3 and Kimi K2 have 128 and 64 heads, split over ranks."""

    prompt_lens: tuple[int, ...] = (1024, 1100, 1536, 2048)
    num_heads: int = 16
    num_steps: int = 4
    tokens_per_step: int = 4  # more than one: speculative decoding

    @property
    def batch(self) -> int:
        return len(self.prompt_lens)

    def lens_at(self, step: int) -> tuple[int, ...]:
        """Tokens in the cache once a step's tokens have been appended; step 0 is the prompt."""
        return tuple(length + step * self.tokens_per_step for length in self.prompt_lens)


@dataclass(frozen=True)
class Stage:
    """One timed and checked operation."""

    op: str
    name: str
    dtype: torch.dtype
    seconds: float
    bytes: int
    flops: int
    check: Check


class Layer:
    """Weights and cache of one attention layer, with random contents."""

    def __init__(
        self, work: Workload, dtype: torch.dtype, device: torch.device, seed: int = 0
    ) -> None:
        self.work, self.dtype, self.device = work, dtype, device
        self._generator = torch.Generator(device).manual_seed(seed)
        shape = (work.num_heads, KV_LORA_RANK, NOPE_DIM)
        self.w_uk = self.random(*shape) * KV_LORA_RANK**-0.5
        self.w_uv = self.random(*shape[:2], D_V) * KV_LORA_RANK**-0.5

        pages_each = -(-max(work.lens_at(work.num_steps)) // PAGE_SIZE)
        order = torch.randperm(work.batch * pages_each, generator=self._generator, device=device)
        self.block_tables = order.view(work.batch, pages_each).to(torch.int32)
        num_pages = work.batch * pages_each
        self.cache = torch.zeros(num_pages, PAGE_SIZE, D_CACHE, device=device).to(dtype)
        workspace = workspace_bytes_as_callers_allocate(
            work.num_heads, work.tokens_per_step, device
        )
        self.workspace = torch.empty(workspace, dtype=torch.int8, device=device)

    def random(self, *shape: int) -> torch.Tensor:
        values = torch.randn(shape, generator=self._generator, device=self.device)
        return values.to(torch.bfloat16)

    def append(self, request: int, start: int, latents: torch.Tensor) -> None:
        """Writes the latents [tokens, 576] of positions start, start + 1, ... into their pages."""
        positions = torch.arange(start, start + len(latents), device=self.device)
        pages = self.block_tables[request, positions // PAGE_SIZE].long()
        self.cache[pages, positions % PAGE_SIZE] = latents.to(self.dtype)

    def expand(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """k_nope and v of every head, k_pe of all: [tokens, heads, 128] twice and [tokens, 64]."""
        c, k_pe = latents.split([KV_LORA_RANK, ROPE_DIM], dim=-1)
        k_nope = torch.einsum("tc,hcd->thd", c, self.w_uk)
        return k_nope, k_pe, torch.einsum("tc,hcd->thd", c, self.w_uv)

    def absorb(self, query: torch.Tensor) -> torch.Tensor:
        """Queries [batch, tokens, heads, 192] as decode takes them, [..., 576]."""
        q_nope, q_pe = query.split([NOPE_DIM, ROPE_DIM], dim=-1)
        q_latent = torch.einsum("bthd,hcd->bthc", q_nope, self.w_uk)
        return torch.cat([q_latent, q_pe], dim=-1).to(self.dtype)


def serve(work: Workload, dtype: torch.dtype, device: torch.device) -> tuple[list[Stage], float]:
    """Prompts, cache, steps; the stages, and how far decode is from prefill on the same token."""
    layer = Layer(work, dtype, device)
    stages = []

    # Prompts: attention in the expanded form, all requests packed one after another.
    latents = layer.random(sum(work.prompt_lens), D_CACHE)
    query = layer.random(len(latents), work.num_heads, D_QK)
    k_nope, k_pe, v = layer.expand(latents)
    if dtype.itemsize == 1:
        pack = {"k_nope": k_nope, "k_pe": k_pe, "v": v}
        stages.append(_pack_stage(pack, device))
        key, value = tokenspeed_mla.mla_kv_pack_quantize_fp8(**pack)
    else:
        key = torch.cat([k_nope, k_pe[:, None].expand(-1, work.num_heads, -1)], dim=-1)
        value = v
    prefill = {
        "query": query.to(dtype),
        "key": key,
        "value": value,
        "seq_lens": torch.tensor(work.prompt_lens, dtype=torch.int32, device=device),
        "cum_seq_lens": cumulative(work.prompt_lens, device),
        "max_seq_len": max(work.prompt_lens),
        "batch_size": work.batch,
        "softmax_scale": SOFTMAX_SCALE,
    }
    stages.append(_prefill_stage(work, prefill, device))
    prompt_out = tokenspeed_mla.tokenspeed_mla_prefill(**prefill)

    # Cache: one latent row per token, whatever the number of heads.
    ends = prefill["cum_seq_lens"][1:].tolist()
    for request, (end, length) in enumerate(zip(ends, work.prompt_lens, strict=True)):
        layer.append(request, 0, latents[end - length : end])

    # The last token of each prompt once more, in the absorbed form: decode must agree with prefill.
    last = torch.tensor(ends, device=device) - 1
    again = _decode_inputs(layer, query[last][:, None], work.prompt_lens)
    decoded = tokenspeed_mla.tokenspeed_mla_decode(**again)[:, 0].to(torch.bfloat16)
    difference = _relative(torch.einsum("bhc,hcd->bhd", decoded, layer.w_uv), prompt_out[last])

    # Steps: each appends its tokens to the cache, then attends over all of it.
    for step in range(1, work.num_steps + 1):
        for request, length in enumerate(work.lens_at(step - 1)):
            layer.append(request, length, layer.random(work.tokens_per_step, D_CACHE))
        query = layer.random(work.batch, work.tokens_per_step, work.num_heads, D_QK)
        decode = _decode_inputs(layer, query, work.lens_at(step))
        stages.append(_decode_stage(work, step, decode, device))
    return stages, difference


def _decode_inputs(layer: Layer, query: torch.Tensor, lens: tuple[int, ...]) -> Inputs:
    return {
        "query": layer.absorb(query),
        "kv_cache": layer.cache,
        "workspace_buffer": layer.workspace,
        "kv_lora_rank": KV_LORA_RANK,
        "qk_rope_head_dim": ROPE_DIM,
        "block_tables": layer.block_tables,
        "seq_lens": torch.tensor(lens, dtype=torch.int32, device=layer.device),
        "max_seq_len": max(lens),
        "softmax_scale": SOFTMAX_SCALE,
        "causal_mask": True,
    }


def _pack_stage(inputs: Inputs, device: torch.device) -> Stage:
    tokens, heads, _ = inputs["k_nope"].shape
    shape = PackShape(tokens, heads)
    call = functools.partial(tokenspeed_mla.mla_kv_pack_quantize_fp8, **inputs)
    seconds = _seconds(call, device)
    fp8 = torch.float8_e4m3fn
    return Stage("kv_pack", "pack", fp8, seconds, shape.bytes, shape.flops, check_pack(inputs))


def _prefill_stage(work: Workload, inputs: Inputs, device: torch.device) -> Stage:
    dtype = inputs["query"].dtype
    shape = prefill_shape(work, dtype)
    call = functools.partial(tokenspeed_mla.tokenspeed_mla_prefill, **inputs)
    seconds = _seconds(call, device)
    check = check_prefill(shape, inputs, every=CHECK_EVERY)
    return Stage("prefill", "prefill", dtype, seconds, shape.bytes, shape.flops, check)


def _decode_stage(work: Workload, step: int, inputs: Inputs, device: torch.device) -> Stage:
    dtype = inputs["query"].dtype
    each = [
        DecodeShape(1, work.tokens_per_step, work.num_heads, length, dtype, PAGE_SIZE)
        for length in work.lens_at(step)
    ]
    num_bytes, flops = sum(s.bytes for s in each), sum(s.flops for s in each)
    call = functools.partial(tokenspeed_mla.tokenspeed_mla_decode, **inputs)
    seconds = _seconds(call, device)
    name = f"decode step {step}"
    return Stage("decode", name, dtype, seconds, num_bytes, flops, check_decode(inputs))


def prefill_shape(work: Workload, dtype: torch.dtype) -> PrefillShape:
    return PrefillShape(work.prompt_lens, work.prompt_lens, work.num_heads, dtype)


def _seconds(call: Call, device: torch.device) -> float:
    timing = measure({"ours": [call]}, device, samples=3, warmup=1)["ours"]
    return 1e-6 * timing.median_us


def _relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b.double()).norm() / b.double().norm())
