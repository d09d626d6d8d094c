# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Tables of measurements in Markdown, rewritten between markers so that pages cannot go stale.

<!-- bench:cpu/cpu -->
... the table made from bench/results/cpu/cpu.json ...
<!-- /bench -->
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.comparison_table import comparison_markdown
from tokenspeed_mla.bench.host import host_markdown
from tokenspeed_mla.bench.markdown import micro, table
from tokenspeed_mla.bench.model import grid, report
from tokenspeed_mla.bench.sweep import sweep_of
from tokenspeed_mla.bench.sweep_table import sweep_markdown
from tokenspeed_mla.cli.console import format_rate

_BLOCK = re.compile(r"(<!-- bench:([\w./-]+) -->\n)(.*?)(<!-- /bench -->)", re.DOTALL)
_MARKER = re.compile(r"<!-- (?:bench:[^>]*|/bench) -->")


def rewrite_pages(pages: Iterable[Path], results_folder: Path) -> list[Path]:
    """Rewrites every marked block of these pages; returns the pages that changed.

    Raises ValueError, before any page is written, for a block without a result or without an end.
    """
    changed = {}
    for page in pages:
        old = page.read_text()
        new = rewrite_blocks(old, results_folder, str(page))
        if new != old:
            changed[page] = new
    for page, text in changed.items():
        page.write_text(text)
    return list(changed)


def rewrite_blocks(text: str, results_folder: Path, where: str) -> str:
    """The text with every marked block replaced by its table."""

    def rewritten(block: re.Match[str]) -> str:
        path = results_folder / f"{block[2]}.json"
        if not path.is_file():
            raise ValueError(f"{where}: no result for bench:{block[2]} ({path})")
        return f"{block[1]}{markdown(results.read(path))}{block[4]}"

    unpaired = _MARKER.findall(_BLOCK.sub("", text))
    if unpaired:
        raise ValueError(f"{where}: unpaired marker {unpaired[0]}")
    return _BLOCK.sub(rewritten, text)


def markdown(result: results.Result) -> str:
    """A result as a Markdown table with a line that says how and where it was measured."""
    if result["suite"] in (report.COMPARISON, report.BLACKWELL):
        return report.markdown(result)
    if result["suite"] == grid.SUITE:
        return grid.markdown(result)
    if "sweep" in result:
        body = sweep_markdown(sweep_of(result))
    elif result["suite"] == "host":
        return f"{host_markdown(result)}\n{_host_provenance(result)}\n"
    elif "compute_capability" in result["device"]:
        body = comparison_markdown(result["rows"])
    else:
        body = _fastest_markdown(result["rows"])
    return f"{body}\n{provenance(result)}\n"


def _fastest_markdown(rows: list[results.Result]) -> str:
    """Ours beside the fastest formulation in PyTorch."""
    header = ("operation", "shape", "dtype", "ours", "rate", "fastest PyTorch", "ours / PyTorch")
    return table(header, map(_cells, rows), num_left=3)


def _host_provenance(result: results.Result) -> str:
    return (
        f"Measured on {result['host']} with {result['device']['name']}, {result['date'][:10]}, "
        f"commit {result['commit']}, PyTorch {result['versions']['torch']}: median of "
        f"{result['samples']} calls from Python, the GPU idle before each."
    )


def provenance(result: results.Result) -> str:
    """`Measured on <device>, <date>, commit <commit>: median of 20 samples, warm cache.`"""
    device = result["device"]
    threads = f" ({device['threads']} threads)" if "threads" in device else ""
    if (load := device.get("load_average")) is not None:
        threads += (
            f" with other work on it (load average {load:.1f})"
            if load > device["threads"] + 1
            else ""
        )
    commit = f"commit {result['commit']}, " if result["commit"] else ""
    clock = result.get("clocks", {}).get("sm_mhz")
    clocks = f" SM clock {clock['min']:.0f} to {clock['max']:.0f} MHz." if clock else ""
    return (
        f"Measured on {device['name']}{threads}, {result['date'][:10]}, {commit}PyTorch "
        f"{result['versions']['torch']}: median of {result['samples']} samples, "
        f"{result['cache']} cache, taken in turn.{clocks}"
    )


def _cells(row: results.Result) -> tuple[str, ...]:
    ours = row["timings"][results.OURS]["median_us"]
    baseline = results.fastest_other(row)
    seconds = 1e-6 * ours
    rate = (
        format_rate(row["flops"] / seconds, "FLOP/s")
        if row["op"] in ("decode", "prefill")
        else format_rate(row["bytes"] / seconds, "B/s")
    )
    theirs, ratio = "-", "-"
    if baseline is not None:
        theirs, ratio = (
            f"{micro(baseline[1])} ({baseline[0]})",
            f"{ours / baseline[1]:.2f}",
        )
    return (
        row["op"],
        row["label"],
        row["shape"]["dtype"],
        micro(ours),
        rate,
        theirs,
        ratio,
    )
