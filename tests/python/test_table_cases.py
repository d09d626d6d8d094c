# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The case tables' reader, and that the tables hold what the contract lists."""

import copy

import pytest
import torch

from tokenspeed_mla.testing import generate
from tokenspeed_mla.testing.table import OPS, TAGS, load_cases, parse_table

TABLE = {
    "defaults": {"a": 1, "b": "x", "lens": [1]},
    "rules": [
        {"name": "plain", "a": 7},
        {
            "name": "product",
            "tags": ["slow"],
            "seed": 10,
            "each": {"b": ["p", "q"], "with": [{"a": 2}, {"a": 3, "lens": [4, 5]}]},
        },
    ],
}


def test_expands_the_cross_product_last_key_fastest() -> None:
    cases = parse_table("op", TABLE)
    assert [case.name for case in cases] == [
        "plain",
        "product/b=p/a=2",
        "product/b=p/a=3/lens=[4,5]",
        "product/b=q/a=2",
        "product/b=q/a=3/lens=[4,5]",
    ]
    assert [case.seed for case in cases] == [1, 10, 11, 12, 13]
    assert cases[2].fields == {"a": 3, "b": "p", "lens": [4, 5]}
    assert cases[4].tags == ("slow",)


@pytest.mark.parametrize("change", [{"typo": 1}, {"tags": ["fast"]}, {"name": "product/b=p/a=2"}])
def test_refuses_mistakes(change: dict) -> None:
    table = copy.deepcopy(TABLE)
    table["rules"][0] |= change
    with pytest.raises(ValueError, match="table"):
        parse_table("op", table)


def test_every_tag_is_used() -> None:
    cases = [case for op in OPS for case in load_cases(op)]
    assert {tag for case in cases for tag in case.tags} == set(TAGS)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("num_heads", {1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 40, 48, 64, 96, 128}),
        ("page_size", {1, 2, 4, 8, 16, 32, 64, 128}),
        ("q_len", set(range(1, 9))),
        ("cp_world", {1, 2, 3, 4, 8}),
        ("dtype", {"float16", "bfloat16", "float8_e4m3fn"}),
    ],
)
def test_decode_covers(field: str, values: set) -> None:
    assert values <= {case[field] for case in load_cases("decode", ["quick"])}


def test_words_are_splitmix64() -> None:
    # The first outputs of the generator for key 0, as published with it.
    golden = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    steps = torch.arange(1, 4, dtype=torch.int64) * generate._signed(0x9E3779B97F4A7C15)
    assert [word % 2**64 for word in generate._mix(steps).tolist()] == golden


def test_normals_are_nearly_normal() -> None:
    x = generate.normals(5, generate.Stream.KEY, (200_000,), 3.0)
    assert abs(x.mean().item()) < 0.03
    assert abs(x.std().item() - 3.0) < 0.03
    assert not torch.equal(x, generate.normals(6, generate.Stream.KEY, (200_000,), 3.0))
    assert not torch.equal(x, generate.normals(5, generate.Stream.QUERY, (200_000,), 3.0))


def test_order_is_a_permutation() -> None:
    order = generate.order(1, generate.Stream.PAGES, 1000)
    assert torch.equal(order.sort().values, torch.arange(1000))


def test_random_lengths_reach_both_bounds() -> None:
    lengths = generate.lengths({"count": 500, "low": 2, "high": 5}, seed=1)
    assert set(lengths) == {2, 3, 4, 5}
    assert generate.lengths([7, 0], seed=1) == [7, 0]
