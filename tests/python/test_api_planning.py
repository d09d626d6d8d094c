# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Workspace sizes, verdicts and explanations."""

import itertools

import numpy as np
import pytest
import torch

from calls import decode_call
from tokenspeed_mla import (
    DecodeProblem,
    KvPackProblem,
    MergeProblem,
    PrefillProblem,
    can_implement,
    decode_workspace_size,
    device_facts,
    explain,
    get_num_sm,
    known_devices,
    tokenspeed_mla_decode,
    warmup_compile_decode,
    warmup_compile_prefill,
)

PROBLEMS = [
    DecodeProblem(dtype=torch.float8_e4m3fn, batch=4, q_len=4, num_heads=16, max_seq_len=81920),
    PrefillProblem(total_q=8192, total_kv=8192, max_seq_len_q=8192, max_seq_len_kv=8192),
    KvPackProblem(num_tokens=8192),
    MergeProblem(num_rows=16),
]


def test_get_num_sm_counts_worker_threads_on_the_cpu():
    assert get_num_sm("cpu") == get_num_sm(torch.device("cpu")) >= 1


@pytest.mark.parametrize("batch", [0, 1, 7, 64])
def test_the_workspace_that_callers_allocate_suffices(batch):
    for num_heads, q_len, length in itertools.product((1, 16, 40, 128), (1, 3, 8), (1, 80_000)):
        problem = DecodeProblem(
            batch=batch, q_len=q_len, num_heads=num_heads, max_seq_len=length, has_lse=True
        )
        callers = get_num_sm("cpu") * num_heads * q_len * 513 * 4
        assert decode_workspace_size(problem, "cpu") <= callers


def test_a_workspace_of_the_stated_size_is_enough():
    problem = DecodeProblem(batch=3, q_len=2, num_heads=4, page_size=16, max_seq_len=48)
    workspace = torch.empty(decode_workspace_size(problem, "cpu"), dtype=torch.int8)
    tokenspeed_mla_decode(**decode_call(workspace_buffer=workspace))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.op)
def test_explain_shows_a_plan_for_the_cpu_and_for_cards_by_name(problem):
    for device in ["cpu", *known_devices()]:
        explanation = explain(problem, device)
        assert explanation.op == problem.op
        assert explanation.rows
        assert explanation.roofline.seconds > 0
        assert explanation.roofline.bound_by in ("compute", "memory", "exp")
        for name, value in explanation.rows.items():
            assert name in str(explanation) and value in str(explanation)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.op)
def test_the_cpu_can_run_every_operation(problem):
    verdict = can_implement(problem, "cpu")
    assert verdict, verdict.reason


def test_facts_of_the_cpu_and_of_cards_by_name():
    cpu = device_facts("cpu")
    assert cpu.arch == "cpu" and cpu.num_sms == get_num_sm("cpu")
    assert cpu.memory_bytes_per_second > 0
    assert device_facts("H200").arch == "sm_90" and device_facts("H200").num_sms == 132


def test_a_refusal_has_a_reason():
    verdict = can_implement(DecodeProblem(page_size=48), "cpu")
    assert not verdict
    assert "page_size" in verdict.reason


@pytest.mark.parametrize("device", ["GeForce 256", "cuda:x"])
def test_unknown_devices_are_refused(device):
    with pytest.raises(ValueError, match=r"device|known"):
        explain(PROBLEMS[0], device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU to warm up")
def test_warming_up_without_a_gpu_has_nothing_to_do():
    assert warmup_compile_prefill() is None
    assert warmup_compile_prefill(torch.bfloat16, 128, 128, enable_pdl=True) is None
    assert warmup_compile_decode(torch.bfloat16, num_heads=16, q_len=4) is None


@pytest.mark.parametrize("changes", [{"d_qk": 100}, {"q_dtype": torch.float32}])
def test_warming_up_what_does_not_exist_is_an_error(changes):
    with pytest.raises(NotImplementedError, match="warmup_compile_prefill"):
        warmup_compile_prefill(**changes)


def test_fields_may_be_numbers_of_numpy_or_tensors():
    odd = DecodeProblem(batch=np.int64(3), q_len=torch.tensor(2), is_causal=np.bool_(False))
    plain = DecodeProblem(batch=3, q_len=2, is_causal=False)
    assert explain(odd, "H200").text == explain(plain, "H200").text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"batch": "x"}, "decode: batch must be an integer, got str 'x'"),
        ({"num_heads": 1.5}, "decode: num_heads must be an integer, got float 1.5"),
        ({"is_causal": "no"}, "decode: is_causal must be a bool, got str 'no'"),
        ({"dtype": "bf16"}, "decode: dtype must be a torch.dtype, got str 'bf16'"),
    ],
)
def test_a_field_of_another_type_is_refused(changes, text):
    for function in (can_implement, explain, decode_workspace_size):
        with pytest.raises(TypeError, match=text):
            function(DecodeProblem(**changes), "cpu")


def test_get_num_sm_wants_a_device_that_computes():
    assert get_num_sm(None) >= 1
    for name in ("meta", "H200"):
        with pytest.raises(ValueError, match=f"must be the CPU or a CUDA device, got {name}"):
            get_num_sm(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", torch.device("cuda"), 0])
def test_a_gpu_that_is_not_there_is_an_error_that_names_it(device):
    for function in (get_num_sm, device_facts, lambda name: explain(DecodeProblem(), name)):
        with pytest.raises(RuntimeError, match="cuda:0"):
            function(device)
