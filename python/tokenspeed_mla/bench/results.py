# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Results as JSON: what was measured, of which commit, on which machine, when.

{"schema": 1, "suite": "cpu", "date": ..., "commit": ..., "versions": {...}, "device": {...},
 "limits": {...}, "cache": "warm", "samples": 20, "baselines": {"name": "about it"}, "clocks": {},
 "rows": [{"op", "label", "shape": {...}, "bytes", "flops", "floor_us",
           "timings": {"ours": {"median_us", "min_us", "spread", "method", ...}, ...},
           "errors": {"ours": 1.0e-2, ...}, "clocks": {"sm_mhz": {"min", "median", "max"}, ...}}]}

floor_us: the least time that the device's limits allow. errors: relative to float64, of decode.
differences: of every other operation's baselines, relative to ours. unsupported: why ours is not
among the timings, where it is not.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.shapes import Shape, dtype_name
from tokenspeed_mla.bench.timing import Timing

SCHEMA = 1
OURS = "ours"

Result = dict[str, Any]


def make_row(
    shape: Shape, timings: dict[str, Timing], floor_us: float, **agreement: dict[str, float]
) -> Result:
    """One shape: the timing of every candidate, the least time, how right the results were."""
    return {
        "op": shape.op,
        "label": shape.label,
        "shape": {f.name: _plain(getattr(shape, f.name)) for f in dataclasses.fields(shape)},
        "bytes": shape.bytes,
        "flops": shape.flops,
        "floor_us": round(floor_us, 3),
        "timings": {name: _timing_as_json(timing) for name, timing in timings.items()},
        **agreement,
    }


def make_result(suite: str, device: dict[str, Any], rows: list[Result], **facts: Any) -> Result:
    return {
        "schema": SCHEMA,
        "suite": suite,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "versions": {
            "tokenspeed_mla": tokenspeed_mla.__version__,
            "torch": torch.__version__,
        },
        "device": device,
        **facts,
        "rows": rows,
    }


def write(result: Result, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


def read(path: Path) -> Result:
    """A result that `write` wrote; ValueError for another schema."""
    result = json.loads(path.read_text())
    if result.get("schema") != SCHEMA:
        raise ValueError(f"{path}: schema must be {SCHEMA}, got {result.get('schema')}")
    return result


def commit() -> str:
    """The commit of the source tree this package runs from, `+` when it has changes; else empty."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        try:
            answer = subprocess.run(
                ["git", *arguments],
                cwd=here,
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        return answer.stdout.strip()

    if not git("ls-files", "__init__.py"):  # installed: whatever repository is around is not ours
        return ""
    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def device_folder(device: dict[str, Any], kind: str) -> str:
    """`cpu`, or the card's name in short: `h200`."""
    if kind == "cpu":
        return "cpu"
    words = re.sub(r"[^a-z0-9 ]", " ", str(device["name"]).lower()).split()
    names = [word for word in words if word not in ("nvidia", "geforce", "tesla")]
    return names[0] if names else "gpu"


def fastest_other(row: Result) -> tuple[str, float] | None:
    """Name and median of the fastest candidate that is not ours; None when there is none."""
    others = {n: t["median_us"] for n, t in row["timings"].items() if n != OURS}
    if not others:
        return None
    name = min(others, key=others.__getitem__)
    return name, others[name]


def _timing_as_json(timing: Timing) -> Result:
    return {
        "median_us": round(timing.median_us, 3),
        "min_us": round(timing.min_us, 3),
        "spread": round(timing.spread, 4),
        "samples": len(timing.samples_us),
        "calls_per_sample": timing.calls_per_sample,
        "method": timing.method,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, torch.dtype):
        return dtype_name(value)
    return list(value) if isinstance(value, tuple) else value
