# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The two snippets that every user starts from, as they are printed, on CPU tensors."""

import torch

kv_lora_rank, qk_rope_head_dim = 512, 64
softmax_scale = 0.07216882


def test_decode():
    query = torch.randn(2, 1, 16, 576).to(torch.float8_e4m3fn)
    kv_cache = torch.randn(8, 64, 576).to(torch.float8_e4m3fn)
    workspace_buffer = torch.empty(1 << 20, dtype=torch.int8)
    block_tables = torch.arange(8, dtype=torch.int32).view(2, 4)
    seq_lens = torch.tensor([200, 64], dtype=torch.int32)
    max_seq_len = 256

    from tokenspeed_mla import tokenspeed_mla_decode

    # query: [B, q_len, H, D_qk]
    # kv_cache: [num_pages, page_size, D_total]
    out = tokenspeed_mla_decode(
        query=query,
        kv_cache=kv_cache,
        workspace_buffer=workspace_buffer,  # torch.int8, 1D
        kv_lora_rank=kv_lora_rank,
        qk_rope_head_dim=qk_rope_head_dim,
        block_tables=block_tables,  # [B, max_pages]
        seq_lens=seq_lens,  # [B]
        max_seq_len=max_seq_len,
        softmax_scale=softmax_scale,
        enable_pdl=False,
    )

    assert out.shape == (2, 1, 16, 512) and out.dtype == torch.bfloat16
    assert out.isfinite().all() and out.any()


def test_prefill():
    query = torch.randn(5, 4, 192).to(torch.float8_e4m3fn)
    key = torch.randn(9, 4, 192).to(torch.float8_e4m3fn)
    value = torch.randn(9, 4, 128).to(torch.float8_e4m3fn)
    seq_lens = torch.tensor([3, 6], dtype=torch.int32)
    cum_seq_lens_kv = torch.tensor([0, 3, 9], dtype=torch.int32)
    cum_seq_lens_q = torch.tensor([0, 1, 5], dtype=torch.int32)
    max_kv_len, max_q_len, batch_size = 6, 4, 2

    from tokenspeed_mla import tokenspeed_mla_prefill

    # query: [sum(q_lens), h_q, d_qk]
    # key:   [sum(kv_lens), h_k, d_qk]
    # value: [sum(kv_lens), h_k, d_v]
    out, lse = tokenspeed_mla_prefill(
        query=query,
        key=key,
        value=value,
        seq_lens=seq_lens,
        cum_seq_lens=cum_seq_lens_kv,
        max_seq_len=max_kv_len,
        batch_size=batch_size,
        softmax_scale=softmax_scale,
        is_causal=True,
        return_lse=True,
        cum_seq_lens_q=cum_seq_lens_q,  # optional, when Q/KV lengths differ
        max_seq_len_q=max_q_len,  # optional
        enable_pdl=False,
    )

    assert out.shape == (5, 4, 128) and out.dtype == torch.bfloat16
    assert lse.shape == (5, 4) and lse.dtype == torch.float32
    assert out.isfinite().all() and lse.isfinite().all()
