# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The schedule of device/sm90/decode_f16*.cuh."""

from __future__ import annotations

from collections.abc import Sequence

from tokenspeed_mla.bench.model.engine import Barrier, Role, Simulation, Wait, Work
from tokenspeed_mla.bench.model.setting import Ring, Setting, loading
from tokenspeed_mla.dims import KV_LORA_RANK, ROPE_DIM

KEYS, ROWS = 64, 64
STAGES = 2
DEPTH = 16  # of a product
BYTES = 2
HALF = KV_LORA_RANK // 2  # columns of a group of chunks; of the values that a warpgroup adds
KERNEL, IDLE_KERNEL = "sm_90 bf16 64", "sm_90 bf16 16"
SCORES_WARP, IDLE_SCORES_WARP, VALUES_WARP, IDLE_WARP = 0, 1, 4, 13


def simulate(setting: Setting, pieces: Sequence[int]) -> Simulation:
    """One worker with pieces of so many tiles each."""
    simulation = Simulation()
    p_full, p_empty, query_empty = Barrier(), Barrier(2), Barrier()
    rope = Ring(STAGES, Barrier(), [Barrier()])
    halves = [Ring(STAGES, Barrier(), [Barrier(2)]) for _ in range(2)]
    widths = [(rope, ROPE_DIM), *((half, HALF) for half in halves)]
    rings = [(ring, setting.copy(KEYS * width * BYTES)) for ring, width in widths]
    loading(simulation, setting, "load", rings, pieces, query_empty)
    full = [ring.full for ring, _ in rings]
    scores = _scores(setting, pieces, full, rope.empty[0], p_full, p_empty, query_empty)
    simulation.add("scores", scores)
    empty = [half.empty[0] for half in halves]
    for half in range(2):
        values = _values(setting, pieces, full, empty, p_full, p_empty, half)
        simulation.add(f"values {half}", values)
    return simulation


def score_products(setting: Setting, full: Sequence[Barrier], tile: int) -> Role:
    """Of a tile, each group of chunks as it arrives; without the way to their reader."""
    for barrier, width in zip(full, (ROPE_DIM, HALF, HALF), strict=True):
        yield Wait(barrier, tile + 1)
        yield Work(setting.latencies.barrier)
        tensor = setting.product(ROWS, KEYS, width)
        port = setting.port(width * (ROWS + KEYS) * BYTES)
        yield Work(tensor, {"tensor": tensor, "port": port})


def softmax_of(setting: Setting) -> Work:
    """Of a tile: what a warp of scores executes beyond one that has no rows."""
    role = setting.counts[KERNEL][SCORES_WARP]
    idle = setting.counts[IDLE_KERNEL][IDLE_SCORES_WARP].instructions(KEYS)
    exponentials = setting.exponentials(role.of("mufu", KEYS))
    return setting.instructions(role.instructions(KEYS) - idle, exp=exponentials)


def _scores(
    setting: Setting,
    pieces: Sequence[int],
    full: Sequence[Barrier],
    rope_empty: Barrier,
    p_full: Barrier,
    p_empty: Barrier,
    query_empty: Barrier,
) -> Role:
    latencies = setting.latencies
    softmax = softmax_of(setting)
    tile = 0
    for tiles in pieces:
        for _ in range(tiles):
            yield from score_products(setting, full, tile)
            yield Work(latencies.shared_product)
            rope_empty.arrive()
            yield Wait(p_empty, tile)
            yield softmax
            yield Work(2 * latencies.shuffle)
            p_full.arrive()
            tile += 1
        query_empty.arrive()


def _values(
    setting: Setting,
    pieces: Sequence[int],
    full: Sequence[Barrier],
    empty: Sequence[Barrier],
    p_full: Barrier,
    p_empty: Barrier,
    half: int,
) -> Role:
    latencies = setting.latencies
    role = setting.counts[KERNEL][VALUES_WARP]
    started = setting.counts[KERNEL][IDLE_WARP].instructions_per_piece()
    tensor = setting.product(ROWS, HALF // 2, KEYS)
    product = Work(tensor, {"tensor": tensor, "port": setting.port(HALF // 2 * KEYS * BYTES)})
    yield Work(half * 100)  # the two warpgroups do not run in step
    tile = 0
    for tiles in pieces:
        for _ in range(tiles):
            yield Wait(p_full, tile + 1)
            yield Work(latencies.barrier)
            yield setting.instructions(
                role.instructions(KEYS), port=setting.port(ROWS * KEYS * BYTES)
            )
            p_empty.arrive()
            for barrier in full[1:]:
                yield Wait(barrier, tile + 1)
            for barrier in empty:
                yield product
                if barrier is empty[-1]:
                    yield Work(latencies.register_product)
                barrier.arrive()
            tile += 1
        yield setting.instructions(role.instructions_per_piece() - started)
