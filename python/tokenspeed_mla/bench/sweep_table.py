# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The table of a sweep: what share of the floor is reached, and where the cliffs are."""

from __future__ import annotations

import statistics

from tokenspeed_mla.bench.markdown import table
from tokenspeed_mla.bench.shapes import short
from tokenspeed_mla.bench.sweep import CLIFF, Sweep

SHOWN_CLIFFS = 8


def sweep_markdown(sweep: Sweep) -> str:
    """Per context and batch the median share over all heads and q_len; then the steepest cliffs."""
    axes = sweep.axes
    header = ("kv", *(f"B={batch}" for batch in axes.batch))
    rows = [
        (short(kv_len), *(_share(sweep, batch, kv) for batch in range(len(axes.batch))))
        for kv, kv_len in enumerate(axes.kv_len)
    ]
    return table(header, rows) + "\n" + _cliffs(sweep)


def _share(sweep: Sweep, batch: int, kv: int) -> str:
    shares = [sweep.share_of_floor(i) for i in sweep.times_us if i[2:] == (batch, kv)]
    return f"{100 * statistics.median(shares):.0f} %" if shares else "-"


def _cliffs(sweep: Sweep) -> str:
    cliffs = sweep.cliffs()
    steepest = sorted(cliffs, key=cliffs.__getitem__, reverse=True)[:SHOWN_CLIFFS]
    named = "; ".join(f"{sweep.axes.shape(i).label} ({cliffs[i]:.2f} x)" for i in steepest)
    return (
        f"{len(sweep.times_us)} points. {len(cliffs)} of them take more than {CLIFF} times as long "
        f"as a neighbour with more work{': ' + named if named else ''}.\n"
    )
