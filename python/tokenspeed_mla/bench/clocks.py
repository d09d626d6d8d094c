# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The clocks and the power of a GPU while it is measured, read by a process in the background."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

PERIOD_SECONDS = 0.02
NAMES = ("sm_mhz", "mem_mhz", "power_w")


@dataclass
class ClockLog:
    """Readings since the log was opened; empty where nothing can be read."""

    readings: list[tuple[float, ...]] = field(default_factory=list)  # time.monotonic(), then NAMES

    def summary(self, since: float = 0.0) -> dict[str, dict[str, float]]:
        """Smallest, median and largest value of each quantity from a time.monotonic() on."""
        recent = [values for begin, *values in self.readings if begin >= since]
        if not recent:
            return {}
        return {
            name: {
                "min": round(min(column), 1),
                "median": round(statistics.median(column), 1),
                "max": round(max(column), 1),
            }
            for name, column in zip(NAMES, zip(*recent, strict=True), strict=True)
        }

    def collect(self, lines: Iterable[str]) -> None:
        """Adds a reading for every line."""
        for line in lines:
            self.readings.append(tuple(map(float, line.split(","))))


@contextlib.contextmanager
def clock_log(device: torch.device) -> Iterator[ClockLog]:
    """Reads clocks until the block ends."""
    log = ClockLog()
    if device.type != "cuda":
        yield log
        return
    script = Path(__file__).with_name("nvml_poll.py")
    uuid = f"GPU-{torch.cuda.get_device_properties(device).uuid}"  # NVML numbers devices otherwise
    command = [sys.executable, str(script), uuid, str(PERIOD_SECONDS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    reader = threading.Thread(target=log.collect, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield log
    finally:
        process.terminate()
        process.wait(timeout=20)
        reader.join(timeout=20)


def now() -> float:
    """The clock of the readings."""
    return time.monotonic()
