# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The model of decode's time: its engine, the loops that it rests on, and its tables."""

from pathlib import Path

import pytest

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.model import call, counters, grid, hopper_fp8, merge, report
from tokenspeed_mla.bench.model.engine import Barrier, Deadlock, Simulation, Wait, Work
from tokenspeed_mla.bench.model.machines import B200, H200
from tokenspeed_mla.bench.shapes import DecodeShape

RESULTS = Path(__file__).parents[2] / "bench" / "results"
ROUNDS = 40


def clocks_of(*roles):
    simulation = Simulation()
    for number, role in enumerate(roles):
        simulation.add(str(number), role)
    return simulation.run()


def steps(*requests):
    yield from requests


def test_work_that_shares_a_unit_slows_down_alike():
    half = Work(100, {"port": 50})
    assert clocks_of(steps(half), steps(half)) == pytest.approx(100)
    assert clocks_of(steps(half), steps(half), steps(half)) == pytest.approx(150)
    full = Work(60, {"port": 60})
    assert clocks_of(steps(full), steps(Work(100, {"tensor": 100}))) == pytest.approx(100)


def test_work_of_more_weight_gets_more_of_what_is_short():
    heavy, light = Work(100, {"tensor": 100}, 3.0), Work(100, {"tensor": 100})
    assert clocks_of(steps(heavy), steps(light)) == pytest.approx(200)
    small = Work(100, {"tensor": 25}, 3.0)
    assert clocks_of(steps(small), steps(Work(75, {"tensor": 75}))) == pytest.approx(100)
    simulation = Simulation()
    ends = []

    def noting(work):
        yield work
        ends.append(simulation.now)

    for work in (heavy, light):
        simulation.add("", noting(work))
    simulation.run()
    assert ends == pytest.approx([400 / 3, 200])


def test_work_takes_as_long_as_its_busiest_unit():
    assert Work(10, {"tensor": 30}).clocks == 30


def test_a_wait_lasts_until_its_barrier_has_opened_so_often():
    barrier = Barrier(2)

    def arriving():
        yield Work(30)
        barrier.arrive()

    assert clocks_of(arriving(), arriving(), steps(Wait(barrier, 1), Work(5))) == pytest.approx(35)


def test_a_wait_that_cannot_end_is_named():
    with pytest.raises(Deadlock, match="0"):
        clocks_of(steps(Wait(Barrier(), 1)))


def scores_loop():
    """18 products with N = 64 and a wait, as measured on an H200."""
    product = Work(576, {"tensor": 576, "port": 576})
    for _ in range(ROUNDS):
        yield from (product, Work(H200.latencies.shared_product))


def values_loop(start, products, instructions):
    """Four blocks of products with the first operand in registers, each with its instructions."""
    latencies = H200.latencies
    clocks = 32 * products
    port = clocks / 2 if instructions else 0
    loads = Work(instructions * latencies.cadence, {"issue": instructions, "port": port})
    product = Work(clocks, {"tensor": clocks, "port": clocks / 2})
    yield Work(start)
    for _ in range(4 * ROUNDS):
        yield from (loads, product, Work(latencies.register_product))


@pytest.mark.parametrize(
    ("keys", "instructions", "measured"),
    [(64, 0, 830), (64, 47, 1246), (96, 52, 1007), (128, 57, 888)],
)
def test_loops_of_the_h200_are_met(keys, instructions, measured):
    """Clocks for 64 keys of two warpgroups, as measured; the first two set latencies."""
    assert clocks_of(scores_loop()) / ROUNDS == pytest.approx(825)
    loops = [values_loop(start, keys // 32, instructions) for start in (1, 100)]
    assert clocks_of(*loops) / ROUNDS * 64 / keys == pytest.approx(measured, rel=0.1)


def test_scores_beside_values_take_what_the_h200_measured():
    """Both without pause: 1049 clocks a tile of scores, 1839 of values."""
    product = Work(576, {"tensor": 576, "port": 576}, hopper_fp8.SCORES_WEIGHT)
    simulation = Simulation()
    ends = []

    def scores():
        while len(ends) < 2:
            yield from (product, Work(H200.latencies.shared_product))
            tiles.append(simulation.now)

    def values(start):
        yield from values_loop(start, 2, 47)
        ends.append(simulation.now)

    tiles = []
    simulation.add("scores", scores())
    for start in (1, 100):
        simulation.add("values", values(start))
    simulation.run()
    assert ends[0] / ROUNDS == pytest.approx(1839, rel=0.1)
    assert tiles[-1] / len(tiles) == pytest.approx(1049, rel=0.1)


def test_the_worker_with_most_to_do_is_found():
    plan = call.Plan(4, 1, 64, 64, 1, True)
    assert call.pieces_of(DecodeShape(2, 1, 16, 640), plan) == [5]
    assert call.pieces_of(DecodeShape(3, 1, 16, 640), plan) == [2, 5]


def test_an_h200_is_slower_than_a_b200_and_longer_requests_take_longer():
    counts = counters.load(RESULTS / report.COUNTERS)
    short, long = DecodeShape(8, 4, 16, 8192), DecodeShape(8, 4, 16, 81920)
    for machine in (H200, B200):
        assert call.seconds_of(short, machine, counts) < call.seconds_of(long, machine, counts)
    assert call.seconds_of(long, B200, counts) < call.seconds_of(long, H200, counts)
    slow = call.seconds_of(long, H200, counts, clock_hz=1.2e9)
    assert slow > call.seconds_of(long, H200, counts, clock_hz=1.9e9)


def test_the_comparison_is_of_every_measured_shape():
    compared = report.compare(RESULTS)["rows"]
    measured = [results.read(RESULTS / "h200" / f"{suite}.json") for suite in report.MEASURED]
    assert len(compared) == sum(len(result["rows"]) for result in measured)
    assert "Modelled within 15 %" in report.markdown(results.read(RESULTS / "model" / "h200.json"))


def test_the_committed_comparison_follows_from_counts_and_measurements():
    committed = results.read(RESULTS / "model" / "h200.json")
    assert report.compare(RESULTS)["rows"] == committed["rows"]
    errors = [row["modelled_us"] / row["measured_us"] - 1 for row in committed["rows"]]
    assert max(map(abs, errors)) <= report.LIMIT


def test_the_grid_is_summed_up_by_context():
    committed = results.read(RESULTS / "model" / "grid.json")
    *contexts, total = committed["rows"]
    assert sum(row["points"] for row in contexts) == total["points"] == 4320
    assert total["low"] < total["median"] < total["high"]
    assert "Modelled at" in grid.markdown(committed)


@pytest.mark.parametrize(
    ("partials", "has_blocks", "warps"),
    [(2, False, 1), (9, False, 2), (132, False, 16), (9, True, 16)],
)
def test_a_team_has_all_partials_in_flight(partials, has_blocks, warps):
    assert merge.team_of(partials, has_blocks) == warps


def test_joining_more_takes_longer_and_nothing_to_join_no_trip():
    few, many = (merge.seconds(H200, 1.9e9, 64, 4, partials) for partials in (4, 33))
    assert merge.seconds(H200, 1.9e9, 64, 0, 1) < few < many


def test_predictions_are_marked_as_modelled():
    text = report.markdown(results.read(RESULTS / "model" / "blackwell.json"))
    assert "B200, modelled" in text and "not measured" in text
