# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What the public functions do to their arguments before the library checks them."""

from typing import Any

import torch
from torch import Tensor

_FP8 = (torch.float8_e4m3fn, torch.float8_e5m2)
_OTHER_INTEGERS = {
    torch.int8,
    torch.int16,
    torch.int64,
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
}
_INT32_MAX = 2**31 - 1


def expect_tensor(where: str, name: str, value: Any, rank: int | None = None) -> None:
    """Raises TypeError when `value` is no tensor, ValueError when it has not `rank` dimensions."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{where}: {name} must be a tensor, got {type(value).__name__}")
    if rank is not None and value.dim() != rank:
        raise ValueError(
            f"{where}: {name} must have {rank} dimensions, got shape {list(value.shape)}"
        )


def expect_one_device(where: str, names: tuple[str, ...], *tensors: Tensor | None) -> None:
    """Raises ValueError when a tensor is not where the first one is."""
    first = tensors[0]
    assert first is not None
    device = first.device
    for name, tensor in zip(names, tensors, strict=True):
        if tensor is not None and tensor.device != device:
            raise ValueError(
                f"{where}: {name} must be on {device} as {names[0]} is, got {tensor.device}"
            )


def expect_no_grad(where: str, *tensors: Tensor) -> None:
    """Raises RuntimeError when a gradient is wanted: there is no backward pass to give it."""
    if not torch.is_grad_enabled():
        return
    for tensor in tensors:
        if tensor.requires_grad:
            raise RuntimeError(
                f"{where}: there is no backward pass; call under torch.no_grad() or pass detached "
                "tensors, got a tensor that requires grad"
            )


def to_int32(where: str, name: str, lengths: Any) -> Tensor:
    """`lengths` as int32 without gaps; what int32 cannot hold becomes -1 or its largest value.

    The CPU backend refuses both; on a GPU, where lengths are not read before the launch, decode
    takes no length for more than its block table has pages for.
    """
    expect_tensor(where, name, lengths)
    if lengths.dtype is torch.int32 or lengths.dtype not in _OTHER_INTEGERS:
        return lengths if lengths.is_contiguous() else lengths.contiguous()
    return lengths.to(torch.int64).clamp(-1, _INT32_MAX).to(torch.int32)


def output_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype of attention over inputs of `dtype`: FP8 has too little precision for it."""
    return torch.bfloat16 if dtype in _FP8 else dtype
