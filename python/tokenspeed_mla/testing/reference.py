# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What the library's functions compute, in float64 and in the plainest way.

Nothing here uses the library. Each attention function returns an `Attention`, which also holds the
quantities that `tolerance` derives its bounds from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .layout import bytes_of

# FP8 probabilities are stored times 2^8: one becomes 256, below the largest e4m3 value of 448.
_FP8_PROBABILITY_SCALE = 256.0


@dataclass
class Attention:
    """Attention of some rows over their keys, float64. A row without keys: out 0, lse -inf."""

    out: torch.Tensor  # [..., rows, d_v]
    lse: torch.Tensor  # [..., rows], natural logarithm
    rounded_out: torch.Tensor  # out, had the probabilities been rounded to a narrower dtype
    second_moment: torch.Tensor  # [..., rows, d_v]: the probability-weighted mean of value^2
    rounding_walk: torch.Tensor  # [..., rows, d_v]: the root of the sum of (probability * value)^2
    score_size: torch.Tensor  # [..., rows]: no |score| of the row is larger
    num_keys: torch.Tensor  # [..., rows]: how many keys the row sees

    @staticmethod
    def empty(rows: Sequence[int], d_v: int) -> "Attention":
        """Room for rows of any shape, all of them without keys."""
        flat, wide = torch.zeros(*rows).double(), torch.zeros(*rows, d_v).double()
        wides = (wide.clone() for _ in range(3))
        return Attention(wide, flat - math.inf, *wides, flat, flat.clone())

    def put(self, rows: torch.Tensor | slice, part: Sequence[torch.Tensor]) -> None:
        """Writes the fields of these rows."""
        for field, values in zip(vars(self).values(), part, strict=True):
            field[rows] = values.reshape(field[rows].shape).to(field.dtype)

    def scaled(self, scale: float) -> "Attention":
        """The same with a factor on the output."""
        out, rounded_out = scale * self.out, scale * self.rounded_out
        moment, walk = scale * scale * self.second_moment, abs(scale) * self.rounding_walk
        return Attention(out, self.lse, rounded_out, moment, walk, self.score_size, self.num_keys)


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    num_visible: torch.Tensor,
    softmax_scale: float,
    probability_dtype: torch.dtype = torch.float32,
) -> Attention:
    """Softmax attention of query [..., rows, d] over the first num_visible [..., rows] keys.

    key is [..., keys, d] and value [..., keys, d_v]; leading dimensions broadcast.
    """
    query, key, value = query.double(), key.double(), value.double()
    if key.shape[-2] == 0:  # one key that nobody sees keeps the maximum below defined
        key, value = (x.new_zeros((*x.shape[:-2], 1, x.shape[-1])) for x in (key, value))
    hidden = torch.arange(key.shape[-2]) >= num_visible[..., None]
    scores = (softmax_scale * query @ key.transpose(-1, -2)).masked_fill(hidden, -math.inf)
    highest = scores.amax(-1)
    weights = torch.exp(scores - torch.where(highest == -math.inf, 0.0, highest)[..., None])
    total = torch.where(highest == -math.inf, 1.0, weights.sum(-1))
    key_norms = key.norm(dim=-1)[..., None, :].masked_fill(hidden, 0.0)
    return Attention(
        out=weights @ value / total[..., None],
        lse=highest + torch.log(total),
        rounded_out=_round_probabilities(weights, probability_dtype) @ value / total[..., None],
        second_moment=weights @ value.square() / total[..., None],
        rounding_walk=(weights.square() @ value.square()).sqrt() / total[..., None],
        score_size=abs(softmax_scale) * query.norm(dim=-1) * key_norms.amax(-1),
        num_keys=num_visible.expand(total.shape),
    )


def _round_probabilities(weights: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if dtype == torch.float32:
        return weights
    scale = _FP8_PROBABILITY_SCALE if dtype.itemsize == 1 else 1.0
    return (weights * scale).to(dtype).double() / scale


def decode(
    query: torch.Tensor,
    kv_cache: torch.Tensor,
    block_tables: torch.Tensor,
    seq_lens: torch.Tensor,
    softmax_scale: float,
    output_scale: float = 1.0,
    causal_mask: bool = True,
    causal_seqs: torch.Tensor | None = None,
    cp_world: int = 1,
    cp_rank: int = 0,
    kv_lora_rank: int = 512,
    probability_dtype: torch.dtype = torch.float32,
) -> Attention:
    """Decode attention over a paged cache; arguments as in `tokenspeed_mla_decode`.

    out is [batch, q_len, heads, kv_lora_rank]. Requests of equal length are computed together.
    """
    batch, q_len, num_heads, width = query.shape
    pages = kv_cache.squeeze(1) if kv_cache.dim() == 4 else kv_cache
    global_lens = (seq_lens if causal_seqs is None else causal_seqs).long()
    tokens = torch.arange(q_len).repeat_interleave(num_heads)
    result = Attention.empty((batch, q_len, num_heads), kv_lora_rank)
    for seq_len in sorted(set(seq_lens.tolist())):
        members = torch.nonzero(seq_lens == seq_len)[:, 0]
        visible = torch.full((len(members), len(tokens)), seq_len)
        if causal_mask:
            bound = global_lens[members, None] - cp_rank - (q_len - 1) + tokens
            visible = (-(-bound // cp_world)).clamp(0, seq_len)
        keys = _gather(pages, block_tables[members], seq_len)
        rows = query[members].double().reshape(len(members), len(tokens), width)
        part = attend(
            rows, keys, keys[..., :kv_lora_rank], visible, softmax_scale, probability_dtype
        )
        result.put(members, list(vars(part).values()))
    return result.scaled(output_scale)


def _gather(pages: torch.Tensor, tables: torch.Tensor, seq_len: int) -> torch.Tensor:
    """The first seq_len cache rows of each request: [requests, seq_len, width]."""
    positions = torch.arange(seq_len)
    page = tables.long()[:, positions // pages.shape[1]]
    return bytes_of(pages)[page, positions % pages.shape[1]].view(pages.dtype).double()


def prefill(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    q_lens: Sequence[int],
    kv_lens: Sequence[int],
    softmax_scale: float,
    is_causal: bool = True,
    probability_dtype: torch.dtype = torch.float32,
) -> Attention:
    """Ragged attention: query [sum q, h_q, d_qk], key and value [sum kv, h_k, d]; out per token."""
    group = query.shape[1] // key.shape[1]
    result = Attention.empty(query.shape[:2], value.shape[2])
    q_begin = kv_begin = 0
    for q_len, kv_len in zip(q_lens, kv_lens, strict=True):
        q_end, kv_end = q_begin + q_len, kv_begin + kv_len
        if q_len == 0:
            kv_begin = kv_end
            continue
        rows = query[q_begin:q_end].double().transpose(0, 1)
        keys, values = (
            x[kv_begin:kv_end].double().transpose(0, 1).repeat_interleave(group, 0)
            for x in (key, value)
        )
        visible = torch.full((q_len,), kv_len)
        if is_causal:
            visible = (torch.arange(1, q_len + 1) + kv_len - q_len).clamp(0, kv_len)
        part = attend(rows, keys, values, visible, softmax_scale, probability_dtype)
        by_token = [field.transpose(0, 1) for field in vars(part).values()]
        result.put(slice(q_begin, q_end), by_token)
        q_begin, kv_begin = q_end, kv_end
    return result


def cast_fp8(x: torch.Tensor, scale: float, fp8_dtype: torch.dtype) -> torch.Tensor:
    """The FP8 of x * scale: product in float32, nearest even, saturating, NaN kept."""
    largest = torch.finfo(fp8_dtype).max
    return (x.float() * scale).clamp(-largest, largest).to(fp8_dtype)


def kv_pack(
    k_nope: torch.Tensor,
    k_pe: torch.Tensor,
    v: torch.Tensor,
    k_scale_inv: float,
    v_scale_inv: float,
    fp8_dtype: torch.dtype,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The FP8 of concat(k_nope, k_pe of every head) and of v; shapes as in the public function."""
    tokens, heads, _ = k_nope.shape
    rope = k_pe.reshape(tokens, 1, k_pe.shape[-1]).expand(-1, heads, -1)
    k = torch.cat([k_nope, rope], dim=-1)
    return cast_fp8(k, k_scale_inv, fp8_dtype), cast_fp8(v, v_scale_inv, fp8_dtype)


def merge(
    outs: Sequence[torch.Tensor], lses: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention over the union of key sets, from (out, natural lse) of each; neutral where -inf."""
    lse = torch.stack([x.double() for x in lses])  # [partials, rows, heads]
    highest = lse.amax(0)
    weights = torch.exp(lse - torch.where(highest == -math.inf, 0.0, highest))
    values = torch.stack([x.double() for x in outs]).masked_fill((lse == -math.inf)[..., None], 0.0)
    total = weights.sum(0)
    divisor = torch.where(total == 0, 1.0, total)
    return (weights[..., None] * values).sum(0) / divisor[..., None], highest + torch.log(divisor)
