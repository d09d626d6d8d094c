# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Context parallel decode: rank r of W holds the keys r, r + W, r + 2W, ... of every request.

A step on each rank:

    out, lse = tokenspeed_mla_decode(..., seq_lens=local_seq_lens(lengths, world, rank),
                                     causal_seqs=lengths, cp_world=world, cp_rank=rank,
                                     return_lse=True)
    out, lse = merge_over_ranks(out, lse, group)
"""

from collections.abc import Sequence

import torch
import torch.distributed
from torch import Tensor

from tokenspeed_mla.merge import merge_states


def local_seq_len(length: int, world: int, rank: int) -> int:
    """How many of `length` keys rank `rank` of `world` holds."""
    _check_rank("local_seq_len", world, rank)
    return max(0, (length - rank + world - 1) // world)


def local_seq_lens(lengths: Tensor, world: int, rank: int) -> Tensor:
    """The same for a tensor of global lengths, on its device and in its dtype."""
    _check_rank("local_seq_lens", world, rank)
    return torch.div(lengths - rank + world - 1, world, rounding_mode="floor").clamp_min(0)


def local_keys(keys: Tensor, world: int, rank: int) -> Tensor:
    """The rows [tokens, ...] of one request that rank `rank` of `world` holds, as a view."""
    _check_rank("local_keys", world, rank)
    return keys[rank::world]


def merge_ranks(
    outs: Sequence[Tensor], lses: Sequence[Tensor], *, lse_base: str = "2"
) -> tuple[Tensor, Tensor]:
    """Every rank's decode result as one: (out, lse) over all keys.

    Args:
        outs: [batch, q_len, heads, 512] of each rank.
        lses: [batch, q_len, heads] float32 of each rank.
        lse_base: the base that decode was called with.
    """
    return merge_states(outs, lses, lse_base=lse_base)


def merge_over_ranks(
    out: Tensor,
    lse: Tensor,
    group: "torch.distributed.ProcessGroup | None" = None,
    *,
    lse_base: str = "2",
) -> tuple[Tensor, Tensor]:
    """All-gathers this rank's result over `group` (default: the world) and merges.

    Ranks are merged in their order, so that all of them get the same bits.
    """
    world = torch.distributed.get_world_size(group)
    outs = [torch.empty_like(out, memory_format=torch.contiguous_format) for _ in range(world)]
    lses = [torch.empty_like(lse, memory_format=torch.contiguous_format) for _ in range(world)]
    torch.distributed.all_gather(outs, out.contiguous(), group=group)
    torch.distributed.all_gather(lses, lse.contiguous(), group=group)
    return merge_ranks(outs, lses, lse_base=lse_base)


def _check_rank(where: str, world: int, rank: int) -> None:
    if world < 1:
        raise ValueError(f"{where}: world must be at least 1, got {world}")
    if not 0 <= rank < world:
        raise ValueError(f"{where}: rank must be in [0, {world}), got {rank}")
