# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Shows the plan of a problem on one or more devices, also on cards that are not here.

The times are modelled: the least work over what the device can do, not a measurement.

example:
  python -m tokenspeed_mla explain decode --batch 4 --q_len 4 --num_heads 16 \\
      --max_seq_len 81920 --dtype float8_e4m3fn --devices H200 B200
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import typing

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.shapes import dtype_name
from tokenspeed_mla.cli import flag_values as parse

PROBLEMS = {
    "decode": tokenspeed_mla.DecodeProblem,
    "prefill": tokenspeed_mla.PrefillProblem,
    "kv_pack": tokenspeed_mla.KvPackProblem,
    "merge": tokenspeed_mla.MergeProblem,
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    ops = parser.add_subparsers(dest="op", metavar="OP", required=True)
    for op, problem in PROBLEMS.items():
        flags = ops.add_parser(
            op,
            help=(problem.__doc__ or op).splitlines()[0],
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
            allow_abbrev=False,
        )
        _add_problem_flags(flags, problem)
        names = " ".join(tokenspeed_mla.known_devices())
        flags.add_argument(
            "--devices",
            nargs="+",
            default=["cpu"],
            metavar="NAME",
            help=f"cpu, cuda:N, or cards known by name: {names}",
        )
        flags.add_argument("--json", action="store_true", help="print JSON instead of tables")


def main(options: argparse.Namespace) -> int:
    problem = make_problem(options)
    try:
        explanations = [tokenspeed_mla.explain(problem, name) for name in options.devices]
    except (ValueError, TypeError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([_as_json(e) for e in explanations], indent=1))
        return 0
    print("\n\n".join(str(explanation) for explanation in explanations))
    return 0


def make_problem(options: argparse.Namespace) -> tokenspeed_mla.planning.Problem:
    problem_type = PROBLEMS[options.op]
    values = {f.name: getattr(options, f.name) for f in dataclasses.fields(problem_type)}
    if options.op == "prefill":  # unless told otherwise, every request has the largest length
        values["total_q"] = options.total_q or options.batch * options.max_seq_len_q
        values["total_kv"] = options.total_kv or options.batch * options.max_seq_len_kv
    return problem_type(**values)


def _add_problem_flags(parser: argparse.ArgumentParser, problem: type) -> None:
    types = typing.get_type_hints(problem)
    for field in dataclasses.fields(problem):
        name, kind = f"--{field.name}", types[field.name]
        if kind is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=field.default)
        elif kind is torch.dtype:
            default = dtype_name(field.default)
            parser.add_argument(name, type=parse.dtype, default=default, metavar="DTYPE")
        else:
            parser.add_argument(
                name, type=parse.non_negative_int, default=field.default, metavar="N"
            )


def _as_json(explanation: tokenspeed_mla.Explanation) -> dict[str, object]:
    values = dataclasses.asdict(explanation)
    del values["text"]
    values["roofline"]["seconds"] = explanation.roofline.seconds
    return values
