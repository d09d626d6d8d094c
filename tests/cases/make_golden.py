# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Writes golden.json: values of the Python reference that the C++ reference is held against."""

import json
import math
from pathlib import Path
from typing import Any

import torch

from tokenspeed_mla.testing import decode, kv_pack, merge, prefill, reference
from tokenspeed_mla.testing.generate import Stream, words
from tokenspeed_mla.testing.layout import DTYPES
from tokenspeed_mla.testing.table import Case, load_cases
from tokenspeed_mla.testing.target import Target
from tokenspeed_mla.testing.tolerance import Expected

GOLDEN = Path(__file__).with_name("golden.json")
SAMPLES = 6

# (rule, cp_world, cp_rank): the first case of every dtype of these rules is sampled.
DECODE_RULES = [
    ("dtypes and masks", 1, 0),
    ("kv shorter than q under a causal mask", 1, 0),
    ("queries of standard deviation 100", 1, 0),
    ("strided pages", 1, 0),
    ("strided query", 1, 0),
    ("output scale", 1, 0),
    ("one length at every offset of a tile", 1, 0),
    ("context parallel with empty ranks", 8, 3),
]
PREFILL_RULES = [
    "dtypes and masks",
    "kv shorter than q under a causal mask",
    "grouped-query heads",
    "strided V from kv_b_proj",
    "ragged lengths",
]
KV_PACK_RULES = ["dtypes", "every bit pattern", "strided views of kv_b_proj", "strided tensors"]
MERGE_RULES = ["dtypes", "neutral partials that hold NaN", "far apart", "strided partials"]


class GpuLike(Target):
    """Rounds probabilities to the inputs' dtype, so that the golden bounds cover that path."""

    def probability_dtype(self, input_dtype: torch.dtype) -> torch.dtype:
        return input_dtype


def cases_of(op: str, rule: str) -> list[Case]:
    """The first case of each dtype of a rule."""
    first: dict[str, Case] = {}
    for case in load_cases(op, ["quick"]):
        if case.name.split("/")[0] == rule:
            first.setdefault(case["dtype"], case)
    return list(first.values())


def coordinates(case: Case, shape: tuple[int, ...]) -> list[list[int]]:
    """A few places of a shape, the same for the same case."""
    count = torch.Size(shape).numel()
    chosen = [(word >> 1) % count for word in words(case.seed, Stream.PAGES, SAMPLES).tolist()]
    return [[int(i) for i in torch.unravel_index(torch.tensor(p), shape)] for p in chosen]


def number(value: torch.Tensor) -> float | str:
    """JSON has no infinity."""
    return "-inf" if value.item() == -math.inf else value.item()


def attention_entry(case: Case, expected: tuple[Expected, Expected], **more: int) -> dict[str, Any]:
    """Samples of an attention result and of its bounds."""
    out, lse = expected
    bounds = out.bounds.expand(out.values.shape)
    samples = []
    for at in coordinates(case, tuple(out.values.shape)):
        wide, flat = tuple(at), tuple(at[:-1])
        sample = {"at": at, "out": out.values[wide], "out_bound": bounds[wide]}
        sample |= {"lse": lse.values[flat], "lse_bound": lse.bounds[flat]}
        samples.append({k: v if k == "at" else number(v) for k, v in sample.items()})
    return {"name": case.name, **more, "cosine_bound": out.cosine_bound, "samples": samples}


def kv_pack_entry(case: Case) -> dict[str, Any]:
    """Samples of packed bits at places that both outputs have."""
    inputs = kv_pack.make_inputs(case)
    scales = (case["k_scale_inv"], case["v_scale_inv"])
    tensors = (inputs.k_nope, inputs.k_pe, inputs.v)
    packed = reference.kv_pack(*tensors, *scales, DTYPES[case["out_dtype"]])
    k, v = (x.view(torch.uint8) for x in packed)
    places = [tuple(at) for at in coordinates(case, tuple(v.shape))]
    samples = [{"at": at, "k_bits": int(k[at]), "v_bits": int(v[at])} for at in places]
    return {"name": case.name, "samples": samples}


def make_golden() -> dict[str, list[dict[str, Any]]]:
    """Everything that golden.json holds."""
    target = GpuLike.named("cpu")
    golden: dict[str, list[dict[str, Any]]] = {"decode": [], "prefill": [], "kv_pack": []}
    for rule, world, rank in DECODE_RULES:
        for case in cases_of("decode", rule):
            inputs = decode.make_inputs(case, world, rank)
            expected = decode.expect(inputs, case, target)
            golden["decode"].append(attention_entry(case, expected, cp_world=world, cp_rank=rank))
    for rule in PREFILL_RULES:
        for case in cases_of("prefill", rule):
            inputs = prefill.make_inputs(case)
            expected = prefill.expect(inputs, case, target, case["is_causal"])
            golden["prefill"].append(attention_entry(case, expected))
    golden["kv_pack"] = [
        kv_pack_entry(c) for rule in KV_PACK_RULES for c in cases_of("kv_pack", rule)
    ]
    golden["merge"] = [
        attention_entry(c, merge.expect(merge.make_inputs(c), c))
        for rule in MERGE_RULES
        for c in cases_of("merge", rule)
    ]
    return golden


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(make_golden(), indent=1) + "\n")
