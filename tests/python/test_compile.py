# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""torch.compile, torch.export and PyTorch's own operator checks, functional and with out=."""

import shutil

import pytest
import torch

import tokenspeed_mla
from calls import FUNCTIONS, decode_call, equal_bits, merge_call, pack_call, prefill_call
from tokenspeed_mla import custom_ops


def given_results(name):
    """Buffers for the out= form of each function, in bfloat16 calls."""
    return {
        "decode": {
            "out": torch.zeros((3, 2, 4, 512), dtype=torch.bfloat16),
            "lse": torch.zeros((3, 2, 4)),
            "return_lse": True,
        },
        "prefill": {
            "out": torch.zeros((14, 4, 128), dtype=torch.bfloat16),
            "lse": torch.zeros((14, 4)),
            "return_lse": True,
        },
        "pack": {
            "k_out": torch.zeros((7, 4, 192), dtype=torch.float8_e4m3fn),
            "v_out": torch.zeros((7, 4, 128), dtype=torch.float8_e4m3fn),
        },
        "merge": {
            "out": torch.zeros((5, 4, 128), dtype=torch.bfloat16),
            "lse": torch.zeros((5, 4)),
        },
    }[name]


def as_tuple(results):
    return results if isinstance(results, tuple) else (results,)


def check_compiled(name, backend):
    torch._dynamo.reset()
    function, make_call = FUNCTIONS[name]
    compiled = torch.compile(function, fullgraph=True, backend=backend)
    expected = as_tuple(function(**make_call()))
    assert all(map(equal_bits, as_tuple(compiled(**make_call())), expected))

    given = given_results(name)
    results = as_tuple(compiled(**make_call(), **given))
    expected = as_tuple(function(**make_call(), **given_results(name)))
    assert all(map(equal_bits, results, expected))
    buffers = [value for value in given.values() if isinstance(value, torch.Tensor)]
    assert all(map(equal_bits, buffers, expected))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compile_without_a_graph_break(name):
    check_compiled(name, backend="aot_eager")


@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler")
@pytest.mark.parametrize("name", ["decode", "pack"])
def test_compile_with_inductor(name):
    check_compiled(name, backend="inductor")


def test_compile_with_changing_batch():
    torch._dynamo.reset()
    compiled = torch.compile(
        tokenspeed_mla.tokenspeed_mla_decode, fullgraph=True, backend="aot_eager", dynamic=True
    )
    call = decode_call()
    for batch in (3, 2, 1):
        part = call | {k: call[k][:batch] for k in ("query", "block_tables", "seq_lens")}
        assert equal_bits(compiled(**part), tokenspeed_mla.tokenspeed_mla_decode(**part))


@pytest.mark.parametrize("make_scale", [float, torch.tensor])
def test_compile_with_a_changing_scale(make_scale):
    torch._dynamo.reset()

    def step(scale, call):
        return tokenspeed_mla.tokenspeed_mla_decode(**call, softmax_scale=scale * 0.5)

    compiled = torch.compile(step, fullgraph=True, backend="aot_eager")
    call = decode_call()
    del call["softmax_scale"]
    for value in (0.1, 0.2, 0.3):
        scale = make_scale(value)
        assert equal_bits(compiled(scale, call), step(scale, call))


class Step(torch.nn.Module):
    """A call with its tensors as inputs and the rest fixed, which is what can be exported."""

    def __init__(self, function, call):
        super().__init__()
        self.function = function
        self.fixed = {k: v for k, v in call.items() if not isinstance(v, (torch.Tensor, list))}

    def forward(self, **tensors):
        return self.function(**tensors, **self.fixed)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_export(name, strict):
    function, make_call = FUNCTIONS[name]
    call = make_call()
    step = Step(function, call)
    tensors = {k: v for k, v in call.items() if k not in step.fixed}
    program = torch.export.export(step, (), kwargs=tensors, strict=strict)
    assert any("tokenspeed_mla" in str(node.target) for node in program.graph.nodes)
    results = as_tuple(program.module()(**tensors))
    assert all(map(equal_bits, results, as_tuple(function(**call))))


def operator_arguments():
    decode, prefill, pack, merge = decode_call(), prefill_call(), pack_call(), merge_call()
    outs = {name: given_results(name) for name in FUNCTIONS}
    return {
        custom_ops.decode: (
            decode["query"], decode["kv_cache"], decode["block_tables"], decode["seq_lens"],
            decode["workspace_buffer"], outs["decode"]["out"], outs["decode"]["lse"], 48, 512, 64,
            0.1, 1.0, True, True, False, "2", False, 1, 0, None,
        ),
        custom_ops.prefill: (
            prefill["query"], prefill["key"], prefill["value"], outs["prefill"]["out"],
            prefill["cum_seq_lens"], prefill["cum_seq_lens"], None, 3, 9, 9, 0.1, True, False, "e",
        ),
        custom_ops.kv_pack: (
            pack["k_nope"], pack["k_pe"], pack["v"], *outs["pack"].values(), 1.0, 1.0, False,
        ),
        custom_ops.merge_states: (
            merge["outs"], merge["lses"], outs["merge"]["out"], outs["merge"]["lse"], "e", False,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("operator", operator_arguments(), ids=str)
def test_opcheck(operator):
    checks = ["test_schema", "test_autograd_registration", "test_faketensor"]
    if operator is custom_ops.kv_pack:
        checks.remove("test_schema")  # it cannot compare FP8 tensors
    arguments = operator_arguments()[operator]
    torch.library.opcheck(operator, arguments, test_utils=[*checks, "test_aot_dispatch_dynamic"])


def test_meta_tensors_give_shapes():
    call = decode_call()
    meta = {k: v.to("meta") if isinstance(v, torch.Tensor) else v for k, v in call.items()}
    out = tokenspeed_mla.tokenspeed_mla_decode(**meta)
    assert out.is_meta and out.shape == (3, 2, 4, 512)


def test_fake_tensors_give_shapes():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode() as mode:
        call = {
            k: mode.from_tensor(v) if isinstance(v, torch.Tensor) else v
            for k, v in prefill_call().items()
        }
        out, lse = tokenspeed_mla.tokenspeed_mla_prefill(**call, return_lse=True)
    assert out.shape == (14, 4, 128) and lse.shape == (14, 4)


def test_dispatch_modes_see_the_operator():
    from torch.utils._python_dispatch import TorchDispatchMode

    class Recorder(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.seen = []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.seen.append(func)
            return func(*args, **(kwargs or {}))

    with Recorder() as recorder:
        tokenspeed_mla.mla_kv_pack_quantize_fp8(**pack_call())
    assert custom_ops.kv_pack in recorder.seen
