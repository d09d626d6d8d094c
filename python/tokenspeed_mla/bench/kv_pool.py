# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""One random paged cache from which many decode calls each take pages of their own.

A cache that is much larger than the L2, read at other pages by every call, keeps calls cold without
a flush and without a cache a call.
"""

from __future__ import annotations

import torch

from tokenspeed_mla.bench.random_data import random
from tokenspeed_mla.bench.shapes import DecodeShape
from tokenspeed_mla.dims import D_CACHE


def pages_of(shape: DecodeShape) -> int:
    """Pages that one call of this shape reads, as if every request were as long as the longest."""
    return shape.batch * -(-shape.kv_len // shape.page_size)


class KvPool:
    """A cache [pages, page_size, 576], and block tables that go round its pages in random order."""

    def __init__(
        self,
        num_pages: int,
        page_size: int,
        dtype: torch.dtype,
        device: torch.device,
        generator: torch.Generator,
    ) -> None:
        num_pages = max(num_pages, 1)
        self.kv_cache = random((num_pages, page_size, D_CACHE), dtype, device, generator)
        order = torch.randperm(num_pages, generator=generator, device=generator.device)
        self._order = order.to(device, torch.int32)
        self._next = 0

    def block_tables(self, shape: DecodeShape) -> torch.Tensor:
        """[batch, pages of the longest request] int32: pages that were not given out lately.

        Raises ValueError when the shape needs more pages than there are.
        """
        count, total = pages_of(shape), len(self._order)
        if count > total:
            raise ValueError(f"kv_pool: {shape.label} needs {count} pages, there are {total}")
        if self._next + count > total:
            self._next = 0
        pages = self._order[self._next : self._next + count]
        self._next += count
        return pages.view(shape.batch, -1)
