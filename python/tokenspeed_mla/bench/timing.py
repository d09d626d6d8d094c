# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""How long a call takes: several candidates measured in turn, in one process.

A candidate is a list of calls that do the same work on different buffers ("rotations"). Going round
more buffers than the cache holds keeps the data cold without timing a flush. On a GPU one round is
captured into a CUDA graph and the replay is timed with events, so that host time is left out; on
the CPU the round is timed with the wall clock.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

Call = Callable[[], object]

MIN_SAMPLE_SECONDS = 2e-3  # shorter rounds are repeated until the clock's grain does not matter
MAX_ROTATIONS = 384  # of the smallest decode call, these still are twice an L2 of 64 MB


@dataclass(frozen=True)
class Timing:
    """What was measured of one candidate; times in microseconds per call."""

    samples_us: tuple[float, ...]
    calls_per_sample: int
    method: str  # "cuda graph replay" or "wall clock"

    @property
    def median_us(self) -> float:
        return statistics.median(self.samples_us)

    @property
    def min_us(self) -> float:
        return min(self.samples_us)

    @property
    def spread(self) -> float:
        """Interquartile range over median: how calm the machine was."""
        if len(self.samples_us) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.samples_us, n=4)
        return (high - low) / self.median_us


def measure(
    candidates: Mapping[str, Sequence[Call]],
    device: torch.device | str,
    *,
    samples: int = 20,
    warmup: int = 2,
    sample_seconds: float = MIN_SAMPLE_SECONDS,
) -> dict[str, Timing]:
    """Median-ready samples of every candidate, taken in turn: a, b, c, a, b, c, ...

    Args:
        candidates: name → calls, one per rotation; each call does the whole work once.
        device: where the calls run.
        samples: samples per candidate.
        warmup: rounds before the first sample (allocations, compilation, clocks); they also tell
            how often a short round is repeated per sample, so with 0 it is not.
        sample_seconds: how long a sample should last at least.
    """
    rounds = {name: _make_round(calls, torch.device(device)) for name, calls in candidates.items()}
    repeats = dict.fromkeys(rounds, 1)
    for _ in range(warmup):
        repeats = {
            name: max(1, round(sample_seconds / max(r.seconds(1), 1e-7)))
            for name, r in rounds.items()
        }

    samples_us: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(samples):
        for name, timed_round in rounds.items():
            per_round = timed_round.seconds(repeats[name]) / repeats[name]
            samples_us[name].append(1e6 * per_round / timed_round.num_calls)
    return {
        name: Timing(tuple(samples_us[name]), repeats[name] * r.num_calls, r.method)
        for name, r in rounds.items()
    }


def rotations_for(bytes_per_call: float, cache_bytes: float) -> int:
    """How many buffer sets a round needs so that none is still in the cache when its turn comes."""
    if bytes_per_call <= 0:
        return 1
    wanted = -(-2 * cache_bytes // bytes_per_call)  # twice the cache, rounded up
    return int(min(max(wanted, 1), MAX_ROTATIONS))


class _Round(Protocol):
    """All calls of a candidate, once each."""

    method: str
    num_calls: int

    def seconds(self, repeats: int) -> float: ...


class _WallClockRound:
    method = "wall clock"

    def __init__(self, calls: Sequence[Call]) -> None:
        self._calls = tuple(calls)
        self.num_calls = len(self._calls)

    def seconds(self, repeats: int) -> float:
        start = time.perf_counter()
        for _ in range(repeats):
            for call in self._calls:
                call()
        return time.perf_counter() - start


class _GraphRound:
    method = "cuda graph replay"

    def __init__(self, calls: Sequence[Call], device: torch.device) -> None:
        self.num_calls = len(calls)
        self._stream = torch.cuda.Stream(device)
        self._stream.wait_stream(torch.cuda.current_stream(device))  # inputs are made there
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(device), torch.cuda.stream(self._stream):
            for call in calls:  # lazy initialisation is not legal while capturing
                call()
            self._stream.synchronize()
            with torch.cuda.graph(self._graph, stream=self._stream):
                for call in calls:
                    call()
        self._start = torch.cuda.Event(enable_timing=True)
        self._end = torch.cuda.Event(enable_timing=True)

    def seconds(self, repeats: int) -> float:
        with torch.cuda.stream(self._stream):
            self._start.record()
            for _ in range(repeats):
                self._graph.replay()
            self._end.record()
        self._end.synchronize()
        return 1e-3 * self._start.elapsed_time(self._end)


def _make_round(calls: Sequence[Call], device: torch.device) -> _Round:
    if not calls:
        raise ValueError("measure: a candidate needs at least one call")
    return _GraphRound(calls, device) if device.type == "cuda" else _WallClockRound(calls)
