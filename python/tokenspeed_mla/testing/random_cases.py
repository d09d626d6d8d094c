# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Random legal cases, drawn from a seed: the same seed gives the same case on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .table import Case, make_case

FP8 = ("float8_e4m3fn", "float8_e5m2")
LAYOUTS = ("packed", "padded", "heads_first")
HEADS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128)
MOST_SCORES = 3_000_000  # of one case, over all its rows: bounds the time of the float64 reference
MOST_KEYS = 100_000  # of one case: bounds its memory

Fields = dict[str, Any]


def draw_case(rng: random.Random, ops: tuple[str, ...]) -> Case:
    """A case of one of these ops; decode is drawn as often as all others together."""
    op = rng.choices(ops, [len(ops) if op == "decode" else 1 for op in ops])[0]
    return make_case(op, "random", rng.randrange(1, 10**6), _DRAW[op](rng))


def _decode(rng: random.Random) -> Fields:
    heads = rng.choice((*HEADS, rng.randint(1, 128)))
    q_len = rng.choice((1, 1, 2, 3, 4, 4, 5, 6, 7, 8, rng.randint(1, 20)))
    page_size = rng.choice((1, 2, 4, 8, 16, 32, 32, 64, 64, 64, 128))
    return {
        "dtype": rng.choice(("float8_e4m3fn", "float8_e4m3fn", "bfloat16", "float16")),
        "num_heads": heads,
        "q_len": q_len,
        "page_size": page_size,
        "seq_lens": _lens(rng, heads * q_len, page_size),
        "is_causal": rng.random() < 0.8,
        "softmax_scale": rng.uniform(0.01, 0.5),
        "output_scale": rng.choice((1.0, rng.uniform(-2.0, 2.0))),
        "lse_base": rng.choice("2e"),
        "query_std": rng.choice((0.01, 1.0, 1.0, 30.0)),
        "kv_std": rng.choice((1.0, 1.0, 1.0, 0.02, 20.0)),
        "query_layout": rng.choice(LAYOUTS),
        "cache_rank": rng.choice((3, 4)),
        "page_padding": rng.choice((0, 0, 64, 4096)),
        "row_padding": rng.choice((0, 0, 32)),
        "poison": rng.choice(("nan", "inf")),
        "spare_columns": rng.choice((0, 1, 4, 1000)),
        "unused_entries": rng.choice(("garbage", "zero")),
        "workspace_fill": rng.randrange(256),
        "max_seq_len": rng.choice((0, 0, 131072)),
        "batch_invariant": rng.random() < 0.1,
        "enable_pdl": rng.random() < 0.5,
        "cp_world": rng.choice((1, 1, 1, 1, 2, 3, 8)),
        "checks": rng.choice(([], [], ["repeat"], ["without_lse"])),
    }


def _lens(rng: random.Random, rows: int, page_size: int) -> list[int]:
    """Lengths of a batch: short, mixed, or a long one among short ones; some are 0, some near a
    page's edge."""
    most_keys = max(min(MOST_SCORES // rows, MOST_KEYS), 1)
    batch = rng.choice((1, 1, 2, 3, 5, 8, 17, 40))
    highest = rng.choice((1, 70, 300, 2000, 30000))
    lens = [rng.randint(0, highest) for _ in range(batch)]
    if rng.random() < 0.3:
        lens = [min(length, 40) for length in lens]
        lens[rng.randrange(batch)] = rng.randint(0, 30000)
    if rng.random() < 0.2:
        lens[rng.randrange(batch)] = 0
    excess = max(sum(lens) / most_keys, 1.0)
    lens = [int(length / excess) for length in lens]
    if rng.random() < 0.3:
        lens = [_near_a_page_edge(rng, length, page_size) for length in lens]
    return lens


def _near_a_page_edge(rng: random.Random, length: int, page_size: int) -> int:
    """A length that is no longer: whole pages, a key less or a key more."""
    edge = page_size * (length // page_size) + rng.choice((-1, 0, 1))
    return min(max(edge, 0), length)


def _prefill(rng: random.Random) -> Fields:
    kv_heads = rng.choice((1, 2, 4))
    heads = kv_heads * rng.choice((1, 1, 2, 3))
    batch = rng.randint(0, 5)
    longest = rng.choice((20, 150, 500))
    q_lens = [rng.randint(0, longest) for _ in range(batch)]
    kv_lens = [rng.choice((q, rng.randint(0, 2 * longest), q + 300)) for q in q_lens]
    return {
        "dtype": rng.choice(("float16", "bfloat16", *FP8)),
        "num_q_heads": heads,
        "num_kv_heads": kv_heads,
        "d_qk": rng.choice((128, 192)),
        "q_lens": q_lens,
        "kv_lens": kv_lens,
        "is_causal": rng.random() < 0.7,
        "softmax_scale": rng.uniform(0.01, 0.5),
        "lse_base": rng.choice("2e"),
        "query_std": rng.choice((0.01, 1.0, 30.0)),
        "query_layout": rng.choice(LAYOUTS),
        "kv_layout": rng.choice((*LAYOUTS, "kv_b_proj")),
        "enable_pdl": rng.random() < 0.5,
        "checks": rng.choice(([], [], ["repeat"], ["without_lse"])),
    }


def _kv_pack(rng: random.Random) -> Fields:
    return {
        "dtype": rng.choice(("float16", "bfloat16")),
        "out_dtype": rng.choice(FP8),
        "num_tokens": rng.choice((0, 1, rng.randint(0, 70), rng.randint(0, 1000))),
        "num_heads": rng.choice((1, 3, 8, 12, 16, 128, rng.randint(1, 40))),
        "k_scale_inv": rng.uniform(-600.0, 600.0),
        "v_scale_inv": rng.uniform(0.0, 1.0),
        "std": rng.choice((0.001, 1.0, 300.0)),
        "layout": rng.choice((*LAYOUTS, "kv_b_proj")),
        "rope_rank": rng.choice((2, 3)),
        "enable_pdl": rng.random() < 0.5,
    }


def _merge(rng: random.Random) -> Fields:
    dtypes = ("float32", "bfloat16", "float16")
    return {
        "dtype": rng.choice(dtypes),
        "out_dtype": rng.choice(dtypes),
        "num_partials": rng.randint(1, 9),
        "num_rows": rng.choice((0, 1, rng.randint(0, 30), rng.randint(0, 600))),
        "num_heads": rng.choice((1, 3, 8, 16, rng.randint(1, 20))),
        "head_dim": rng.choice((128, 512, 8 * rng.randint(1, 40))),
        "lse_base": rng.choice("2e"),
        "lse_std": rng.uniform(0.0, 200.0),
        "neutral": rng.choice(("none", "some", "all")),
        "layout": rng.choice(LAYOUTS),
    }


_DRAW: dict[str, Callable[[random.Random], Fields]] = {
    "decode": _decode,
    "prefill": _prefill,
    "kv_pack": _kv_pack,
    "merge": _merge,
}
