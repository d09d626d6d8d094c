# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Runs the library's table of cases on a device, each against float64 with a derived bound.

examples:
  python -m tokenspeed_mla selftest
  python -m tokenspeed_mla selftest --op decode --tags quick slow --device cuda
  python -m tokenspeed_mla selftest --list --contains lse
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from tokenspeed_mla.cli import console
from tokenspeed_mla.cli import flag_values as parse
from tokenspeed_mla.testing.selftest import CaseResult, run_selftest, select_cases
from tokenspeed_mla.testing.table import OPS, TAGS

SHOWN_FAILURES = 20


def add_flags(parser: argparse.ArgumentParser) -> None:
    flag = parser.add_argument
    flag("--op", nargs="+", choices=OPS, default=OPS, dest="ops", help="default: all of them")
    flag("--tags", nargs="+", choices=TAGS, default=["quick"], help="default: quick")
    flag("--contains", default="", metavar="TEXT", help="only cases with TEXT in 'op: name'")
    flag("--device", type=parse.device, default=parse.default_device(), help="default: %(default)s")
    flag("--list", action="store_true", help="print the cases' names and run nothing")
    flag("--json", type=Path, metavar="FILE", help="write every result there too")


def main(options: argparse.Namespace) -> int:
    cases = select_cases(options.ops, options.tags, options.contains)
    if not cases:
        options.parser.error("no case has these tags and this text in its name")
    if options.list:
        print("\n".join(map(str, cases)))
        return 0
    with console.progress("selftest", len(cases)) as advance:
        results = run_selftest(
            cases, str(options.device), lambda done, total, result: advance(result.name)
        )
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        rows = [dataclasses.asdict(result) for result in results]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    failed = [result for result in results if not result.passed]
    print_summary(results)
    for result in failed[:SHOWN_FAILURES]:
        print(f"FAIL {result.op}: {result.name}\n  {result.error}")
    if len(failed) > SHOWN_FAILURES:
        print(f"... and {len(failed) - SHOWN_FAILURES} more (--json FILE has them all)")
    verdict = "FAIL" if failed else "PASS"
    print(f"{verdict}: {len(results) - len(failed)} of {len(results)} cases on {options.device}")
    return 1 if failed else 0


def print_summary(results: Sequence[CaseResult]) -> None:
    header = ("operation", "passed", "failed", "time", "worst error / its bound")
    rows = []
    for op in dict.fromkeys(result.op for result in results):
        of_op = [result for result in results if result.op == op]
        passed = [result for result in of_op if result.passed]
        worst = max((result.bound_used for result in passed), default=0.0)
        rows.append(
            (
                op,
                str(len(passed)),
                str(len(of_op) - len(passed)),
                console.format_seconds(sum(result.seconds for result in of_op)),
                f"{worst:.2f}",
            )
        )
    console.print_table("Cases against float64", header, rows)
