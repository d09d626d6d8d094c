# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What a schedule is run with, and the parts that all schedules share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tokenspeed_mla.bench.model.counters import RoleCounts
from tokenspeed_mla.bench.model.engine import Barrier, Role, Simulation, Wait, Work
from tokenspeed_mla.bench.model.machines import Latencies, Machine
from tokenspeed_mla.dims import KV_LORA_RANK

PARTS_OF_A_COPY = 4  # that overtake the rest of it on the way
ISSUE_OF_A_LOAD = 40  # instructions with which one thread starts the copies of a tile


@dataclass(frozen=True)
class Setting:
    """One block of a kernel on a machine at a clock."""

    machine: Machine
    clock_hz: float
    counts: Mapping[str, Mapping[int, RoleCounts]] = field(hash=False)  # kernel → warp
    element_bytes: int
    tile_rows: int  # that the products take
    num_row_tiles: int  # blocks that read the same keys
    num_blocks: int  # that share memory

    @property
    def latencies(self) -> Latencies:
        return self.machine.latencies

    def trip(self, *, to_l2: bool = False) -> Work:
        """To memory and back."""
        machine = self.machine
        return Work(self.clock_hz * (machine.l2_seconds if to_l2 else machine.memory_seconds))

    def product(self, rows: int, columns: int, depth: int) -> float:
        """Clocks that the tensor cores take for rows x columns x depth."""
        macs_per_clock = self.machine.tensor_macs / self.element_bytes
        return rows * columns * depth / macs_per_clock

    def port(self, num_bytes: float) -> float:
        return num_bytes / self.machine.shared_bytes

    def instructions(self, count: float, **busy: float) -> Work:
        """A stretch of one warp on each scheduler, which keeps other units busy as well."""
        return Work(count * self.latencies.cadence, {"issue": count, **busy})

    def exponentials(self, warp_instructions: float) -> float:
        """Clocks of a scheduler's quarter of the unit."""
        return warp_instructions * 32 * 4 / self.machine.exponentials

    def copy(self, num_bytes: float, *, from_l2: bool = False) -> tuple[Work, Work]:
        """A part of so many bytes: out of memory, once for all row tiles, and through the L2."""
        num_bytes /= PARTS_OF_A_COPY
        sharing = min(self.num_blocks, self.machine.num_sms)
        per_block = self.machine.memory_bytes_per_second / sharing / self.clock_hz
        memory = 0.0 if from_l2 else num_bytes / self.num_row_tiles / per_block
        l2 = num_bytes / self.machine.l2_bytes_per_clock
        port = self.port(num_bytes)
        return Work(0, {"memory": memory}), Work(0, {"l2": l2, "port": port})

    def store(self, rows: int) -> Work:
        """Of a finished piece, in 16 bits."""
        return Work(rows * KV_LORA_RANK * 2 / self.machine.stored_bytes_per_clock)


@dataclass
class Ring:
    """Stages of a tile, filled by copies and given back by its readers."""

    stages: int
    full: Barrier
    empty: Sequence[Barrier]

    def free(self, tile: int) -> list[Wait]:
        return [Wait(barrier, tile - self.stages + 1) for barrier in self.empty]


def loading(
    simulation: Simulation,
    setting: Setting,
    name: str,
    rings: Sequence[tuple[Ring, tuple[Work, Work]]],
    pieces: Sequence[int],
    query_empty: Barrier,
    *,
    from_l2: bool = False,
) -> None:
    """One thread that loads the parts of every tile, and what becomes of its copies.

    rings: the parts of a tile, in order, each with its copy. pieces: tiles of each.
    """
    issued, sent, landed = Barrier(), Barrier(), Barrier(PARTS_OF_A_COPY)
    total = sum(pieces) * len(rings)

    def load() -> Role:
        tile = 0
        for number, tiles in enumerate(pieces):
            yield setting.trip()  # the page table
            yield Wait(query_empty, number)
            for _ in range(tiles):
                for ring, _ in rings:
                    yield from ring.free(tile)
                    yield setting.instructions(ISSUE_OF_A_LOAD / len(rings))
                    issued.arrive()
                tile += 1

    def transfer(step: int, begun: Barrier, done: Barrier) -> Role:
        for part in range(total * PARTS_OF_A_COPY):
            number = part // PARTS_OF_A_COPY
            yield Wait(begun, number + 1 if begun is issued else part + 1)
            yield rings[number % len(rings)][1][step]
            done.arrive()

    def travel(number: int) -> Role:
        yield Wait(landed, number + 1)
        yield setting.trip(to_l2=from_l2)
        rings[number % len(rings)][0].full.arrive()

    simulation.add(name, load())
    simulation.add(f"{name} copies", transfer(0, issued, sent))
    simulation.add(f"{name} arrivals", transfer(1, sent, landed))
    for number in range(total):
        simulation.add(f"{name} trips", travel(number))
