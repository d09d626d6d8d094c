# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""SGLang's imports and calls, as it writes them: private names, a 4-D cache, 8 new tokens."""

import inspect

import pytest
import torch

import tokenspeed_mla
from calls import decode_of_one_request, engine_workspace, equal_bits, random_tensor
from tokenspeed_mla.mla_decode import _get_compiled_mla_kernel, _get_split_kv_and_workspace_size
from tokenspeed_mla.mla_helpers import get_mla_decode_fold_sq_factor, select_mla_decode_tilers

FP8 = torch.float8_e4m3fn


@pytest.mark.parametrize("q_dtype", [torch.bfloat16, FP8])
@pytest.mark.parametrize("use_pdl", [True, False])
def test_warmup(q_dtype, use_pdl):
    compile_kernel = tokenspeed_mla.mla_prefill._compile_prefill_kernel
    compiled = tokenspeed_mla.mla_prefill._compiled_kernels
    ex2_emulation = tokenspeed_mla.mla_prefill._enable_ex2_emulation()
    for is_causal, return_lse in ((True, True), (True, False), (False, True)):
        config = (q_dtype, 192, 128, is_causal, return_lse, use_pdl, ex2_emulation)
        if config in compiled:
            continue
        compiled[config] = compile_kernel(
            q_dtype,
            192,
            128,
            is_causal,
            return_lse,
            use_pdl=use_pdl,
            enable_ex2_emulation=ex2_emulation,
        )
        assert callable(compiled[config])


def test_what_is_compiled_is_that_prefill():
    kernel = tokenspeed_mla.mla_prefill._compile_prefill_kernel(
        torch.bfloat16, 192, 128, False, True, use_pdl=True
    )
    query = random_tensor(4, 2, 192, dtype=torch.bfloat16)
    sums = torch.tensor([0, 4], dtype=torch.int32)
    call = dict(seq_lens=sums[1:], cum_seq_lens=sums, max_seq_len=4, batch_size=1)
    results = kernel(query, query, query[..., :128], softmax_scale=0.1, **call)
    expected = tokenspeed_mla.tokenspeed_mla_prefill(
        query, query, query[..., :128], softmax_scale=0.1, is_causal=False, return_lse=True,
        **call,
    )  # fmt: skip
    assert all(map(equal_bits, results, expected))


def test_a_variant_that_cannot_run_is_refused():
    with pytest.raises(NotImplementedError, match=r"\(192, 128\) or \(128, 128\)"):
        tokenspeed_mla.mla_prefill._compile_prefill_kernel(FP8, 256, 256, True, True)


def test_decode_with_context_parallel_arguments():
    q = random_tensor(2, 4, 8, 576, dtype=torch.float32, seed=1).to(FP8)
    cache = random_tensor(4, 1, 32, 576, dtype=torch.float32, seed=2).to(FP8)
    call = dict(
        query=q,
        kv_cache=cache,
        workspace_buffer=engine_workspace(8),
        kv_lora_rank=512,
        qk_rope_head_dim=64,
        block_tables=torch.tensor([[3, 1, -1, -1], [2, -1, -1, -1]], dtype=torch.int32),
        seq_lens=torch.tensor([40, 20], dtype=torch.int64).to(torch.int32),
        max_seq_len=128,
        softmax_scale=0.07216882,
        output_scale=1.0,
        enable_pdl=True,
    )
    out = tokenspeed_mla.tokenspeed_mla_decode(**call)
    same = tokenspeed_mla.tokenspeed_mla_decode(
        **call, return_lse=False, causal_seqs=None, cp_world=1, cp_rank=0
    )
    assert equal_bits(out, same)
    keys = torch.cat([cache[3, 0], cache[1, 0]])[:40]
    torch.testing.assert_close(
        out[0].double(), decode_of_one_request(q[0], keys, 0.07216882), atol=1e-2, rtol=2e-2
    )


@pytest.mark.parametrize(("num_heads", "q_len"), [(8, 8), (16, 24), (64, 4), (96, 5), (128, 3)])
def test_padded_extend_sizes_its_own_workspace(num_heads, q_len):
    tiler, _ = select_mla_decode_tilers(num_heads, q_len, is_fp8=True, compute_capability=(10, 0))
    fold = get_mla_decode_fold_sq_factor(num_heads, q_len, tiler[0])
    assert q_len % fold == 0 and (fold == 1 or num_heads * fold <= tiler[0])
    num_sms = tokenspeed_mla.get_num_sm("cpu")
    _, num_bytes = _get_split_kv_and_workspace_size(
        2, q_len // fold, num_heads * fold, 512, num_sms, 4096, FP8, tiler
    )
    problem = tokenspeed_mla.DecodeProblem(
        dtype=FP8, batch=2, q_len=q_len, num_heads=num_heads, max_seq_len=4096
    )
    assert num_bytes >= tokenspeed_mla.decode_workspace_size(problem, "cpu")
    _get_compiled_mla_kernel(
        torch_dtype=FP8, page_size=64, kv_lora_rank=512, qk_rope_head_dim=64,
        num_heads=num_heads, seq_len_q=q_len, fold_sq_factor=fold, is_persistent=False,
        is_var_seq=True, use_pdl=True, compute_capability=(10, 0),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("num_heads", "q_len", "fold"),
    [(16, 4, 4), (64, 4, 2), (64, 3, 1), (128, 4, 1), (12, 8, 8)],
)
def test_fold(num_heads, q_len, fold):
    assert get_mla_decode_fold_sq_factor(num_heads, q_len) == fold


def test_what_it_asks_the_signature():
    parameters = inspect.signature(tokenspeed_mla.tokenspeed_mla_decode).parameters
    assert "return_lse" in parameters
    assert "custom_mask" not in parameters  # a tree mask is not there, and SGLang asks first
