# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Tensors in the memory layouts that callers use, with poison wherever nothing should be read."""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass

import torch

DTYPES = {
    name: getattr(torch, name)
    for name in ("float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")
}
POISON = {"nan": float("nan"), "inf": float("inf"), "zero": 0.0}

_PADDING = 32  # elements after a row of a padded layout
_GUARD = 64  # elements before and after an output
_GUARD_BYTE = 0xA5
_MAP_NORESERVE = 0x4000  # mmap.MAP_NORESERVE, which older Pythons do not name


def to_dtype(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """float32 rounded to `dtype`, values beyond its range clamped to it."""
    largest = torch.finfo(dtype).max
    return values.clamp(-largest, largest).to(dtype)


def bytes_of(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself, FP8 as bytes: PyTorch has no indexing for FP8 on every device."""
    return tensor.view(torch.uint8) if tensor.dtype.itemsize == 1 else tensor


def poisoned(num_elements: int, dtype: torch.dtype, value: float) -> torch.Tensor:
    """A flat tensor of one value, NaN where `dtype` has no infinity to hold."""
    one = torch.tensor([value]).to(dtype)
    return bytes_of(one).expand(num_elements).contiguous().view(dtype)


def place(values: torch.Tensor, layout: str, poison: str = "nan") -> torch.Tensor:
    """A copy of ``values`` in a layout; what lies between its elements is poison.

    packed: row-major. padded: each last dimension is the head of a longer row. heads_first: the
    last two dimensions before the features are exchanged in memory, as [heads, tokens] storage is.
    """
    if layout == "packed":
        return values.contiguous()
    if layout == "padded":
        shape = (*values.shape[:-1], values.shape[-1] + _PADDING)
        wide = poisoned(torch.Size(shape).numel(), values.dtype, POISON[poison]).view(shape)
        wide[..., : values.shape[-1]] = values
        return wide[..., : values.shape[-1]]
    if layout == "heads_first":
        return values.transpose(-3, -2).contiguous().transpose(-3, -2)
    raise ValueError(f"unknown layout {layout!r}")


def sparse_zeros(num_elements: int, dtype: torch.dtype) -> torch.Tensor:
    """Zeros that take memory only where they are written, however many there are (CPU)."""
    num_bytes = num_elements * dtype.itemsize
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
    return torch.frombuffer(mmap.mmap(-1, num_bytes, flags=flags), dtype=dtype)


@dataclass
class Guarded:
    """An output that starts as NaN, between guard zones that a correct call leaves alone."""

    storage: torch.Tensor
    tensor: torch.Tensor

    @staticmethod
    def empty(shape: Sequence[int], dtype: torch.dtype, device: torch.device) -> "Guarded":
        count = torch.Size(shape).numel()
        storage = torch.empty(count + 2 * _GUARD, dtype=dtype, device=device)
        storage.view(torch.uint8).fill_(_GUARD_BYTE)
        tensor = storage[_GUARD : _GUARD + count].view(*shape)
        tensor.copy_(poisoned(count, dtype, float("nan")).view(tensor.shape))
        return Guarded(storage, tensor)

    def is_intact(self) -> bool:
        """Whether the guard zones hold what they held."""
        guards = torch.cat([self.storage[:_GUARD], self.storage[-_GUARD:]]).view(torch.uint8)
        return bool((guards == _GUARD_BYTE).all())


def same_bits(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether two tensors of one shape and dtype hold the same bytes."""
    return torch.equal(left.contiguous().view(torch.uint8), right.contiguous().view(torch.uint8))
