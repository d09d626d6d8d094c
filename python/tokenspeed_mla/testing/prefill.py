# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prefill cases: inputs from a case, one call, and its comparison with float64."""

from dataclasses import dataclass
from typing import Any

import torch

from . import reference
from .compare import compare, compare_bits, expect_given
from .generate import Stream, lengths, normals
from .layout import DTYPES, POISON, Guarded, place, poisoned, to_dtype
from .table import Case
from .target import Target
from .tolerance import Expected, combine_ranks, expected_lse, expected_out


@dataclass
class PrefillInputs:
    """The tensors of one call, on the CPU."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    q_lens: list[int]
    kv_lens: list[int]

    def keys(self, begin: list[int], end: list[int]) -> "PrefillInputs":
        """The same queries over the keys [begin, end) of each request."""
        starts = [sum(self.kv_lens[:b]) for b in range(len(self.kv_lens))]
        spans = zip(starts, begin, end, strict=True)
        kept = [i for s, first, last in spans for i in range(s + first, s + last)]
        lens = [last - first for first, last in zip(begin, end, strict=True)]
        key, value = (t.float()[kept].to(t.dtype) for t in (self.key, self.value))
        return PrefillInputs(self.query, key, value, self.q_lens, lens)


def make_inputs(case: Case) -> PrefillInputs:
    """The inputs of a case; its kv_lens default to its q_lens."""
    dtype = DTYPES[case["dtype"]]
    q_lens = lengths(case["q_lens"], case.seed)
    kv_lens = lengths(case["kv_lens"], case.seed, Stream.KV_LENGTHS) if case["kv_lens"] else q_lens
    num_kv, heads_q, heads_k = sum(kv_lens), case["num_q_heads"], case["num_kv_heads"]

    def random(stream: Stream, shape: tuple[int, ...], std: float) -> torch.Tensor:
        return to_dtype(normals(case.seed, stream, shape, std), dtype)

    query = random(Stream.QUERY, (sum(q_lens), heads_q, case["d_qk"]), case["query_std"])
    key = random(Stream.KEY, (num_kv, heads_k, case["d_qk"]), case["kv_std"])
    value = random(Stream.VALUE, (num_kv, heads_k, case["d_v"]), case["kv_std"])
    query = place(query, case["query_layout"], case["poison"])
    key, value = _place_kv(key, value, case["kv_layout"], case["poison"])
    return PrefillInputs(query, key, value, q_lens, kv_lens)


def _place_kv(
    key: torch.Tensor, value: torch.Tensor, layout: str, poison: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """kv_b_proj: value is a view into [tokens, heads, 128 + d_v], as that projection leaves it."""
    if layout != "kv_b_proj":
        return place(key, layout, poison), place(value, layout, poison)
    shape = (*value.shape[:2], 128 + value.shape[2])
    fused = poisoned(torch.Size(shape).numel(), value.dtype, POISON[poison]).view(shape)
    fused[..., 128:] = value
    return key, fused[..., 128:]


def arguments(inputs: PrefillInputs, case: Case, target: Target, is_causal: bool) -> dict[str, Any]:
    """The keyword arguments of the public function, without outputs."""
    return {
        "query": target.to_device(inputs.query),
        "key": target.to_device(inputs.key),
        "value": target.to_device(inputs.value),
        "seq_lens": target.to_device(torch.tensor(inputs.kv_lens, dtype=torch.int32)),
        "cum_seq_lens": target.to_device(_cumulative(inputs.kv_lens)),
        "max_seq_len": max([1, *inputs.kv_lens]),
        "batch_size": len(inputs.kv_lens),
        "softmax_scale": case["softmax_scale"],
        "is_causal": is_causal,
        "cum_seq_lens_q": target.to_device(_cumulative(inputs.q_lens)),
        "max_seq_len_q": max([1, *inputs.q_lens]),
        "enable_pdl": case["enable_pdl"],
    }


def make_outputs(inputs: PrefillInputs, case: Case, target: Target) -> tuple[Guarded, Guarded]:
    """Room for (out, lse)."""
    shape = inputs.query.shape[:2]
    out_shape = (*shape, inputs.value.shape[2])
    out = Guarded.empty(out_shape, DTYPES[case["out_dtype"]], target.device)
    return out, Guarded.empty(shape, torch.float32, target.device)


def run(
    inputs: PrefillInputs, case: Case, target: Target, is_causal: bool, with_lse: bool = True
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Calls the library; out and lse on the CPU."""
    import tokenspeed_mla

    out, lse = make_outputs(inputs, case, target)
    call = arguments(inputs, case, target, is_causal)
    arguments_lse = {"return_lse": True, "lse": lse.tensor, "lse_base": case["lse_base"]}
    returned = tokenspeed_mla.tokenspeed_mla_prefill(
        **call, out=out.tensor, **(arguments_lse if with_lse else {})
    )
    expect_given(returned, (out, lse) if with_lse else out)
    return out.tensor.cpu(), lse.tensor.cpu() if with_lse else None


def _cumulative(lens: list[int]) -> torch.Tensor:
    return torch.tensor([0, *lens], dtype=torch.int64).cumsum(0).int()


def expect(
    inputs: PrefillInputs, case: Case, target: Target, is_causal: bool
) -> tuple[Expected, Expected]:
    """What a call on these inputs has to give: (out, lse)."""
    dtype = inputs.query.dtype
    attention = reference.prefill(
        inputs.query,
        inputs.key,
        inputs.value,
        inputs.q_lens,
        inputs.kv_lens,
        case["softmax_scale"],
        is_causal,
        target.probability_dtype(dtype),
    )
    d_qk = inputs.query.shape[2]
    cutoff = target.sum_cutoff(dtype)
    roundings = target.inner_rounding(dtype), target.probability_rounding(dtype)
    out = expected_out(attention, DTYPES[case["out_dtype"]], d_qk, cutoff, *roundings)
    return out, expected_lse(attention, d_qk, case["lse_base"], cutoff)


def check(case: Case, target: Target) -> float:
    """Runs a case; raises `Mismatch`, else returns the worst share of a bound that was used."""
    inputs = make_inputs(case)
    is_causal = case["is_causal"]
    expected_o, expected_l = expect(inputs, case, target, is_causal)
    out, lse = run(inputs, case, target, is_causal)
    worst = max(compare("out", out, expected_o), compare("lse", lse, expected_l))
    if "repeat" in case["checks"]:
        again, lse_again = run(inputs, case, target, is_causal)
        compare_bits("out of the same call again", again, out)
        compare_bits("lse of the same call again", lse_again, lse)
    if "without_lse" in case["checks"]:
        without = run(inputs, case, target, is_causal, with_lse=False)[0]
        compare_bits("out without lse", without, out)
    if "merge" in case["checks"]:
        worst = max(worst, _check_merge(inputs, case, target, (expected_o, expected_l)))
    return worst


def _check_merge(
    inputs: PrefillInputs, case: Case, target: Target, whole: tuple[Expected, Expected]
) -> float:
    """A prefix without mask and the new tokens under a causal mask, merged, against the whole."""
    from .merge import merge_states

    new = [min(lens) for lens in zip(inputs.q_lens, inputs.kv_lens, strict=True)]
    split = [kv - n for kv, n in zip(inputs.kv_lens, new, strict=True)]
    prefix = inputs.keys([0] * len(split), split)
    suffix = inputs.keys(split, inputs.kv_lens)
    parts = [(prefix, False), (suffix, case["is_causal"])]
    expected = [expect(part, case, target, is_causal) for part, is_causal in parts]
    outs, lses = zip(*(run(part, case, target, causal) for part, causal in parts), strict=True)
    out, lse = merge_states(
        list(outs), list(lses), DTYPES[case["out_dtype"]], case["lse_base"], target
    )
    bounds = combine_ranks(whole, expected)
    return max(compare("merged out", out, bounds[0]), compare("merged lse", lse, bounds[1]))
