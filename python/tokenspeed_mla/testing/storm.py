# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Random cases from several threads on several streams at once, each against float64.

A case is known by (seed, number): it can be run again alone. What ran beside it cannot.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from .random_cases import draw_case
from .selftest import check_case
from .table import OPS, Case
from .target import Target

MOST_FAILURES = 10  # then the storm ends: after a fault of the device every case fails
Check = Callable[[Case, Target], float]


@dataclass(frozen=True)
class Weather:
    """What kind of storm."""

    device: torch.device
    seed: int = 0
    ops: tuple[str, ...] = OPS
    num_threads: int = 4
    num_streams: int = 3  # of a GPU
    hang_seconds: float = 120.0  # a case that takes longer is reported as hanging


@dataclass
class Outcome:
    """What became of a storm so far."""

    passed: Counter[str] = field(default_factory=Counter)  # by op
    refused: Counter[str] = field(default_factory=Counter)  # by the message of NotImplementedError
    failures: dict[int, str] = field(default_factory=dict)  # by number
    hanging: dict[int, str] = field(default_factory=dict)  # by number

    @property
    def ok(self) -> bool:
        return not self.failures and not self.hanging


def case_of(weather: Weather, number: int) -> tuple[Case, int]:
    """The case of a number, and the stream it runs on."""
    rng = random.Random(f"{weather.seed}/{number}")
    return draw_case(rng, weather.ops), rng.randrange(weather.num_streams)


class Storm:
    """Hands numbers to threads until time is up, something hangs, or too much has failed."""

    def __init__(self, weather: Weather, check: Check = check_case) -> None:
        self.outcome = Outcome()
        self._weather = weather
        self._check = check
        self._lock = threading.Lock()
        self._next = 0
        self._end = 0  # numbers from here on are not handed out
        self._deadline = 0.0
        self._running: dict[int, tuple[float, Case]] = {}  # number → since when
        self._streams = []
        if weather.device.type == "cuda":
            self._streams = [torch.cuda.Stream(weather.device) for _ in range(weather.num_streams)]

    def run(self, first: int = 0, count: int | None = None, seconds: float = 1e9) -> Outcome:
        """Runs cases from number `first` on: `count` of them, or as many as fit into `seconds`."""
        self._next, self._end = first, first + count if count is not None else 1 << 62
        self._deadline = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._work, daemon=True)
            for _ in range(self._weather.num_threads)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not self._hangs():
            for thread in threads:
                thread.join(timeout=0.1)
        return self.outcome

    def _take(self) -> int | None:
        with self._lock:
            is_over = len(self.outcome.failures) >= MOST_FAILURES
            if is_over or self._next >= self._end or time.monotonic() >= self._deadline:
                return None
            self._next += 1
            return self._next - 1

    def _work(self) -> None:
        while (number := self._take()) is not None:
            case, stream = case_of(self._weather, number)
            with self._lock:
                self._running[number] = time.monotonic(), case
            failure = self._failure(case, stream)
            with self._lock:
                del self._running[number]
                self._count(number, case, failure)

    def _failure(self, case: Case, stream: int) -> Exception | None:
        """Runs a case; what it raised."""
        on = torch.cuda.stream(self._streams[stream] if self._streams else None)
        try:
            with on:
                self._check(case, Target(self._weather.device))
        except Exception as failure:  # whatever is wrong with a case is what a storm looks for
            return failure
        return None

    def _count(self, number: int, case: Case, failure: Exception | None) -> None:
        if failure is None:
            self.outcome.passed[case.op] += 1
        elif isinstance(failure, NotImplementedError):
            self.outcome.refused[str(failure)] += 1
        else:
            text = f"{type(failure).__name__}: {failure}\n  {_described(case)}"
            self.outcome.failures[number] = text

    def _hangs(self) -> bool:
        with self._lock:
            for number, (since, case) in self._running.items():
                if time.monotonic() - since > self._weather.hang_seconds:
                    self.outcome.hanging[number] = _described(case)
        return bool(self.outcome.hanging)


def _described(case: Case) -> str:
    return f"{case.op} seed {case.seed} {case.fields}"
