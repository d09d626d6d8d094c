# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Decode: attention of a few new tokens over a paged latent cache."""

from typing import Any

import torch
from torch import Tensor, is_grad_enabled

from tokenspeed_mla import _library, custom_ops
from tokenspeed_mla._arguments import expect_tensor, output_dtype, refuse_grad, to_int32
from tokenspeed_mla._dispatch import is_plain_call, mark_written
from tokenspeed_mla.dims import KV_LORA_RANK

Result = Tensor | tuple[Tensor, Tensor]


def tokenspeed_mla_decode(
    query: Tensor,
    kv_cache: Tensor,
    workspace_buffer: Tensor,
    kv_lora_rank: int,
    qk_rope_head_dim: int,
    block_tables: Tensor,
    seq_lens: Tensor,
    max_seq_len: int,
    softmax_scale: float,
    output_scale: float = 1.0,
    out: Tensor | None = None,
    is_var_seq: bool = True,
    causal_mask: bool = True,
    enable_pdl: bool = False,
    return_lse: bool = False,
    causal_seqs: Tensor | None = None,
    cp_world: int = 1,
    cp_rank: int = 0,
    *,
    lse: Tensor | None = None,
    lse_base: str = "2",
    batch_invariant: bool = False,
) -> Result:
    """output_scale * softmax(softmax_scale * query . cache) . cache[:, :kv_lora_rank], per head.

    Token t of a request sees key k when k < seq_len - (q_len - 1) + t (causal) or k < seq_len (not
    causal). A row that sees no key gets out = 0, lse = -inf. Bytes past seq_len have no influence.
    NaN and infinity stay in their request; on a GPU, those in a later token's key may reach the
    rows of earlier tokens, which do not see it.

    query, kv_cache, workspace_buffer and out start at a multiple of 16 bytes. Numbers may be
    Python's, NumPy's or tensors of one element (on a GPU, one that is waited for).

    Args:
        query: [batch, q_len, heads, 576] float16, bfloat16 or float8_e4m3fn; 1 <= heads <= 128;
            any strides but the last, which is 1.
        kv_cache: [pages, page_size, 576] or [pages, 1, page_size, 576], dtype of query; page_size
            divides 128; pages and rows may be strided.
        workspace_buffer: [bytes] int8 or uint8, any content, decode_workspace_size bytes at least;
            get_num_sm(device) * heads * q_len * 513 * 4 always suffice.
        kv_lora_rank: 512, the width of the value.
        qk_rope_head_dim: 64.
        block_tables: [batch, max_pages] int32, read up to ceil(seq_len / page_size).
        seq_lens: [batch] keys in the cache, the q_len new ones included; int32, other integer
            dtypes are converted.
        max_seq_len: tokens, an upper bound of seq_lens, for planning only; 0 or more.
        softmax_scale: multiplies the scores, so lse too; finite and above 0, as a float32 too.
            On a GPU scores must stay below 2^24 in size, where float32 tells 1 apart.
        output_scale: multiplies out, not lse; finite.
        out: [batch, q_len, heads, 512] bfloat16 for FP8, else query's dtype; made when None.
        is_var_seq: a hint that lengths differ.
        causal_mask: whether the new tokens hide later ones.
        enable_pdl: programmatic dependent launch; changes no bit.
        return_lse: whether to return (out, lse). Changes no bit of out.
        causal_seqs: [batch] global lengths, required when cp_world > 1; seq_lens is then local.
        cp_world, cp_rank: context parallel; rank r of W holds global keys r, r + W, r + 2W, ...
        lse: [batch, q_len, heads] float32, contiguous, written when given; made when None.
        lse_base: "2" or "e", the base of the logarithm.
        batch_invariant: the same bits for a request whatever else is in the batch.

    Returns:
        out, or (out, lse). `out` and `lse` are the given tensors when given.

    Raises, before anything is written, with what was expected and what was given:
        TypeError: an argument or a dtype of a wrong kind.
        ValueError: a wrong shape, stride, alignment, device or value; shared memory.
        NotImplementedError: this build has no kernel for such a call on this device.
        RuntimeError: a tensor requires grad, or the driver refused the launch.
    """
    if is_plain_call(query):
        try:
            lengths = seq_lens
            if lengths.dtype is not torch.int32:
                lengths = to_int32("decode", "seq_lens", lengths)
            result = _new_out(query) if out is None else out
            result_lse = _new_lse(query) if return_lse and lse is None else lse
            if is_grad_enabled():
                refuse_grad("decode", (query, kv_cache, result))
            _library.decode(
                query, kv_cache, block_tables, lengths, workspace_buffer, result, result_lse,
                max_seq_len, kv_lora_rank, qk_rope_head_dim, softmax_scale, output_scale,
                causal_mask, is_var_seq, enable_pdl, lse_base, batch_invariant, cp_world, cp_rank,
                causal_seqs,
            )  # fmt: skip
            if out is not None or lse is not None:
                mark_written(result, result_lse)
            return (result, result_lse) if return_lse else result
        except Exception:
            pass  # the call below converts what can be converted, or says what is wrong
    return _dispatched(
        return_lse, query, kv_cache, block_tables, seq_lens, workspace_buffer, out, lse,
        max_seq_len, kv_lora_rank, qk_rope_head_dim, softmax_scale, output_scale,
        causal_mask, is_var_seq, enable_pdl, lse_base, batch_invariant, cp_world, cp_rank,
        causal_seqs,
    )  # fmt: skip


def _dispatched(return_lse: bool, query: Any, *others: Any) -> Result:
    """The same through PyTorch's dispatcher, with arguments checked and converted."""
    expect_tensor("decode", "query", query, rank=4)
    arguments = custom_ops.checked("decode", (query, *others))
    query, kv_cache, *_ = arguments
    out, lse = arguments[5:7]
    result = _new_out(query) if out is None else out
    result_lse = _new_lse(query) if return_lse and lse is None else lse
    if is_grad_enabled():
        refuse_grad("decode", (query, kv_cache, result))
    custom_ops.decode(*arguments[:5], result, result_lse, *arguments[7:])
    if out is not None or lse is not None:
        mark_written(result, result_lse)
    return (result, result_lse) if return_lse else result


def _new_out(query: Tensor) -> Tensor:
    batch, q_len, num_heads, _ = query.shape
    dtype = output_dtype(query.dtype)
    return query.new_empty(batch, q_len, num_heads, KV_LORA_RANK, dtype=dtype)


def _new_lse(query: Tensor) -> Tensor:
    batch, q_len, num_heads, _ = query.shape
    return query.new_empty(batch, q_len, num_heads, dtype=torch.float32)
