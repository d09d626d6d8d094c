# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Shapes of the four operations, and the least work each of them is.

Bytes count every input and output once; FLOPs count what a causal mask lets through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from tokenspeed_mla import DecodeProblem, KvPackProblem, MergeProblem, PrefillProblem
from tokenspeed_mla.dims import D_CACHE, D_QK, D_V, KV_LORA_RANK, NOPE_DIM, ROPE_DIM

OUT_BYTES = 2  # every output of attention is 16 bits wide


@dataclass(frozen=True)
class DecodeShape:
    op: ClassVar[str] = "decode"
    batch: int
    q_len: int
    num_heads: int
    kv_len: int  # the longest request
    dtype: torch.dtype = torch.float8_e4m3fn
    page_size: int = 64
    is_causal: bool = True
    ragged_lens: tuple[int, ...] = ()  # keys of each request; empty: kv_len each

    @property
    def lens(self) -> tuple[int, ...]:
        return self.ragged_lens or (self.kv_len,) * self.batch

    @property
    def label(self) -> str:
        kv = short(self.kv_len)
        if self.ragged_lens:
            kv = f"{short(min(self.ragged_lens))}..{kv} mean {round(sum(self.lens) / self.batch)}"
        return f"B={self.batch} q={self.q_len} H={self.num_heads} kv={kv}"

    @property
    def flops(self) -> int:
        pairs = sum(visible_scores(self.q_len, length, self.is_causal) for length in self.lens)
        return 2 * (D_CACHE + KV_LORA_RANK) * self.num_heads * pairs

    @property
    def bytes(self) -> int:
        rows = self.batch * self.q_len * self.num_heads
        cache = sum(self.lens) * D_CACHE * self.dtype.itemsize
        return cache + rows * (D_CACHE * self.dtype.itemsize + KV_LORA_RANK * OUT_BYTES)

    @property
    def problem(self) -> DecodeProblem:
        return DecodeProblem(
            dtype=self.dtype,
            batch=self.batch,
            q_len=self.q_len,
            num_heads=self.num_heads,
            page_size=self.page_size,
            max_seq_len=self.kv_len,
            is_causal=self.is_causal,
        )


@dataclass(frozen=True)
class PrefillShape:
    op: ClassVar[str] = "prefill"
    q_lens: tuple[int, ...]
    kv_lens: tuple[int, ...]
    num_heads: int
    dtype: torch.dtype = torch.float8_e4m3fn
    num_kv_heads: int = 0  # 0: as many as query heads
    d_qk: int = D_QK
    d_v: int = D_V
    is_causal: bool = True
    has_lse: bool = False

    @property
    def kv_heads(self) -> int:
        return self.num_kv_heads or self.num_heads

    @property
    def label(self) -> str:
        same = len(set(self.q_lens)) == 1 and len(set(self.kv_lens)) == 1
        q, kv = (
            (short(self.q_lens[0]), short(self.kv_lens[0]))
            if same
            else (
                short(sum(self.q_lens)) + " in all",
                short(sum(self.kv_lens)) + " in all",
            )
        )
        return f"B={len(self.q_lens)} q={q} kv={kv} H={self.num_heads} {self.d_qk}/{self.d_v}"

    @property
    def elements(self) -> int:
        """Scores that the mask lets through, over all heads: one exponential each."""
        return self.num_heads * sum(
            visible_scores(q, kv, self.is_causal)
            for q, kv in zip(self.q_lens, self.kv_lens, strict=True)
        )

    @property
    def flops(self) -> int:
        return 2 * (self.d_qk + self.d_v) * self.elements

    @property
    def bytes(self) -> int:
        q_row = self.d_qk * self.dtype.itemsize + self.d_v * OUT_BYTES
        kv_row = (self.d_qk + self.d_v) * self.dtype.itemsize
        return (
            sum(self.q_lens) * self.num_heads * q_row + sum(self.kv_lens) * self.kv_heads * kv_row
        )

    @property
    def problem(self) -> PrefillProblem:
        return PrefillProblem(
            dtype=self.dtype,
            batch=len(self.q_lens),
            total_q=sum(self.q_lens),
            total_kv=sum(self.kv_lens),
            max_seq_len_q=max(self.q_lens, default=0),
            max_seq_len_kv=max(self.kv_lens, default=0),
            num_q_heads=self.num_heads,
            num_kv_heads=self.kv_heads,
            d_qk=self.d_qk,
            d_v=self.d_v,
            is_causal=self.is_causal,
            has_lse=self.has_lse,
        )


@dataclass(frozen=True)
class PackShape:
    op: ClassVar[str] = "kv_pack"
    num_tokens: int
    num_heads: int
    dtype: torch.dtype = torch.bfloat16
    flops: ClassVar[int] = 0

    @property
    def label(self) -> str:
        return f"{short(self.num_tokens)} tokens x {self.num_heads} heads"

    @property
    def bytes(self) -> int:
        read = self.num_heads * (NOPE_DIM + D_V) + ROPE_DIM
        written = self.num_heads * (D_QK + D_V)
        return self.num_tokens * (read * self.dtype.itemsize + written)

    @property
    def problem(self) -> KvPackProblem:
        return KvPackProblem(dtype=self.dtype, num_tokens=self.num_tokens, num_heads=self.num_heads)


@dataclass(frozen=True)
class MergeShape:
    op: ClassVar[str] = "merge"
    num_partials: int
    num_rows: int
    num_heads: int
    head_dim: int
    dtype: torch.dtype = torch.bfloat16

    @property
    def label(self) -> str:
        rows = f"{short(self.num_rows)} rows x {self.num_heads} heads x {self.head_dim}"
        return f"{self.num_partials} partials, {rows}"

    @property
    def flops(self) -> int:
        return 2 * self.num_partials * self.num_rows * self.num_heads * self.head_dim

    @property
    def bytes(self) -> int:
        row = self.head_dim * self.dtype.itemsize + 4
        return (self.num_partials + 1) * self.num_rows * self.num_heads * row

    @property
    def problem(self) -> MergeProblem:
        return MergeProblem(
            partial_dtype=self.dtype,
            out_dtype=self.dtype,
            num_partials=self.num_partials,
            num_rows=self.num_rows,
            num_heads=self.num_heads,
            head_dim=self.head_dim,
            has_lse=True,
        )


Shape = DecodeShape | PrefillShape | PackShape | MergeShape


def visible_scores(q_len: int, kv_len: int, is_causal: bool) -> int:
    """Pairs (query, key) of one head, causal aligned to the bottom right."""
    if not is_causal:
        return q_len * kv_len
    seeing = min(q_len, kv_len)  # earlier queries see nothing when q is longer than kv
    return seeing * (kv_len - seeing) + seeing * (seeing + 1) // 2


def dtype_name(dtype: torch.dtype) -> str:
    """As PyTorch spells it, without the module: `float8_e4m3fn`."""
    return str(dtype).removeprefix("torch.")


def short(number: int) -> str:
    """`8K` for 8192."""
    return f"{number // 1024}K" if number >= 1024 and number % 1024 == 0 else str(number)
