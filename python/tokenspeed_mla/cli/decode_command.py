# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The command behind `tokenspeed_mla.mla_decode_fp8` and `tokenspeed_mla.mla_decode_fp16`."""

from __future__ import annotations

import argparse
import functools
import random
from collections.abc import Sequence

import torch

from tokenspeed_mla.bench.inputs import Inputs, decode_inputs
from tokenspeed_mla.bench.shapes import DecodeShape, dtype_name
from tokenspeed_mla.cli import documented
from tokenspeed_mla.cli import flag_values as parse
from tokenspeed_mla.cli.check import check_decode
from tokenspeed_mla.dims import D_QK, KV_LORA_RANK, ROPE_DIM

_TUNING_VALUES = ("acc_dtype", "mma_qk_tiler_mn", "mma_pv_tiler_mn", "split_kv")
_TUNING_VALUES += ("skip_correction_threshold",)
_TUNING_SWITCHES = ("is_persistent", "is_var_split_kv")


def make_parser(module: str, dtypes: Sequence[torch.dtype]) -> argparse.ArgumentParser:
    names = " or ".join(map(dtype_name, dtypes))
    parser = documented.make_parser(
        f"tokenspeed_mla.{module}",
        f"Decode attention ({names}) over a paged latent cache on random inputs: checked against "
        "float64, then timed.",
        "--batch_size 4 --seq_len_q 4 --seq_len_k 8192 --num_heads 16",
    )
    flag = parser.add_argument
    flag("--in_dtype", type=parse.dtype, default=dtypes[0], help=f"{names}")
    flag("--out_dtype", type=parse.dtype, help="bfloat16 for FP8, else --in_dtype")
    flag("--lse_dtype", type=parse.dtype, default=torch.float32, help="only float32")
    flag("--batch_size", type=parse.positive_int, default=1)
    flag("--seq_len_q", type=parse.positive_int, default=1, help="new tokens per request")
    flag("--seq_len_k", type=parse.positive_int, default=1024, help="keys, the new ones included")
    flag("--num_heads", type=parse.positive_int, default=128)
    flag("--latent_dim", type=parse.positive_int, default=KV_LORA_RANK)
    flag("--rope_dim", type=parse.positive_int, default=ROPE_DIM)
    flag("--page_size", type=parse.positive_int, default=64)
    flag("--is_var_seq", action="store_true", help="random lengths, up to --seq_len_k")
    flag("--is_causal", action="store_true", help="new token t sees the new tokens up to itself")
    flag("--softmax_scale", type=float, default=D_QK**-0.5, help="default: 1/sqrt(192)")
    flag("--output_scale", type=float, default=1.0)
    documented.add_run_flags(parser)
    documented.add_no_effect_flags(parser, _TUNING_VALUES, _TUNING_SWITCHES)
    return parser


def main(module: str, dtypes: Sequence[torch.dtype], arguments: Sequence[str] | None) -> int:
    parser = make_parser(module, dtypes)
    options = parser.parse_args(arguments)
    if options.in_dtype not in dtypes:
        names = ", ".join(map(dtype_name, dtypes))
        parser.error(f"--in_dtype must be {names}, got {dtype_name(options.in_dtype)}")

    shape = DecodeShape(
        batch=options.batch_size,
        q_len=options.seq_len_q,
        num_heads=options.num_heads,
        kv_len=options.seq_len_k,
        dtype=options.in_dtype,
        page_size=options.page_size,
        is_causal=options.is_causal,
    )
    make_inputs = functools.partial(_make_inputs, shape, options)
    make_check = functools.partial(check_decode, tolerance=options.tolerance)
    return documented.execute(options, shape, make_inputs, make_check, _notes(options))


def _make_inputs(
    shape: DecodeShape, options: argparse.Namespace, generator: torch.Generator
) -> Inputs:
    seq_lens = None
    if options.is_var_seq:
        rng = random.Random(options.seed)
        shortest = min(shape.q_len, shape.kv_len)
        seq_lens = tuple(rng.randint(shortest, shape.kv_len) for _ in range(shape.batch))
    inputs = decode_inputs(
        shape, options.device, generator, seq_lens, softmax_scale=options.softmax_scale
    )
    return inputs | {
        "kv_lora_rank": options.latent_dim,
        "qk_rope_head_dim": options.rope_dim,
        "output_scale": options.output_scale,
        "is_var_seq": options.is_var_seq,
    }


def _notes(options: argparse.Namespace) -> list[str]:
    """Where what is computed differs from what was asked for."""
    notes = []
    written = torch.bfloat16 if options.in_dtype.itemsize == 1 else options.in_dtype
    if options.out_dtype not in (None, written):
        asked, given = dtype_name(options.out_dtype), dtype_name(written)
        notes.append(f"--out_dtype {asked}: this library writes {given}, and did so here")
    if options.lse_dtype != torch.float32:
        notes.append(f"--lse_dtype {dtype_name(options.lse_dtype)}: the LSE is float32 here")
    return notes
