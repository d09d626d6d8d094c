# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prefill: attention over ragged batches of whole prompts, keys and values expanded per head."""

import torch
from torch import Tensor, is_grad_enabled

from tokenspeed_mla import custom_ops, prefill_backend
from tokenspeed_mla._arguments import expect_tensor, refuse_grad
from tokenspeed_mla._dispatch import is_plain_call, mark_written

Result = Tensor | tuple[Tensor, Tensor]


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
) -> Result:
    """softmax(softmax_scale * query . key) . value, per head and request; nothing is padded.

    Causal is aligned to the bottom right: query i of a request sees key j when
    j <= i + (kv_len - q_len). A row that sees no key gets out = 0, lse = -inf.

    NaN and infinity stay in their request; on a GPU, those in a later token's key or value may
    reach the earlier rows of that request.

    query, key, value and out start at a multiple of 16 bytes. They may have more rows than the
    cumulative lengths end at: those of out and lse are not written. Numbers may be Python's,
    NumPy's or tensors of one element (on a GPU, one that is waited for).

    Args:
        query: [sum of q lengths, h_q, d_qk] float8_e4m3fn, float8_e5m2, bfloat16 or float16; any
            strides but the last, which is 1. (d_qk, d_v) is (192, 128) or (128, 128).
        key: [sum of kv lengths, h_k, d_qk], h_q a multiple of h_k; head h reads key head
            h // (h_q / h_k). May be strided.
        value: [sum of kv lengths, h_k, d_v]. May be strided.
        seq_lens: not read; cum_seq_lens says the same.
        cum_seq_lens: [batch_size + 1] where each request's keys start, from 0, ascending; int32,
            other integer dtypes are converted.
        max_seq_len: tokens, an upper bound of the kv lengths, for planning only; 0 or more.
        batch_size: requests.
        softmax_scale: multiplies the scores, so lse too; finite and above 0, as a float32 too.
        return_lse: whether to return (out, lse).
        cum_seq_lens_q: [batch_size + 1] where each request's queries start; cum_seq_lens when None.
        max_seq_len_q: an upper bound of the q lengths; max_seq_len when None.
        enable_pdl: programmatic dependent launch; changes no bit.
        out: [sum of q lengths, h_q, d_v] bfloat16 (or float16 for float16 inputs); made when None.
        lse: [sum of q lengths, h_q] float32, contiguous, written when given; made when None.
        lse_base: "e" or "2", the base of the logarithm.

    Returns:
        out, or (out, lse). `out` and `lse` are the given tensors when given.

    Raises, before anything is written, with what was expected and what was given:
        TypeError: an argument or a dtype of a wrong kind.
        ValueError: a wrong shape, stride, alignment, device or value; shared memory.
        NotImplementedError: this build has no kernel for such a call on this device.
        RuntimeError: a tensor requires grad, the driver refused the launch, or the binary backend
            is selected and cannot be loaded.
    """
    if cum_seq_lens_q is None:
        cum_seq_lens_q = cum_seq_lens
    if max_seq_len_q is None:
        max_seq_len_q = max_seq_len
    options = (
        batch_size, max_seq_len_q, max_seq_len, softmax_scale, is_causal, enable_pdl, lse_base,
    )  # fmt: skip
    is_given = out is not None or lse is not None
    if is_plain_call(query):
        try:
            result, result_lse = _results(query, key, value, out, lse, return_lse)
            prefill_backend.prefill(
                query, key, value, result, cum_seq_lens, cum_seq_lens_q, result_lse, *options
            )
            if is_given:
                mark_written(result, result_lse)
            return (result, result_lse) if return_lse else result
        except Exception:
            pass  # the lines below convert what can be converted, or say what is wrong
    for name, tensor in (("query", query), ("key", key), ("value", value)):
        expect_tensor("prefill", name, tensor, rank=3)
    arguments = custom_ops.checked(
        "prefill", (query, key, value, out, cum_seq_lens, cum_seq_lens_q, lse, *options)
    )
    query, key, value, out, *sums, lse = arguments[:7]
    result, result_lse = _results(query, key, value, out, lse, return_lse)
    custom_ops.prefill(query, key, value, result, *sums, result_lse, *arguments[7:])
    if is_given:
        mark_written(result, result_lse)
    return (result, result_lse) if return_lse else result


def _results(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor | None,
    lse: Tensor | None,
    return_lse: bool,
) -> tuple[Tensor, Tensor | None]:
    """The tensors to write, made where they are not given."""
    if out is None:
        total_q, num_heads, _ = query.shape
        out = query.new_empty(total_q, num_heads, value.shape[2], dtype=torch.bfloat16)
    if lse is None and return_lse:
        total_q, num_heads, _ = query.shape
        lse = query.new_empty(total_q, num_heads, dtype=torch.float32)
    if is_grad_enabled():
        refuse_grad("prefill", (query, key, value, out))
    return out, lse
