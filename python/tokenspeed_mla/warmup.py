# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Paying for compilation before the first request does.

On the CPU there is nothing to compile: these check that the configuration exists, and return. On a
GPU they run each variant once on a problem of one token, which loads or compiles its kernel.
"""

import itertools
from dataclasses import replace

import torch

from tokenspeed_mla.decode import tokenspeed_mla_decode
from tokenspeed_mla.dims import D_CACHE, D_QK, D_V, KV_LORA_RANK, ROPE_DIM
from tokenspeed_mla.planning import (
    DecodeProblem,
    Verdict,
    can_implement,
    decode_workspace_size,
)
from tokenspeed_mla.prefill import tokenspeed_mla_prefill
from tokenspeed_mla.prefill_backend import ONE_TOKEN, can_prefill


def warmup_compile_prefill(
    q_dtype: torch.dtype = torch.float8_e4m3fn,
    d_qk: int = D_QK,
    d_v: int = D_V,
    enable_pdl: bool = False,
) -> None:
    """Makes prefill ready for `q_dtype` and these head widths, causal or not, with LSE or without.

    It is the backend selected by TOKENSPEED_MLA_PREFILL_BACKEND that is made ready. Raises
    NotImplementedError when that backend cannot run such a prefill on the current device,
    RuntimeError when the backend cannot be loaded.
    """
    for is_causal, return_lse in itertools.product((True, False), repeat=2):
        warmup_prefill_variant(q_dtype, d_qk, d_v, is_causal, return_lse, enable_pdl)


def warmup_prefill_variant(
    q_dtype: torch.dtype, d_qk: int, d_v: int, is_causal: bool, return_lse: bool, enable_pdl: bool
) -> None:
    """The same for one variant."""
    problem = replace(
        ONE_TOKEN,
        dtype=q_dtype,
        d_qk=d_qk,
        d_v=d_v,
        is_causal=is_causal,
        has_lse=return_lse,
        enable_pdl=enable_pdl,
    )
    _expect_implemented("warmup_compile_prefill", can_prefill(problem))
    if not torch.cuda.is_available():
        return
    query = torch.zeros((1, 1, d_qk), device="cuda").to(q_dtype)
    value = torch.zeros((1, 1, d_v), device="cuda").to(q_dtype)
    lengths = torch.tensor([0, 1], dtype=torch.int32, device="cuda")
    tokenspeed_mla_prefill(
        query,
        query,
        value,
        seq_lens=lengths[1:],
        cum_seq_lens=lengths,
        max_seq_len=1,
        batch_size=1,
        softmax_scale=1.0,
        is_causal=is_causal,
        return_lse=return_lse,
        enable_pdl=enable_pdl,
    )


def warmup_compile_decode(
    q_dtype: torch.dtype = torch.float8_e4m3fn,
    num_heads: int = 128,
    q_len: int = 1,
    page_size: int = 64,
    enable_pdl: bool = False,
) -> None:
    """Makes decode ready for `q_dtype`, this many heads and new tokens, and this page size.

    Raises NotImplementedError when the current device cannot run such a decode.
    """
    problem = DecodeProblem(
        dtype=q_dtype,
        q_len=q_len,
        num_heads=num_heads,
        page_size=page_size,
        max_seq_len=q_len,
        enable_pdl=enable_pdl,
    )
    _expect_implemented("warmup_compile_decode", can_implement(problem))
    if not torch.cuda.is_available():
        return
    num_pages = -(-q_len // page_size)
    query = torch.zeros((1, q_len, num_heads, D_CACHE), device="cuda").to(q_dtype)
    cache = torch.zeros((num_pages, page_size, D_CACHE), device="cuda").to(q_dtype)
    workspace = torch.empty(decode_workspace_size(problem), dtype=torch.int8, device="cuda")
    pages = torch.arange(num_pages, dtype=torch.int32, device="cuda")[None]
    seq_lens = torch.full((1,), q_len, dtype=torch.int32, device="cuda")
    for causal_mask, return_lse in itertools.product((True, False), repeat=2):
        tokenspeed_mla_decode(
            query,
            cache,
            workspace,
            kv_lora_rank=KV_LORA_RANK,
            qk_rope_head_dim=ROPE_DIM,
            block_tables=pages,
            seq_lens=seq_lens,
            max_seq_len=q_len,
            softmax_scale=1.0,
            causal_mask=causal_mask,
            enable_pdl=enable_pdl,
            return_lse=return_lse,
        )


def _expect_implemented(where: str, verdict: Verdict) -> None:
    if not verdict:
        raise NotImplementedError(f"{where}: {verdict.reason}")
