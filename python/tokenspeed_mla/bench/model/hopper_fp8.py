# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The schedule of device/sm90/decode_fp8*.cuh."""

from __future__ import annotations

from collections.abc import Sequence

from tokenspeed_mla.bench.model.engine import Barrier, Role, Simulation, Wait, Work
from tokenspeed_mla.bench.model.setting import Ring, Setting, loading
from tokenspeed_mla.dims import D_CACHE

KEYS = 64
KEY_STAGES, P_STAGES = 5, 2
SPAN = 2  # tiles whose values are multiplied at once
ROWS = 64  # M of the scores, N of the values at most
DEPTH = 32  # of a product
FULL_RATE_ROWS = 34  # fewer take as long: 17 clocks for N = 16 (measured)
SCORES_WEIGHT = 1.5  # of tensor cores beside P V: loops of 1049 and 1839 clocks (measured)
PRODUCT_INSTRUCTIONS = 190  # a tile: what a warp without rows took when it did nothing else
BLOCKS = 4  # of 64 columns that a values warpgroup adds, with a wait each
KERNEL, NARROW_KERNEL = "sm_90 fp8 64", "sm_90 fp8 16"
SCORES_WARP, VALUES_WARP = 0, 4


def simulate(setting: Setting, pieces: Sequence[int]) -> Simulation:
    """One worker with pieces of so many tiles each."""
    simulation = Simulation()
    query_empty, p_full, sums_full = Barrier(), Barrier(), Barrier()
    p_empty = Barrier(2)
    ring = Ring(KEY_STAGES, Barrier(), [Barrier(), Barrier()])
    copy = setting.copy(KEYS * D_CACHE)
    loading(simulation, setting, "load", [(ring, copy)], pieces, query_empty)
    scores = _scores(setting, pieces, ring, p_full, p_empty, query_empty, sums_full)
    simulation.add("scores", scores)
    for half in range(2):
        values = _values(setting, pieces, ring, p_full, p_empty, sums_full, half)
        simulation.add(f"values {half}", values)
    return simulation


def _spans(tiles: int) -> list[int]:
    """Spans of a piece: pairs, and a last tile alone."""
    return [SPAN] * (tiles // SPAN) + [1] * (tiles % SPAN)


def _scores(
    setting: Setting,
    pieces: Sequence[int],
    ring: Ring,
    p_full: Barrier,
    p_empty: Barrier,
    query_empty: Barrier,
    sums_full: Barrier,
) -> Role:
    latencies = setting.latencies
    role = setting.counts[KERNEL][SCORES_WARP]
    tensor = setting.product(ROWS, KEYS, D_CACHE)
    operands = D_CACHE // DEPTH * (ROWS + KEYS) * DEPTH
    product = Work(tensor, {"tensor": tensor, "port": setting.port(operands)}, SCORES_WEIGHT)
    exponentials = setting.exponentials(role.of("mufu", KEYS))
    softmax = setting.instructions(role.instructions(KEYS) - PRODUCT_INSTRUCTIONS, exp=exponentials)
    tile = 0
    span = 0
    for tiles in pieces:
        for length in _spans(tiles):
            for _ in range(length):
                tile += 1
                yield Wait(ring.full, tile)
                yield Work(latencies.barrier)
                yield product
            yield Work(latencies.shared_product)
            yield Wait(p_empty, span - P_STAGES + 1)
            for _ in range(length):
                yield softmax
            yield Work(2 * latencies.shuffle + 2 * latencies.barrier)  # the maximum, the fence of P
            p_full.arrive()
            span += 1
        query_empty.arrive()
        sums_full.arrive()


def _values(
    setting: Setting,
    pieces: Sequence[int],
    ring: Ring,
    p_full: Barrier,
    p_empty: Barrier,
    sums_full: Barrier,
    half: int,
) -> Role:
    latencies = setting.latencies
    narrow, wide = (setting.counts[kernel][VALUES_WARP] for kernel in (NARROW_KERNEL, KERNEL))
    share = (setting.tile_rows - 16) / (ROWS - 16)
    count = narrow.instructions(KEYS) * (1 - share) + wide.instructions(KEYS) * share
    tensor = setting.product(64, max(setting.tile_rows, FULL_RATE_ROWS), KEYS)
    values_bytes, p_bytes = 64 * KEYS, setting.tile_rows * KEYS
    block = setting.instructions(count / BLOCKS, port=setting.port(values_bytes))
    product = Work(tensor, {"tensor": tensor, "port": setting.port(p_bytes)})
    yield Work(half * 100)  # the two warpgroups do not run in step
    span = 0
    for number, tiles in enumerate(pieces):
        for length in _spans(tiles):
            span += 1
            yield Wait(p_full, span)
            yield Work(latencies.barrier)
            for _ in range(BLOCKS):
                for _ in range(length):
                    yield block
                    yield product
                yield Work(latencies.register_product)
            for _ in range(length):
                ring.empty[half].arrive()
            p_empty.arrive()
        yield Wait(sums_full, number + 1)
        yield setting.store(setting.tile_rows)
