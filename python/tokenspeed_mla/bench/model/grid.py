# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The model beside the grid of shapes that an H200 measured: what nothing in it was chosen by."""

from __future__ import annotations

import statistics
from collections import defaultdict
from pathlib import Path

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.markdown import table
from tokenspeed_mla.bench.model import call, counters, report
from tokenspeed_mla.bench.model.machines import H200
from tokenspeed_mla.bench.sweep import sweep_of

SUITE = "model_grid"


def compare(folder: Path) -> results.Result:
    """How far off the model is at the points of the grid, by context, at one clock for all."""
    counts = counters.load(folder / report.COUNTERS)
    measured = results.read(folder / "h200" / "sweep.json")
    clock_mhz = measured["clocks"]["sm_mhz"]["median"]
    sweep = sweep_of(measured)
    errors = defaultdict(list)
    for index, microseconds in sweep.times_us.items():
        shape = sweep.axes.shape(index)
        modelled = 1e6 * call.seconds_of(shape, H200, counts, clock_mhz * 1e6)
        errors[shape.kv_len].append(modelled / microseconds - 1)
    rows = [_row(str(kv_len), column) for kv_len, column in sorted(errors.items())]
    rows.append(_row("all", [error for column in errors.values() for error in column]))
    return report.result(
        SUITE, folder, "sm_90", rows, measured=measured["commit"], clock_mhz=clock_mhz
    )


def _row(context: str, errors: list[float]) -> results.Result:
    deciles = statistics.quantiles(errors, n=10)
    within = sum(abs(error) <= report.LIMIT for error in errors) / len(errors)
    return {
        "context": context,
        "points": len(errors),
        "median": round(statistics.median(errors), 3),
        "low": round(deciles[0], 3),
        "high": round(deciles[-1], 3),
        "within": round(within, 3),
    }


def markdown(result: results.Result) -> str:
    """The table of a result of `compare`, and where it comes from."""
    limit = f"within {100 * report.LIMIT:.0f} %"
    header = ("kv", "points", "median error", "10th percentile", "90th percentile", limit)
    lines = [
        (
            row["context"],
            str(row["points"]),
            *(f"{100 * row[name]:+.0f} %" for name in ("median", "low", "high")),
            f"{100 * row['within']:.0f} %",
        )
        for row in result["rows"]
    ]
    return (
        f"{table(header, lines, num_left=1)}\n"
        f"Modelled at {result['clock_mhz']:.0f} MHz; measured: sweep of commit "
        f"{result['measured']}. Instructions counted at commit {result['counters_commit']}.\n"
    )
