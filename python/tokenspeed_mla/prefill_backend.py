# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Which library runs prefill: this package's, or a separately built one.

TOKENSPEED_MLA_PREFILL_BACKEND is `jit` (default; `cutedsl` is another name for it) or `binary`.
TOKENSPEED_MLA_FMHA_BINARY_SO names the binary's file; without it, one beside this module is looked
for. A binary is a shared library that exports the tvm-ffi functions `prefill` and `can_implement`
of src/ffi. CPU tensors never leave this package.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tvm_ffi
from torch import Tensor

from tokenspeed_mla import _any_strides, _library
from tokenspeed_mla.planning import DeviceLike, PrefillProblem, Verdict, ask

BACKEND_VARIABLE = "TOKENSPEED_MLA_PREFILL_BACKEND"
BINARY_VARIABLE = "TOKENSPEED_MLA_FMHA_BINARY_SO"
DEFAULT_BINARY = Path(__file__).with_name("libtokenspeed_mla_fmha.so")


@dataclass(frozen=True)
class Backend:
    """The two functions of src/ffi that a backend exports."""

    prefill: Callable[..., None]
    can_implement: Callable[..., str]


PACKAGE = Backend(_library.prefill, _library.can_implement)

# What engines ask a binary for, at its smallest.
ONE_TOKEN = PrefillProblem(
    dtype=torch.float8_e4m3fn,
    total_q=1,
    total_kv=1,
    max_seq_len_q=1,
    max_seq_len_kv=1,
    num_q_heads=1,
    num_kv_heads=1,
)


@functools.cache
def _load_binary(path: str) -> Backend:
    if not Path(path).is_file():
        raise RuntimeError(f"prefill: {BINARY_VARIABLE} must name a shared library, got {path!r}")
    try:
        module = tvm_ffi.load_module(path)
        return Backend(module.get_function("prefill"), module.get_function("can_implement"))
    except Exception as error:
        raise RuntimeError(
            f"prefill: {path!r} must be a shared library that exports prefill and can_implement, "
            f"got: {error}"
        ) from error


def _binary() -> Backend:
    return _load_binary(os.environ.get(BINARY_VARIABLE) or str(DEFAULT_BINARY))


def selected() -> Backend:
    """The backend that the environment selects now; raises when it cannot be had."""
    backend = os.environ.get(BACKEND_VARIABLE, "jit")
    if backend in ("jit", "cutedsl"):
        return PACKAGE
    if backend == "binary":
        return _binary()
    raise ValueError(f"prefill: {BACKEND_VARIABLE} must be jit, cutedsl or binary, got {backend!r}")


def prefill(query: Tensor, *args: Any) -> None:
    """Runs the library's prefill, in the selected backend, whatever the tensors' strides are."""
    backend = selected()
    run = PACKAGE.prefill if query.is_cpu else backend.prefill
    _any_strides.prefill(run, query, *args)


def can_prefill(problem: PrefillProblem, device: DeviceLike = None) -> Verdict:
    """Whether the selected backend can run `problem`, as planning.can_implement says it."""
    return ask(selected().can_implement, problem, device)


def has_binary_prefill() -> bool:
    """Whether a binary is there that runs FP8 prefill on the current device. Never raises.

    The current device is the current CUDA device, or the CPU where there is none.
    """
    try:
        return bool(ask(_binary().can_implement, ONE_TOKEN))
    except Exception:
        return False
