# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Tensors on the CPU, kernels on an emulated GPU: the files of CALLS, in processes of their own.

Which driver a process uses is settled by the environment when it starts.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CALLS = [
    "emulated_calls.py",
    "emulated_prefill.py",
    "test_isolation.py",
    "test_isolation_prefill.py",
]
LIBCUDA = HERE.parents[1] / "build" / "release" / "emulator" / "libcuda.so.1"


def run_calls(target: str, schedule: str, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    environment = os.environ | {
        "TOKENSPEED_MLA_LIBCUDA": str(LIBCUDA),
        "TOKENSPEED_MLA_TARGET": f"emulator:{target}",
        "TOKENSPEED_MLA_EMULATOR_SCHEDULE": schedule,
        "TOKENSPEED_MLA_CACHE_DIR": str(cache),
    }
    return subprocess.run(
        [*command, *(str(HERE / name) for name in CALLS)],
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.skipif(not LIBCUDA.exists(), reason="the emulator is not built: make build")
@pytest.mark.skipif(not find_spec("nvidia"), reason="no NVRTC: pip install nvidia-cuda-nvrtc")
@pytest.mark.parametrize(
    ("target", "schedule"), [("sm_90", "eager"), ("sm_90", "lazy"), ("sm_100", "random:3")]
)
def test_calls_on_the_emulator(target: str, schedule: str, tmp_path_factory):
    result = run_calls(target, schedule, tmp_path_factory.getbasetemp() / "kernels")
    assert result.returncode == 0, result.stdout + result.stderr
