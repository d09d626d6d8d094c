# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Packing under the module name that engines import it by."""

from tokenspeed_mla.kv_pack import mla_kv_pack_quantize_fp8

__all__ = ["mla_kv_pack_quantize_fp8"]
