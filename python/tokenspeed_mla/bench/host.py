# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""How long a call keeps the host: from Python, with a GPU that has nothing else to do.

Every call is waited for before the next, so that none is held up by a full queue; on a CPU the time
would be that of the work. PyTorch's own smallest calls stand beside ours: what making one tensor
costs, and what launching one kernel does.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from tokenspeed_mla import can_implement
from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.inputs import make_inputs, our_call
from tokenspeed_mla.bench.machine import cpu_name, describe
from tokenspeed_mla.bench.markdown import micro, table
from tokenspeed_mla.bench.shapes import (
    DecodeShape,
    MergeShape,
    PackShape,
    PrefillShape,
    Shape,
    dtype_name,
)
from tokenspeed_mla.bench.timing import Call

FP8, BF16 = torch.float8_e4m3fn, torch.bfloat16
GIVEN, MADE = "given", "made"
RESULTS = ("out", "lse", "k_out", "v_out")  # arguments that are written where given

SHAPES: tuple[Shape, ...] = (
    DecodeShape(4, 4, 16, 1024, dtype=FP8),
    DecodeShape(4, 4, 16, 1024, dtype=BF16),
    PrefillShape((64,), (64,), num_heads=16, dtype=FP8),
    PackShape(16, 16),
    MergeShape(2, 4, 16, 512),
)


def run_host(
    device: torch.device,
    *,
    samples: int = 2000,
    advance: Callable[[str], None] = lambda label: None,
) -> results.Result:
    """Measures every shape that the device can run, with results given and made."""
    rows = []
    for name, kind, call in itertools.chain(_ours(device), _pytorch(device)):
        rows.append({"call": name, "results": kind} | host_us(call, device, samples))
        advance(name)
    facts: dict[str, Any] = {"samples": samples, "host": cpu_name()}
    return results.make_result("host", describe(device), rows, **facts)


def host_us(call: Call, device: torch.device, samples: int) -> dict[str, float]:
    """Median and least microseconds until `call` returns."""
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    times = []
    for _ in range(samples):
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) * 1e-3)
        wait()
    return {"median_us": round(statistics.median(times), 2), "min_us": round(min(times), 2)}


def host_markdown(result: results.Result) -> str:
    """A table of the rows."""
    header = ("call", "results", "host time, median", "least")
    cells = (
        (row["call"], row["results"], micro(row["median_us"]), micro(row["min_us"]))
        for row in result["rows"]
    )
    return table(header, cells, num_left=2)


def _ours(device: torch.device) -> Iterator[tuple[str, str, Call]]:
    generator = torch.Generator(device).manual_seed(0)
    for shape in SHAPES:
        if not can_implement(shape.problem, device):
            continue
        inputs = make_inputs(shape, device, generator)
        if isinstance(shape, MergeShape):  # its LSE is made otherwise
            inputs["lse"] = torch.empty_like(inputs["lses"][0])
        name = f"{shape.op} {dtype_name(shape.dtype)}, {shape.label}"
        yield name, GIVEN, our_call(shape, inputs)
        others = {name: value for name, value in inputs.items() if name not in RESULTS}
        yield name, MADE, our_call(shape, others)


def _pytorch(device: torch.device) -> Iterator[tuple[str, str, Call]]:
    x = torch.ones(4, 16, 512, dtype=BF16, device=device)
    yield "torch.add", GIVEN, lambda: torch.add(x, x, out=x)
    yield "torch.add", MADE, lambda: torch.add(x, x)
    yield "torch.empty_like", MADE, lambda: torch.empty_like(x)
