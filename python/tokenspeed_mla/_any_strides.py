# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Attention of tensors, and into results, whose strides no kernel follows: by copies of them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tokenspeed_mla import _library


def decode(
    query: Tensor,
    kv_cache: Tensor,
    block_tables: Tensor,
    seq_lens: Tensor,
    workspace_buffer: Tensor,
    out: Tensor,
    *others: Any,
) -> None:
    """The library's decode, with the same arguments and errors.

    On a GPU strides must be multiples of 16 bytes, among other things; the library refuses others
    before it launches anything.
    """
    inputs = kv_cache, block_tables, seq_lens, workspace_buffer
    try:
        return _library.decode(query, *inputs, out, *others)
    except NotImplementedError:
        if query.is_contiguous() and out.is_contiguous():
            raise
    packed = torch.empty_like(out, memory_format=torch.contiguous_format)
    _library.decode(query.contiguous(), *inputs, packed, *others)
    out.copy_(packed)


def prefill(
    run: Callable[..., None],
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    *others: Any,
) -> None:
    """The prefill `run`, with the same arguments and errors.

    On a GPU strides must be multiples of 16 bytes, among other things; the library refuses others
    before it launches anything.
    """
    try:
        return run(query, key, value, out, *others)
    except NotImplementedError:
        if all(tensor.is_contiguous() for tensor in (query, key, value, out)):
            raise
    packed = out.contiguous()  # with the rows past the last request, which stay as they are
    run(query.contiguous(), key.contiguous(), value.contiguous(), packed, *others)
    if packed is not out:
        out.copy_(packed)
