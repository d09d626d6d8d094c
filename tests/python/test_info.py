# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""`info` is what one starts where something is wrong: it says what, and never fails itself."""

import os
import subprocess
import sys

from tokenspeed_mla import _library
from tokenspeed_mla.cli.info import collect


def info(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tokenspeed_mla", "info"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_target_that_does_not_exist_is_named():
    for target in ("sm_90", "emulator:sm_89"):
        said = info(TOKENSPEED_MLA_TARGET=target)
        assert "TOKENSPEED_MLA_TARGET must be emulator:sm_90, emulator:sm_100 or" in said
        assert f"got {target}" in said


def test_an_emulator_that_is_not_found_is_named():
    said = info(TOKENSPEED_MLA_TARGET="emulator:sm_90", TOKENSPEED_MLA_LIBCUDA="/none/libcuda.so")
    assert "the emulated GPU (TOKENSPEED_MLA_LIBCUDA names its driver) cannot be used" in said
    assert said.count("/none/libcuda.so") >= 2


def test_kernels_compiled_ahead_of_time_are_listed(monkeypatch, tmp_path):
    monkeypatch.setattr(_library, "LIBRARY_PATH", tmp_path / "libtokenspeed_mla.so")
    assert collect()["backends"]["compiled kernels"].startswith("none: NVRTC")
    for name in ("sm_90a", "sm_100f"):
        (tmp_path / f"libmla_kernels_{name}.so").touch()
    assert collect()["backends"]["compiled kernels"] == "sm_100f, sm_90a"


def test_without_a_target_the_cpu_is_the_cpu():
    said = info(TOKENSPEED_MLA_TARGET="")
    assert "emulated" not in said and " threads\n" in said
