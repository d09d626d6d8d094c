# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Measurement: work formulas, baselines, result files, tables between markers, figures."""

import json
from pathlib import Path

import pytest
import torch

from tokenspeed_mla import fmha
from tokenspeed_mla.bench import results, roofline, suites, tables, timing, write_docs
from tokenspeed_mla.bench.baselines import baselines
from tokenspeed_mla.bench.inputs import make_inputs, our_call
from tokenspeed_mla.bench.machine import Limits
from tokenspeed_mla.bench.shapes import (
    DecodeShape,
    MergeShape,
    PackShape,
    PrefillShape,
    visible_scores,
)

REPOSITORY = Path(__file__).parents[2]
CPU = torch.device("cpu")
BF16 = torch.bfloat16
SMALL = [
    DecodeShape(2, 3, 4, 130, dtype=BF16),
    DecodeShape(1, 1, 2, 64, dtype=BF16, is_causal=False),
    PrefillShape((40, 40), (40, 40), 4, dtype=BF16),
    PrefillShape((8,), (40,), 2, dtype=BF16, is_causal=False),
    PackShape(20, 3),
    MergeShape(3, 10, 2, 128),
]


def some_result() -> results.Result:
    shape = SMALL[0]
    ours = timing.Timing((10.0, 12.0, 11.0), 3, "wall clock")
    theirs = timing.Timing((20.0, 24.0, 22.0), 3, "wall clock")
    slower = timing.Timing((30.0, 34.0, 32.0), 3, "wall clock")
    row = results.make_row(shape, {"ours": ours, "b": slower, "a": theirs}, 2.0, errors={"a": 1e-3})
    device = {"name": "Abacus", "threads": 2}
    limits = {"bytes_per_second": 1e10, "flops_per_second": 1e11, "source": "measured"}
    return results.make_result("cpu", device, [row], cache="warm", samples=3, limits=limits)


@pytest.mark.parametrize("q_len", [0, 1, 3, 7])
@pytest.mark.parametrize("kv_len", [0, 1, 3, 7])
def test_visible_scores_counts_the_mask(q_len: int, kv_len: int) -> None:
    mask = [[j <= i + kv_len - q_len for j in range(kv_len)] for i in range(q_len)]
    assert visible_scores(q_len, kv_len, True) == sum(map(sum, mask))
    assert visible_scores(q_len, kv_len, False) == q_len * kv_len


def test_work_of_known_shapes() -> None:
    decode = DecodeShape(4, 4, 16, 81920, is_causal=False)
    assert decode.flops == 2176 * 4 * 64 * 81920
    assert decode.bytes == 4 * 81920 * 576 + 4 * 64 * (576 + 2 * 512)
    prefill = PrefillShape((8192,), (8192,), 128)
    assert prefill.flops == 640 * 128 * 8192 * 8193 // 2


@pytest.mark.parametrize("shape", SMALL, ids=lambda shape: f"{shape.op} {shape.label}")
def test_baselines_compute_the_same(shape: suites.Shape) -> None:
    inputs = make_inputs(shape, CPU, torch.Generator().manual_seed(1))
    ours = our_call(shape, inputs)()
    ours = (ours[0] if isinstance(ours, tuple) else ours).double()
    found = baselines(shape, inputs)
    assert found
    for name, baseline in found.items():
        theirs = baseline.as_ours(baseline.call()).double()
        assert theirs.shape == ours.shape, name
        assert (theirs - ours).norm() <= 0.02 * ours.norm(), name


def test_there_is_no_baseline_where_pytorch_has_none() -> None:
    for shape in (DecodeShape(1, 1, 4, 64), PrefillShape((4,), (9,), 2, dtype=BF16)):
        assert baselines(shape, make_inputs(shape, CPU, torch.Generator())) == {}


def test_result_survives_the_file(tmp_path: Path) -> None:
    result = some_result()
    results.write(result, tmp_path / "cpu" / "cpu.json")
    assert results.read(tmp_path / "cpu" / "cpu.json") == result
    assert {"schema", "suite", "date", "commit", "versions", "device", "rows"} <= set(result)
    assert results.fastest_other(result["rows"][0]) == ("a", 22.0)
    (tmp_path / "old.json").write_text(json.dumps({"schema": 0}))
    with pytest.raises(ValueError, match="schema"):
        results.read(tmp_path / "old.json")


def test_folder_is_named_after_the_device() -> None:
    assert results.device_folder({"name": "Intel Xeon"}, "cpu") == "cpu"
    assert results.device_folder({"name": "NVIDIA H200"}, "cuda") == "h200"


def test_tables_are_rewritten_between_markers(tmp_path: Path) -> None:
    results.write(some_result(), tmp_path / "bench/results/cpu/cpu.json")
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- bench:cpu/cpu -->\nstale\n<!-- /bench -->\nafter\n")
    changed = write_docs.write_docs(tmp_path, tmp_path / "bench/results")
    assert changed[0] == page
    text = page.read_text()
    assert text.startswith("before\n<!-- bench:cpu/cpu -->\n| operation |")
    assert text.endswith("<!-- /bench -->\nafter\n") and "stale" not in text
    assert "| 11.0 us |" in text and "22.0 us (a) | 0.50 |" in text
    assert "Measured on Abacus (2 threads)" in text
    assert write_docs.write_docs(tmp_path, tmp_path / "bench/results") == []


def gpu_result() -> results.Result:
    """Two shapes on a GPU: one that ours can do, one that only the baseline can."""
    theirs = timing.Timing((20.0, 24.0, 22.0), 3, "cuda graph replay")
    ours = timing.Timing((10.0, 12.0, 11.0), 3, "cuda graph replay")
    errors = {"ours": 1e-3, "theirs": 2e-3}
    both = results.make_row(SMALL[0], {"ours": ours, "theirs": theirs}, 5.5, errors=errors)
    alone = results.make_row(SMALL[1], {"theirs": theirs}, 2.0, errors={"theirs": 2e-3})
    device = {"name": "NVIDIA H200", "compute_capability": "9.0"}
    clocks = {"sm_mhz": {"min": 1500.0, "median": 1900.0, "max": 1980.0}}
    rows = [both, alone | {"unsupported": "no kernel"}]
    return results.make_result("decode_bf16", device, rows, cache="cold", samples=3, clocks=clocks)


def test_table_of_a_gpu_compares_every_candidate() -> None:
    lines = tables.markdown(gpu_result()).splitlines()
    assert lines[0].endswith("| of the floor | error | theirs | x | error |")
    assert lines[2].startswith(f"| decode {SMALL[0].label} | bfloat16 | 11.0 us | ")
    assert lines[2].endswith(" | 50 % | 1.0e-03 | 22.0 us | 2.00 | 2.0e-03 |")
    assert lines[3].endswith(" | - | - | - | - | - | 22.0 us | - | 2.0e-03 |")
    assert lines[-1].endswith("SM clock 1500 to 1980 MHz.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- bench:cpu/none -->\n<!-- /bench -->\n", "no result for bench:cpu/none"),
        ("<!-- bench:cpu/cpu -->\nno end\n", "unpaired"),
        ("<!-- /bench -->\n", "unpaired"),
    ],
)
def test_bad_markers_change_no_page(text: str, message: str, tmp_path: Path) -> None:
    results.write(some_result(), tmp_path / "cpu/cpu.json")
    good, bad = tmp_path / "good.md", tmp_path / "worse.md"
    stale = "<!-- bench:cpu/cpu -->\nstale\n<!-- /bench -->\n"
    good.write_text(stale)
    bad.write_text(text)
    with pytest.raises(ValueError, match=message):
        tables.rewrite_pages([good, bad], tmp_path)
    assert good.read_text() == stale


def test_pages_of_this_repository_are_up_to_date() -> None:
    for page in write_docs.pages(REPOSITORY):
        text = page.read_text()
        again = tables.rewrite_blocks(text, REPOSITORY / "bench/results", str(page))
        assert again == text, f"{page}: run `python -m tokenspeed_mla bench --write-docs`"


def test_limits() -> None:
    limits = Limits(bytes_per_second=10.0, flops_per_second=100.0, source="invented")
    assert limits.ridge == 10.0
    assert limits.seconds(10, 10) == 1.0
    assert limits.seconds(1, 1000) == 10.0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_roofline_is_drawn(theme: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = some_result()
    path = tmp_path / "figure.svg"
    roofline.draw(roofline.points_of(result), roofline.limits_of(result), "Title", path, theme)
    assert path.read_text().lstrip().startswith("<?xml")


def test_tolerance_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """The reference check is a check: no 16-bit output is within 1e-12 of float64."""
    arguments = "--q_shape 1,32,2,192 --k_shape 1,32,2,192 --tolerance 1e-12 --iterations 1"
    assert fmha.main(arguments.split()) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "FAIL"
