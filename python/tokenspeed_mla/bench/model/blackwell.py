# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The schedule of device/sm100/decode*.cuh: a block alone, or one block of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenspeed_mla.bench.model.engine import Barrier, Role, Simulation, Wait, Work
from tokenspeed_mla.bench.model.setting import Ring, Setting, loading
from tokenspeed_mla.dims import D_CACHE, KV_LORA_RANK

ROWS = 64  # of a block
SCORE_STAGES = 2
COLUMNS = 256  # of O that one product computes, for the block or the pair
DEPTH_BYTES = 32  # of a product
SOFTMAX_WARP, IDLE_WARP = 0, 6


@dataclass(frozen=True)
class Shape:
    """What follows from the type and the number of blocks, as in decode_storage.cuh."""

    element_bytes: int
    is_pair: bool

    @property
    def keys(self) -> int:
        """Of a tile, of both blocks."""
        return 128 if self.is_pair and self.element_bytes == 1 else 64

    @property
    def blocks(self) -> int:
        return 2 if self.is_pair else 1

    @property
    def key_stages(self) -> int:
        return 2 if self.element_bytes == 2 else 3 if self.is_pair else 5

    @property
    def p_stages(self) -> int:
        return 1 if self.element_bytes == 2 and not self.is_pair else 2


@dataclass
class _Signals:
    """Barriers of a block, or of a pair's leader."""

    keys: Ring
    values: Ring  # of a pair; else its keys
    query_empty: Barrier
    scores_full: Barrier
    p_full: Barrier
    p_empty: Barrier
    commands: list[tuple[Work, list[Barrier]]]  # products in order, and who hears of them
    issued: Barrier


def simulate(setting: Setting, pieces: Sequence[int]) -> Simulation:
    """One worker with pieces of so many tiles each."""
    simulation = Simulation()
    shape = Shape(setting.element_bytes, setting.tile_rows > ROWS)
    keys = Ring(shape.key_stages, Barrier(), [Barrier()])
    values = Ring(2, Barrier(), [Barrier()]) if shape.is_pair else keys
    signals = _Signals(keys, values, Barrier(), Barrier(), Barrier(), Barrier(), [], Barrier())
    key_bytes = shape.keys // shape.blocks * D_CACHE * shape.element_bytes
    rings = [(keys, setting.copy(key_bytes))]
    loading(simulation, setting, "keys", rings, pieces, signals.query_empty)
    if shape.is_pair:
        value_bytes = shape.keys * KV_LORA_RANK // 2 * shape.element_bytes
        rings = [(values, setting.copy(value_bytes, from_l2=True))]
        loading(simulation, setting, "values", rings, pieces, signals.query_empty, from_l2=True)
    simulation.add("products", _products(setting, shape, pieces, signals))
    simulation.add("tensor cores", _tensor_cores(signals))
    simulation.add("softmax", _softmax(setting, shape, pieces, signals))
    return simulation


def _products_of(setting: Setting, shape: Shape, columns: int, count: int) -> Work:
    """So many instructions, each of which adds to the sums of the one before."""
    tensor = setting.product(ROWS, columns, DEPTH_BYTES // shape.element_bytes)
    latencies = setting.latencies
    clocks = max(latencies.chained_product, tensor + latencies.product_overhead)
    operands = (ROWS + columns / shape.blocks) * DEPTH_BYTES
    return Work(count * clocks, {"tensor": count * tensor, "port": count * setting.port(operands)})


def _interleaved(first: Work, second: Work) -> Work:
    """Instructions of two kinds in turn: neither waits for the other's sums."""
    busy = {unit: first.busy[unit] + second.busy[unit] for unit in first.busy}
    return Work(max(first.clocks, second.clocks), busy)


def _products(setting: Setting, shape: Shape, pieces: Sequence[int], signals: _Signals) -> Role:
    """The thread that issues: scores go ahead of values where their keys are there."""
    depth = DEPTH_BYTES // shape.element_bytes
    scores = _products_of(setting, shape, shape.keys, D_CACHE // depth)
    value_steps = KV_LORA_RANK // COLUMNS * shape.keys // depth
    values = _products_of(setting, shape, COLUMNS, value_steps)
    keys_heard = [signals.keys.empty[0]] if shape.is_pair else []
    values_heard = [signals.p_empty, signals.values.empty[0]]
    scored = added = first = 0
    for tiles in pieces:
        end = first + tiles
        while added < end:
            heard: list[Barrier] = []
            keys = Wait(signals.keys.full, scored + 1)
            can_score = scored < min(end, added + SCORE_STAGES)
            if scored > added:
                yield Wait(signals.p_full, added + 1, keys if can_score else None)
            if can_score and (scored == added or keys.is_over):
                yield keys
                work = scores
            else:
                yield Wait(signals.values.full, added + 1)
                added += 1
                heard += values_heard
                work = _interleaved(scores, values) if scored < end and keys.is_over else values
            if work is not values:
                scored += 1
                heard += [signals.scores_full, *keys_heard]
                heard += [signals.query_empty] if scored == end else []
            yield Work(setting.latencies.barrier)
            signals.commands.append((work, heard))
            signals.issued.arrive()
        first = end
    signals.issued.arrive()  # no more


def _tensor_cores(signals: _Signals) -> Role:
    """Products complete in the order of their issue."""
    number = 0
    while True:
        yield Wait(signals.issued, number + 1)
        if number == len(signals.commands):
            return
        work, heard = signals.commands[number]
        number += 1
        yield work
        for barrier in heard:
            barrier.arrive()


def _softmax(setting: Setting, shape: Shape, pieces: Sequence[int], signals: _Signals) -> Role:
    latencies = setting.latencies
    arch = "sm_103" if setting.machine.name == "B300" else "sm_100"
    kernel = f"{arch} {'fp8' if shape.element_bytes == 1 else 'bf16'} {shape.blocks * ROWS}"
    role, idle = (setting.counts[kernel][warp] for warp in (SOFTMAX_WARP, IDLE_WARP))
    softmax = setting.instructions(
        role.instructions(shape.keys), exp=setting.exponentials(role.of("mufu", shape.keys))
    )
    store = setting.instructions(role.instructions_per_piece() - idle.instructions_per_piece())
    tile = 0
    for tiles in pieces:
        for _ in range(tiles):
            yield Wait(signals.scores_full, tile + 1)
            # The commit, the load of S, the exchange of maxima, the fence of P.
            yield Work(latencies.commit + latencies.tensor_memory + 2 * latencies.barrier)
            yield Wait(signals.p_empty, tile - shape.p_stages + 1)
            yield softmax
            signals.p_full.arrive()
            tile += 1
        yield Wait(signals.p_empty, tile)
        yield store
