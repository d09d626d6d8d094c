# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""`python -m tokenspeed_mla.fmha`: check and time ragged prefill attention on random inputs."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence

import torch

from tokenspeed_mla.bench.inputs import Inputs, prefill_inputs
from tokenspeed_mla.bench.shapes import PrefillShape, dtype_name
from tokenspeed_mla.cli import documented
from tokenspeed_mla.cli import flag_values as parse
from tokenspeed_mla.cli.check import check_prefill
from tokenspeed_mla.dims import D_V


def make_parser() -> argparse.ArgumentParser:
    parser = documented.make_parser(
        "tokenspeed_mla.fmha",
        "Ragged prefill attention on random inputs: checked against float64, then timed.",
        "--is_causal --bottom_right_align --in_dtype Float8E4M3FN \\\n"
        "    --q_shape '2,(300,512),16,192' --k_shape '2,(300,1024),16,192'",
    )
    flag = parser.add_argument
    flag("--in_dtype", type=parse.dtype, default=torch.float8_e4m3fn, help="of query, key, value")
    flag("--out_dtype", type=parse.dtype, default=torch.bfloat16, help="BFloat16 (or Float16)")
    flag("--q_shape", type=parse.ragged_shape, default="1,256,8,192", help="B,Sq,H,D")
    flag("--k_shape", type=parse.ragged_shape, default="1,256,8,192", help="B,Sk,Hk,D")
    flag("--is_causal", action="store_true", help="query i sees key j when j <= i + Sk - Sq")
    flag("--bottom_right_align", action="store_true", help="what causal means when Sq != Sk")
    flag("--lse_calculation", action="store_true", help="compute the log-sum-exp too")
    flag("--window_size", type=parse.int_pair, default="-1,-1", help="only -1,-1: no window")
    flag("--scale_q", type=float, default=1.0, help="multiplies the scores")
    flag("--scale_k", type=float, default=1.0, help="multiplies the scores")
    flag("--scale_v", type=float, default=1.0, help="multiplies the output")
    flag("--inv_scale_o", type=float, default=1.0, help="multiplies the output")
    flag("--scale_softmax", type=float, default=0.0, help="0 (default) means 1/sqrt(D)")
    documented.add_run_flags(parser)
    documented.add_no_effect_flags(
        parser, ("qk_acc_dtype", "pv_acc_dtype", "mma_tiler_mn"), ("is_persistent",)
    )
    return parser


def reject_unsupported(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Ends the program (exit code 2) on a request that would be computed otherwise than asked."""
    q, k = options.q_shape, options.k_shape
    if q.batch != k.batch:
        parser.error(f"--q_shape and --k_shape must have the same B, got {q.batch} and {k.batch}")
    if q.head_dim != k.head_dim:
        parser.error(
            f"--q_shape and --k_shape must have the same D, got {q.head_dim}, {k.head_dim}"
        )
    if q.num_heads % k.num_heads != 0:
        parser.error(
            f"query heads must be a multiple of KV heads, got {q.num_heads}, {k.num_heads}"
        )
    if q.head_dim not in (192, 128):
        parser.error(f"D must be 192 (V has 128) or 128, got {q.head_dim}")
    if options.window_size != (-1, -1):
        parser.error(f"--window_size must be -1,-1 (no window), got {options.window_size}")
    if options.is_causal and not options.bottom_right_align and q.seq_lens != k.seq_lens:
        parser.error(
            "causal with Sq != Sk is aligned to the bottom right: add --bottom_right_align"
        )


def choose_out_dtype(options: argparse.Namespace) -> tuple[torch.dtype, list[str]]:
    """The dtype written, and a note where it is not the one asked for."""
    wanted = options.out_dtype
    if wanted == torch.bfloat16 or wanted == options.in_dtype == torch.float16:
        return wanted, []
    note = f"--out_dtype {dtype_name(wanted)}: this library writes bfloat16, and did so here"
    return torch.bfloat16, [note]


def multiply_out(inputs: Inputs, factor: float) -> None:
    inputs["out"].mul_(factor)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser()
    options = parser.parse_args(arguments)
    reject_unsupported(parser, options)
    out_dtype, notes = choose_out_dtype(options)

    q, k = options.q_shape, options.k_shape
    softmax_scale = options.scale_softmax or q.head_dim**-0.5
    softmax_scale *= options.scale_q * options.scale_k
    output_scale = options.scale_v * options.inv_scale_o
    finish = None
    if output_scale != 1.0:
        finish = functools.partial(multiply_out, factor=output_scale)
        notes.append(
            "--scale_v and --inv_scale_o are applied by a second pass, timed with the rest"
        )

    shape = PrefillShape(
        q_lens=q.seq_lens,
        kv_lens=k.seq_lens,
        num_heads=q.num_heads,
        num_kv_heads=k.num_heads,
        dtype=options.in_dtype,
        d_qk=q.head_dim,
        d_v=D_V,
        is_causal=options.is_causal,
        has_lse=options.lse_calculation,
    )
    make_inputs = functools.partial(
        prefill_inputs, shape, options.device, softmax_scale=softmax_scale, out_dtype=out_dtype
    )
    make_check = functools.partial(
        check_prefill, shape, output_scale=output_scale, tolerance=options.tolerance
    )
    return documented.execute(options, shape, make_inputs, make_check, notes, finish)


if __name__ == "__main__":
    sys.exit(main())
