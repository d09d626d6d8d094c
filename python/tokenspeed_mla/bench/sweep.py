# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""FP8 decode over a whole grid of shapes: where it is far from the floor, and where it has cliffs.

One cache serves every point, few samples are taken: a map, not a measurement of each point.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from tokenspeed_mla import can_implement
from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.clocks import clock_log
from tokenspeed_mla.bench.inputs import decode_rotations, our_call
from tokenspeed_mla.bench.kv_pool import KvPool, pages_of
from tokenspeed_mla.bench.machine import Limits, describe, last_level_cache_bytes, limits_for
from tokenspeed_mla.bench.shapes import DecodeShape
from tokenspeed_mla.bench.timing import measure, rotations_for

K = 1024
CLIFF = 1.3  # a point is on a cliff when a neighbour with more work is faster by this factor
POOL_L2S = 4  # the cache is at least so many times the L2

Index = tuple[int, int, int, int]  # along num_heads, q_len, batch, kv_len


@dataclasses.dataclass(frozen=True)
class Axes:
    """The values along each axis, ascending."""

    num_heads: tuple[int, ...] = (1, 3, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
    q_len: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    batch: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    kv_len: tuple[int, ...] = (512, 2 * K, 8 * K, 32 * K, 80 * K)

    @property
    def values(self) -> tuple[tuple[int, ...], ...]:
        return (self.num_heads, self.q_len, self.batch, self.kv_len)

    def shape(self, index: Index) -> DecodeShape:
        heads, q_len, batch, kv_len = (v[i] for v, i in zip(self.values, index, strict=True))
        return DecodeShape(batch, q_len, heads, kv_len)

    def indices(self) -> Iterator[Index]:
        return itertools.product(*(range(len(values)) for values in self.values))

    def neighbours_with_more_work(self, index: Index) -> Iterator[Index]:
        """One step up along one axis."""
        for axis, values in enumerate(self.values):
            if index[axis] + 1 < len(values):
                heads, q_len, batch, kv_len = (
                    position + (number == axis) for number, position in enumerate(index)
                )
                yield heads, q_len, batch, kv_len


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What was measured: microseconds of every point that could be run."""

    axes: Axes
    limits: Limits
    times_us: dict[Index, float]

    def share_of_floor(self, index: Index) -> float:
        """The least time that the limits allow over the time it took: 1 is perfect."""
        shape = self.axes.shape(index)
        return 1e6 * self.limits.seconds(shape.bytes, shape.flops) / self.times_us[index]

    def cliffs(self) -> dict[Index, float]:
        """Points slower by `CLIFF` or more than a neighbour with more work, and by how much."""
        ratios = {}
        for index, time_us in self.times_us.items():
            more = self.axes.neighbours_with_more_work(index)
            fastest = min((self.times_us[i] for i in more if i in self.times_us), default=time_us)
            if time_us > CLIFF * fastest:
                ratios[index] = time_us / fastest
        return ratios


def run_sweep(
    device: torch.device,
    *,
    axes: Axes | None = None,
    samples: int = 5,
    seed: int = 0,
    advance: Callable[[str], None] = lambda label: None,
) -> results.Result:
    """Measures every point of the grid; a result whose `sweep` is read by `sweep_of`."""
    axes = axes or Axes()
    generator = torch.Generator(device).manual_seed(seed)
    largest = axes.shape((0, 0, -1, -1))
    limits = limits_for(device, largest.dtype)
    pool = _pool(largest, device, generator)
    times_us = {}
    with clock_log(device) as clocks:
        for index in axes.indices():
            shape = axes.shape(index)
            if can_implement(shape.problem, device):
                times_us[index] = _time_us(shape, pool, samples, device, generator)
            advance(shape.label)
    facts: dict[str, Any] = {
        "cache": "cold",
        "samples": samples,
        "limits": dataclasses.asdict(limits),
        "clocks": clocks.summary(),
        "sweep": _as_json(axes, times_us),
    }
    return results.make_result("sweep", describe(device), [], **facts)


def sweep_of(result: results.Result) -> Sweep:
    """The sweep in a result that `run_sweep` made."""
    axes = Axes(**{name: tuple(values) for name, values in result["sweep"]["axes"].items()})
    times = dict(zip(axes.indices(), result["sweep"]["times_us"], strict=True))
    measured = {index: time for index, time in times.items() if time is not None}
    return Sweep(axes, Limits(**result["limits"]), measured)


def _pool(largest: DecodeShape, device: torch.device, generator: torch.Generator) -> KvPool:
    key_bytes = largest.bytes / (largest.batch * largest.kv_len)
    cold_keys = POOL_L2S * last_level_cache_bytes(device) / key_bytes
    num_pages = max(pages_of(largest), int(cold_keys / largest.page_size))
    return KvPool(num_pages, largest.page_size, largest.dtype, device, generator)


def _time_us(
    shape: DecodeShape,
    pool: KvPool,
    samples: int,
    device: torch.device,
    generator: torch.Generator,
) -> float:
    count = rotations_for(shape.bytes, last_level_cache_bytes(device))
    rotations = decode_rotations(shape, count, device, generator, pool)
    calls = [our_call(shape, inputs) for inputs in rotations]
    timing = measure({results.OURS: calls}, device, samples=samples, warmup=1, sample_seconds=0.0)
    return timing[results.OURS].median_us


def _as_json(axes: Axes, times_us: dict[Index, float]) -> dict[str, Any]:
    """Axes, and the times in the order of `Axes.indices`, null where there is none."""
    times = (times_us.get(index) for index in axes.indices())
    return {
        "axes": dataclasses.asdict(axes),
        "times_us": [None if time is None else round(time, 2) for time in times],
    }
