# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The imports and calls of serving engines, written as each of them writes its own."""

import importlib
import inspect

import pytest
import torch

import tokenspeed_mla
from calls import (
    attention,
    decode_of_one_request,
    engine_workspace,
    equal_bits,
    pack_call,
    random_tensor,
)

FP8 = torch.float8_e4m3fn


class TestVllm:
    """3-D cache, FP8 query, scales folded into two floats, warm-up of both dtypes."""

    def test_warmup(self):
        for q_dtype in (torch.bfloat16, FP8):
            tokenspeed_mla.warmup_compile_prefill(
                q_dtype=q_dtype, d_qk=128 + 64, d_v=128, enable_pdl=False
            )

    def test_decode(self):
        q = random_tensor(6, 8, 576, dtype=torch.float32, seed=1).to(FP8)
        cache = random_tensor(5, 64, 576, dtype=torch.float32, seed=2).to(FP8)
        q = q.view(3, -1, q.shape[-2], q.shape[-1])
        scale, k_scale = 0.07216882 * 0.5, 0.25
        o = tokenspeed_mla.tokenspeed_mla_decode(
            query=q,
            kv_cache=cache,
            workspace_buffer=engine_workspace(8),
            kv_lora_rank=512,
            qk_rope_head_dim=64,
            block_tables=torch.tensor([[3, 1], [2, 0], [0, 0]], dtype=torch.int32),
            seq_lens=torch.tensor([100, 64, 0], dtype=torch.int32),  # the last pads a graph
            max_seq_len=128,
            softmax_scale=scale,
            output_scale=k_scale,
            enable_pdl=False,
        )
        o = o.view(-1, o.shape[-2], o.shape[-1])
        keys = torch.cat([cache[3], cache[1]])[:100]
        torch.testing.assert_close(
            o[:2].double(), k_scale * decode_of_one_request(q[0], keys, scale), atol=2e-3, rtol=2e-2
        )
        assert not o[4:].any()

    def test_saturated_sums_of_a_padded_graph(self):
        query = random_tensor(12, 8, 192, dtype=torch.bfloat16)
        value = random_tensor(12, 8, 128, dtype=torch.bfloat16)
        sums = torch.tensor([0, 4, 9, 9, 9], dtype=torch.int32)
        out, lse = tokenspeed_mla.tokenspeed_mla_prefill(
            query=query,
            key=query,
            value=value,
            seq_lens=sums.diff(),
            cum_seq_lens=sums,
            max_seq_len=12,
            batch_size=4,
            softmax_scale=0.07,
            return_lse=True,
        )
        rows = query[4:9, 0], query[4:9, 0], value[4:9, 0]
        expected = attention(*rows, 0.07, causal=True)
        torch.testing.assert_close(out[4:9, 0].double(), expected, atol=5e-3, rtol=2e-2)
        assert lse.shape == (12, 8)


class TestRtpLlm:
    """Modules imported by name; the capability check under its public and private names."""

    def test_modules(self):
        decode = importlib.import_module("tokenspeed_mla.mla_decode")
        utils = importlib.import_module("tokenspeed_mla.utils")
        prefill = importlib.import_module("tokenspeed_mla.mla_prefill")
        assert decode.tokenspeed_mla_decode is tokenspeed_mla.tokenspeed_mla_decode
        assert prefill.tokenspeed_mla_prefill is tokenspeed_mla.tokenspeed_mla_prefill
        assert utils.get_num_sm is tokenspeed_mla.get_num_sm

    @pytest.mark.parametrize(
        "name", ["tokenspeed_mla_decode_can_implement", "_check_can_implement"]
    )
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({}, None),
            ({"torch_dtype": FP8, "page_size": 32, "num_heads": 96, "seq_len_q": 7}, None),
            ({"page_size": 48}, "page_size must divide 128, got 48"),
            ({"num_heads": 129}, "num_heads must be 1 to 128, got 129"),
            ({"kv_lora_rank": 256}, "kv_lora_rank must be 512, got 256"),
            ({"qk_rope_head_dim": 0}, "qk_rope_head_dim must be 64, got 0"),
            ({"compute_capability": (8, 9)}, "compute_capability must be one of 9.0"),
        ],
    )
    def test_capability(self, name, changes, reason):
        check = getattr(tokenspeed_mla.mla_decode, name)
        call = {
            "torch_dtype": torch.bfloat16,
            "page_size": 64,
            "num_heads": 16,
            "seq_len_q": 1,
            "kv_lora_rank": 512,
            "qk_rope_head_dim": 64,
            "is_persistent": False,
            "is_var_seq": True,
            "is_var_split_kv": False,
            "compute_capability": None,
        }
        if reason is None:
            check(**call | changes)
            return
        with pytest.raises(ValueError, match=reason):
            check(**call | changes)

    def test_capability_of_a_card_that_is_not_here(self):
        check = tokenspeed_mla.mla_decode.tokenspeed_mla_decode_can_implement
        problem = tokenspeed_mla.DecodeProblem(dtype=FP8, num_heads=16)
        for capability, card in (((9, 0), "H200"), ((10, 0), "B200"), ((10, 3), "B300")):
            verdict = tokenspeed_mla.can_implement(problem, card)
            try:
                check(FP8, 64, 16, 1, 512, 64, compute_capability=capability)
            except ValueError as error:
                assert str(error) == verdict.reason
            else:
                assert verdict


class TestTokenspeed:
    """Names from the package's top, PDL filled in by position, modules beside functions."""

    @pytest.mark.parametrize(
        ("name", "position"),
        [
            ("mla_kv_pack_quantize_fp8", 8),
            ("tokenspeed_mla_decode", 13),
            ("tokenspeed_mla_prefill", 12),
            ("warmup_compile_prefill", 3),
        ],
    )
    def test_where_enable_pdl_stands(self, name, position):
        parameters = list(inspect.signature(getattr(tokenspeed_mla, name)).parameters)
        assert parameters.index("enable_pdl") == position

    def test_function_and_module_of_one_name(self):
        importlib.import_module("tokenspeed_mla.mla_kv_pack_quantize_fp8")
        from tokenspeed_mla.mla_kv_pack_quantize_fp8 import mla_kv_pack_quantize_fp8

        assert tokenspeed_mla.mla_kv_pack_quantize_fp8 is mla_kv_pack_quantize_fp8

    def test_chunked_prefix(self):
        new = random_tensor(6, 2, 192, dtype=torch.float32, seed=1).to(FP8)
        new_v = random_tensor(6, 2, 128, dtype=torch.float32, seed=2).to(FP8)
        new_sums = torch.tensor([0, 2, 6], dtype=torch.int32)
        prefix = pack_call()
        prefix = {
            name: value[:, :2] if value.dim() == 3 else value for name, value in prefix.items()
        }
        prefix_sums = torch.tensor([0, 7, 7], dtype=torch.int32)  # the second has none
        bounds = dict(batch_size=2, softmax_scale=0.07216882, return_lse=True, enable_pdl=True)
        own = tokenspeed_mla.tokenspeed_mla_prefill(
            query=new, key=new, value=new_v, seq_lens=new_sums.diff(), cum_seq_lens=new_sums,
            max_seq_len=4096, is_causal=True, cum_seq_lens_q=new_sums, max_seq_len_q=4, **bounds,
        )  # fmt: skip
        k, v = tokenspeed_mla.mla_kv_pack_quantize_fp8(**prefix, enable_pdl=True)
        before = tokenspeed_mla.tokenspeed_mla_prefill(
            query=new, key=k, value=v, seq_lens=prefix_sums.diff(), cum_seq_lens=prefix_sums,
            max_seq_len=4096, is_causal=False, cum_seq_lens_q=new_sums, max_seq_len_q=4, **bounds,
        )  # fmt: skip
        assert not before[0][2:].any() and (before[1][2:] == -torch.inf).all()
        out, _ = tokenspeed_mla.merge_states([before[0], own[0]], [before[1], own[1]])
        assert equal_bits(out[2:], own[0][2:])
        keys, values = torch.cat([k, new[:2]])[:, 0], torch.cat([v, new_v[:2]])[:, 0]
        expected = attention(
            new[:2, 0].float(), keys.float(), values.float(), 0.07216882, causal=True
        )
        torch.testing.assert_close(out[:2, 0].double(), expected, atol=2e-2, rtol=2e-2)
