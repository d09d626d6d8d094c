# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Baselines that live outside the package: NAME=path/to/module.py.

The module offers `prepare(problem) -> callable | None`. `problem` is a `BaselineProblem`; what
prepare allocates and precomputes is not timed. The callable takes no arguments, does the whole work
on the current stream (it is captured into a CUDA graph) and returns a tensor of the shape of our
output. None: this kernel cannot do this problem. The module's docstring goes into the result file;
it is the place to say what is left out of the timing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from tokenspeed_mla.bench.baselines import Baseline, baselines
from tokenspeed_mla.bench.inputs import Inputs
from tokenspeed_mla.bench.shapes import Shape

MakeBaselines = Callable[[Shape, Inputs], dict[str, Baseline]]


@dataclass(frozen=True)
class BaselineProblem:
    """What a baseline is asked to do: a shape, and the keyword arguments of our own call."""

    shape: Shape
    inputs: Inputs


@dataclass(frozen=True)
class BaselineSource:
    """Where baselines come from, and what there is to know about them."""

    make: MakeBaselines
    name: str = ""
    about: str = ""


def load_source(spec: str) -> BaselineSource:
    """`torch`, `none`, or NAME=PATH of a module with `prepare`; ValueError for anything else."""
    if spec in ("torch", "none"):
        return BaselineSource(baselines if spec == "torch" else lambda shape, inputs: {})
    name, _, path = spec.partition("=")
    if not name or not Path(path).is_file():
        raise ValueError(f"baseline must be torch, none or NAME=path/to/module.py, got {spec!r}")
    module_spec = importlib.util.spec_from_file_location(f"baseline_{Path(path).stem}", path)
    if module_spec is None or module_spec.loader is None:
        raise ValueError(f"baseline {name}: {path} is no Python module")
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    prepare = getattr(module, "prepare", None)
    if prepare is None:
        raise ValueError(f"baseline {name}: {path} has no function prepare(problem)")

    def make(shape: Shape, inputs: Inputs) -> dict[str, Baseline]:
        call: Callable[[], torch.Tensor] | None = prepare(BaselineProblem(shape, inputs))
        return {} if call is None else {name: Baseline(call)}

    return BaselineSource(make, name, (module.__doc__ or "").strip())


def all_of(sources: list[BaselineSource]) -> MakeBaselines:
    """Every baseline of every source."""

    def make(shape: Shape, inputs: Inputs) -> dict[str, Baseline]:
        found: dict[str, Baseline] = {}
        for source in sources:
            found |= source.make(shape, inputs)
        return found

    return make
