# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Random legal problems agree with float64."""

from hypothesis import given
from hypothesis import strategies as st

from drawn_cases import cases
from tokenspeed_mla.testing import selftest
from tokenspeed_mla.testing.table import Case
from tokenspeed_mla.testing.target import Target

CPU = Target.named("cpu")
HEADS = st.integers(1, 20) | st.sampled_from([24, 40, 48, 64, 96, 128])
LENGTH = st.integers(0, 20) | st.integers(0, 300)
FP8 = ["float8_e4m3fn", "float8_e5m2"]
SCALES = st.floats(0.01, 0.5)
DECODE = cases(
    "decode",
    dtype=st.sampled_from(["float16", "bfloat16", "float8_e4m3fn"]),
    num_heads=HEADS,
    q_len=st.integers(1, 9),
    page_size=st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]),
    seq_lens=st.lists(LENGTH, max_size=5),
    is_causal=st.booleans(),
    softmax_scale=SCALES,
    output_scale=st.floats(-2, 2),
    lse_base=st.sampled_from(["2", "e"]),
    query_std=st.sampled_from([0.01, 1.0, 30.0]),
    query_layout=st.sampled_from(["packed", "padded", "heads_first"]),
    cache_rank=st.sampled_from([3, 4]),
    page_padding=st.sampled_from([0, 64, 4096]),
    row_padding=st.sampled_from([0, 32]),
    poison=st.sampled_from(["nan", "inf"]),
    spare_columns=st.integers(0, 4),
    batch_invariant=st.booleans(),
    cp_world=st.sampled_from([1, 1, 2, 3]),
    checks=st.sampled_from([[], ["repeat"], ["without_lse"]]),
)
PREFILL = st.integers(0, 4).flatmap(
    lambda batch: cases(
        "prefill",
        dtype=st.sampled_from(["float16", "bfloat16", *FP8]),
        num_q_heads=st.sampled_from([2, 4, 6]),
        num_kv_heads=st.sampled_from([1, 2]),
        d_qk=st.sampled_from([128, 192]),
        q_lens=st.lists(st.integers(0, 140), min_size=batch, max_size=batch),
        kv_lens=st.lists(st.integers(0, 200), min_size=batch, max_size=batch),
        is_causal=st.booleans(),
        softmax_scale=SCALES,
        lse_base=st.sampled_from(["2", "e"]),
        query_std=st.sampled_from([0.01, 1.0, 30.0]),
        query_layout=st.sampled_from(["packed", "padded", "heads_first"]),
        kv_layout=st.sampled_from(["packed", "padded", "heads_first", "kv_b_proj"]),
        checks=st.sampled_from([[], ["repeat"], ["without_lse"]]),
    )
)
KV_PACK = cases(
    "kv_pack",
    dtype=st.sampled_from(["float16", "bfloat16"]),
    out_dtype=st.sampled_from(FP8),
    num_tokens=st.integers(0, 70),
    num_heads=st.integers(1, 9),
    k_scale_inv=st.floats(-600, 600),
    v_scale_inv=st.floats(0, 1),
    std=st.sampled_from([0.001, 1.0, 300.0]),
    layout=st.sampled_from(["packed", "padded", "heads_first", "kv_b_proj"]),
    rope_rank=st.sampled_from([2, 3]),
)
MERGE = cases(
    "merge",
    dtype=st.sampled_from(["float32", "bfloat16", "float16"]),
    out_dtype=st.sampled_from(["float32", "bfloat16", "float16"]),
    num_partials=st.integers(1, 9),
    num_rows=st.integers(0, 20),
    num_heads=st.integers(1, 9),
    head_dim=st.integers(1, 40).map(lambda n: 8 * n),
    lse_base=st.sampled_from(["2", "e"]),
    lse_std=st.floats(0, 200),
    neutral=st.sampled_from(["none", "some", "all"]),
    layout=st.sampled_from(["packed", "padded", "heads_first"]),
)


@given(case=DECODE)
def test_decode_agrees(case: Case) -> None:
    assert selftest.check_case(case, CPU) <= 1


@given(case=PREFILL)
def test_prefill_agrees(case: Case) -> None:
    assert selftest.check_case(case, CPU) <= 1


@given(case=KV_PACK)
def test_kv_pack_is_bit_exact(case: Case) -> None:
    selftest.check_case(case, CPU)


@given(case=MERGE)
def test_merge_agrees(case: Case) -> None:
    assert selftest.check_case(case, CPU) <= 1
