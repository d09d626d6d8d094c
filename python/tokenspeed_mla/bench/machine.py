# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The machine a measurement ran on: its name, its clocks, and on the CPU its measured limits."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.timing import measure

COPY_BYTES = 256 << 20
MATRIX_SIZE = 1536
LIMIT_SAMPLES = 5


@dataclass(frozen=True)
class Limits:
    """What a device reaches when it does nothing else: the two lines of a roofline."""

    bytes_per_second: float
    flops_per_second: float
    source: str  # what kind of truth the numbers are: "measured ..." or "documented ..."

    def seconds(self, num_bytes: float, flops: float) -> float:
        """The least time for this work, were each limit reached and nothing else cost anything."""
        return max(num_bytes / self.bytes_per_second, flops / self.flops_per_second)

    @property
    def ridge(self) -> float:
        """FLOP per byte where the two lines meet."""
        return self.flops_per_second / self.bytes_per_second


def limits_for(device: torch.device, dtype: torch.dtype) -> Limits:
    """The two lines for operands of this dtype: measured now on a CPU, known of a GPU."""
    if device.type != "cuda":
        return measured_limits(device)
    facts = tokenspeed_mla.device_facts(device)
    is_fp8 = dtype.itemsize == 1
    return Limits(
        bytes_per_second=facts.memory_bytes_per_second,
        flops_per_second=facts.fp8_flops_per_second if is_fp8 else facts.fp16_flops_per_second,
        source=f"known of {facts.name}: bulk reads, and matrix products in bursts",
    )


@functools.cache
def measured_limits(device: torch.device) -> Limits:
    """The device as measured now: a large copy (bytes read and written), large matrix products.

    The FLOP rate is the best of float32 and bfloat16, since which one is faster depends on the CPU.
    The best sample counts, not the median: a limit is what the machine can do when left alone.
    """
    source = torch.ones(COPY_BYTES, dtype=torch.int8, device=device)
    target = torch.ones_like(source)
    size = MATRIX_SIZE if device.type == "cpu" else 4 * MATRIX_SIZE
    calls = {"copy": [lambda: target.copy_(source)]}
    for dtype in (torch.float32, torch.bfloat16):
        a = torch.randn(size, size, device=device).to(dtype)
        calls[str(dtype)] = [functools.partial(torch.matmul, a, a.T.contiguous())]
    timings = measure(calls, device, samples=LIMIT_SAMPLES)
    copy_seconds = 1e-6 * timings.pop("copy").min_us
    return Limits(
        bytes_per_second=2 * COPY_BYTES / copy_seconds,
        flops_per_second=2 * size**3 / (1e-6 * min(t.min_us for t in timings.values())),
        source="measured: copy, and matrix product in float32 or bfloat16",
    )


def last_level_cache_bytes(device: torch.device) -> int:
    """Bytes a cold measurement must exceed: L2 on a GPU; on the CPU the largest cache there is."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).L2_cache_size
    sizes = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    return max((_parse_cache_size(path.read_text()) for path in sizes), default=32 << 20)


def describe(device: torch.device) -> dict[str, object]:
    """Name and clocks of the device, for the JSON of a result."""
    if device.type == "cuda":
        return {
            "name": torch.cuda.get_device_name(device),
            "compute_capability": ".".join(map(str, torch.cuda.get_device_capability(device))),
            "clocks": gpu_clocks(device.index or 0),
        }
    return {
        "name": cpu_name(),
        "threads": torch.get_num_threads(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def gpu_clocks(index: int) -> dict[str, str] | None:
    """Current clocks, power and temperature through nvidia-smi; None where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    fields = (
        "clocks.sm",
        "clocks.mem",
        "clocks.max.sm",
        "power.draw",
        "temperature.gpu",
    )
    command = [
        tool,
        f"--query-gpu={','.join(fields)}",
        "--format=csv,noheader",
        f"--id={index}",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if answer.returncode != 0:
        return None
    return dict(zip(fields, (value.strip() for value in answer.stdout.split(",")), strict=True))


def _parse_cache_size(text: str) -> int:
    text = text.strip()
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:], 0)
    return int(text[:-1]) * unit if unit else int(text)
