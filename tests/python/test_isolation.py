# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""NaN in the keys of a request changes no bit of another, and in a query none of another row.

test_emulator.py runs this on emulated GPUs too.
"""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from calls import engine_workspace, equal_bits, random_tensor
from tokenspeed_mla import device_facts, tokenspeed_mla_decode

FP8 = torch.float8_e4m3fn
LENS = [5, 300, 70, 2, 0, 129]


@dataclass
class Batch:
    """Requests of LENS keys in pages of their own."""

    query: Tensor
    cache: Tensor
    tables: Tensor

    @staticmethod
    def random(dtype: torch.dtype, num_heads: int, page_size: int) -> "Batch":
        num_pages = [-(-length // page_size) for length in LENS]
        order = torch.randperm(sum(num_pages), generator=torch.Generator().manual_seed(1)).int()
        tables = torch.zeros(len(LENS), max(num_pages), dtype=torch.int32)
        for row, pages in zip(tables, order.split(num_pages), strict=True):
            row[: len(pages)] = pages
        query = random_tensor(len(LENS), 2, num_heads, 576, dtype=dtype, seed=2)
        return Batch(query, random_tensor(len(order), page_size, 576, dtype=dtype, seed=3), tables)

    def decode(self, **changes: Tensor) -> tuple[Tensor, Tensor]:
        num_heads = self.query.shape[2]
        return tokenspeed_mla_decode(
            changes.get("query", self.query),
            changes.get("cache", self.cache),
            engine_workspace(num_heads),
            512,
            64,
            self.tables,
            torch.tensor(LENS, dtype=torch.int32),
            max(LENS),
            0.05,
            return_lse=True,
        )


def with_nan(tensor: Tensor, *index: object) -> Tensor:
    """A copy in which everything at these indices is NaN."""
    changed = tensor.float()
    changed[index] = torch.nan
    return changed.to(tensor.dtype)


SHAPES = [
    (torch.bfloat16, 16, 64),
    (torch.bfloat16, 128, 1),
    (torch.float16, 4, 16),
    (FP8, 16, 64),
    (FP8, 128, 16),
    (FP8, 4, 1),
]


@pytest.mark.parametrize(("dtype", "num_heads", "page_size"), SHAPES)
@pytest.mark.parametrize("victim", [1, 5])
def test_keys_of_one_request(dtype, num_heads, page_size, victim):
    batch = Batch.random(dtype, num_heads, page_size)
    pages = batch.tables[victim, : -(-LENS[victim] // page_size)].long()
    expected, got = batch.decode(), batch.decode(cache=with_nan(batch.cache, pages))
    assert got[0][victim].isnan().all() and got[1][victim].isnan().all()
    others = [request for request in range(len(LENS)) if request != victim]
    for tensor, before in zip(got, expected, strict=True):
        assert equal_bits(tensor[others], before[others])


@pytest.mark.parametrize(("dtype", "num_heads", "page_size"), SHAPES)
def test_key_of_the_last_token(dtype, num_heads, page_size):
    batch, victim = Batch.random(dtype, num_heads, page_size), 2
    page, place = divmod(LENS[victim] - 1, page_size)
    key = int(batch.tables[victim, page]), place
    expected, got = batch.decode(), batch.decode(cache=with_nan(batch.cache, *key))
    assert got[0][victim, 1].isnan().all()
    for tensor, before in zip(got, expected, strict=True):
        tensor[victim, 1] = before[victim, 1]
        if device_facts("cpu").arch != "cpu":  # where the token before may be NaN as well
            tensor[victim, 0] = before[victim, 0]
        assert equal_bits(tensor, before)


@pytest.mark.parametrize(("dtype", "num_heads", "page_size"), SHAPES)
def test_query_of_one_row(dtype, num_heads, page_size):
    batch = Batch.random(dtype, num_heads, page_size)
    row = 2, 1, num_heads // 2
    expected, got = batch.decode(), batch.decode(query=with_nan(batch.query, *row))
    assert got[0][row].isnan().all() and got[1][row].isnan()
    for tensor, before in zip(got, expected, strict=True):
        tensor[row] = before[row]
        assert equal_bits(tensor, before)
