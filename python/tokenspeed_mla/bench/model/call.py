# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""From the schedule of one worker to the time of a call."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tokenspeed_mla import explain
from tokenspeed_mla.bench.model import (
    blackwell,
    hopper_f16,
    hopper_fp8,
    hopper_seesaw,
    merge,
)
from tokenspeed_mla.bench.model.counters import RoleCounts
from tokenspeed_mla.bench.model.machines import Machine
from tokenspeed_mla.bench.model.setting import Setting
from tokenspeed_mla.bench.shapes import DecodeShape

OVERHEAD_UNITS = 1  # of a request on the line that workers cut (device/abi/decode_work.h)
FEW, MANY = 32, 64  # tiles, between which the schedule has found its pace

Counts = Mapping[str, Mapping[int, RoleCounts]]


@dataclass(frozen=True)
class Plan:
    """What the planner chose, as far as time depends on it."""

    num_workers: int
    num_row_tiles: int  # of clusters
    tile_rows: int
    tile_keys: int
    cluster_size: int
    splits_requests: bool


def plan_of(shape: DecodeShape, machine: Machine) -> Plan:
    rows = explain(shape.problem, machine.name).rows
    config = {name: int(value) for name, value in re.findall(r"\.(\w+) = (\d+)", rows["config"])}
    return Plan(
        num_workers=_first_number(rows["workers"]),
        num_row_tiles=_first_number(rows["row tiles"]),
        tile_rows=config["tile_rows"],
        tile_keys=config["tile_kv"],
        cluster_size=config["cluster_size"],
        splits_requests="requests are split" in rows["workers"],
    )


def _first_number(text: str) -> int:
    return int(re.match(r"\d+", text)[0])


def active_workers(shape: DecodeShape, plan: Plan) -> int:
    """Those that get a part of the line: num_active_workers of device/abi/decode_params.h."""
    units = shape.batch * (-(-shape.kv_len // plan.tile_keys) + OVERHEAD_UNITS)
    least_units = 1 if units < 64 else 2 + shape.q_len * shape.num_heads // 128
    useful = -(-units // least_units)
    if useful >= plan.num_workers:
        return plan.num_workers
    rest = useful % shape.batch if shape.batch < useful else 0
    return useful - rest if 16 * rest <= useful else useful


def pieces_of(shape: DecodeShape, plan: Plan) -> list[int]:
    """Tiles of each piece of the worker with most to do; requests are equally long."""
    tiles = -(-shape.kv_len // plan.tile_keys)
    request = tiles + OVERHEAD_UNITS
    total = request * shape.batch
    workers = active_workers(shape, plan)
    stretches = []
    for worker in range(workers):
        begin, end = total * worker // workers, total * (worker + 1) // workers
        pieces = []
        for number in range(begin // request, -(-end // request)):
            first = number * request
            piece = min(end, first + tiles) - max(begin, first)
            if piece > 0:
                pieces.append(piece)
        stretches.append(pieces)
    return max(stretches, key=lambda pieces: (sum(pieces) + len(pieces), len(pieces)))


def seconds_of(
    shape: DecodeShape, machine: Machine, counts: Counts, clock_hz: float | None = None
) -> float:
    """The modelled time of a call."""
    plan = plan_of(shape, machine)
    clock = clock_hz or machine.clock_hz
    setting = Setting(
        machine=machine,
        clock_hz=clock,
        counts=counts,
        element_bytes=shape.dtype.itemsize,
        tile_rows=plan.tile_rows,
        num_row_tiles=plan.num_row_tiles,
        num_blocks=active_workers(shape, plan) * plan.num_row_tiles * plan.cluster_size,
    )
    clusters = machine.num_sms // plan.cluster_size
    waves = -(-plan.num_workers * plan.num_row_tiles // clusters)
    worker = _worker_clocks(setting, pieces_of(shape, plan)) / clock
    start = machine.start_seconds[shape.dtype.itemsize]
    return start + waves * worker + _merge_seconds(shape, machine, plan, clock)


def _worker_clocks(setting: Setting, pieces: list[int]) -> float:
    """Short stretches are run as they are, long ones extended at the pace they have found."""
    total = sum(pieces)
    if total <= MANY:
        return _run(setting, tuple(pieces))
    per_tile = tile_clocks(setting)
    boundary = _run(setting, (FEW, FEW)) - _run(setting, (MANY,))
    alone = _run(setting, (MANY,)) + per_tile * (total - MANY)
    return alone + boundary * (len(pieces) - 1)


def tile_clocks(setting: Setting) -> float:
    """Clocks of a key tile among many."""
    return (_run(setting, (MANY,)) - _run(setting, (FEW,))) / (MANY - FEW)


@functools.cache
def _run(setting: Setting, pieces: tuple[int, ...]) -> float:
    if setting.machine.name == "H200":
        in_16_bits = hopper_f16 if setting.num_row_tiles == 1 else hopper_seesaw
        schedule = hopper_fp8 if setting.element_bytes == 1 else in_16_bits
    else:
        schedule = blackwell
    return schedule.simulate(setting, pieces).run()


def _merge_seconds(shape: DecodeShape, machine: Machine, plan: Plan, clock_hz: float) -> float:
    if not plan.splits_requests:
        return 0.0
    workers = active_workers(shape, plan)
    is_whole = shape.batch % workers == 0
    split = 0 if is_whole else min(shape.batch, workers - 1)
    partials = workers / shape.batch + (0 if workers % shape.batch == 0 else 1)
    rows = shape.q_len * shape.num_heads
    return merge.seconds(machine, clock_hz, rows, split, partials)
