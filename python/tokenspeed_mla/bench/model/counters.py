# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What each warp of a decode kernel does for a key tile and for a piece, as the emulator counts.

Two requests of unlike length are run by one worker each: the difference is what tiles cost, the
rest what starting and storing cost. {"sm_90 fp8 64": {"commit": ..., "roles": [[warps, per tile,
per piece], ...]}}, each a count by pipe (docs/04_emulator.md); 64 are the rows of the query.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenspeed_mla.bench import results

KERNELS = [
    (target, dtype, rows)
    for target, rows_of in (("sm_90", (16, 64)), ("sm_100", (64, 128)), ("sm_103", (64, 128)))
    for dtype in ("fp8", "bf16")
    for rows in rows_of
]
TARGETS = ("sm_90", "sm_100", "sm_103")
SHORT, LONG = 4, 8  # tiles of 128 keys, the largest
UNCOUNTED = ("move",)  # that the compiler removes

Counts = dict[str, float]

_PROGRAM = """
import sys, torch, tokenspeed_mla
dtype, rows, keys = getattr(torch, sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
generator = torch.Generator().manual_seed(1)
query = torch.randn(1, 1, rows, 576, generator=generator).to(dtype)
cache = torch.randn(keys // 64, 64, 576, generator=generator).to(dtype)
table = torch.arange(keys // 64, dtype=torch.int32)[None]
tokenspeed_mla.tokenspeed_mla_decode(
    query, cache, torch.empty(1 << 26, dtype=torch.int8), 512, 64, table,
    torch.tensor([keys], dtype=torch.int32), keys, 1 / 24, batch_invariant=True)
"""
_DTYPES = {"fp8": "float8_e4m3fn", "bf16": "bfloat16"}


@dataclass(frozen=True)
class RoleCounts:
    """Of one warp, for 128 keys."""

    per_tile: Counts
    per_piece: Counts

    def instructions(self, num_keys: int) -> float:
        """Issue slots that `num_keys` keys take."""
        return _issued(self.per_tile) * num_keys / 128

    def of(self, pipe: str, num_keys: int) -> float:
        return self.per_tile.get(pipe, 0.0) * num_keys / 128

    def instructions_per_piece(self) -> float:
        return _issued(self.per_piece)


def _issued(counts: Counts) -> float:
    return sum(count for pipe, count in counts.items() if pipe not in UNCOUNTED)


def load(path: Path) -> dict[str, dict[int, RoleCounts]]:
    """Kernel → warp → counts."""
    return {
        name: {warp: RoleCounts(*counts) for warps, *counts in kernel["roles"] for warp in warps}
        for name, kernel in json.loads(path.read_text()).items()
    }


def commits(path: Path, target: str) -> str:
    """Those at which the kernels of a target were counted."""
    kernels = json.loads(path.read_text()).items()
    return ", ".join(sorted({k["commit"] for name, k in kernels if name.startswith(target)}))


def count(emulator: Path, targets: Sequence[str] = TARGETS) -> dict[str, object]:
    """Runs the kernels of these targets on the emulator, a libcuda.so.1: what `load` reads."""
    return {
        f"{target} {dtype} {rows}": {
            "commit": results.commit(),
            "roles": _count_kernel(emulator, target, dtype, rows),
        }
        for target, dtype, rows in KERNELS
        if target in targets
    }


def save(kernels: dict[str, object], path: Path) -> None:
    """Replaces these kernels' counts; a line a role."""
    old = json.loads(path.read_text()) if path.is_file() else {}
    text = json.dumps(old | kernels, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("[[[", "[\n  [[").replace("], [[", "],\n  [[") + "\n")


def _count_kernel(emulator: Path, target: str, dtype: str, rows: int) -> list[list[object]]:
    short, long = (_run(emulator, target, dtype, rows, 128 * n) for n in (SHORT, LONG))
    roles = []
    for warp, many in long.items():
        tile = {p: (n - short[warp].get(p, 0)) / (LONG - SHORT) for p, n in many.items()}
        piece = {p: n - LONG * tile[p] for p, n in many.items()}
        same = [role for role in roles if role[1:] == [tile, piece]]
        if same:
            same[0][0].append(warp)
        else:
            roles.append([[warp], tile, piece])
    return roles


def _run(emulator: Path, target: str, dtype: str, rows: int, keys: int) -> dict[int, Counts]:
    """Warp → instructions by pipe, of a call with one request."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        environment = os.environ | {
            "TOKENSPEED_MLA_LIBCUDA": str(emulator),
            "TOKENSPEED_MLA_TARGET": f"emulator:{target}",
            "TOKENSPEED_MLA_EMULATOR_COUNTERS": file.name,
        }
        command = [sys.executable, "-c", _PROGRAM, _DTYPES[dtype], str(rows), str(keys)]
        subprocess.run(command, env=environment, check=True)
        launch = json.loads(Path(file.name).read_text())["launches"][0]
    num_blocks = launch["grid"][0]
    counts = {}
    for role in launch["roles"]:
        per_warp = len(role["warps"]) * num_blocks
        for warp in role["warps"]:
            counts[warp] = {p: n / per_warp for p, n in role["warp_instructions"].items()}
    return counts
