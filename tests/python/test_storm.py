# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The storm: cases that can be drawn again, and a report of everything that can go wrong."""

import threading

import pytest
import torch

from tokenspeed_mla.__main__ import main
from tokenspeed_mla.testing import storm
from tokenspeed_mla.testing.compare import Mismatch
from tokenspeed_mla.testing.random_cases import MOST_SCORES
from tokenspeed_mla.testing.storm import Storm, Weather, case_of
from tokenspeed_mla.testing.table import OPS, Case
from tokenspeed_mla.testing.target import Target

WEATHER = Weather(torch.device("cpu"), seed=3, num_threads=2)


def test_a_number_is_a_case() -> None:
    cases = [case_of(WEATHER, number) for number in range(300)]
    assert cases == [case_of(WEATHER, number) for number in range(300)]
    assert {case.op for case, _ in cases} == set(OPS)
    assert {stream for _, stream in cases} == {0, 1, 2}
    assert len({str(case.fields) for case, _ in cases}) == 300


def test_cases_are_bounded() -> None:
    decodes = [case_of(WEATHER, n)[0] for n in range(300)]
    for case in (case for case in decodes if case.op == "decode"):
        rows = case["num_heads"] * case["q_len"]
        assert rows * sum(case["seq_lens"]) <= MOST_SCORES


def test_a_storm_on_the_cpu_passes() -> None:
    outcome = Storm(WEATHER).run(count=6)
    assert outcome.ok, outcome
    assert sum(outcome.passed.values()) == 6 and not outcome.refused


def test_everything_wrong_is_reported_by_its_number() -> None:
    wrong = {case_of(WEATHER, number)[0].seed: number for number in (2, 5)}

    def check(case: Case, target: Target) -> float:
        if case.seed in wrong:
            raise Mismatch("out: at [0] got 1, expected 2")
        if case.op == "merge":
            raise NotImplementedError("no merge today")
        return 0.0

    outcome = Storm(WEATHER, check).run(count=20)
    assert set(outcome.failures) == {2, 5} and not outcome.ok
    case = case_of(WEATHER, 2)[0]
    assert "expected 2" in outcome.failures[2] and str(case.fields) in outcome.failures[2]
    merges = sum(case_of(WEATHER, n)[0].op == "merge" for n in range(20) if n not in (2, 5))
    assert outcome.refused["no merge today"] == merges
    assert sum(outcome.passed.values()) == 18 - merges


def test_a_hanging_case_ends_the_storm() -> None:
    release = threading.Event()
    hanging = case_of(WEATHER, 1)[0].seed

    def check(case: Case, target: Target) -> float:
        if case.seed == hanging:
            release.wait(timeout=60)
        return 0.0

    weather = Weather(torch.device("cpu"), seed=3, num_threads=2, hang_seconds=0.3)
    outcome = Storm(weather, check).run(count=4)
    release.set()
    assert set(outcome.hanging) == {1} and not outcome.ok


def test_many_failures_end_the_storm() -> None:
    def check(case: Case, target: Target) -> float:
        raise RuntimeError("the device is gone")

    outcome = Storm(WEATHER, check).run(count=1000)
    most = storm.MOST_FAILURES + WEATHER.num_threads
    assert storm.MOST_FAILURES <= len(outcome.failures) <= most


def test_a_failure_says_how_to_run_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["storm", "--op", "merge", "--cases", "2", "--device", "cpu"]) == 0
    assert "PASS: 2 cases passed on cpu" in capsys.readouterr().out

    def check(case: Case, target: Target) -> float:
        raise Mismatch("bits differ")

    monkeypatch.setattr(storm.Storm.__init__, "__defaults__", (check,))
    assert main(["storm", "--op", "merge", "--replay", "7", "--device", "cpu"]) == 1
    output = capsys.readouterr().out
    assert "FAIL 7: Mismatch: bits differ" in output
    assert "storm --seed 0 --op merge --streams 3 --device cpu --replay 7" in output
