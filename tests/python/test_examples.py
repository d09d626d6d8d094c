# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The programs under examples/python run, and say when their results are wrong."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import torch

EXAMPLE = Path(__file__).parents[2] / "examples/python/decode_loop.py"


def test_decode_loop_runs() -> None:
    command = [sys.executable, str(EXAMPLE), "--device", "cpu"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.count("step ") == 12 and output.endswith("agrees with float64\n")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
def test_decode_loop_runs_in_a_graph() -> None:
    subprocess.run([sys.executable, str(EXAMPLE), "--device", "cuda"], check=True)


def test_decode_loop_notices_a_key_that_was_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("decode_loop", EXAMPLE)
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "decode_loop", example)
    spec.loader.exec_module(example)
    monkeypatch.setattr(example.PagedCache, "_write", lambda *_: None)
    assert example.run(torch.device("cpu"), num_steps=1) > example.ALLOWED_ERROR
