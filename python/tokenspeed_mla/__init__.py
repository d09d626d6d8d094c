# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Multi-head latent attention: decode over a paged cache, ragged prefill, FP8 packing, merging."""

# Engines reach into these modules without importing them.
from tokenspeed_mla import context_parallel, mla_decode, mla_prefill, utils
from tokenspeed_mla._library import __version__
from tokenspeed_mla.decode import tokenspeed_mla_decode
from tokenspeed_mla.merge import merge_states

# Module and function have one name; it is the function that the package shows.
from tokenspeed_mla.mla_kv_pack_quantize_fp8 import mla_kv_pack_quantize_fp8
from tokenspeed_mla.planning import (
    DecodeProblem,
    DeviceFacts,
    Explanation,
    KvPackProblem,
    MergeProblem,
    PrefillProblem,
    Roofline,
    Verdict,
    can_implement,
    decode_workspace_size,
    device_facts,
    explain,
    get_num_sm,
    known_devices,
)
from tokenspeed_mla.prefill import tokenspeed_mla_prefill
from tokenspeed_mla.prefill_backend import has_binary_prefill
from tokenspeed_mla.warmup import warmup_compile_decode, warmup_compile_prefill

__all__ = [
    "DecodeProblem",
    "DeviceFacts",
    "Explanation",
    "KvPackProblem",
    "MergeProblem",
    "PrefillProblem",
    "Roofline",
    "Verdict",
    "__version__",
    "can_implement",
    "context_parallel",
    "decode_workspace_size",
    "device_facts",
    "explain",
    "get_num_sm",
    "has_binary_prefill",
    "known_devices",
    "merge_states",
    "mla_decode",
    "mla_kv_pack_quantize_fp8",
    "mla_prefill",
    "tokenspeed_mla_decode",
    "tokenspeed_mla_prefill",
    "utils",
    "warmup_compile_decode",
    "warmup_compile_prefill",
]
