# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The second kernel, which joins partial results: device/simt/decode_merge.cuh."""

from __future__ import annotations

from tokenspeed_mla.bench.model.machines import Machine
from tokenspeed_mla.dims import KV_LORA_RANK

WARPS = 16  # of a block
SCHEDULERS = 4
PARTIALS_IN_FLIGHT = 8  # of a warp

# Instructions of a warp, as the emulator counts them: finding its work, a load of up to eight
# partials with their weights, each partial of it, and what members of a team have beyond that.
WALK, LOAD, PARTIAL, TEAM = 200, 150, 45, 110

# From the end of the last block to where the second kernel goes on: stamps of an H200's timer.
WAKE_SECONDS = 0.7e-6

# How fast partials are written and read again: fitted to whole calls (src/plan/decode_score.cc).
BYTES_PER_SECOND = 4.6e12


def seconds(
    machine: Machine, clock_hz: float, num_rows: int, split_requests: int, partials: float
) -> float:
    """From the end of the first kernel, for so many requests with so many partials each."""
    wake = WAKE_SECONDS + WALK * machine.latencies.cadence / clock_hz
    if split_requests == 0:
        return wake
    half_rows = 2 * num_rows
    blocks = min(half_rows * split_requests, machine.num_sms)
    team = team_of(partials, half_rows * split_requests <= blocks)
    rounds = -(-split_requests * -(-half_rows * team // WARPS) // blocks)
    of_a_warp = -(-partials // team)
    loads = -(-of_a_warp // PARTIALS_IN_FLIGHT)
    count = LOAD * loads + PARTIAL * partials / team + (TEAM if team > 1 else 0)
    issue = count * WARPS / SCHEDULERS / clock_hz
    num_bytes = 2 * split_requests * partials * num_rows * KV_LORA_RANK * 2
    moved = num_bytes / BYTES_PER_SECOND
    return wake + rounds * (loads * machine.memory_seconds + issue) + moved


def team_of(partials: float, has_blocks_enough: bool) -> int:
    """Warps that share half a row."""
    team = 1
    while team < WARPS and (has_blocks_enough or team * PARTIALS_IN_FLIGHT < partials):
        team *= 2
    return team
