# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The environment variables that choose the prefill backend."""

import pytest
import tvm_ffi

from calls import equal_bits, prefill_call
from tokenspeed_mla import (
    has_binary_prefill,
    prefill_backend,
    tokenspeed_mla_prefill,
    warmup_compile_prefill,
)
from tokenspeed_mla._library import LIBRARY_PATH

BACKEND = "TOKENSPEED_MLA_PREFILL_BACKEND"
BINARY = "TOKENSPEED_MLA_FMHA_BINARY_SO"


@pytest.mark.parametrize("name", ["jit", "cutedsl"])
def test_both_names_of_the_default_backend(monkeypatch, name):
    expected = tokenspeed_mla_prefill(**prefill_call())
    monkeypatch.setenv(BACKEND, name)
    assert equal_bits(tokenspeed_mla_prefill(**prefill_call()), expected)


def test_an_unknown_backend_is_an_error(monkeypatch):
    monkeypatch.setenv(BACKEND, "triton")
    with pytest.raises(ValueError, match="must be jit, cutedsl or binary, got 'triton'"):
        tokenspeed_mla_prefill(**prefill_call())


@pytest.mark.parametrize("content", [None, b"", b"no library"])
def test_a_binary_that_cannot_be_used_is_an_error(monkeypatch, tmp_path, content):
    path = tmp_path / "fmha.so"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(BINARY, str(path))
    assert has_binary_prefill() is False
    monkeypatch.setenv(BACKEND, "binary")
    with pytest.raises(RuntimeError, match=r"fmha\.so"):
        tokenspeed_mla_prefill(**prefill_call())


def test_no_binary_at_all_is_an_error(monkeypatch):
    assert has_binary_prefill() is False
    monkeypatch.setenv(BACKEND, "binary")
    with pytest.raises(RuntimeError, match=BINARY):
        tokenspeed_mla_prefill(**prefill_call())


def test_a_library_that_exports_prefill_is_a_binary(monkeypatch):
    expected = tokenspeed_mla_prefill(**prefill_call())
    monkeypatch.setenv(BINARY, str(LIBRARY_PATH))
    assert has_binary_prefill() is True
    monkeypatch.setenv(BACKEND, "binary")
    assert equal_bits(tokenspeed_mla_prefill(**prefill_call()), expected)


def test_a_library_without_prefill_is_no_binary(monkeypatch):
    monkeypatch.setenv(BINARY, tvm_ffi.libinfo.find_libtvm_ffi())
    assert has_binary_prefill() is False
    monkeypatch.setenv(BACKEND, "binary")
    with pytest.raises(RuntimeError, match="must be a shared library that exports prefill and can"):
        tokenspeed_mla_prefill(**prefill_call())


def test_a_binary_that_cannot_run_here_is_none(monkeypatch):
    answers = {"prefill": "prefill: no kernel for this card"}
    binary = prefill_backend.Backend(prefill=print, can_implement=lambda op, *_: answers[op])
    monkeypatch.setattr(prefill_backend, "_load_binary", lambda path: binary)
    assert has_binary_prefill() is False
    monkeypatch.setenv(BACKEND, "binary")
    with pytest.raises(NotImplementedError, match="no kernel for this card"):
        warmup_compile_prefill()
    answers["prefill"] = ""
    assert has_binary_prefill() is True
    warmup_compile_prefill()


def test_warmup_is_of_the_selected_backend(monkeypatch):
    warmup_compile_prefill()
    monkeypatch.setenv(BACKEND, "binary")
    with pytest.raises(RuntimeError, match=BINARY):
        warmup_compile_prefill()
    monkeypatch.setenv(BACKEND, "triton")
    with pytest.raises(ValueError, match="must be jit, cutedsl or binary"):
        warmup_compile_prefill()
