# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Measures a suite of shapes: the library and its baselines in turn, on random data.

On a GPU a CUDA graph is replayed over rotated buffers, so that the cache is cold; on the CPU the
wall clock is read and the cache is warm, unless --cold. Results are JSON, one file a suite;
--write-docs makes the tables and figures of README.md and docs/ from them.

examples:
  python -m tokenspeed_mla bench cpu --output bench/results
  python -m tokenspeed_mla bench --write-docs
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.runner import load_baselines, run_suite
from tokenspeed_mla.bench.suites import SUITES
from tokenspeed_mla.bench.tables import provenance
from tokenspeed_mla.bench.write_docs import write_docs
from tokenspeed_mla.cli import console
from tokenspeed_mla.cli import flag_values as parse


def add_flags(parser: argparse.ArgumentParser) -> None:
    listed = "; ".join(f"{name}: {what}" for name, (what, _) in SUITES.items())
    flag = parser.add_argument
    flag("suites", nargs="*", metavar="SUITE", help=listed)
    flag("--device", type=parse.device, default=parse.default_device(), help="default: %(default)s")
    flag("--samples", type=parse.positive_int, default=20, help="default: %(default)s")
    flag("--cold", action=argparse.BooleanOptionalAction, help="default: on a GPU yes")
    flag(
        "--baseline",
        type=load_baselines,
        default="torch",
        metavar="WHICH",
        help="torch (default), none, or your own module:function",
    )
    flag("--output", type=Path, metavar="FOLDER", help="write FOLDER/<device>/<suite>.json")
    flag("--write-docs", action="store_true", help="rewrite README.md and docs/ from --results")
    flag("--results", type=Path, default=Path("bench/results"), help="default: %(default)s")
    flag("--root", type=Path, default=Path(), help="of the repository (default: here)")


def main(options: argparse.Namespace) -> int:
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        options.parser.error(f"no suite {unknown[0]!r}; there are {', '.join(SUITES)}")
    if not options.suites and not options.write_docs:
        options.parser.error(f"name a suite ({', '.join(SUITES)}) or give --write-docs")
    for name in options.suites:
        _measure(name, options)
    if options.write_docs:
        try:
            changed = write_docs(options.root, options.root / options.results)
        except (ValueError, ImportError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print("\n".join(f"rewrote {path}" for path in changed) or "docs are up to date")
    return 0


def _measure(name: str, options: argparse.Namespace) -> None:
    cold = options.device.type == "cuda" if options.cold is None else options.cold
    with console.progress(name, len(SUITES[name][1])) as advance:
        result = run_suite(
            name,
            options.device,
            samples=options.samples,
            cold=cold,
            make_baselines=options.baseline,
            advance=advance,
        )
    print_result(result)
    if options.output is not None:
        folder = results.device_folder(result["device"], options.device.type)
        path = options.output / folder / f"{name}.json"
        results.write(result, path)
        print(f"wrote {path}")


def print_result(result: results.Result) -> None:
    header = ("operation", "dtype", "ours", "bytes", "FLOP", "fastest baseline", "ratio", "spread")
    rows = []
    for row in result["rows"]:
        ours = row["timings"][results.OURS]
        seconds = 1e-6 * ours["median_us"]
        baseline = results.fastest_baseline(row)
        theirs, ratio = "-", "-"
        if baseline is not None:
            theirs = f"{console.format_seconds(1e-6 * baseline[1])} ({baseline[0]})"
            ratio = f"{ours['median_us'] / baseline[1]:.2f}"
        rows.append(
            (
                f"{row['op']} {row['label']}",
                row["shape"]["dtype"],
                console.format_seconds(seconds),
                console.format_rate(row["bytes"] / seconds, "B/s"),
                console.format_rate(row["flops"] / seconds, "FLOP/s") if row["flops"] else "-",
                theirs,
                ratio,
                f"{100 * ours['spread']:.0f} %",
            )
        )
    console.print_table(f"suite {result['suite']}", header, rows)
    print(provenance(result))
