# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What would be run and why, without running it; the problems are those of include/mla."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar

import torch

from tokenspeed_mla import _library
from tokenspeed_mla._arguments import to_bool, to_dtype, to_int
from tokenspeed_mla.dims import D_QK, D_V, KV_LORA_RANK, NOPE_DIM, ROPE_DIM

DeviceLike = torch.device | str | int | None


@dataclass(frozen=True)
class DecodeProblem:
    """What a decode plan depends on; lengths and sizes count tokens, heads, elements or pages."""

    op: ClassVar[str] = "decode"

    dtype: torch.dtype = torch.bfloat16  # of query and cache
    batch: int = 1  # requests
    q_len: int = 1  # new tokens of each request
    num_heads: int = 128  # query heads, 1 to 128
    kv_lora_rank: int = KV_LORA_RANK  # elements: the width of the value
    qk_rope_head_dim: int = ROPE_DIM  # elements
    page_size: int = 64  # tokens of a page, a divisor of 128
    max_seq_len: int = 0  # tokens: an upper bound of seq_lens; 0: unknown
    is_causal: bool = True
    has_lse: bool = False
    enable_pdl: bool = False
    batch_invariant: bool = False
    cp_world: int = 1  # ranks


@dataclass(frozen=True)
class PrefillProblem:
    """What a prefill plan depends on; lengths count tokens, widths elements."""

    op: ClassVar[str] = "prefill"

    dtype: torch.dtype = torch.bfloat16  # of query, key and value
    out_dtype: torch.dtype = torch.bfloat16
    batch: int = 1  # requests
    total_q: int = 0  # query tokens of all requests
    total_kv: int = 0  # key tokens of all requests
    max_seq_len_q: int = 0  # query tokens of the longest request, or more
    max_seq_len_kv: int = 0  # key tokens of the longest request, or more
    num_q_heads: int = 128  # a multiple of num_kv_heads
    num_kv_heads: int = 128
    d_qk: int = D_QK  # elements of a query and a key
    d_v: int = D_V  # elements of a value
    is_causal: bool = True
    has_lse: bool = False
    enable_pdl: bool = False


@dataclass(frozen=True)
class KvPackProblem:
    """What a K/V pack plan depends on; widths count elements."""

    op: ClassVar[str] = "kv_pack"

    dtype: torch.dtype = torch.bfloat16  # of k_nope, k_pe and v
    out_dtype: torch.dtype = torch.float8_e4m3fn
    num_tokens: int = 0
    num_heads: int = 128
    nope_dim: int = NOPE_DIM
    rope_dim: int = ROPE_DIM
    v_dim: int = D_V
    enable_pdl: bool = False


@dataclass(frozen=True)
class MergeProblem:
    """What a merge plan depends on."""

    op: ClassVar[str] = "merge_states"

    partial_dtype: torch.dtype = torch.float32  # of each of outs
    out_dtype: torch.dtype = torch.bfloat16
    num_partials: int = 2
    num_rows: int = 1  # tokens, or batch * q_len
    num_heads: int = 128
    head_dim: int = KV_LORA_RANK  # elements, a multiple of 8
    has_lse: bool = False
    enable_pdl: bool = False


Problem = DecodeProblem | PrefillProblem | KvPackProblem | MergeProblem


@dataclass(frozen=True)
class Verdict:
    """Whether a problem can be run; true or false as a condition. `reason` says why not."""

    ok: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok


@dataclass(frozen=True)
class Roofline:
    """The least work of a problem, and the time for it if nothing else cost anything."""

    flops: float  # floating-point operations, a multiply-add being two
    bytes: float  # read and written, each once
    compute_seconds: float
    memory_seconds: float
    exp_seconds: float
    bound_by: str  # which of the three is the largest

    @property
    def seconds(self) -> float:
        return max(self.compute_seconds, self.memory_seconds, self.exp_seconds)


@dataclass(frozen=True)
class Explanation:
    """What a plan chose and why, in rows for people; str() is a small table."""

    op: str
    device: str
    verdict: Verdict
    rows: dict[str, str]
    roofline: Roofline
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class DeviceFacts:
    """What planning knows of a device; rates are what is reached, not what a datasheet says."""

    name: str
    arch: str  # "cpu", "sm_90", ...
    num_sms: int  # streaming multiprocessors; worker threads of the CPU
    smem_per_block_bytes: int
    l2_bytes: int
    memory_bytes_per_second: float
    fp8_flops_per_second: float
    fp16_flops_per_second: float
    exp_per_second: float


def can_implement(problem: Problem, device: DeviceLike = None) -> Verdict:
    """Whether `problem` can be run on `device` (see explain), with the reason when not."""
    return ask(_library.can_implement, problem, device)


def ask(can_implement: Callable[..., str], problem: Problem, device: DeviceLike = None) -> Verdict:
    """The verdict of a library's can_implement (src/ffi/planning.cc)."""
    reason = can_implement(problem.op, _fields(problem), _device_name(device))
    return Verdict(ok=not reason, reason=str(reason))


def explain(problem: Problem, device: DeviceLike = None) -> Explanation:
    """The plan for `problem` and its roofline.

    Args:
        problem: one of the *Problem classes.
        device: a device of this machine ("cpu", "cuda:1", torch.device, CUDA index; None: the
            current CUDA device, or the CPU where there is none), or a card known by name ("H200"),
            which need not be present.
    """
    values = _library.explain(problem.op, _fields(problem), _device_name(device))
    reason = str(values["reason"])
    return Explanation(
        op=str(values["op"]),
        device=str(values["device"]),
        verdict=Verdict(ok=not reason, reason=reason),
        rows={str(name): str(value) for name, value in values["rows"]},
        roofline=Roofline(
            flops=values["flops"],
            bytes=values["bytes"],
            compute_seconds=values["compute_seconds"],
            memory_seconds=values["memory_seconds"],
            exp_seconds=values["exp_seconds"],
            bound_by=str(values["bound_by"]),
        ),
        text=str(values["text"]),
    )


def decode_workspace_size(problem: DecodeProblem, device: DeviceLike = None) -> int:
    """Bytes of workspace that decode needs for `problem` on `device` (see explain).

    Never more than get_num_sm(device) * num_heads * q_len * 513 * 4.
    """
    return _library.decode_workspace_size(_fields(problem), _device_name(device))


def device_facts(device: DeviceLike = None) -> DeviceFacts:
    """The facts that plans for `device` (see explain) are made from; measured on the CPU."""
    values = _library.device_facts(_device_name(device))
    plain = {str(name): value for name, value in values.items()}
    return DeviceFacts(**plain | {"name": str(plain["name"]), "arch": str(plain["arch"])})


def known_devices() -> list[str]:
    """The cards known by name, for explain and can_implement."""
    return [str(name) for name in _library.known_devices()]


def get_num_sm(device: DeviceLike) -> int:
    """Streaming multiprocessors of a CUDA device of this machine; worker threads of the CPU.

    With TOKENSPEED_MLA_TARGET=emulator:... the CPU's are those of the emulated GPU in its place.
    Raises ValueError for a device of another kind, RuntimeError for a CUDA device that is missing.
    """
    name = _device_name(device)
    kind = name.partition(":")[0]
    if kind == "cpu":
        return _library.num_cpu_workers()
    if kind != "cuda":
        raise ValueError(f"get_num_sm: device must be the CPU or a CUDA device, got {name}")
    if not torch.cuda.is_available():
        raise RuntimeError(f"get_num_sm: PyTorch must see a CUDA device to count, got {name}")
    return torch.cuda.get_device_properties(name).multi_processor_count


_CONVERTERS = {int: to_int, bool: to_bool, torch.dtype: to_dtype}


def _fields(problem: Problem) -> dict[str, object]:
    """By name; TypeError for a value that is not of its field's type."""
    return {
        field.name: _CONVERTERS[field.type](problem.op, field.name, getattr(problem, field.name))
        for field in fields(problem)
    }


def _device_name(device: DeviceLike) -> str:
    """What src/ffi calls a device: "cpu", "cuda:N", or the name of a card."""
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if isinstance(device, int):
        return f"cuda:{device}"
    name = str(device)
    if name != "cuda":
        return name
    return f"cuda:{torch.cuda.current_device() if torch.cuda.is_available() else 0}"
