# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Sharding keys over ranks and merging what the ranks found."""

import subprocess
import sys
import textwrap

import pytest
import torch

from calls import decode_call
from tokenspeed_mla import context_parallel, tokenspeed_mla_decode


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_local_lengths_count_the_local_keys(world):
    lengths = torch.tensor([0, 1, 2, 7, 8, 64, 1000], dtype=torch.int32)
    shares = [context_parallel.local_seq_lens(lengths, world, rank) for rank in range(world)]
    assert torch.equal(sum(shares), lengths)
    assert all(share.dtype == torch.int32 for share in shares)
    for rank, share in enumerate(shares):
        for length, local in zip(lengths.tolist(), share.tolist(), strict=True):
            keys = context_parallel.local_keys(torch.arange(length), world, rank)
            assert local == len(keys) == context_parallel.local_seq_len(length, world, rank)


@pytest.mark.parametrize("world, rank", [(0, 0), (2, 2), (2, -1)])
def test_ranks_outside_the_world_are_refused(world, rank):
    with pytest.raises(ValueError, match=r"world|rank"):
        context_parallel.local_seq_len(8, world, rank)


def rank_results(world):
    """Decode's (out, lse) on every rank of a world, and over all keys at once."""
    call = decode_call(causal_mask=True)
    whole = tokenspeed_mla_decode(**call, return_lse=True)
    cache, tables, lengths = call["kv_cache"], call["block_tables"], call["seq_lens"]
    results = []
    for rank in range(world):
        local_cache = torch.full_like(cache, torch.nan)
        for b, length in enumerate(lengths.tolist()):
            keys = cache[tables[b].long()].flatten(0, 1)[:length]
            local = context_parallel.local_keys(keys, world, rank)
            pages = local_cache[tables[b].long()].flatten(0, 1)
            pages[: len(local)] = local
            used = -(-len(local) // 16)
            local_cache[tables[b, :used].long()] = pages.unflatten(0, (-1, 16))[:used]
        rank_call = call | {
            "kv_cache": local_cache,
            "seq_lens": context_parallel.local_seq_lens(lengths, world, rank),
        }
        results.append(
            tokenspeed_mla_decode(
                **rank_call, causal_seqs=lengths, cp_world=world, cp_rank=rank, return_lse=True
            )
        )
    return results, whole


@pytest.mark.parametrize("world", [2, 3, 8])
def test_merging_the_ranks_gives_attention_over_all_keys(world):
    results, (out, lse) = rank_results(world)
    merged_out, merged_lse = context_parallel.merge_ranks(*zip(*results, strict=True))
    torch.testing.assert_close(merged_lse, lse, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(merged_out.float(), out.float(), atol=1e-2, rtol=1e-2)


def test_merging_over_a_process_group(tmp_path):
    program = textwrap.dedent("""
        import sys
        import torch
        from tokenspeed_mla import context_parallel

        rank, store = int(sys.argv[1]), sys.argv[2]
        torch.distributed.init_process_group(
            "gloo", init_method=f"file://{store}", world_size=2, rank=rank)
        outs = [torch.full((2, 1, 4, 512), value) for value in (1.0, 3.0)]
        lses = [torch.full((2, 1, 4), value) for value in (0.0, 0.0)]
        out, lse = context_parallel.merge_over_ranks(outs[rank], lses[rank])
        assert (out == 2).all() and (lse == 1).all(), (out, lse)
        torch.distributed.destroy_process_group()
        """)
    ranks = [
        subprocess.Popen([sys.executable, "-c", program, str(rank), str(tmp_path / "store")])
        for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in ranks] == [0, 0]
