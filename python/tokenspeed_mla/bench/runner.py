# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Measures a suite: ours, its variants and every baseline in turn, shape by shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tokenspeed_mla import can_implement
from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.accuracy import decode_reference, relative_error, sampled_requests
from tokenspeed_mla.bench.baselines import Baseline
from tokenspeed_mla.bench.clocks import ClockLog, clock_log, now
from tokenspeed_mla.bench.inputs import Inputs, make_rotations, our_call
from tokenspeed_mla.bench.machine import describe, last_level_cache_bytes, limits_for
from tokenspeed_mla.bench.plugins import BaselineSource, MakeBaselines, all_of
from tokenspeed_mla.bench.shapes import DecodeShape, Shape
from tokenspeed_mla.bench.suites import suite
from tokenspeed_mla.bench.timing import MIN_SAMPLE_SECONDS, Call, measure, rotations_for

Advance = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Setting:
    """How a suite is measured."""

    device: torch.device
    generator: torch.Generator
    samples: int = 20
    is_cold: bool = False  # every candidate goes round more buffers than the cache holds
    sample_seconds: float = MIN_SAMPLE_SECONDS  # at the least
    clocks: ClockLog = dataclasses.field(default_factory=ClockLog)  # where they are read


def run_suite(
    name: str,
    device: torch.device,
    *,
    samples: int = 20,
    sample_seconds: float = MIN_SAMPLE_SECONDS,
    cold: bool = False,
    sources: Sequence[BaselineSource] = (),
    seed: int = 0,
    advance: Advance = lambda label: None,
) -> results.Result:
    """Measures every shape of a suite and returns the result for `results.write`.

    sources: where baselines come from.
    advance: called with a shape's label once it is measured.
    """
    generator = torch.Generator(device).manual_seed(seed)
    chosen, rows = suite(name), []
    limits = limits_for(device, chosen.shapes[0].dtype)
    with clock_log(device) as clocks:
        setting = Setting(device, generator, samples, cold, sample_seconds, clocks)
        for shape in chosen.shapes:
            variants = chosen.variants(shape)
            rows.append(measure_shape(shape, setting, all_of(list(sources)), variants))
            advance(shape.label)
    facts: dict[str, Any] = {
        "cache": "cold" if cold else "warm",
        "samples": samples,
        "limits": dataclasses.asdict(limits),
        "baselines": {source.name: source.about for source in sources if source.name},
        "clocks": clocks.summary(),
    }
    return results.make_result(name, describe(device), rows, **facts)


def measure_shape(
    shape: Shape,
    setting: Setting,
    make_baselines: MakeBaselines,
    variants: dict[str, Shape] | None = None,
) -> results.Result:
    """One row: our call where there is one, our call on other shapes, and every baseline."""
    rotations = _rotations(shape, setting)
    others = [make_baselines(shape, inputs) for inputs in rotations]
    candidates: dict[str, list[Call]] = {}
    verdict = can_implement(shape.problem, setting.device)
    if verdict:
        candidates[results.OURS] = [our_call(shape, inputs) for inputs in rotations]
    for name, variant in (variants or {}).items():
        if can_implement(variant.problem, setting.device):
            inputs_of = _rotations(variant, setting)
            candidates[name] = [our_call(variant, inputs) for inputs in inputs_of]
    for name in others[0]:
        candidates[name] = [each[name].call for each in others]
    agreement = _agreement(shape, rotations[0], others[0], has_ours=bool(verdict))
    begin = now()
    timings = measure(
        candidates,
        setting.device,
        samples=setting.samples,
        sample_seconds=setting.sample_seconds,
    )
    clocks = setting.clocks.summary(begin)
    floor = limits_for(setting.device, shape.dtype).seconds(shape.bytes, shape.flops)
    row = results.make_row(shape, timings, floor_us=1e6 * floor, **agreement)
    row |= {"clocks": clocks}
    return row if verdict else row | {"unsupported": verdict.reason}


def _rotations(shape: Shape, setting: Setting) -> list[Inputs]:
    count = 1
    if setting.is_cold:
        count = rotations_for(shape.bytes, last_level_cache_bytes(setting.device))
    return make_rotations(shape, count, setting.device, setting.generator)


def _agreement(
    shape: Shape, inputs: Inputs, others: dict[str, Baseline], has_ours: bool
) -> dict[str, dict[str, float]]:
    """`errors`: decode against float64 on some requests; `differences`: baselines against ours."""
    found = {name: each.as_ours(each.call()) for name, each in others.items()}
    if has_ours:
        ours = our_call(shape, inputs)()
        found[results.OURS] = ours[0] if isinstance(ours, tuple) else ours
    if isinstance(shape, DecodeShape):
        exact, sample = decode_reference(shape, inputs), sampled_requests(shape)
        errors = {name: relative_error(out[sample], exact) for name, out in found.items()}
        return {"errors": errors}
    if not has_ours:
        return {}
    exact = found.pop(results.OURS).double()
    return {"differences": {name: relative_error(out, exact) for name, out in found.items()}}
