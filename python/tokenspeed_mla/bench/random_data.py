# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Random tensors. Always random: zeros draw less power and run faster on a GPU than data does."""

from __future__ import annotations

import torch

CHUNK_ELEMENTS = 1 << 27  # drawn as float32 at a time: large caches leave no room for a wide copy


def random(
    size: tuple[int, ...],
    dtype: torch.dtype,
    device: torch.device,
    generator: torch.Generator,
) -> torch.Tensor:
    """Standard normal values, rounded to dtype."""
    result = torch.empty(size, dtype=dtype, device=device)
    flat = result.view(-1)
    for begin in range(0, flat.numel(), CHUNK_ELEMENTS):
        part = flat[begin : begin + CHUNK_ELEMENTS]
        part.copy_(torch.randn(part.shape, generator=generator, device=generator.device))
    return result
