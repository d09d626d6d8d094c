# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Settings of every test here."""

import os

import pytest

# Before PyTorch loads OpenMP: worker threads of parallel test processes sleep while they wait;
# spinning ones take the cores from each other (measured: three times the processor time).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests start with no backend chosen by whoever runs them."""
    monkeypatch.delenv("TOKENSPEED_MLA_PREFILL_BACKEND", raising=False)
    monkeypatch.delenv("TOKENSPEED_MLA_FMHA_BINARY_SO", raising=False)
