# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""A small simulation of roles that wait for each other and share the units of a processor.

A role is a generator. It yields `Work`, which takes its clocks when nothing else runs, and `Wait`,
which lasts until a barrier has opened so often; it calls `Barrier.arrive` in between. Work that is
under way at the same time shares units: when together it asks for more of one than there is, all
that use it slow down alike.

    def consumer(full: Barrier, empty: Barrier) -> Role:
        for i in range(10):
            yield Wait(full, i + 1)
            yield Work(100, {"tensor": 64})
            empty.arrive()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

_NEGLIGIBLE = 1e-9  # clocks


@dataclass(frozen=True)
class Work:
    """What takes `clocks` alone, and keeps each unit busy for so many of them."""

    clocks: float
    busy: Mapping[str, float] = field(default_factory=dict)

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
        asked: dict[str, float] = defaultdict(float)
        for running in self._running:
            for unit in running.work.busy:
                asked[unit] += running.work.share(unit)
        speeds = [self._speed(running.work, asked) for running in self._running]
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

    @staticmethod
    def _speed(work: Work, asked: Mapping[str, float]) -> float:
        """The part of it that is done in a clock."""
        return 1 / (work.clocks * max([1.0, *(asked[unit] for unit in work.busy)]))
