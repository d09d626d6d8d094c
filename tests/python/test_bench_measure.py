# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Measuring: taking turns, rotated buffers, accuracy of what is timed, baselines of one's own."""

import dataclasses
import time
from pathlib import Path

import pytest
import torch

from tokenspeed_mla.bench import nvml_poll, suites, timing
from tokenspeed_mla.bench.baselines import Baseline, baselines
from tokenspeed_mla.bench.clocks import ClockLog, clock_log
from tokenspeed_mla.bench.inputs import Inputs, make_inputs, make_rotations
from tokenspeed_mla.bench.kv_pool import KvPool
from tokenspeed_mla.bench.plugins import load_source
from tokenspeed_mla.bench.runner import Setting, measure_shape, run_suite
from tokenspeed_mla.bench.shapes import DecodeShape, PrefillShape, Shape

CPU = torch.device("cpu")
BF16 = torch.bfloat16
DECODE = DecodeShape(2, 3, 4, 130, dtype=BF16)
PREFILL = PrefillShape((40, 40), (40, 40), 4, dtype=BF16)


def test_candidates_are_measured_in_turn() -> None:
    order: list[str] = []

    def call(name: str) -> None:
        order.append(name)
        time.sleep(3e-3 if name == "slow" else 2.2e-3)

    candidates = {name: [lambda name=name: call(name)] for name in ("slow", "fast")}
    measured = timing.measure(candidates, CPU, samples=3, warmup=1)
    assert order == ["slow", "fast"] * 4
    assert measured["slow"].median_us > measured["fast"].median_us > 2000
    assert len(measured["slow"].samples_us) == 3


def test_short_calls_are_repeated_and_rotated() -> None:
    seen: list[int] = []
    calls = [lambda index=index: seen.append(index) for index in range(3)]
    measured = timing.measure({"short": calls}, CPU, samples=2, warmup=2)["short"]
    assert measured.calls_per_sample > 100
    assert seen[:6] == [0, 1, 2, 0, 1, 2]
    assert measured.median_us < 100


def test_a_candidate_needs_a_call() -> None:
    with pytest.raises(ValueError, match="at least one call"):
        timing.measure({"none": []}, CPU)


@pytest.mark.parametrize(
    ("bytes_per_call", "cache", "rotations"),
    [(10, 100, 20), (150, 100, 2), (900, 100, 1), (0, 9, 1)],
)
def test_rotations(bytes_per_call: int, cache: int, rotations: int) -> None:
    assert timing.rotations_for(bytes_per_call, cache) == rotations


def setting() -> Setting:
    return Setting(CPU, torch.Generator().manual_seed(0), samples=2)


def test_measured_row_has_every_candidate() -> None:
    row = measure_shape(PREFILL, setting(), baselines)
    assert set(row["timings"]) == {"ours", "SDPA flash", "SDPA math", "matmul"}
    assert set(row["differences"]) == {"SDPA flash", "SDPA math", "matmul"}
    assert all(t["median_us"] >= t["min_us"] > 0 for t in row["timings"].values())
    assert row["shape"]["dtype"] == "bfloat16" and row["flops"] == PREFILL.flops


def test_errors_of_decode_are_those_against_float64() -> None:
    def wrong(shape: Shape, inputs: Inputs) -> dict[str, Baseline]:
        zero = torch.zeros_like(inputs["out"])
        return baselines(shape, inputs) | {"zero": Baseline(lambda: zero)}

    errors = measure_shape(DECODE, setting(), wrong)["errors"]
    assert errors["zero"] == 1.0
    assert 0 < errors["ours"] < 3e-3 and 0 < errors["matmul"] < 2e-2


def test_variants_stand_beside_ours() -> None:
    variant = dataclasses.replace(DECODE, page_size=32)
    row = measure_shape(DECODE, setting(), lambda *_: {}, {"page 32": variant})
    assert set(row["timings"]) == {"ours", "page 32"} and set(row["errors"]) == {"ours"}


def test_ragged_lengths_are_counted_and_used() -> None:
    shape = DecodeShape(3, 2, 4, 100, dtype=BF16, ragged_lens=(1, 100, 40))
    alone = [DecodeShape(1, 2, 4, length, dtype=BF16) for length in shape.lens]
    assert shape.flops == sum(each.flops for each in alone)
    assert shape.bytes == sum(each.bytes for each in alone)
    assert shape.label == "B=3 q=2 H=4 kv=1..100 mean 47"
    inputs = make_inputs(shape, CPU, torch.Generator().manual_seed(1))
    assert inputs["seq_lens"].tolist() == [1, 100, 40]
    assert baselines(shape, inputs) == {}


@pytest.mark.parametrize("shape", suites.suite("ragged").shapes, ids=lambda shape: shape.label)
def test_uniform_variant_has_as_many_keys(shape: DecodeShape) -> None:
    uniform = suites.suite("ragged").variants(shape)["uniform"]
    assert isinstance(uniform, DecodeShape) and len(set(uniform.lens)) == 1
    assert 0 <= sum(shape.lens) - sum(uniform.lens) < shape.batch
    assert max(shape.lens) == shape.kv_len and len(shape.lens) == shape.batch


def test_rotations_read_pages_of_their_own() -> None:
    rotations = make_rotations(DECODE, 3, CPU, torch.Generator().manual_seed(1))
    pages = torch.cat([each["block_tables"].flatten() for each in rotations])
    assert len(pages.unique()) == len(pages) == 3 * 2 * 3
    assert not torch.equal(rotations[0]["query"], rotations[1]["query"])
    assert len({each["out"].data_ptr() for each in rotations}) == 3


def test_pool_goes_round_and_has_an_end() -> None:
    pool = KvPool(5, 64, BF16, CPU, torch.Generator().manual_seed(1))
    two_pages = DecodeShape(1, 1, 2, 128, dtype=BF16)
    tables = [pool.block_tables(two_pages).tolist() for _ in range(3)]
    assert tables[2] == tables[0] != tables[1]
    with pytest.raises(ValueError, match="needs 6 pages, there are 5"):
        pool.block_tables(DecodeShape(3, 1, 2, 128, dtype=BF16))


PLUGIN = '''"""All zeros, at once."""
import torch


def prepare(problem):
    if problem.shape.op != "decode":
        return None
    out = torch.zeros_like(problem.inputs["out"])
    return lambda: out
'''


def test_plugin_is_measured(tmp_path: Path) -> None:
    (tmp_path / "zero.py").write_text(PLUGIN)
    source = load_source(f"zero={tmp_path / 'zero.py'}")
    assert source.about == "All zeros, at once."
    result = run_suite("smoke", CPU, samples=1, sources=[source])
    assert result["baselines"] == {"zero": "All zeros, at once."}
    rows = {row["op"]: row for row in result["rows"]}
    assert rows["decode"]["errors"]["zero"] == 1.0
    assert set(rows["decode"]["timings"]) == {"ours", "zero"}
    assert set(rows["prefill"]["timings"]) == {"ours"}


@pytest.mark.parametrize("spec", ["zero", "=x.py", "zero=/nowhere/zero.py"])
def test_bad_plugins_are_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="baseline must be"):
        load_source(spec)


def test_plugin_without_prepare_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(ValueError, match="no function prepare"):
        load_source(f"empty={tmp_path / 'empty.py'}")


def test_clocks_are_summarised() -> None:
    log = ClockLog()
    assert log.summary() == {}
    log.collect(["1.0, 1980, 2619, 500.0\n", "2.0, 1500, 2619, 650.5\n", "3.0, 1700, 2619, 600\n"])
    assert log.summary()["sm_mhz"] == {"min": 1500.0, "median": 1700.0, "max": 1980.0}
    assert log.summary(since=3.0)["power_w"]["max"] == 600.0
    assert log.summary(since=4.0) == {}


def test_clocks_are_not_read_where_there_is_no_gpu() -> None:
    with clock_log(CPU) as log:
        pass
    assert log.readings == []
    nvml_poll.poll("GPU-of-nobody", 0.0)  # ends at once, with or without NVML
