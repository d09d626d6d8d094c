# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Which library runs prefill: this package's, or a separately built one.

TOKENSPEED_MLA_PREFILL_BACKEND is `jit` (default; `cutedsl` is another name for it) or `binary`.
TOKENSPEED_MLA_FMHA_BINARY_SO names the binary's file; without it, one beside this module is looked
for. A binary is a shared library that exports the tvm-ffi function `prefill` of src/ffi/prefill.cc.
CPU tensors never leave this package.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import tvm_ffi
from torch import Tensor

from tokenspeed_mla import _library

BACKEND_VARIABLE = "TOKENSPEED_MLA_PREFILL_BACKEND"
BINARY_VARIABLE = "TOKENSPEED_MLA_FMHA_BINARY_SO"
DEFAULT_BINARY = Path(__file__).with_name("libtokenspeed_mla_fmha.so")


@functools.cache
def _load_binary(path: str) -> Callable[..., None]:
    if not Path(path).is_file():
        raise RuntimeError(f"prefill: {BINARY_VARIABLE} must name a shared library, got {path!r}")
    try:
        function = tvm_ffi.load_module(path).get_function("prefill")
    except Exception as error:
        raise RuntimeError(
            f"prefill: {path!r} must be a shared library that exports prefill, got: {error}"
        ) from error
    return function


def _binary_path() -> str:
    return os.environ.get(BINARY_VARIABLE) or str(DEFAULT_BINARY)


def _selected() -> Callable[..., None]:
    backend = os.environ.get(BACKEND_VARIABLE, "jit")
    if backend in ("jit", "cutedsl"):
        return _library.prefill
    if backend == "binary":
        return _load_binary(_binary_path())
    raise ValueError(f"prefill: {BACKEND_VARIABLE} must be jit, cutedsl or binary, got {backend!r}")


def prefill(query: Tensor, *args: object) -> None:
    """Runs the library's prefill, in the backend that the environment selects."""
    selected = _selected()
    run = _library.prefill if query.is_cpu else selected
    run(query, *args)


def has_binary_prefill() -> bool:
    """Whether TOKENSPEED_MLA_PREFILL_BACKEND=binary would work now. Never raises."""
    try:
        _load_binary(_binary_path())
    except Exception:
        return False
    return True
