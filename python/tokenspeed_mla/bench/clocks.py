# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The clock and the power of a GPU while it is measured, read by nvidia-smi in the background."""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

PERIOD_MS = 100
FIELDS = ("clocks.sm", "clocks.mem", "power.draw")
NAMES = ("sm_mhz", "mem_mhz", "power_w")


@dataclass
class ClockLog:
    """Readings since the log was opened; empty where there is no nvidia-smi."""

    readings: list[tuple[float, ...]] = field(default_factory=list)  # one value per name of NAMES

    def summary(self, begin: int = 0) -> dict[str, dict[str, float]]:
        """Smallest, median and largest value of each quantity, from the begin-th reading on."""
        columns = list(zip(*self.readings[begin:], strict=True))
        return {
            name: {"min": min(column), "median": statistics.median(column), "max": max(column)}
            for name, column in zip(NAMES, columns, strict=bool(columns))
        }

    def collect(self, lines: Iterator[str]) -> None:
        """Adds a reading for every line of numbers."""
        for line in lines:
            with contextlib.suppress(ValueError):  # "[N/A]" on cards that do not tell
                values = tuple(map(float, line.split(",")))
                if len(values) == len(NAMES):
                    self.readings.append(values)


@contextlib.contextmanager
def clock_log(device: torch.device) -> Iterator[ClockLog]:
    """Reads clocks until the block ends."""
    log = ClockLog()
    tool = shutil.which("nvidia-smi")
    if device.type != "cuda" or tool is None:
        yield log
        return
    command = [tool, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    command += [f"--id={device.index or 0}", f"--loop-ms={PERIOD_MS}"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    reader = threading.Thread(target=log.collect, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield log
    finally:
        process.terminate()
        process.wait(timeout=20)
        reader.join(timeout=20)
