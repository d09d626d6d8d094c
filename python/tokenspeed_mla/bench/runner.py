# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Measures a suite: ours and every baseline in turn, shape by shape."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

import torch

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.baselines import Baseline, baselines
from tokenspeed_mla.bench.inputs import Inputs, make_inputs, our_call
from tokenspeed_mla.bench.machine import (
    describe,
    last_level_cache_bytes,
    measured_limits,
)
from tokenspeed_mla.bench.shapes import Shape
from tokenspeed_mla.bench.suites import suite
from tokenspeed_mla.bench.timing import measure, rotations_for

MakeBaselines = Callable[[Shape, Inputs], dict[str, Baseline]]
Advance = Callable[[str], None]


def run_suite(
    name: str,
    device: torch.device,
    *,
    samples: int = 20,
    cold: bool = False,
    make_baselines: MakeBaselines = baselines,
    seed: int = 0,
    advance: Advance = lambda label: None,
) -> results.Result:
    """Measures every shape of a suite and returns the result for `results.write`.

    cold: every candidate goes round more buffers than the cache holds.
    advance: called with a shape's label once it is measured.
    """
    generator = torch.Generator(device).manual_seed(seed)
    facts: dict[str, Any] = {"cache": "cold" if cold else "warm", "samples": samples}
    facts["limits"] = dataclasses.asdict(measured_limits(device))
    rows = []
    for shape in suite(name):
        rows.append(measure_shape(shape, device, generator, samples, cold, make_baselines))
        advance(shape.label)
    return results.make_result(name, describe(device), rows, **facts)


def measure_shape(
    shape: Shape,
    device: torch.device,
    generator: torch.Generator,
    samples: int,
    cold: bool,
    make_baselines: MakeBaselines,
) -> results.Result:
    copies = rotations_for(shape.bytes, last_level_cache_bytes(device)) if cold else 1
    rotations = [make_inputs(shape, device, generator) for _ in range(copies)]
    others = [make_baselines(shape, inputs) for inputs in rotations]
    differences = {name: _difference(shape, rotations[0], b) for name, b in others[0].items()}
    candidates = {results.OURS: [our_call(shape, inputs) for inputs in rotations]}
    for name in others[0]:
        candidates[name] = [each[name].call for each in others]
    timings = measure(candidates, device, samples=samples)
    return results.make_row(shape, timings, differences)


def load_baselines(spec: str) -> MakeBaselines:
    """`torch`, `none`, or `module:function` of the user's own with the signature of `baselines`."""
    if spec == "torch":
        return baselines
    if spec == "none":
        return lambda shape, inputs: {}
    module, _, function = spec.partition(":")
    if not function:
        raise ValueError(f"baseline must be torch, none or module:function, got {spec!r}")
    return getattr(importlib.import_module(module), function)


def _difference(shape: Shape, inputs: Inputs, baseline: Baseline) -> float:
    """Relative distance of a baseline's result from ours: that both computed the same thing."""
    ours = our_call(shape, inputs)()
    ours = (ours[0] if isinstance(ours, tuple) else ours).double()
    theirs = baseline.as_ours(baseline.call()).double()
    return float((theirs - ours).norm() / ours.norm().clamp(min=1e-30))
