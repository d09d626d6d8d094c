# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prefill under the module name that engines import it by."""

from tokenspeed_mla.prefill import tokenspeed_mla_prefill
from tokenspeed_mla.prefill_backend import has_binary_prefill
from tokenspeed_mla.warmup import warmup_compile_prefill

__all__ = ["has_binary_prefill", "tokenspeed_mla_prefill", "warmup_compile_prefill"]
