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

from tokenspeed_mla.bench import host, results
from tokenspeed_mla.bench.plugins import BaselineSource, load_source
from tokenspeed_mla.bench.runner import run_suite
from tokenspeed_mla.bench.suites import SUITES
from tokenspeed_mla.bench.sweep import Axes, run_sweep
from tokenspeed_mla.bench.tables import markdown
from tokenspeed_mla.bench.timing import MIN_SAMPLE_SECONDS
from tokenspeed_mla.bench.write_docs import write_docs
from tokenspeed_mla.cli import console
from tokenspeed_mla.cli import flag_values as parse

SWEEP, HOST = "sweep", "host"


def add_flags(parser: argparse.ArgumentParser) -> None:
    listed = "; ".join(f"{name}: {suite.about}" for name, suite in SUITES.items())
    listed += f"; {SWEEP}: FP8 decode over a grid of shapes (GPU)"
    listed += f"; {HOST}: how long calls keep the host (GPU)"
    flag = parser.add_argument
    flag("suites", nargs="*", metavar="SUITE", help=listed)
    flag("--device", type=parse.device, default=parse.default_device(), help="default: %(default)s")
    flag("--samples", type=parse.positive_int, default=20, help="default: %(default)s")
    flag(
        "--sample-seconds",
        type=float,
        default=MIN_SAMPLE_SECONDS,
        help="how long a sample lasts at the least; clocks are read every 20 ms "
        "(default: %(default)s)",
    )
    flag("--cold", action=argparse.BooleanOptionalAction, help="default: on a GPU yes")
    flag(
        "--baseline",
        type=_baseline,
        action="append",
        metavar="WHICH",
        help="torch (default on a CPU), none (default on a GPU), or NAME=path/to/module.py of your "
        "own; may be repeated",
    )
    flag("--output", type=Path, metavar="FOLDER", help="write FOLDER/<device>/<suite>.json")
    flag("--commit", metavar="HASH", help="of the tree, to be recorded where git cannot tell it")
    flag("--write-docs", action="store_true", help="rewrite README.md and docs/ from --results")
    flag("--results", type=Path, default=Path("bench/results"), help="default: %(default)s")
    flag("--root", type=Path, default=Path(), help="of the repository (default: here)")


def _baseline(spec: str) -> BaselineSource:
    try:
        return load_source(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main(options: argparse.Namespace) -> int:
    names = ", ".join([*SUITES, SWEEP, HOST])
    unknown = [name for name in options.suites if name not in (*SUITES, SWEEP, HOST)]
    if unknown:
        options.parser.error(f"no suite {unknown[0]!r}; there are {names}")
    if not options.suites and not options.write_docs:
        options.parser.error(f"name a suite ({names}) or give --write-docs")
    if SWEEP in options.suites and options.device.type != "cuda":
        options.parser.error(f"{SWEEP} needs a GPU: its largest shapes read 12 GB a call")
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
    run = {SWEEP: _sweep, HOST: _host}.get(name, lambda options: _suite(name, options))
    result = run(options)
    if options.commit is not None:
        result["commit"] = options.commit
    print_result(result)
    if options.output is not None:
        folder = results.device_folder(result["device"], options.device.type)
        path = options.output / folder / f"{name}.json"
        results.write(result, path)
        print(f"wrote {path}")


def _suite(name: str, options: argparse.Namespace) -> results.Result:
    on_gpu = options.device.type == "cuda"
    with console.progress(name, len(SUITES[name].shapes)) as advance:
        return run_suite(
            name,
            options.device,
            samples=options.samples,
            sample_seconds=options.sample_seconds,
            cold=on_gpu if options.cold is None else options.cold,
            sources=options.baseline or [load_source("none" if on_gpu else "torch")],
            advance=advance,
        )


def _sweep(options: argparse.Namespace) -> results.Result:
    axes = Axes()
    with console.progress(SWEEP, len(list(axes.indices()))) as advance:
        return run_sweep(options.device, axes=axes, advance=advance)


def _host(options: argparse.Namespace) -> results.Result:
    if options.device.type != "cuda":
        options.parser.error(f"{HOST} needs a GPU, got --device {options.device}")
    with console.progress(HOST, 2 * len(host.SHAPES) + 3) as advance:
        return host.run_host(options.device, advance=advance)


def print_result(result: results.Result) -> None:
    print(f"\nsuite {result['suite']}\n\n{markdown(result)}")
    for row in result["rows"]:
        if "unsupported" in row:
            print(f"{row['op']} {row['label']}: {row['unsupported']}")
