# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The float64 reference against PyTorch's own attention and against its own golden values."""

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F

from tokenspeed_mla.testing import decode, reference
from tokenspeed_mla.testing.table import load_cases

CASES = Path(__file__).parents[1] / "cases"


def load_make_golden() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden", CASES / "make_golden.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_close_json(got: object, expected: object, rel: float = 1e-11) -> None:
    """Equal but for float64 rounding; bounds may differ where a probability rounds either way."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for key, value in expected.items():
            assert_close_json(got[key], value, 0.01 if key.endswith("bound") else rel)
    elif isinstance(expected, list):
        assert len(got) == len(expected)
        for left, right in zip(got, expected, strict=True):
            assert_close_json(left, right, rel)
    elif isinstance(expected, float):
        assert got == pytest.approx(expected, rel=rel, abs=1e-13)
    else:
        assert got == expected


def test_golden_values_are_this_references() -> None:
    golden = json.loads((CASES / "golden.json").read_text())
    assert_close_json(load_make_golden().make_golden(), golden)


@pytest.mark.parametrize("q_len, kv_len", [(5, 40), (1, 3), (7, 7), (6, 2), (3, 0)])
@pytest.mark.parametrize("is_causal", [True, False])
def test_prefill_is_torch_attention(q_len: int, kv_len: int, is_causal: bool) -> None:
    torch.manual_seed(q_len)
    query = torch.randn(q_len, 4, 192, dtype=torch.float64)
    key = torch.randn(kv_len, 2, 192, dtype=torch.float64)
    value = torch.randn(kv_len, 2, 128, dtype=torch.float64)
    got = reference.prefill(query, key, value, [q_len], [kv_len], 0.1, is_causal)
    visible = torch.ones(q_len, kv_len, dtype=torch.bool)
    if is_causal:
        visible = visible.tril(kv_len - q_len)
    q, k, v = (x.transpose(0, 1) for x in (query, key, value))
    k, v = k.repeat_interleave(2, 0), v.repeat_interleave(2, 0)
    scores = (0.1 * q @ k.transpose(1, 2)).masked_fill(~visible, -math.inf)
    torch.testing.assert_close(got.lse, scores.logsumexp(-1).transpose(0, 1))
    if kv_len:
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=visible, scale=0.1)
        seen = visible.any(-1)
        torch.testing.assert_close(got.out[seen], out.transpose(0, 1)[seen])
        assert (got.out[~seen] == 0).all()
    else:
        assert (got.out == 0).all()


@pytest.mark.parametrize("rule", ["page sizes", "strided pages", "4-D cache", "q_len without"])
def test_decode_is_prefill_over_the_gathered_cache(rule: str) -> None:
    case = next(c for c in load_cases("decode") if c.name.startswith(rule))
    inputs = decode.make_inputs(case)
    got = reference.decode(
        inputs.query,
        inputs.kv_cache,
        inputs.block_tables,
        inputs.seq_lens,
        case["softmax_scale"],
        causal_mask=case["is_causal"],
    )
    cache = inputs.kv_cache.reshape(-1, case["page_size"], 576)
    for b, seq_len in enumerate(inputs.seq_lens.tolist()):
        rows = [
            cache[inputs.block_tables[b, k // case["page_size"]], k % case["page_size"]]
            for k in range(seq_len)
        ]
        keys = torch.stack(rows)[:, None]
        q_len, scale = case["q_len"], case["softmax_scale"]
        whole = reference.prefill(
            inputs.query[b], keys, keys[..., :512], [q_len], [seq_len], scale, case["is_causal"]
        )
        torch.testing.assert_close(got.out[b], whole.out)
        torch.testing.assert_close(got.lse[b], whole.lse)


@pytest.mark.parametrize("q_len", [1, 4])
@pytest.mark.parametrize("world", [2, 3, 8])
def test_merged_ranks_are_the_whole(q_len: int, world: int) -> None:
    case = next(c for c in load_cases("decode") if c.name.startswith("context parallel with empty"))
    case.fields["q_len"] = q_len
    ranks = [decode.make_inputs(case, world, rank) for rank in range(world)]
    parts = [
        reference.decode(
            rank.query,
            rank.kv_cache,
            rank.block_tables,
            rank.seq_lens,
            0.07,
            causal_seqs=rank.causal_seqs,
            cp_world=world,
            cp_rank=rank.cp_rank,
        )
        for rank in ranks
    ]
    whole_inputs = decode.make_inputs(case)
    whole = reference.decode(
        whole_inputs.query,
        whole_inputs.kv_cache,
        whole_inputs.block_tables,
        whole_inputs.seq_lens,
        0.07,
    )
    out, lse = reference.merge([p.out for p in parts], [p.lse for p in parts])
    torch.testing.assert_close(out, whole.out)
    torch.testing.assert_close(lse, whole.lse)


def test_fp8_cast_saturates_and_keeps_nan() -> None:
    x = torch.tensor([447.0, 500.0, -1e6, math.inf, -math.inf, math.nan, 2.0**-10, -0.0])
    got = reference.cast_fp8(x, 1.0, torch.float8_e4m3fn).float()
    expected = torch.tensor([448.0, 448.0, -448.0, 448.0, -448.0, math.nan, 0.0, -0.0])
    torch.testing.assert_close(got, expected, rtol=0, atol=0, equal_nan=True)
