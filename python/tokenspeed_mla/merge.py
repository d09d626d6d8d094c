# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Merging: attention over disjoint sets of keys into attention over their union."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, is_grad_enabled

from tokenspeed_mla import _library, custom_ops
from tokenspeed_mla._arguments import expect_tensor, refuse_grad, to_dtype
from tokenspeed_mla._dispatch import is_plain_call, mark_written


def merge_states(
    outs: Sequence[Tensor],
    lses: Sequence[Tensor],
    *,
    out: Tensor | None = None,
    lse: Tensor | None = None,
    out_dtype: torch.dtype | None = None,
    lse_base: str = "e",
    enable_pdl: bool = False,
) -> tuple[Tensor, Tensor]:
    """lse = log(sum of exp(lses)), out = sum of exp(lses - lse) * outs.

    A partial with lse = -inf is neutral whatever its out holds; where all are, out = 0, lse = -inf.

    Args:
        outs: one [..., heads, d] float32, bfloat16 or float16 per set of keys, all alike, each
            starting at a multiple of 16 bytes; d a multiple of 8. Decode's [batch, q_len, heads, d]
            and prefill's [tokens, heads, d] do.
        lses: one [..., heads] float32 per set of keys.
        out: shape of each of outs, float32, bfloat16 or float16, starting at a multiple of 16
            bytes; made when None. May not be one of outs.
        lse: shape of each of lses, float32, contiguous; made when None.
        out_dtype: dtype of the `out` that is made; that of outs when None.
        lse_base: "e" (prefill's default) or "2" (decode's): the base of lses and of lse.
        enable_pdl: programmatic dependent launch; changes no bit.

    Returns:
        (out, lse), the given tensors where given.

    Raises, before anything is written, with what was expected and what was given:
        TypeError: an argument or a dtype of a wrong kind.
        ValueError: a wrong shape, stride, alignment, device or value; shared memory.
        NotImplementedError: this build has no kernel for such a call on this device.
        RuntimeError: a tensor requires grad, or the driver refused the launch.
    """
    outs, lses = tuple(outs), tuple(lses)
    is_given = out is not None or lse is not None
    if outs and is_plain_call(outs[0]):
        try:
            results = _results(outs, lses, out, lse, out_dtype)
            _library.merge_states(outs, lses, *results, lse_base, enable_pdl)
            if is_given:
                mark_written(*results)
            return results
        except Exception:
            pass  # the lines below convert what can be converted, or say what is wrong
    _check_shapes(outs, lses, out, lse)
    if out_dtype is not None:
        to_dtype("merge_states", "out_dtype", out_dtype)
    arguments = custom_ops.checked("merge_states", (outs, lses, out, lse, lse_base, enable_pdl))
    results = _results(*arguments[:4], out_dtype)
    _merge_rows(*arguments[:2], *results, *arguments[4:])
    if is_given:
        mark_written(*results)
    return results


def _results(
    outs: Sequence[Tensor],
    lses: Sequence[Tensor],
    out: Tensor | None,
    lse: Tensor | None,
    out_dtype: torch.dtype | None,
) -> tuple[Tensor, Tensor]:
    """The tensors to write, made where they are not given."""
    if out is None:
        out = torch.empty_like(
            outs[0], dtype=out_dtype or outs[0].dtype, memory_format=torch.contiguous_format
        )
    elif out_dtype is not None and out.dtype is not out_dtype:
        raise TypeError(f"merge_states: out must have dtype {out_dtype}, got {out.dtype}")
    if lse is None:
        lse = torch.empty_like(lses[0], dtype=torch.float32, memory_format=torch.contiguous_format)
    if is_grad_enabled():
        refuse_grad("merge_states", (*outs, *lses, out, lse))
    return out, lse


def _merge_rows(
    outs: list[Tensor],
    lses: list[Tensor],
    out: Tensor,
    lse: Tensor,
    lse_base: str,
    enable_pdl: bool,
) -> None:
    """The operator on tensors whose leading dimensions are made one."""
    custom_ops.merge_states(
        [_as_rows(tensor, 2) for tensor in outs],
        [_as_rows(tensor, 1) for tensor in lses],
        _view_as_rows("out", out, 2),
        _view_as_rows("lse", lse, 1),
        lse_base,
        enable_pdl,
    )


def _check_shapes(
    outs: Sequence[Tensor], lses: Sequence[Tensor], out: Tensor | None, lse: Tensor | None
) -> None:
    if not outs:
        raise ValueError("merge_states: outs must have at least one tensor, got none")
    if len(outs) != len(lses):
        raise ValueError(f"merge_states: there must be {len(outs)} lses, got {len(lses)}")
    shape = expect_tensor("merge_states", "each of outs", outs[0]).shape
    if len(shape) < 3:
        raise ValueError(
            "merge_states: outs must have 3 dimensions at least [..., heads, d], "
            f"got shape {list(shape)}"
        )
    for tensor in outs:
        _check_shape("each of outs", tensor, shape)
    for tensor in lses:
        _check_shape("each of lses", tensor, shape[:-1])
    if out is not None:
        _check_shape("out", out, shape)
    if lse is not None:
        _check_shape("lse", lse, shape[:-1])


def _check_shape(name: str, tensor: Tensor, shape: Sequence[int]) -> None:
    expect_tensor("merge_states", name, tensor)
    if tensor.shape != shape:
        raise ValueError(
            f"merge_states: {name} must have shape {list(shape)}, got {list(tensor.shape)}"
        )


def _as_rows(tensor: Tensor, inner_dims: int) -> Tensor:
    """`tensor` with every dimension but the inner ones made one; copied where strides forbid."""
    if tensor.dim() == inner_dims + 1:
        return tensor
    return tensor.flatten(0, -inner_dims - 1)


def _view_as_rows(name: str, tensor: Tensor, inner_dims: int) -> Tensor:
    """The same for a tensor that is written, which no copy may stand for."""
    if tensor.dim() == inner_dims + 1:
        return tensor
    num_rows = math.prod(tensor.shape[:-inner_dims])
    try:
        return tensor.view(num_rows, *tensor.shape[-inner_dims:])
    except RuntimeError as error:
        raise ValueError(
            f"merge_states: {name} must have leading dimensions that one stride can walk, "
            f"got strides {list(tensor.stride())}"
        ) from error
