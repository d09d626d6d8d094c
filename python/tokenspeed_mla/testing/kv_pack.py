# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Pack cases: inputs from a case, one call, and its comparison bit by bit."""

from dataclasses import dataclass

import torch

from . import reference
from .compare import compare_bits, expect_given
from .generate import Stream, normals
from .layout import DTYPES, POISON, Guarded, place, poisoned, to_dtype
from .table import Case
from .target import Target


@dataclass
class KvPackInputs:
    """The tensors of one call, on the CPU."""

    k_nope: torch.Tensor
    k_pe: torch.Tensor
    v: torch.Tensor


def make_inputs(case: Case) -> KvPackInputs:
    """The inputs of a case; `values` all_bits counts through every 16-bit pattern."""
    dtype = DTYPES[case["dtype"]]
    tokens, heads = case["num_tokens"], case["num_heads"]

    def values(stream: Stream, shape: tuple[int, ...]) -> torch.Tensor:
        if case["values"] == "all_bits":
            pattern = torch.arange(torch.Size(shape).numel()) & 0xFFFF
            return pattern.to(torch.uint16).view(dtype).view(shape)
        return to_dtype(normals(case.seed, stream, shape, case["std"]), dtype)

    k_nope = values(Stream.KEY, (tokens, heads, case["nope_dim"]))
    v = values(Stream.VALUE, (tokens, heads, case["v_dim"]))
    k_pe = values(Stream.QUERY, (tokens, 1, case["rope_dim"]))
    if case["layout"] == "kv_b_proj":
        fused = torch.cat([k_nope, v], dim=-1)
        k_nope, v = fused[..., : case["nope_dim"]], fused[..., case["nope_dim"] :]
        k_pe = _as_latent_tail(k_pe, case["poison"])
    else:
        k_nope, v = (place(t, case["layout"], case["poison"]) for t in (k_nope, v))
        k_pe = place(k_pe, "packed" if case["layout"] == "heads_first" else case["layout"])
    return KvPackInputs(k_nope, k_pe if case["rope_rank"] == 3 else k_pe[:, 0], v)


def _as_latent_tail(k_pe: torch.Tensor, poison: str) -> torch.Tensor:
    """The same values as the last columns of [tokens, 1, 512 + rope] latents."""
    shape = (k_pe.shape[0], 1, 512 + k_pe.shape[2])
    latents = poisoned(torch.Size(shape).numel(), k_pe.dtype, POISON[poison]).view(shape)
    latents[..., 512:] = k_pe
    return latents[..., 512:]


def run(inputs: KvPackInputs, case: Case, target: Target) -> tuple[torch.Tensor, torch.Tensor]:
    """Calls the library; k_fp8 and v_fp8 on the CPU."""
    import tokenspeed_mla

    fp8 = DTYPES[case["out_dtype"]]
    tokens, heads, nope_dim = inputs.k_nope.shape
    k_shape = (tokens, heads, nope_dim + inputs.k_pe.shape[-1])
    k_out = Guarded.empty(k_shape, fp8, target.device)
    v_out = Guarded.empty(inputs.v.shape, fp8, target.device)
    returned = tokenspeed_mla.mla_kv_pack_quantize_fp8(
        target.to_device(inputs.k_nope),
        target.to_device(inputs.k_pe),
        target.to_device(inputs.v),
        k_scale_inv=case["k_scale_inv"],
        v_scale_inv=case["v_scale_inv"],
        k_out=k_out.tensor,
        v_out=v_out.tensor,
        fp8_dtype=fp8,
        enable_pdl=case["enable_pdl"],
    )
    expect_given(returned, (k_out, v_out))
    return k_out.tensor.cpu(), v_out.tensor.cpu()


def check(case: Case, target: Target) -> float:
    """Runs a case; raises `Mismatch`, else returns 0: no bound is used where bits are equal."""
    inputs = make_inputs(case)
    k, v = run(inputs, case, target)
    expected_k, expected_v = reference.kv_pack(
        inputs.k_nope,
        inputs.k_pe,
        inputs.v,
        case["k_scale_inv"],
        case["v_scale_inv"],
        DTYPES[case["out_dtype"]],
    )
    compare_bits("k_fp8", k, expected_k)
    compare_bits("v_fp8", v, expected_v)
    return 0.0
