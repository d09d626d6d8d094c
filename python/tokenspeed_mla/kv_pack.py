# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Packing: K = concat(k_nope, k_pe for every head) and V, scaled and cast to FP8 in one pass."""

import torch
from torch import Tensor, is_grad_enabled

from tokenspeed_mla import _library, custom_ops
from tokenspeed_mla._arguments import expect_tensor, refuse_grad, to_dtype
from tokenspeed_mla._dispatch import is_plain_call, mark_written


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

    Values outside the range saturate (448, 57344); NaN stays NaN. Tensors may start at any element;
    those that start, and whose rows start, at multiples of 16 bytes are packed fastest.

    Args:
        k_nope: [tokens, heads, nope] bfloat16 or float16; any token and head strides.
        k_pe: [tokens, rope] or [tokens, 1, rope], dtype of k_nope.
        v: [tokens, heads, d_v], dtype of k_nope.
        k_scale_inv: multiplies K in float32 before the cast; finite.
        v_scale_inv: multiplies V in float32 before the cast; finite.
        k_out: [tokens, heads, nope + rope] fp8_dtype; made when None.
        v_out: [tokens, heads, d_v] fp8_dtype; made when None.
        fp8_dtype: torch.float8_e4m3fn or torch.float8_e5m2.
        enable_pdl: programmatic dependent launch; changes no bit.

    Returns:
        (k_fp8, v_fp8), the given tensors where given.

    Raises, before anything is written, with what was expected and what was given:
        TypeError: an argument or a dtype of a wrong kind.
        ValueError: a wrong shape, stride, alignment, device or value; shared memory.
        NotImplementedError: this build has no kernel for such a call on this device.
        RuntimeError: a tensor requires grad, or the driver refused the launch.
    """
    is_given = k_out is not None or v_out is not None
    options = (k_scale_inv, v_scale_inv, enable_pdl)
    if is_plain_call(k_nope):
        try:
            results = _results(fp8_dtype, k_nope, k_pe, v, k_out, v_out)
            _library.kv_pack(k_nope, k_pe, v, *results, *options)
            if is_given:
                mark_written(*results)
            return results
        except Exception:
            pass  # the lines below convert what can be converted, or say what is wrong
    for name, tensor in (("k_nope", k_nope), ("v", v)):
        expect_tensor("kv_pack", name, tensor, rank=3)
    to_dtype("kv_pack", "fp8_dtype", fp8_dtype)
    arguments = custom_ops.checked("kv_pack", (k_nope, k_pe, v, k_out, v_out, *options))
    results = _results(fp8_dtype, *arguments[:5])
    custom_ops.kv_pack(*arguments[:3], *results, *arguments[5:])
    if is_given:
        mark_written(*results)
    return results


def _results(
    fp8_dtype: torch.dtype,
    k_nope: Tensor,
    k_pe: Tensor,
    v: Tensor,
    k_out: Tensor | None,
    v_out: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """The tensors to write, made where they are not given."""
    if k_out is None:
        tokens, heads, nope = k_nope.shape
        k_out = k_nope.new_empty(tokens, heads, nope + k_pe.shape[-1], dtype=fp8_dtype)
    elif k_out.dtype is not fp8_dtype:
        raise TypeError(f"kv_pack: k_out must have dtype {fp8_dtype}, got {k_out.dtype}")
    if v_out is None:
        v_out = torch.empty_like(v, dtype=fp8_dtype, memory_format=torch.contiguous_format)
    elif v_out.dtype is not fp8_dtype:
        raise TypeError(f"kv_pack: v_out must have dtype {fp8_dtype}, got {v_out.dtype}")
    if is_grad_enabled():
        refuse_grad("kv_pack", (k_nope, k_pe, v, k_out, v_out))
    return k_out, v_out
