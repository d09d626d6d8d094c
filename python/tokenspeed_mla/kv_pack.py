# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Packing: K = concat(k_nope, k_pe for every head) and V, scaled and cast to FP8 in one pass."""

import torch
from torch import Tensor

from tokenspeed_mla import _library, custom_ops
from tokenspeed_mla._arguments import expect_no_grad, expect_one_device, expect_tensor
from tokenspeed_mla._dispatch import is_plain_call, mark_written

_TENSORS = ("k_nope", "k_pe", "v", "k_out", "v_out")


def mla_kv_pack_quantize_fp8(
    k_nope: Tensor,
    k_pe: Tensor,
    v: Tensor,
    k_scale_inv: float = 1.0,
    v_scale_inv: float = 1.0,
    k_out: Tensor | None = None,
    v_out: Tensor | None = None,
    fp8_dtype: torch.dtype = torch.float8_e4m3fn,
    enable_pdl: bool = False,
) -> tuple[Tensor, Tensor]:
    """K and V in FP8, equal to (x.float() * scale).to(fp8_dtype) bit for bit inside FP8's range.

    Values outside the range saturate (448, 57344); NaN stays NaN.

    Args:
        k_nope: [tokens, heads, nope] bfloat16 or float16; any token and head strides.
        k_pe: [tokens, rope] or [tokens, 1, rope], dtype of k_nope.
        v: [tokens, heads, d_v], dtype of k_nope.
        k_scale_inv: multiplies K in float32 before the cast.
        v_scale_inv: multiplies V in float32 before the cast.
        k_out: [tokens, heads, nope + rope] fp8_dtype; made when None.
        v_out: [tokens, heads, d_v] fp8_dtype; made when None.
        fp8_dtype: torch.float8_e4m3fn or torch.float8_e5m2.
        enable_pdl: programmatic dependent launch; changes no bit.

    Returns:
        (k_fp8, v_fp8), the given tensors where given.

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: before anything is written, with
            what was expected and what was given.
    """
    expect_tensor("kv_pack", "k_nope", k_nope, rank=3)
    expect_tensor("kv_pack", "k_pe", k_pe)
    expect_tensor("kv_pack", "v", v, rank=3)
    if k_out is None:
        tokens, heads, nope = k_nope.shape
        rope = k_pe.shape[-1] if k_pe.dim() else 0
        k_out = torch.empty((tokens, heads, nope + rope), dtype=fp8_dtype, device=k_nope.device)
    if v_out is None:
        v_out = torch.empty(v.shape, dtype=fp8_dtype, device=v.device)
    for name, tensor in (("k_out", k_out), ("v_out", v_out)):
        expect_tensor("kv_pack", name, tensor)
        if tensor.dtype is not fp8_dtype:
            raise TypeError(f"kv_pack: {name} must have dtype {fp8_dtype}, got {tensor.dtype}")
    expect_no_grad("kv_pack", k_nope, k_pe, v, k_out, v_out)
    expect_one_device("kv_pack", _TENSORS, k_nope, k_pe, v, k_out, v_out)
    run = _library.kv_pack if is_plain_call(k_nope) else custom_ops.kv_pack
    run(k_nope, k_pe, v, k_out, v_out, float(k_scale_inv), float(v_scale_inv), enable_pdl)
    mark_written(k_out, v_out)
    return k_out, v_out
