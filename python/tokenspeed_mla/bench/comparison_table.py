# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The table of a suite measured on a GPU: ours, the floor, and every other candidate."""

from __future__ import annotations

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.markdown import micro, table

_OURS = ("ours", "TB/s", "TFLOPS", "of the floor", "error")


def comparison_markdown(rows: list[results.Result]) -> str:
    """One line a shape; `x` columns are the other's time over ours: above 1, ours is faster."""
    others = list(dict.fromkeys(name for row in rows for name in row["timings"]))
    others = [name for name in others if name != results.OURS]
    has_errors = {name: any(name in row.get("errors", {}) for row in rows) for name in others}
    header = ["shape", "dtype", *_OURS]
    for name in others:
        header += [name, "x", *(["error"] if has_errors[name] else [])]
    lines = []
    for row in rows:
        line = [f"{row['op']} {row['label']}", row["shape"]["dtype"], *_ours(row)]
        for name in others:
            line += _other(row, name, has_errors[name])
        lines.append(line)
    return table(header, lines, num_left=2)


def _ours(row: results.Result) -> list[str]:
    ours = row["timings"].get(results.OURS)
    if ours is None:
        return ["-"] * len(_OURS)
    microseconds = ours["median_us"]
    seconds = 1e-6 * microseconds
    return [
        micro(microseconds),
        f"{1e-12 * row['bytes'] / seconds:.2f}",
        f"{1e-12 * row['flops'] / seconds:.0f}" if row["flops"] else "-",
        f"{100 * row['floor_us'] / microseconds:.0f} %",
        _error(row, results.OURS),
    ]


def _other(row: results.Result, name: str, has_error: bool) -> list[str]:
    theirs, ours = row["timings"].get(name), row["timings"].get(results.OURS)
    cells = ["-", "-"]
    if theirs is not None:
        cells[0] = micro(theirs["median_us"])
    if theirs is not None and ours is not None:
        cells[1] = f"{theirs['median_us'] / ours['median_us']:.2f}"
    return [*cells, _error(row, name)] if has_error else cells


def _error(row: results.Result, name: str) -> str:
    error = row.get("errors", {}).get(name)
    return "-" if error is None else f"{error:.1e}"
