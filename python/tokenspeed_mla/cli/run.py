# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The main job: what a serving engine does with this library, on random data of real shapes.

Packs and prefills the prompts of several requests, writes their latents into a paged cache, decodes
a few steps over it; in FP8 and in BF16. Every result is checked against float64; every stage is
timed and compared with what the machine can do at most. Then the plans that NVIDIA cards would get
for the same shapes, and a roofline picture. The program itself is cli/serving_step.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.machine import Limits, describe, measured_limits
from tokenspeed_mla.bench.roofline import Point, draw
from tokenspeed_mla.bench.shapes import DecodeShape, PackShape, Shape, dtype_name
from tokenspeed_mla.cli import console
from tokenspeed_mla.cli import flag_values as parse
from tokenspeed_mla.cli.serving_step import (
    CHECK_EVERY,
    PAGE_SIZE,
    Stage,
    Workload,
    prefill_shape,
    serve,
)

DTYPES = (torch.float8_e4m3fn, torch.bfloat16)
PLANNED_FOR = ("H200", "B200", "B300")
SHOWN_OF_PLAN = ("tile", "row tiles", "workers", "grid")  # rows of an explanation


def add_flags(parser: argparse.ArgumentParser) -> None:
    flag, usual = parser.add_argument, Workload()
    lens = ",".join(map(str, usual.prompt_lens))
    flag("--prompts", type=parse.int_list, default=lens, help="lengths; default: %(default)s")
    flag("--heads", type=parse.positive_int, default=usual.num_heads, help="default: %(default)s")
    flag("--steps", type=parse.positive_int, default=usual.num_steps, help="default: %(default)s")
    flag(
        "--tokens_per_step",
        type=parse.positive_int,
        default=usual.tokens_per_step,
        help="of each request; default: %(default)s",
    )
    flag("--device", type=parse.device, help="default: a GPU with every kernel, or the CPU")
    flag("--picture", type=Path, default=Path("build/roofline.png"), help="default: %(default)s")


def main(options: argparse.Namespace) -> int:
    work = Workload(options.prompts, options.heads, options.steps, options.tokens_per_step)
    device = options.device or default_device()
    limits = measured_limits(device)
    print_machine(work, device, limits)

    stages: list[Stage] = []
    for dtype in DTYPES:
        of_dtype, difference = serve(work, dtype, device)
        stages += of_dtype
        print(
            f"{dtype_name(dtype)}: decoding the last prompt token again differs from its "
            f"prefill by {100 * difference:.1f} % (two forms of one attention, each rounded)"
        )
    print_stages(stages, limits)
    print_plans(work)
    save_picture(stages, limits, device, options.picture)

    failed = [stage for stage in stages if not stage.check.ok]
    for stage in failed:
        print(f"FAIL {stage.name} {dtype_name(stage.dtype)}: {stage.check}")
    if not failed:
        sample = f"of a prefill, one query token in {CHECK_EVERY} is compared"
        print(f"PASS: all {len(stages)} results agree with float64 ({sample})")
    return 1 if failed else 0


def default_device() -> torch.device:
    """The GPU where this build has every kernel that the job needs, else the CPU."""
    device = parse.default_device()
    shapes = [shape for dtype in DTYPES for shape in shapes_of(Workload(), dtype)]
    if all(tokenspeed_mla.can_implement(shape.problem, device) for shape in shapes):
        return device
    return torch.device("cpu")


def shapes_of(work: Workload, dtype: torch.dtype) -> list[Shape]:
    """The problems of the job as a planner sees them: decode with its longest request."""
    longest = max(work.lens_at(work.num_steps))
    decode = DecodeShape(
        work.batch, work.tokens_per_step, work.num_heads, longest, dtype, PAGE_SIZE
    )
    attention: list[Shape] = [prefill_shape(work, dtype), decode]
    pack = PackShape(sum(work.prompt_lens), work.num_heads)
    return [pack, *attention] if dtype.itemsize == 1 else attention


def print_machine(work: Workload, device: torch.device, limits: Limits) -> None:
    facts = describe(device)
    threads = f", {facts['threads']} threads" if "threads" in facts else ""
    print(f"{work.batch} requests of {', '.join(map(str, work.prompt_lens))} tokens, ", end="")
    print(f"{work.num_heads} heads, {work.num_steps} steps of {work.tokens_per_step} tokens")
    print(
        f"on {facts['name']}{threads}: "
        f"{console.format_rate(limits.bytes_per_second, 'B/s')}, "
        f"{console.format_rate(limits.flops_per_second, 'FLOP/s')} ({limits.source})"
    )


def print_stages(stages: Sequence[Stage], limits: Limits) -> None:
    header = ("stage", "dtype", "time", "bytes", "FLOP", "of the limit", "error against float64")
    rows = []
    for stage in stages:
        least = limits.seconds(stage.bytes, stage.flops)
        flop_rate = console.format_rate(stage.flops / stage.seconds, "FLOP/s")
        error = f"{stage.check.relative_error:.1e}" if stage.flops else "bit-exact"
        rows.append(
            (
                stage.name,
                dtype_name(stage.dtype),
                console.format_seconds(stage.seconds),
                console.format_rate(stage.bytes / stage.seconds, "B/s"),
                flop_rate if stage.flops else "-",
                f"{100 * least / stage.seconds:.0f} %",
                error if stage.check.ok else f"{error} FAIL",
            )
        )
    console.print_table("Measured", header, rows)


def print_plans(work: Workload) -> None:
    """What the planner would choose on cards that need not be here."""
    header = ("operation", "dtype", "card", "in this build", "least time", "bound by", "plan")
    rows = []
    for dtype in DTYPES:
        for shape in shapes_of(work, dtype):
            for card in PLANNED_FOR:
                explanation = tokenspeed_mla.explain(shape.problem, card)
                plan = explanation.rows
                rows.append(
                    (
                        shape.op,
                        dtype_name(dtype),
                        card,
                        "yes" if explanation.verdict else "no",
                        console.format_seconds(explanation.roofline.seconds),
                        explanation.roofline.bound_by,
                        "; ".join(plan[name] for name in SHOWN_OF_PLAN if name in plan),
                    )
                )
    title = "Modelled, not measured: the plans for the same shapes on NVIDIA cards"
    console.print_table(title, header, rows, text_columns=(0, 6))
    print("All of a plan: python -m tokenspeed_mla explain decode --help")


def save_picture(stages: Sequence[Stage], limits: Limits, device: torch.device, path: Path) -> None:
    last = {(stage.op, stage.dtype): stage for stage in stages if stage.flops}  # steps lie close
    points = [
        Point(s.op, f"{s.name} {dtype_name(s.dtype)}", s.flops, s.bytes, s.seconds)
        for s in last.values()
    ]
    try:
        draw(points, limits, f"Measured on {describe(device)['name']}", path)
    except ImportError:
        print("no picture: matplotlib is not installed (pip install tokenspeed-mla[cli])")
        return
    print(f"\nroofline picture: {path}")
