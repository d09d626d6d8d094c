# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""A small simulation of roles that wait for each other and share the units of a processor.

A role is a generator. It yields `Work`, which takes its clocks when nothing else runs, and `Wait`,
which lasts until a barrier has opened so often; it calls `Barrier.arrive` in between. Work that is
under way at the same time shares units: when together it asks for more of one than there is, all
that use it slow down, by their weights.

    def consumer(full: Barrier, empty: Barrier) -> Role:
        for i in range(10):
            yield Wait(full, i + 1)
            yield Work(100, {"tensor": 64})
            empty.arrive()
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

_NEGLIGIBLE = 1e-9  # clocks


@dataclass(frozen=True)
class Work:
    """What takes `clocks` alone, and keeps each unit busy for so many of them.

    Where more is asked of a unit than there is, work of twice the weight gets twice the share.
    """

    clocks: float
    busy: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "clocks", max([self.clocks, *self.busy.values()]))

    def share(self, unit: str) -> float:
        """The share of a unit that it asks for."""
        return self.busy[unit] / self.clocks


class Barrier:
    """Opens each time that it has so many arrivals."""

    def __init__(self, arrivals: int = 1) -> None:
        self._arrivals = arrivals
        self._count = 0

    def arrive(self) -> None:
        self._count += 1

    @property
    def times_open(self) -> int:
        return self._count // self._arrivals


@dataclass(frozen=True)
class Wait:
    """Until `barrier` has opened `times` times (none is no wait), or the other wait is over."""

    barrier: Barrier
    times: int
    other: Wait | None = None

    @property
    def is_over(self) -> bool:
        if self.barrier.times_open >= self.times:
            return True
        return self.other is not None and self.other.is_over


Role = Generator[Work | Wait, None, None]


@dataclass
class _Running:
    role: Role
    name: str
    work: Work
    left: float  # of the work, 1 to 0


class Deadlock(Exception):
    """Roles wait for barriers that nobody opens."""


class Simulation:
    """Runs roles to their end; `busy` and `waited` then say what units and roles did, in clocks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.busy: dict[str, float] = defaultdict(float)
        self.waited: dict[str, float] = defaultdict(float)
        self._running: list[_Running] = []
        self._waiting: list[tuple[Role, str, Wait, float]] = []

    def add(self, name: str, role: Role) -> None:
        self._step(role, name)

    def run(self) -> float:
        """The clock at which the last role ends."""
        while True:
            self._wake()
            if not self._running:
                break
            self._advance()
        if self._waiting:
            raise Deadlock(", ".join(name for _, name, _, _ in self._waiting))
        return self.now

    def _step(self, role: Role, name: str) -> None:
        """Lets a role go on to its next work, or to a wait that is not over."""
        for request in role:
            if isinstance(request, Work):
                if request.clocks > 0:
                    self._running.append(_Running(role, name, request, 1.0))
                    return
            elif not request.is_over:
                self._waiting.append((role, name, request, self.now))
                return

    def _wake(self) -> None:
        has_woken = True
        while has_woken:
            ready = [w for w in self._waiting if w[2].is_over]
            has_woken = bool(ready)
            self._waiting = [w for w in self._waiting if w not in ready]
            for role, name, _, since in ready:
                self.waited[name] += self.now - since
                self._step(role, name)

    def _advance(self) -> None:
        """To the next end of any work."""
        speeds = _speeds([running.work for running in self._running])
        step = min(r.left / speed for r, speed in zip(self._running, speeds, strict=True))
        self.now += step
        ended = []
        for running, speed in zip(self._running, speeds, strict=True):
            done = min(running.left, step * speed)
            running.left -= done
            for unit, clocks in running.work.busy.items():
                self.busy[unit] += done * clocks
            if running.left * running.work.clocks < _NEGLIGIBLE:
                ended.append(running)
        self._running = [running for running in self._running if running not in ended]
        for running in ended:
            self._step(running.role, running.name)


def _speeds(works: Sequence[Work]) -> list[float]:
    """The part of each that is done in a clock."""
    users: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        for unit in work.busy:
            users[unit].append(work)
    rates = {unit: _rate(unit, sharing) for unit, sharing in users.items()}
    return [
        min([1.0, *(work.weight * rates[unit] for unit in work.busy)]) / work.clocks
        for work in works
    ]


def _rate(unit: str, works: Sequence[Work]) -> float:
    """The speed that a unit leaves to work of weight 1, where none goes faster than alone."""
    left = 1.0
    weighed = sum(work.share(unit) * work.weight for work in works)
    for work in sorted(works, key=lambda work: work.weight, reverse=True):
        if work.weight * left <= weighed:
            return left / weighed
        left -= work.share(unit)
        weighed -= work.share(unit) * work.weight
    return math.inf
