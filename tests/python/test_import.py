# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Importing the package: quick, and possible without a GPU or its driver."""

import subprocess
import sys

import pytest

IMPORT_BAR_SECONDS = 0.100


def run_python(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout


def test_import_is_quick():
    program = """
import time, torch
begin = time.process_time()  # the machine may be busy with other things
import tokenspeed_mla
print(time.process_time() - begin)
"""
    best = min(float(run_python(program)) for _ in range(5))
    assert best < IMPORT_BAR_SECONDS


def test_import_loads_no_gpu_library():
    program = """
import pathlib, torch
before = pathlib.Path("/proc/self/maps").read_text()
import tokenspeed_mla
after = pathlib.Path("/proc/self/maps").read_text()
for name in ("libcuda.so", "libnvrtc", "libcudart"):
    assert (name in after) == (name in before), name
assert not torch.cuda.is_initialized()
print("loaded")
"""
    assert run_python(program) == "loaded\n"


@pytest.mark.parametrize("visible", ["", "0"])
def test_import_and_probe_work_whatever_gpus_are_visible(visible, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    program = """
import tokenspeed_mla
print(tokenspeed_mla.has_binary_prefill(), tokenspeed_mla.get_num_sm("cpu") >= 1)
"""
    assert run_python(program) == "False True\n"


def test_version_is_that_of_the_build():
    program = "import tokenspeed_mla; print(tokenspeed_mla.__version__)"
    assert run_python(program).count(".") == 2
