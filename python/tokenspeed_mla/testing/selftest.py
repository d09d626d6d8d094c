# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Runs the case tables on a device and reports each case; needs PyTorch and nothing else."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from . import decode, kv_pack, merge, prefill
from .table import OPS, Case, load_cases
from .target import Target

_CHECKS = {
    "decode": decode.check,
    "prefill": prefill.check,
    "kv_pack": kv_pack.check,
    "merge": merge.check,
}


@dataclass(frozen=True)
class CaseResult:
    """What became of one case."""

    op: str
    name: str
    seconds: float
    error: str | None  # None: passed; else what was expected and what was got
    bound_used: float  # the worst error as a share of its bound; 0 where bits are compared

    @property
    def passed(self) -> bool:
        """Whether the case agreed with float64."""
        return self.error is None


Progress = Callable[[int, int, CaseResult], None]


def select_cases(
    ops: Iterable[str] = OPS, tags: Iterable[str] = ("quick",), contains: str = ""
) -> list[Case]:
    """The cases of these ops with one of these tags whose "op: name" contains a text."""
    wanted = tuple(tags)
    cases = [case for op in ops for case in load_cases(op, wanted)]
    return [case for case in cases if contains in str(case)]


def check_case(case: Case, target: Target) -> float:
    """Runs one case: `Mismatch` or the library's exception when it fails, else the bound used."""
    return _CHECKS[case.op](case, target)


def run_case(case: Case, target: Target) -> CaseResult:
    """Runs one case; whatever it raises becomes the result's error."""
    begin = time.perf_counter()
    error, bound_used = None, 0.0
    try:
        bound_used = check_case(case, target)
    except Exception as failure:  # a crash of one case is that case's result
        error = f"{type(failure).__name__}: {failure}"
    return CaseResult(case.op, case.name, time.perf_counter() - begin, error, bound_used)


def run_selftest(
    cases: Sequence[Case], device: str = "cpu", progress: Progress | None = None
) -> list[CaseResult]:
    """Runs cases one after another on a device ("cpu", "cuda:0").

    `progress(done, total, result)` is called after each case.
    """
    target = Target.named(device)
    results = []
    for case in cases:
        results.append(run_case(case, target))
        if progress is not None:
            progress(len(results), len(cases), results[-1])
    return results
