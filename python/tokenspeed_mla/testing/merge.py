# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Merge cases: partial results from a case, one call, and its comparison with float64."""

import math
from dataclasses import dataclass

import torch

from . import reference
from .compare import compare, compare_bits, expect_given
from .generate import Stream, normals
from .layout import DTYPES, Guarded, place, to_dtype
from .table import Case
from .target import Target
from .tolerance import Expected, expected_merge


@dataclass
class MergeInputs:
    """Partial outs [rows, heads, d] and their lses [rows, heads] in the case's base."""

    outs: list[torch.Tensor]
    lses: list[torch.Tensor]


def make_inputs(case: Case) -> MergeInputs:
    """The partials of a case. Partial p of row r is neutral, its out NaN, as `neutral` says.

    none: nowhere. some: where (r + p) is divisible by 3, and everywhere in row 0. all: everywhere.
    """
    partials, rows, heads = case["num_partials"], case["num_rows"], case["num_heads"]
    dtype = DTYPES[case["dtype"]]
    shape = (partials, rows, heads, case["head_dim"])
    outs = to_dtype(normals(case.seed, Stream.VALUE, shape, 1.0), dtype)
    lses = normals(case.seed, Stream.LSE, shape[:3], case["lse_std"]) + case["lse_offset"]
    row, partial = torch.arange(rows), torch.arange(partials)[:, None]
    neutral = {
        "none": torch.zeros(partials, rows, dtype=torch.bool),
        "some": ((row + partial) % 3 == 0) | (row == 0),
        "all": torch.ones(partials, rows, dtype=torch.bool),
    }[case["neutral"]]
    outs[neutral] = math.nan
    lses[neutral] = -math.inf
    return MergeInputs([place(out, case["layout"]) for out in outs], list(lses))


def merge_states(
    outs: list[torch.Tensor],
    lses: list[torch.Tensor],
    out_dtype: torch.dtype,
    lse_base: str,
    target: Target,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Calls the library; out and lse on the CPU."""
    import tokenspeed_mla

    out = Guarded.empty(outs[0].shape, out_dtype, target.device)
    lse = Guarded.empty(lses[0].shape, torch.float32, target.device)
    returned = tokenspeed_mla.merge_states(
        [target.to_device(x) for x in outs],
        [target.to_device(x) for x in lses],
        out=out.tensor,
        lse=lse.tensor,
        lse_base=lse_base,
    )
    expect_given(returned, (out, lse))
    return out.tensor.cpu(), lse.tensor.cpu()


def expect(inputs: MergeInputs, case: Case) -> tuple[Expected, Expected]:
    """What a call on these inputs has to give: (out, lse)."""
    unit = math.log2(math.e) if case["lse_base"] == "2" else 1.0
    out, lse = reference.merge(inputs.outs, [x.double() / unit for x in inputs.lses])
    largest = torch.stack([x.double().abs().nan_to_num(0.0) for x in inputs.outs]).amax(0)
    return expected_merge(out, lse, largest, DTYPES[case["out_dtype"]], case["lse_base"])


def check(case: Case, target: Target) -> float:
    """Runs a case; raises `Mismatch`, else returns the worst share of a bound that was used."""
    inputs = make_inputs(case)
    expected_o, expected_l = expect(inputs, case)
    call = (inputs.outs, inputs.lses, DTYPES[case["out_dtype"]], case["lse_base"], target)
    out, lse = merge_states(*call)
    worst = max(compare("out", out, expected_o), compare("lse", lse, expected_l))
    if "repeat" in case["checks"]:
        again, lse_again = merge_states(*call)
        compare_bits("out of the same call again", again, out)
        compare_bits("lse of the same call again", lse_again, lse)
    return worst
