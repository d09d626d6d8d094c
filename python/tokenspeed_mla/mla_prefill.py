# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prefill under the module name that engines import it by.

SGLang warms prefill up through three private names of the package that this one replaces. They are
here so that its start-up code runs as it is; new code calls warmup_compile_prefill.
"""

import functools
from collections.abc import Callable

import torch

from tokenspeed_mla.prefill import tokenspeed_mla_prefill
from tokenspeed_mla.prefill_backend import has_binary_prefill
from tokenspeed_mla.warmup import warmup_compile_prefill, warmup_prefill_variant

__all__ = ["has_binary_prefill", "tokenspeed_mla_prefill", "warmup_compile_prefill"]

# Callers keep what they compiled here, by their own keys; nothing in this package reads it.
_compiled_kernels: dict[tuple[object, ...], Callable[..., object]] = {}


def _compile_prefill_kernel(
    q_dtype: torch.dtype,
    d_qk: int,
    d_v: int,
    is_causal: bool,
    return_lse: bool,
    use_pdl: bool = False,
    enable_ex2_emulation: bool = False,
) -> Callable[..., object]:
    """Makes one variant ready and returns tokenspeed_mla_prefill with its options filled in.

    enable_ex2_emulation has no effect: kernels choose by themselves how they compute exponentials.
    Raises NotImplementedError when the current device cannot run the variant.
    """
    warmup_prefill_variant(q_dtype, d_qk, d_v, is_causal, return_lse, use_pdl)
    return functools.partial(
        tokenspeed_mla_prefill, is_causal=is_causal, return_lse=return_lse, enable_pdl=use_pdl
    )


def _enable_ex2_emulation() -> bool:
    """False: there is no such choice to make."""
    return False
