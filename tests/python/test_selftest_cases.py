# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Every case of the tables through the public functions, on the CPU."""

import subprocess
import sys

import pytest
import torch

import tokenspeed_mla
from tokenspeed_mla.testing import selftest
from tokenspeed_mla.testing.table import Case
from tokenspeed_mla.testing.target import Target

CPU = Target.named("cpu")


@pytest.mark.parametrize("case", selftest.select_cases(tags=["quick", "slow"]), ids=str)
def test_agrees_with_float64(case: Case) -> None:
    # A correct result nearly uses the rounding half of its bound and never all of it.
    assert selftest.check_case(case, CPU) <= 1


def test_results_and_progress() -> None:
    cases = selftest.select_cases(ops=["merge"], contains="head counts")
    seen = []
    results = selftest.run_selftest(cases, "cpu", lambda *progress: seen.append(progress))
    assert len(results) == 4
    assert all(result.passed and result.seconds > 0 for result in results)
    assert [(done, total) for done, total, _ in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_wrong_result_is_a_failed_case(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = tokenspeed_mla.tokenspeed_mla_decode

    def off_by_one(**arguments: object) -> object:
        return decode(**{**arguments, "seq_lens": (arguments["seq_lens"] - 1).clamp(min=0)})

    monkeypatch.setattr(tokenspeed_mla, "tokenspeed_mla_decode", off_by_one)
    cases = selftest.select_cases(ops=["decode"], contains="dtypes and masks")
    results = selftest.run_selftest(cases)
    assert not any(result.passed for result in results)
    assert all("at [" in result.error for result in results)


def test_an_exception_is_a_failed_case(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> torch.Tensor:
        raise NotImplementedError("no kernel")

    monkeypatch.setattr(tokenspeed_mla, "merge_states", refuse)
    (result,) = selftest.run_selftest(selftest.select_cases(ops=["merge"], contains="one row"))
    assert result.error == "NotImplementedError: no kernel"


def test_needs_no_test_packages() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['pytest', 'hypothesis', 'numpy']));"
        "from tokenspeed_mla.testing import selftest;"
        "results = selftest.run_selftest(selftest.select_cases(['kv_pack'], contains='dtypes'));"
        "assert results and all(r.passed for r in results), results"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
