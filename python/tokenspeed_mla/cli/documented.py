# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What the documented commands share: tokenspeed_mla.fmha, .mla_decode_fp8 and .mla_decode_fp16.

Each of them builds random inputs, checks one call against float64 unless told not to, measures, and
prints `Execution time: N us` and `PASS`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tokenspeed_mla.bench.inputs import Inputs, our_call
from tokenspeed_mla.bench.machine import describe, last_level_cache_bytes
from tokenspeed_mla.bench.shapes import Shape, dtype_name
from tokenspeed_mla.bench.timing import measure, rotations_for
from tokenspeed_mla.cli import flag_values as parse
from tokenspeed_mla.cli.check import Check

MakeInputs = Callable[[torch.Generator], Inputs]
MakeCheck = Callable[[Inputs], Check]


class NoEffect(argparse.Action):
    """A flag that tunes the original's kernels: accepted, remembered, and reported."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        given = getattr(namespace, "without_effect", [])
        namespace.without_effect = [*given, option_string or self.dest]


def make_parser(prog: str, description: str, example: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {prog}",
        description=description,
        epilog=f"example:\n  python -m {prog} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(without_effect=[])
    return parser


def add_no_effect_flags(
    parser: argparse.ArgumentParser, valued: Sequence[str], switches: Sequence[str]
) -> None:
    group = parser.add_argument_group("accepted, without effect here")
    for name in valued:
        group.add_argument(f"--{name}", action=NoEffect, metavar="X", help=argparse.SUPPRESS)
    for name in switches:
        group.add_argument(f"--{name}", action=NoEffect, nargs=0, help=argparse.SUPPRESS)
    group.description = " ".join(f"--{name}" for name in (*valued, *switches))


def add_run_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("measurement")
    group.add_argument(
        "--warmup_iterations", type=parse.non_negative_int, default=1, help="default: %(default)s"
    )
    group.add_argument(
        "--iterations",
        type=parse.positive_int,
        default=10,
        help="samples; the median is printed (default: %(default)s)",
    )
    group.add_argument(
        "--use_cold_l2", action="store_true", help="go round more buffers than the cache holds"
    )
    group.add_argument(
        "--skip_ref_check", action="store_true", help="measure only, do not check against float64"
    )
    group.add_argument(
        "--tolerance",
        type=float,
        help="largest absolute error allowed; by default derived from the dtype's own rounding",
    )
    group.add_argument(
        "--device", type=parse.device, default=parse.default_device(), help="default: %(default)s"
    )
    group.add_argument("--seed", type=int, default=0, help="of the random inputs")


def execute(
    options: argparse.Namespace,
    shape: Shape,
    make_inputs: MakeInputs,
    make_check: MakeCheck,
    notes: Sequence[str],
    finish: Callable[[Inputs], None] | None = None,
) -> int:
    """Check, measure, print; returns the exit code.

    finish: what follows the library's call in every measured iteration, if anything.
    """
    machine = describe(options.device)["name"]
    print(f"{shape.op}: {shape.label}, {dtype_name(shape.dtype)}, on {machine}")
    for note in notes:
        print(f"note: {note}")
    if options.without_effect:
        print(f"note: no effect here: {' '.join(options.without_effect)}")

    generator = torch.Generator().manual_seed(options.seed)
    inputs = make_inputs(generator)
    try:
        our_call(shape, inputs)()
    except (ValueError, TypeError, NotImplementedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.skip_ref_check:
        print("Reference check: skipped")
    else:
        check = make_check(inputs)
        print(f"Reference check: {check}")
        if not check.ok:
            print("FAIL")
            return 1

    copies = 1
    if options.use_cold_l2:
        copies = rotations_for(shape.bytes, last_level_cache_bytes(options.device))
    rotations = [inputs, *(make_inputs(generator) for _ in range(copies - 1))]
    timing = measure(
        {"ours": [_iteration(shape, each, finish) for each in rotations]},
        options.device,
        samples=options.iterations,
        warmup=options.warmup_iterations,
    )["ours"]
    cache = f"cold ({copies} buffer sets)" if options.use_cold_l2 else "warm"
    print(f"Median of {options.iterations}, {timing.method}, cache {cache}")
    print(f"Execution time: {timing.median_us:.2f} us")
    print("PASS")
    return 0


def _iteration(
    shape: Shape, inputs: Inputs, finish: Callable[[Inputs], None] | None
) -> Callable[[], object]:
    call = our_call(shape, inputs)
    if finish is None:
        return call

    def call_and_finish() -> None:
        call()
        finish(inputs)

    return call_and_finish
