# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prefill: attention over ragged batches of whole prompts, keys and values expanded per head."""

import torch
from torch import Tensor

from tokenspeed_mla import custom_ops, prefill_backend
from tokenspeed_mla._arguments import (
    expect_no_grad,
    expect_one_device,
    expect_tensor,
    to_int32,
)
from tokenspeed_mla._dispatch import is_plain_call, mark_written

_TENSORS = ("query", "key", "value", "cum_seq_lens", "cum_seq_lens_q", "out", "lse")


def tokenspeed_mla_prefill(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    seq_lens: Tensor,
    cum_seq_lens: Tensor,
    max_seq_len: int,
    batch_size: int,
    softmax_scale: float,
    is_causal: bool = True,
    return_lse: bool = False,
    cum_seq_lens_q: Tensor | None = None,
    max_seq_len_q: int | None = None,
    enable_pdl: bool = False,
    out: Tensor | None = None,
    *,
    lse: Tensor | None = None,
    lse_base: str = "e",
) -> Tensor | tuple[Tensor, Tensor]:
    """softmax(softmax_scale * query . key) . value, per head and request; nothing is padded.

    Causal is aligned to the bottom right: query i of a request sees key j when
    j <= i + (kv_len - q_len). A row that sees no key gets out = 0, lse = -inf.

    Args:
        query: [sum of q lengths, h_q, d_qk] float8_e4m3fn, float8_e5m2, bfloat16 or float16; any
            strides but the last, which is 1. (d_qk, d_v) is (192, 128) or (128, 128).
        key: [sum of kv lengths, h_k, d_qk], h_q a multiple of h_k; head h reads key head
            h // (h_q / h_k). May be strided.
        value: [sum of kv lengths, h_k, d_v]. May be strided.
        seq_lens: not read; cum_seq_lens says the same.
        cum_seq_lens: [batch_size + 1] where each request's keys start, from 0, ascending; int32,
            other integer dtypes are converted.
        max_seq_len: an upper bound of the kv lengths, for planning only.
        batch_size: requests.
        return_lse: whether to return (out, lse).
        cum_seq_lens_q: [batch_size + 1] where each request's queries start; cum_seq_lens when None.
        max_seq_len_q: an upper bound of the q lengths; max_seq_len when None.
        enable_pdl: programmatic dependent launch; changes no bit.
        out: [sum of q lengths, h_q, d_v] bfloat16 (or float16 for float16 inputs); made when None.
        lse: [sum of q lengths, h_q] float32, contiguous, written when given; made when None.
        lse_base: "e" or "2", the base of the logarithm.

    Returns:
        out, or (out, lse). `out` and `lse` are the given tensors when given.

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: before anything is written, with
            what was expected and what was given.
    """
    expect_tensor("prefill", "query", query, rank=3)
    expect_tensor("prefill", "key", key, rank=3)
    expect_tensor("prefill", "value", value, rank=3)
    cum_seq_lens = to_int32("prefill", "cum_seq_lens", cum_seq_lens)
    if cum_seq_lens_q is None:
        cum_seq_lens_q = cum_seq_lens
    else:
        cum_seq_lens_q = to_int32("prefill", "cum_seq_lens_q", cum_seq_lens_q)
    total_q, num_heads, _ = query.shape
    if out is None:
        out = torch.empty(
            (total_q, num_heads, value.shape[2]), dtype=torch.bfloat16, device=query.device
        )
    else:
        expect_tensor("prefill", "out", out)
    if lse is not None:
        expect_tensor("prefill", "lse", lse)
    elif return_lse:
        lse = torch.empty((total_q, num_heads), dtype=torch.float32, device=query.device)
    expect_no_grad("prefill", query, key, value, out)
    expect_one_device(
        "prefill", _TENSORS, query, key, value, cum_seq_lens, cum_seq_lens_q, out, lse
    )
    run = prefill_backend.prefill if is_plain_call(query) else custom_ops.prefill
    run(
        query,
        key,
        value,
        out,
        cum_seq_lens,
        cum_seq_lens_q,
        lse,
        batch_size,
        max_seq_len if max_seq_len_q is None else max_seq_len_q,
        max_seq_len,
        float(softmax_scale),
        is_causal,
        enable_pdl,
        lse_base,
    )
    mark_written(out, lse)
    if return_lse:
        assert lse is not None
        return out, lse
    return out
