# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""How the package that this one replaces folds query tokens; branches of SGLang size by it.

A plan of this package depends on more than the shape, and nothing here reads these: `explain` says
what is chosen. New code asks decode_workspace_size.
"""

__all__ = ["get_mla_decode_fold_sq_factor", "select_mla_decode_tilers"]


def select_mla_decode_tilers(
    num_heads: int, seq_len_q: int, *, is_fp8: bool, compute_capability: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(rows, columns) of a tile of scores and of a tile of output: 64 rows where all (token, head)
    pairs of an FP8 request fit them, else 128."""
    rows = 64 if is_fp8 and num_heads * seq_len_q <= 64 else 128
    return (rows, 128), (rows, 256)


def get_mla_decode_fold_sq_factor(num_heads: int, seq_len_q: int, mma_m: int = 128) -> int:
    """The largest divisor of seq_len_q that, times num_heads, fits mma_m rows; at least 1."""
    folds = (fold for fold in range(seq_len_q, 0, -1) if seq_len_q % fold == 0)
    return next((fold for fold in folds if fold * num_heads <= mma_m), 1)
