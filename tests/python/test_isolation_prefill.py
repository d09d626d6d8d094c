# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""NaN in one request of a prefill, or behind all of them, changes no bit of another.

test_emulator.py runs this on emulated GPUs too.
"""

import pytest
import torch
from torch import Tensor

from calls import equal_bits, random_tensor
from tokenspeed_mla import tokenspeed_mla_prefill

FP8 = torch.float8_e4m3fn
Q_LENS = [5, 70, 0, 33, 20]
KV_LENS = [9, 70, 3, 300, 130]
HEADS, SPARE_ROWS = 2, 200
DTYPES = [torch.bfloat16, torch.float16, FP8, torch.float8_e5m2]


def cumulative(lengths: list[int]) -> Tensor:
    return torch.tensor([0, *lengths]).cumsum(0).int()


def inputs(dtype: torch.dtype) -> dict[str, Tensor]:
    rows = {"query": (sum(Q_LENS), 192), "key": (sum(KV_LENS), 192), "value": (sum(KV_LENS), 128)}
    return {
        name: random_tensor(count + SPARE_ROWS, HEADS, width, dtype=dtype, seed=seed)
        for seed, (name, (count, width)) in enumerate(rows.items())
    }


def prefill(tensors: dict[str, Tensor], is_causal: bool) -> tuple[Tensor, Tensor]:
    return tokenspeed_mla_prefill(
        **tensors,
        seq_lens=torch.tensor(KV_LENS, dtype=torch.int32),
        cum_seq_lens=cumulative(KV_LENS),
        max_seq_len=max(KV_LENS),
        batch_size=len(KV_LENS),
        softmax_scale=0.07,
        is_causal=is_causal,
        return_lse=True,
        cum_seq_lens_q=cumulative(Q_LENS),
        max_seq_len_q=max(Q_LENS),
    )


def with_nan(tensor: Tensor, rows: slice) -> Tensor:
    changed = tensor.float()
    changed[rows] = torch.nan
    return changed.to(tensor.dtype)


def rows_of(lengths: list[int], request: int) -> slice:
    begin = sum(lengths[:request])
    return slice(begin, begin + lengths[request])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("victim", [1, 3])
def test_keys_and_values_of_one_request(dtype, is_causal, victim):
    tensors = inputs(dtype)
    expected = prefill(tensors, is_causal)
    for name in ("key", "value"):
        changed = with_nan(tensors[name], rows_of(KV_LENS, victim))
        got = prefill({**tensors, name: changed}, is_causal)
        own = rows_of(Q_LENS, victim)
        assert got[0][own].isnan().all()
        for tensor, before in zip(got, expected, strict=True):
            tensor[own] = before[own]
            assert equal_bits(tensor[: sum(Q_LENS)], before[: sum(Q_LENS)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_behind_all_requests(dtype):
    tensors = inputs(dtype)
    expected = prefill(tensors, True)
    behind = {
        "query": slice(sum(Q_LENS), None),
        "key": slice(sum(KV_LENS), None),
        "value": slice(sum(KV_LENS), None),
    }
    got = prefill({name: with_nan(tensors[name], behind[name]) for name in tensors}, True)
    for tensor, before in zip(got, expected, strict=True):
        assert equal_bits(tensor[: sum(Q_LENS)], before[: sum(Q_LENS)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_query(dtype):
    tensors = inputs(dtype)
    row = sum(Q_LENS[:3]) + 7
    expected = prefill(tensors, True)
    got = prefill({**tensors, "query": with_nan(tensors["query"], slice(row, row + 1))}, True)
    assert got[0][row].isnan().all() and got[1][row].isnan().all()
    for tensor, before in zip(got, expected, strict=True):
        tensor[row] = before[row]
        assert equal_bits(tensor[: sum(Q_LENS)], before[: sum(Q_LENS)])
