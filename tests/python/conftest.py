# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Settings of every test here."""

import pytest


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests start with no backend chosen by whoever runs them."""
    monkeypatch.delenv("TOKENSPEED_MLA_PREFILL_BACKEND", raising=False)
    monkeypatch.delenv("TOKENSPEED_MLA_FMHA_BINARY_SO", raising=False)
