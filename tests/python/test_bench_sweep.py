# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The sweep over a grid of decode shapes: points, floors, cliffs, its table and its picture."""

from pathlib import Path

import pytest
import torch

from tokenspeed_mla.bench import results, sweep, sweep_picture
from tokenspeed_mla.bench.machine import Limits
from tokenspeed_mla.bench.sweep import Axes, Sweep, run_sweep, sweep_of
from tokenspeed_mla.bench.sweep_table import sweep_markdown

SMALL = Axes(num_heads=(1, 3), q_len=(1, 2), batch=(1, 2), kv_len=(64, 128))
LIMITS = Limits(bytes_per_second=1e9, flops_per_second=1e12, source="invented")


def even(time_us: float = 100.0) -> dict[tuple[int, int, int, int], float]:
    return dict.fromkeys(SMALL.indices(), time_us)


def test_default_axes_are_the_grid_of_the_head_counts_that_models_have() -> None:
    assert len(list(Axes().indices())) == 4320
    assert Axes().shape((-1, -1, -1, -1)).label == "B=256 q=8 H=128 kv=80K"


def test_neighbours_are_one_step_up() -> None:
    assert set(SMALL.neighbours_with_more_work((0, 1, 0, 0))) == {
        (1, 1, 0, 0),
        (0, 1, 1, 0),
        (0, 1, 0, 1),
    }
    assert list(SMALL.neighbours_with_more_work((1, 1, 1, 1))) == []


def test_a_cliff_is_slower_than_more_work() -> None:
    times = even() | {(0, 0, 0, 0): 129.0, (0, 1, 0, 0): 150.0, (1, 1, 1, 1): 900.0}
    cliffs = Sweep(SMALL, LIMITS, times).cliffs()
    assert cliffs == {(0, 1, 0, 0): 1.5}


def test_share_of_the_floor() -> None:
    found = Sweep(SMALL, LIMITS, even())
    shape = SMALL.shape((0, 0, 0, 0))
    assert found.share_of_floor((0, 0, 0, 0)) == pytest.approx(shape.bytes / 1e9 / 100e-6)


def test_sweep_measures_every_point_and_survives_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "last_level_cache_bytes", lambda device: 1 << 20)
    seen: list[str] = []
    result = run_sweep(torch.device("cpu"), axes=SMALL, samples=1, advance=seen.append)
    results.write(result, tmp_path / "sweep.json")
    found = sweep_of(results.read(tmp_path / "sweep.json"))
    assert found.axes == SMALL and set(found.times_us) == set(SMALL.indices())
    assert min(found.times_us.values()) > 0 and len(seen) == 16


def test_points_that_cannot_be_run_are_left_out() -> None:
    times = even()
    del times[(0, 0, 0, 0)]
    found = Sweep(SMALL, LIMITS, times)
    assert found.cliffs() == {}
    text = sweep_markdown(found)
    assert text.startswith("| kv | B=1 | B=2 |\n| --- | ---: | ---: |\n| 64 | ")
    assert "15 points. 0 of them" in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_picture_is_drawn(theme: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    times = even() | {(0, 1, 0, 0): 150.0}
    path = tmp_path / "sweep.svg"
    sweep_picture.draw(Sweep(SMALL, LIMITS, times), "Title", path, theme)
    first = path.read_bytes()
    assert b"<svg" in first
    sweep_picture.draw(Sweep(SMALL, LIMITS, times), "Title", path, theme)
    assert path.read_bytes() == first
