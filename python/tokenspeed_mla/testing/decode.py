# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Decode cases: inputs from a case, one call, and its comparison with float64."""

from dataclasses import dataclass, replace
from typing import Any

import torch

from . import reference
from .compare import compare, compare_bits, expect_given
from .generate import Stream, lengths, normals
from .layout import DTYPES, Guarded, place, to_dtype
from .paged_cache import build_cache
from .table import Case
from .target import Target
from .tolerance import Expected, combine_ranks, expected_lse, expected_out

LATENT_DIM, ROPE_DIM = 512, 64
WIDTH = LATENT_DIM + ROPE_DIM


@dataclass
class DecodeInputs:
    """The tensors of one call, on the CPU."""

    query: torch.Tensor
    kv_cache: torch.Tensor
    block_tables: torch.Tensor
    seq_lens: torch.Tensor
    causal_seqs: torch.Tensor | None = None
    cp_world: int = 1
    cp_rank: int = 0

    def requests(self, begin: int, end: int) -> "DecodeInputs":
        """The same call for some of the requests only."""
        return replace(
            self,
            query=self.query[begin:end],
            block_tables=self.block_tables[begin:end],
            seq_lens=self.seq_lens[begin:end],
        )


def make_inputs(case: Case, cp_world: int = 1, cp_rank: int = 0) -> DecodeInputs:
    """The inputs of a case; of rank `cp_rank` when `cp_world` ranks share the keys."""
    dtype = DTYPES[case["dtype"]]
    total_lens = torch.tensor(lengths(case["seq_lens"], case.seed), dtype=torch.int64)
    latents = to_dtype(
        normals(case.seed, Stream.KEY, (int(total_lens.sum()), WIDTH), case["kv_std"]), dtype
    )
    shape = (len(total_lens), case["q_len"], case["num_heads"], WIDTH)
    query = to_dtype(normals(case.seed, Stream.QUERY, shape, case["query_std"]), dtype)

    local_lens = (total_lens - cp_rank + cp_world - 1) // cp_world
    request = torch.arange(len(total_lens)).repeat_interleave(local_lens)
    begin = (total_lens.cumsum(0) - total_lens)[request]
    local = torch.arange(len(request)) - (local_lens.cumsum(0) - local_lens)[request]
    cache = build_cache(latents[begin + local * cp_world + cp_rank], local_lens, case)
    return DecodeInputs(
        query=place(query, case["query_layout"]),
        kv_cache=cache.pages,
        block_tables=cache.block_tables,
        seq_lens=local_lens.int(),
        causal_seqs=total_lens.int() if cp_world > 1 else None,
        cp_world=cp_world,
        cp_rank=cp_rank,
    )


def arguments(inputs: DecodeInputs, case: Case, target: Target) -> dict[str, Any]:
    """The keyword arguments of the public function, without outputs."""
    import tokenspeed_mla

    rows = inputs.query.shape[1] * inputs.query.shape[2]
    workspace_bytes = tokenspeed_mla.get_num_sm(target.device) * rows * (LATENT_DIM + 1) * 4
    workspace = torch.full((workspace_bytes,), case["workspace_fill"], dtype=torch.uint8)
    causal_seqs = inputs.causal_seqs
    return {
        "query": target.to_device(inputs.query),
        "kv_cache": target.to_device(inputs.kv_cache),
        "workspace_buffer": target.to_device(workspace),
        "kv_lora_rank": LATENT_DIM,
        "qk_rope_head_dim": ROPE_DIM,
        "block_tables": target.to_device(inputs.block_tables),
        "seq_lens": target.to_device(inputs.seq_lens),
        "max_seq_len": case["max_seq_len"] or max([1, *inputs.seq_lens.tolist()]),
        "softmax_scale": case["softmax_scale"],
        "output_scale": case["output_scale"],
        "causal_mask": case["is_causal"],
        "enable_pdl": case["enable_pdl"],
        "causal_seqs": None if causal_seqs is None else target.to_device(causal_seqs),
        "cp_world": inputs.cp_world,
        "cp_rank": inputs.cp_rank,
        "batch_invariant": case["batch_invariant"],
    }


def make_outputs(inputs: DecodeInputs, case: Case, target: Target) -> tuple[Guarded, Guarded]:
    """Room for (out, lse)."""
    shape = inputs.query.shape[:3]
    out = Guarded.empty((*shape, LATENT_DIM), out_dtype(case), target.device)
    return out, Guarded.empty(shape, torch.float32, target.device)


def run(
    inputs: DecodeInputs, case: Case, target: Target, with_lse: bool = True
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Calls the library; out and lse on the CPU."""
    import tokenspeed_mla

    out, lse = make_outputs(inputs, case, target)
    arguments_lse = {"return_lse": True, "lse": lse.tensor, "lse_base": case["lse_base"]}
    returned = tokenspeed_mla.tokenspeed_mla_decode(
        **arguments(inputs, case, target), out=out.tensor, **(arguments_lse if with_lse else {})
    )
    expect_given(returned, (out, lse) if with_lse else out)
    return out.tensor.cpu(), lse.tensor.cpu() if with_lse else None


def out_dtype(case: Case) -> torch.dtype:
    """bfloat16 for FP8 inputs, else the inputs' dtype."""
    dtype = DTYPES[case["dtype"]]
    return torch.bfloat16 if dtype.itemsize == 1 else dtype


def expect(inputs: DecodeInputs, case: Case, target: Target) -> tuple[Expected, Expected]:
    """What a call on these inputs has to give: (out, lse)."""
    dtype = inputs.query.dtype
    attention = reference.decode(
        inputs.query,
        inputs.kv_cache,
        inputs.block_tables,
        inputs.seq_lens,
        case["softmax_scale"],
        case["output_scale"],
        case["is_causal"],
        inputs.causal_seqs,
        inputs.cp_world,
        inputs.cp_rank,
        probability_dtype=target.probability_dtype(dtype),
    )
    cutoff = target.sum_cutoff(dtype)
    roundings = target.inner_rounding(dtype), target.probability_rounding(dtype)
    out = expected_out(attention, out_dtype(case), WIDTH, cutoff, *roundings)
    return out, expected_lse(attention, WIDTH, case["lse_base"], cutoff)


def check(case: Case, target: Target) -> float:
    """Runs a case; raises `Mismatch`, else returns the worst share of a bound that was used."""
    if case["cp_world"] > 1:
        return _check_context_parallel(case, target)
    inputs = make_inputs(case)
    expected_o, expected_l = expect(inputs, case, target)
    out, lse = run(inputs, case, target)
    worst = max(compare("out", out, expected_o), compare("lse", lse, expected_l))
    if "repeat" in case["checks"]:
        again, lse_again = run(inputs, case, target)
        compare_bits("out of the same call again", again, out)
        compare_bits("lse of the same call again", lse_again, lse)
    if "without_lse" in case["checks"]:
        compare_bits("out without lse", run(inputs, case, target, with_lse=False)[0], out)
    if "alone" in case["checks"]:
        for b in range(len(out)):
            alone, _ = run(inputs.requests(b, b + 1), case, target)
            compare_bits(f"out of request {b} alone", alone, out[b : b + 1])
    return worst


def _check_context_parallel(case: Case, target: Target) -> float:
    """Every rank against its own reference, then the merge of all against the whole."""
    from .merge import merge_states

    world, worst = case["cp_world"], 0.0
    outs, lses, expected = [], [], []
    for rank in range(world):
        inputs = make_inputs(case, world, rank)
        expected_rank = expect(inputs, case, target)
        out, lse = run(inputs, case, target)
        worst = max(worst, compare(f"out of rank {rank}", out, expected_rank[0]))
        worst = max(worst, compare(f"lse of rank {rank}", lse, expected_rank[1]))
        outs.append(out.flatten(0, 1))
        lses.append(lse.flatten(0, 1))
        expected.append(expected_rank)
    whole = combine_ranks(expect(make_inputs(case), case, target), expected)
    merged, merged_lse = merge_states(outs, lses, out_dtype(case), case["lse_base"], target)
    worst = max(worst, compare("merged out", merged.view(out.shape), whole[0]))
    return max(worst, compare("merged lse", merged_lse.view(lse.shape), whole[1]))
