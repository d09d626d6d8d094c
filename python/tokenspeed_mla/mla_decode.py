# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Decode under the module name that engines import it by."""

from tokenspeed_mla.decode import tokenspeed_mla_decode
from tokenspeed_mla.warmup import warmup_compile_decode

__all__ = ["tokenspeed_mla_decode", "warmup_compile_decode"]
