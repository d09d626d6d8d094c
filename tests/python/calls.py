# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""A good call of each public function, as keyword arguments for tests to vary, and its result."""

from typing import Any

import torch
from torch import Tensor

import tokenspeed_mla

Call = dict[str, Any]


def random_tensor(*shape: int, dtype: torch.dtype, seed: int = 0) -> Tensor:
    """Normal values of standard deviation 0.5, in any dtype that has a conversion."""
    generator = torch.Generator().manual_seed(seed)
    return (0.5 * torch.randn(shape, generator=generator)).to(dtype)


def decode_call(dtype: torch.dtype = torch.bfloat16, **changes: Any) -> Call:
    """Three requests of 2 new tokens over pages of 16; lengths 21, 2 and 48; 4 heads."""
    call = {
        "query": random_tensor(3, 2, 4, 576, dtype=dtype, seed=1),
        "kv_cache": random_tensor(9, 16, 576, dtype=dtype, seed=2),
        "workspace_buffer": torch.full((1 << 20,), -1, dtype=torch.int8),
        "kv_lora_rank": 512,
        "qk_rope_head_dim": 64,
        "block_tables": torch.tensor([[7, 2, 5], [0, 6, 6], [8, 1, 3]], dtype=torch.int32),
        "seq_lens": torch.tensor([21, 2, 48], dtype=torch.int32),
        "max_seq_len": 48,
        "softmax_scale": 0.07216882,
    }
    return call | changes


def prefill_call(dtype: torch.dtype = torch.bfloat16, **changes: Any) -> Call:
    """Three requests of 5, 0 and 9 tokens, 4 heads, 192/128."""
    call = {
        "query": random_tensor(14, 4, 192, dtype=dtype, seed=1),
        "key": random_tensor(14, 4, 192, dtype=dtype, seed=2),
        "value": random_tensor(14, 4, 128, dtype=dtype, seed=3),
        "seq_lens": torch.tensor([5, 0, 9], dtype=torch.int32),
        "cum_seq_lens": torch.tensor([0, 5, 5, 14], dtype=torch.int32),
        "max_seq_len": 9,
        "batch_size": 3,
        "softmax_scale": 0.07216882,
    }
    return call | changes


def pack_call(dtype: torch.dtype = torch.bfloat16, **changes: Any) -> Call:
    """Seven tokens of 4 heads, 128 + 64 and 128."""
    call = {
        "k_nope": random_tensor(7, 4, 128, dtype=dtype, seed=1),
        "k_pe": random_tensor(7, 64, dtype=dtype, seed=2),
        "v": random_tensor(7, 4, 128, dtype=dtype, seed=3),
    }
    return call | changes


def merge_call(dtype: torch.dtype = torch.bfloat16, **changes: Any) -> Call:
    """Two partials of 5 rows and 4 heads of 128."""
    call = {
        "outs": [random_tensor(5, 4, 128, dtype=dtype, seed=seed) for seed in (1, 2)],
        "lses": [random_tensor(5, 4, dtype=torch.float32, seed=seed) for seed in (3, 4)],
    }
    return call | changes


FUNCTIONS = {
    "decode": (tokenspeed_mla.tokenspeed_mla_decode, decode_call),
    "prefill": (tokenspeed_mla.tokenspeed_mla_prefill, prefill_call),
    "pack": (tokenspeed_mla.mla_kv_pack_quantize_fp8, pack_call),
    "merge": (tokenspeed_mla.merge_states, merge_call),
}


def equal_bits(left: Tensor, right: Tensor) -> bool:
    """Whether two tensors are the same in shape, dtype and every bit, NaN included."""
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    return torch.equal(left.contiguous().view(torch.uint8), right.contiguous().view(torch.uint8))


def attention(query: Tensor, key: Tensor, value: Tensor, scale: float, causal: bool) -> Tensor:
    """Float64 attention of one request and head: [q, d], [kv, d], [kv, d_v] → [q, d_v]."""
    scores = scale * query.double() @ key.double().T
    if causal:
        q_len, kv_len = scores.shape
        hidden = torch.ones(q_len, kv_len, dtype=torch.bool).triu(kv_len - q_len + 1)
        scores = scores.masked_fill(hidden, -torch.inf)
    return scores.softmax(dim=-1) @ value.double()


def engine_workspace(num_heads: int) -> Tensor:
    """What every engine allocates once: enough for any call of up to 8 new tokens."""
    num_bytes = tokenspeed_mla.get_num_sm(torch.device("cpu")) * num_heads * 8 * 513 * 4
    return torch.empty(num_bytes, dtype=torch.int8)


def decode_of_one_request(query: Tensor, pages: Tensor, scale: float) -> Tensor:
    """One request: query [q_len, heads, 576], its keys [kv, 576] → [q_len, heads, 512]."""
    keys = pages.float()
    heads = range(query.shape[1])
    rows = [attention(query[:, h].float(), keys, keys[:, :512], scale, causal=True) for h in heads]
    return torch.stack(rows, dim=1)
