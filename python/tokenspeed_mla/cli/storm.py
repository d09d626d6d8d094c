# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Runs random cases on random streams from several threads, each against float64, until time is up.

Anything wrong is reported with the numbers that run its case again.

examples:
  python -m tokenspeed_mla storm --minutes 10 --seed 7
  python -m tokenspeed_mla storm --seed 7 --replay 1234
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from tokenspeed_mla.cli import flag_values as parse
from tokenspeed_mla.testing.storm import Outcome, Storm, Weather
from tokenspeed_mla.testing.table import OPS


def add_flags(parser: argparse.ArgumentParser) -> None:
    flag = parser.add_argument
    flag("--minutes", type=float, default=1.0, help="default: %(default)s")
    flag("--cases", type=parse.positive_int, metavar="COUNT", help="end after so many cases")
    flag("--seed", type=int, default=0, help="of all cases (default: %(default)s)")
    flag("--replay", type=parse.non_negative_int, metavar="NUMBER", help="run this case alone")
    flag("--op", nargs="+", choices=OPS, default=OPS, dest="ops", help="default: all of them")
    flag("--threads", type=parse.positive_int, default=4, help="default: %(default)s")
    flag("--streams", type=parse.positive_int, default=3, help="default: %(default)s")
    flag(
        "--hang",
        type=float,
        default=Weather.hang_seconds,
        metavar="SECONDS",
        help="a case that takes longer hangs; more on an emulated GPU (default: %(default)s)",
    )
    flag("--device", type=parse.device, default=parse.default_device(), help="default: %(default)s")


def main(options: argparse.Namespace) -> int:
    alone = options.replay is not None
    weather = Weather(
        options.device,
        options.seed,
        tuple(options.ops),
        num_threads=1 if alone else options.threads,
        num_streams=options.streams,
        hang_seconds=options.hang,
    )
    first, count = (options.replay, 1) if alone else (0, options.cases)
    outcome = Storm(weather).run(first, count, seconds=60 * options.minutes)
    print_outcome(outcome, options)
    if outcome.hanging:
        _leave(1)
    return 0 if outcome.ok else 1


def print_outcome(outcome: Outcome, options: argparse.Namespace) -> None:
    for op, count in sorted(outcome.passed.items()):
        print(f"{op}: {count} passed")
    for message, count in outcome.refused.most_common():
        print(f"not implemented, {count} times: {message}")
    again = (
        f"again: python -m tokenspeed_mla storm --seed {options.seed} --op {' '.join(options.ops)}"
    )
    again += f" --streams {options.streams} --device {options.device} --replay"
    for what, found in (("FAIL", outcome.failures), ("HANG", outcome.hanging)):
        for number, text in sorted(found.items()):
            print(f"{what} {number}: {text}\n  {again} {number}")
    verdict = "PASS" if outcome.ok else "FAIL"
    print(f"{verdict}: {sum(outcome.passed.values())} cases passed on {options.device}")


def _leave(code: int) -> NoReturn:
    """Ends the process past threads that wait for a device that does not answer."""
    sys.stdout.flush()
    os._exit(code)
