# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The schedule of device/sm90/decode_seesaw*.cuh; its softmax is counted in decode_f16's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenspeed_mla.bench.model.engine import Barrier, Role, Simulation, Wait, Work
from tokenspeed_mla.bench.model.hopper_f16 import (
    BYTES,
    HALF,
    IDLE_WARP,
    KERNEL,
    KEYS,
    ROWS,
    STAGES,
    VALUES_WARP,
    score_products,
    softmax_of,
)
from tokenspeed_mla.bench.model.setting import Ring, Setting, loading
from tokenspeed_mla.dims import ROPE_DIM


@dataclass
class Pairs:
    """Tiles of a worker that are behind."""

    even: int = 0
    odd: int = 0


class Schedule:
    """Two warpgroups of one worker: the leader scores even tiles of a piece, the follower odd ones.

    Each multiplies all probabilities by its half of the value columns.
    """

    def __init__(self, setting: Setting, pieces: Sequence[int]) -> None:
        self.setting, self.pieces = setting, pieces
        self.rope, self.left, self.right = (Ring(STAGES, Barrier(), [Barrier()]) for _ in range(3))
        self.full = [self.rope.full, self.left.full, self.right.full]
        self.query_empty = Barrier(2)
        self.even_p, self.odd_p = Barrier(), Barrier()
        self.odd_scores, self.even_product = Barrier(), Barrier()
        tensor = setting.product(ROWS, HALF, KEYS)
        self.product = Work(tensor, {"tensor": tensor, "port": setting.port(HALF * KEYS * BYTES)})

    def scores(self, tile: int) -> Role:
        yield from score_products(self.setting, self.full, tile)
        yield Work(self.setting.latencies.shared_product)

    def softmax(self, p_full: Barrier) -> Role:
        yield softmax_of(self.setting)
        yield Work(2 * self.setting.latencies.shuffle)
        p_full.arrive()

    def values(self, empty: Barrier) -> Role:
        yield self.product
        yield Work(self.setting.latencies.register_product)
        empty.arrive()

    def store(self) -> Work:
        role = self.setting.counts[KERNEL]
        started = role[IDLE_WARP].instructions_per_piece()
        return self.setting.instructions(role[VALUES_WARP].instructions_per_piece() - started)

    def pairs(self, tiles: int, before: Pairs) -> Iterator[tuple[int, bool]]:
        """Even tiles of a piece, and whether an odd one follows; `before` counts both."""
        for tile in range(0, tiles, 2):
            has_odd = tile + 1 < tiles
            yield before.even + before.odd, has_odd
            before.even += 1
            before.odd += has_odd

    def leader(self) -> Role:
        seen = Pairs()
        for tiles in self.pieces:
            for tile, has_odd in self.pairs(tiles, seen):
                yield from self.scores(tile)
                self.rope.empty[0].arrive()
                yield from self.softmax(self.even_p)
                yield from self.values(self.left.empty[0])
                if has_odd:
                    yield Wait(self.odd_p, seen.odd + 1)
                    yield from self.values(self.left.empty[0])
                    self.rope.empty[0].arrive()
            self.query_empty.arrive()
            yield self.store()

    def follower(self) -> Role:
        seen = Pairs()
        for tiles in self.pieces:
            for tile, has_odd in self.pairs(tiles, seen):
                if has_odd:
                    yield from self.scores(tile + 1)
                self.odd_scores.arrive()
                if has_odd:
                    yield from self.softmax(self.odd_p)
                yield Wait(self.even_product, seen.even + 1)
                if has_odd:
                    yield from self.values(self.right.empty[0])
            self.query_empty.arrive()
            yield self.store()

    def even_products(self) -> Role:
        """The follower's product of the leader's tile, which runs behind its softmax."""
        for number in range(sum(-(-tiles // 2) for tiles in self.pieces)):
            yield Wait(self.odd_scores, number + 1)
            yield Wait(self.even_p, number + 1)
            yield from self.values(self.right.empty[0])
            self.even_product.arrive()


def simulate(setting: Setting, pieces: Sequence[int]) -> Simulation:
    """One worker with pieces of so many tiles each."""
    simulation = Simulation()
    schedule = Schedule(setting, pieces)
    widths = ((schedule.rope, ROPE_DIM), (schedule.left, HALF), (schedule.right, HALF))
    rings = [(ring, setting.copy(KEYS * width * BYTES)) for ring, width in widths]
    loading(simulation, setting, "load", rings, pieces, schedule.query_empty)
    simulation.add("leader", schedule.leader())
    simulation.add("follower", schedule.follower())
    simulation.add("even products", schedule.even_products())
    return simulation
