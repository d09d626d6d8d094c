# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The same maths in PyTorch alone, in every formulation that might be the fastest.

Attention runs on 16-bit inputs that already lie as PyTorch likes them: a contiguous cache instead
of pages, masks made beforehand, V widened beforehand where fused attention wants it as wide as K.
None of that is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from tokenspeed_mla.bench.inputs import Inputs
from tokenspeed_mla.bench.shapes import DecodeShape, PrefillShape, Shape
from tokenspeed_mla.dims import D_CACHE, KV_LORA_RANK


@dataclass(frozen=True)
class Baseline:
    """One formulation: `call()` computes, `as_ours(result)` has the shape of our output."""

    call: Callable[[], torch.Tensor | tuple[torch.Tensor, ...]]
    as_ours: Callable[[torch.Tensor], torch.Tensor] = lambda result: result


def baselines(shape: Shape, inputs: Inputs) -> dict[str, Baseline]:
    """Every formulation that exists for this shape; none for FP8 and ragged attention."""
    makers = {"decode": _decode, "prefill": _prefill, "kv_pack": _pack, "merge": _merge}
    return makers[shape.op](shape, inputs)


def _decode(shape: DecodeShape, inputs: Inputs) -> dict[str, Baseline]:
    if shape.dtype.itemsize == 1 or shape.ragged_lens:
        return {}
    tokens, kv, heads = shape.q_len, shape.kv_len, shape.num_heads
    rows = inputs["query"].reshape(shape.batch, 1, tokens * heads, D_CACHE)
    pages = inputs["kv_cache"][inputs["block_tables"].long()]
    cache = pages.reshape(shape.batch, 1, -1, D_CACHE)[:, :, :kv].contiguous()
    mask = None
    if shape.is_causal and tokens > 1:
        last_key = torch.arange(kv - tokens, kv, device=rows.device).repeat_interleave(heads)
        mask = _additive_mask(torch.arange(kv, device=rows.device) <= last_key[:, None], rows.dtype)
    value, scale = cache[..., :KV_LORA_RANK], inputs["softmax_scale"]

    def as_ours(result: torch.Tensor) -> torch.Tensor:
        return result[..., :KV_LORA_RANK].reshape(shape.batch, tokens, heads, KV_LORA_RANK)

    return {
        "SDPA flash": Baseline(
            _sdpa(SDPBackend.FLASH_ATTENTION, rows, cache, cache, mask, scale), as_ours
        ),
        "SDPA math": Baseline(_sdpa(SDPBackend.MATH, rows, cache, value, mask, scale), as_ours),
        "matmul": Baseline(_matmul(rows[:, 0], cache[:, 0], value[:, 0], mask, scale), as_ours),
    }


def _prefill(shape: PrefillShape, inputs: Inputs) -> dict[str, Baseline]:
    ragged = len(set(shape.q_lens)) > 1 or len(set(shape.kv_lens)) > 1
    square = shape.q_lens == shape.kv_lens  # SDPA's is_causal is aligned to the top left
    if shape.dtype.itemsize == 1 or ragged or shape.num_heads != shape.kv_heads:
        return {}
    if shape.is_causal and not square:
        return {}
    batch = len(shape.q_lens)

    def heads_first(packed: torch.Tensor) -> torch.Tensor:  # [batch, heads, tokens, d]
        return packed.unflatten(0, (batch, -1)).transpose(1, 2)

    q, k, v = (heads_first(inputs[name]) for name in ("query", "key", "value"))
    wide_v = F.pad(v, (0, shape.d_qk - shape.d_v))
    scale = inputs["softmax_scale"]
    mask = None
    if shape.is_causal:
        square_mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).tril()
        mask = _additive_mask(square_mask, q.dtype)

    def as_ours(result: torch.Tensor) -> torch.Tensor:
        tokens_first = result.unflatten(0, (batch, -1)) if result.dim() == 3 else result
        return tokens_first[..., : shape.d_v].transpose(1, 2).flatten(0, 1)

    flat_q, flat_k, flat_v = (x.flatten(0, 1) for x in (q, k, v))
    causal = shape.is_causal
    return {
        "SDPA flash": Baseline(
            _sdpa(SDPBackend.FLASH_ATTENTION, q, k, wide_v, None, scale, causal),
            as_ours,
        ),
        "SDPA math": Baseline(_sdpa(SDPBackend.MATH, q, k, v, None, scale, causal), as_ours),
        "matmul": Baseline(_matmul(flat_q, flat_k, flat_v, mask, scale), as_ours),
    }


def _pack(shape: Shape, inputs: Inputs) -> dict[str, Baseline]:
    k_nope, k_pe, v = inputs["k_nope"], inputs["k_pe"], inputs["v"]
    fp8_dtype = inputs["k_out"].dtype

    def cat_and_cast() -> tuple[torch.Tensor, torch.Tensor]:
        k = torch.cat([k_nope, k_pe[:, None].expand(-1, k_nope.shape[1], -1)], dim=-1)
        return k.to(fp8_dtype), v.to(fp8_dtype)

    return {"cat + cast": Baseline(cat_and_cast, lambda result: result[0])}


def _merge(shape: Shape, inputs: Inputs) -> dict[str, Baseline]:
    outs, lses = torch.stack(inputs["outs"]), torch.stack(inputs["lses"])

    def softmax_and_sum() -> torch.Tensor:
        weights = torch.softmax(lses, dim=0)
        return (weights[..., None] * outs).sum(0).to(inputs["out"].dtype)

    return {"softmax + sum": Baseline(softmax_and_sum)}


def _sdpa(
    backend: SDPBackend,
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
    is_causal: bool = False,
) -> Callable[[], torch.Tensor]:
    def call() -> torch.Tensor:
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, scale=scale, is_causal=is_causal
            )

    return call


def _matmul(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
) -> Callable[[], torch.Tensor]:
    """Two batched products around a softmax; scores are rounded to the inputs' dtype."""
    k_transposed = k.transpose(1, 2)

    def call() -> torch.Tensor:
        if mask is None:
            scores = scale * torch.bmm(q, k_transposed)
        else:
            scores = torch.baddbmm(mask.expand(len(q), -1, -1), q, k_transposed, alpha=scale)
        return torch.bmm(torch.softmax(scores, dim=-1), v)

    return call


def _additive_mask(visible: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill(
        ~visible, float("-inf")
    )
