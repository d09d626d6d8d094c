# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The named suites: which shapes each of them measures.

Decode: the head counts and contexts that Kimi K2 and DeepSeek V3 are served with, one token up to
four speculative ones. Prefill: a whole prompt, and new tokens on a long prefix. Pack and merge:
what one chunk of a chunked prefill hands them.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

import torch

from tokenspeed_mla.bench.shapes import (
    DecodeShape,
    MergeShape,
    PackShape,
    PrefillShape,
    Shape,
)

K = 1024
FP8, BF16 = torch.float8_e4m3fn, torch.bfloat16

# batch, q_len, heads, keys
_DECODE = (
    (1, 1, 16, 1 * K),
    (1, 1, 16, 8 * K),
    (1, 1, 128, 8 * K),
    (1, 4, 16, 8 * K),
    (4, 4, 16, 8 * K),
    (4, 1, 128, 8 * K),
    (16, 1, 128, 8 * K),
    (32, 1, 16, 1 * K),
    (1, 4, 16, 80 * K),
    (4, 4, 16, 80 * K),
    (8, 4, 16, 80 * K),
    (16, 4, 16, 80 * K),
    (16, 4, 32, 80 * K),
    (64, 1, 128, 8 * K),
    (4, 4, 32, 80 * K),
    (16, 1, 128, 80 * K),
    (128, 4, 128, 4 * K),
    (64, 1, 16, 8 * K),
    # head counts of Kimi K3 (96) and of DeepSeek (128) split over ranks
    (8, 4, 6, 32 * K),
    (8, 4, 12, 32 * K),
    (8, 4, 24, 32 * K),
    (8, 4, 48, 32 * K),
    (8, 4, 64, 32 * K),
    (8, 5, 32, 32 * K),
    (8, 8, 16, 32 * K),
)

# batch, q_len, heads: of each, batches of unequal lengths are compared with equal ones
_RAGGED = ((8, 4, 16), (32, 4, 16), (128, 1, 16), (32, 1, 128))
_LONGEST, _SHORTEST, _SHORT = 80 * K, 1, 1 * K

# batch, q_len, heads, keys: read from pages of these sizes, each against pages of 64 keys
_PAGED = ((1, 4, 16, 8 * K), (4, 4, 16, 80 * K), (64, 1, 16, 8 * K), (16, 1, 128, 8 * K))
_PAGE_SIZES = (32, 128, 16, 1)

# batch, query tokens, keys; 128 heads, causal
_PREFILL = (
    (1, 8 * K, 8 * K),
    (1, 8 * K, 32 * K),
    (1, 8 * K, 64 * K),
    (4, 512, 80 * K),
    (4, 1 * K, 80 * K),
)

# tokens, heads
_PACK = ((512, 16), (2 * K, 16), (8 * K, 16), (2 * K, 128), (8 * K, 128))

# partials, rows, heads, head_dim: two chunks of a prefill, and the ranks of context parallel decode
_MERGE = (
    (2, 512, 16, 128),
    (2, 8 * K, 16, 128),
    (2, 8 * K, 128, 128),
    (4, 64, 128, 512),
    (8, 256, 128, 512),
)


@dataclasses.dataclass(frozen=True)
class Suite:
    """Shapes to measure; beside each of them, other shapes that it is to be compared with."""

    about: str
    shapes: tuple[Shape, ...]
    variants: Callable[[Shape], dict[str, Shape]] = lambda shape: {}


def suite(name: str) -> Suite:
    """A suite; KeyError for a name that is not in `SUITES`."""
    return SUITES[name]


def _decode(dtype: torch.dtype) -> tuple[Shape, ...]:
    return tuple(DecodeShape(*row, dtype=dtype) for row in _DECODE)


def _ragged(dtype: torch.dtype) -> tuple[Shape, ...]:
    """Lengths spread evenly from 1 to 80K, in mixed order; one long request among short ones."""
    shapes = []
    for batch, q_len, heads in _RAGGED:
        spread = [_SHORTEST + i * (_LONGEST - _SHORTEST) // (batch - 1) for i in range(batch)]
        random.Random(batch).shuffle(spread)
        one_long = [_SHORT] * batch
        one_long[batch // 2] = _LONGEST
        for lens in (spread, one_long):
            shape = DecodeShape(batch, q_len, heads, _LONGEST, dtype, ragged_lens=tuple(lens))
            shapes.append(shape)
    return tuple(shapes)


def _uniform(shape: Shape) -> dict[str, Shape]:
    """The same number of keys, as far as it can be divided, in requests of equal length."""
    assert isinstance(shape, DecodeShape)
    mean = sum(shape.lens) // shape.batch
    return {"uniform": dataclasses.replace(shape, kv_len=mean, ragged_lens=())}


def _float16(shape: Shape) -> dict[str, Shape]:
    return {"float16": dataclasses.replace(shape, dtype=torch.float16)}


def _page_sizes(shape: Shape) -> dict[str, Shape]:
    assert isinstance(shape, DecodeShape)
    return {f"page {size}": dataclasses.replace(shape, page_size=size) for size in _PAGE_SIZES}


def _prefill(batch: int, q_len: int, kv_len: int, dtype: torch.dtype) -> PrefillShape:
    return PrefillShape((q_len,) * batch, (kv_len,) * batch, num_heads=128, dtype=dtype)


_CPU: tuple[Shape, ...] = (
    DecodeShape(4, 4, 16, 8 * K, dtype=BF16),
    DecodeShape(4, 4, 16, 8 * K, dtype=FP8),
    DecodeShape(4, 1, 128, 2 * K, dtype=BF16),
    PrefillShape((1 * K,), (1 * K,), num_heads=16, dtype=BF16),
    PrefillShape((1 * K,), (1 * K,), num_heads=16, dtype=FP8),
    PackShape(2 * K, 16),
    MergeShape(2, 2 * K, 16, 128),
    MergeShape(4, 16, 128, 512),
)

_SMOKE: tuple[Shape, ...] = (
    DecodeShape(2, 2, 4, 130, dtype=BF16),
    PrefillShape((40, 40), (40, 40), num_heads=2, dtype=FP8),
    PackShape(20, 3),
    MergeShape(2, 10, 2, 128),
)

SUITES: dict[str, Suite] = {
    "smoke": Suite("every operation, tiny: that measuring works", _SMOKE),
    "cpu": Suite("every operation, at sizes a CPU does in well under a second", _CPU),
    "decode_fp8": Suite("FP8 decode, batch 1..128, context 1K..80K", _decode(FP8)),
    "decode_bf16": Suite("BF16 decode, the same shapes, beside FP16", _decode(BF16), _float16),
    "ragged": Suite("FP8 decode of unequal lengths beside equal ones", _ragged(FP8), _uniform),
    "pages": Suite(
        "FP8 decode from pages of 64 keys beside other pages",
        tuple(DecodeShape(*row, dtype=FP8) for row in _PAGED),
        _page_sizes,
    ),
    "prefill": Suite(
        "prefill of 192/128, FP8 and BF16, 128 heads, context 8K..80K",
        tuple(_prefill(*row, dtype=dtype) for dtype in (FP8, BF16) for row in _PREFILL),
    ),
    "pack": Suite("K/V pack to FP8", tuple(PackShape(*row) for row in _PACK)),
    "merge": Suite("merge of partial results", tuple(MergeShape(*row) for row in _MERGE)),
}
