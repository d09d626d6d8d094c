# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""A paged cache as an engine leaves it: shuffled pages, and poison where no key is."""

from dataclasses import dataclass

import torch

from .generate import Stream, order
from .layout import POISON, bytes_of, poisoned, sparse_zeros
from .table import Case

_SPARE_PAGES = 2  # pages that no request references
_GARBAGE = (2**31 - 1, -1, 0, -(2**31))  # block-table entries past the used columns


@dataclass
class PagedCache:
    """[pages, page_size, width] or [pages, 1, page_size, width], and the table that finds keys."""

    pages: torch.Tensor
    block_tables: torch.Tensor  # [batch, columns] int32


def build_cache(rows: torch.Tensor, seq_lens: torch.Tensor, case: Case) -> PagedCache:
    """Scatters rows [sum of seq_lens, width], request after request, over pages in random order.

    Page 0, two pages at random and the tails of last pages are referenced by no key.
    """
    page_size = case["page_size"]
    pages_of = -(-seq_lens // page_size)
    num_used = int(pages_of.sum())
    num_pages = case["num_pages"] or 1 + num_used + _SPARE_PAGES
    highest = order(case.seed, Stream.PAGES, num_used + _SPARE_PAGES)
    physical = num_pages - len(highest) + highest

    tables = _garbage_table(len(seq_lens), pages_of, case)
    used = torch.arange(tables.shape[1]) < pages_of[:, None]
    tables[used] = physical[:num_used].int()

    pages = _empty_pages(num_pages, rows.shape[1], rows.dtype, case)
    request = torch.arange(len(seq_lens)).repeat_interleave(seq_lens)
    position = torch.arange(len(rows)) - (seq_lens.cumsum(0) - seq_lens)[request]
    page = tables[request, position // page_size].long()
    bytes_of(pages)[page, position % page_size] = bytes_of(rows)
    return PagedCache(pages.unsqueeze(1) if case["cache_rank"] == 4 else pages, tables)


def _garbage_table(batch: int, pages_of: torch.Tensor, case: Case) -> torch.Tensor:
    columns = (int(pages_of.max()) if batch else 0) + case["spare_columns"]
    if case["unused_entries"] == "zero":
        return torch.zeros(batch, columns, dtype=torch.int32)
    garbage = torch.tensor(_GARBAGE, dtype=torch.int32)
    return garbage[torch.arange(columns) % len(_GARBAGE)].repeat(batch, 1)


def _empty_pages(num_pages: int, width: int, dtype: torch.dtype, case: Case) -> torch.Tensor:
    row_stride = width + case["row_padding"]
    page_stride = case["page_size"] * row_stride + case["page_padding"]
    count = num_pages * page_stride
    if case["num_pages"]:
        storage = sparse_zeros(count, dtype)
    else:
        storage = poisoned(count, dtype, POISON[case["poison"]])
    shape = (num_pages, case["page_size"], width)
    return storage.as_strided(shape, (page_stride, row_stride, 1))
