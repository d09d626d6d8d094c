# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Decode under the module name that engines import it by.

RTP-LLM asks for tokenspeed_mla_decode_can_implement, and under its older, private name where that
is missing; branches of SGLang size a workspace and warm decode up through two more private names.
New code calls can_implement (which has a reason), decode_workspace_size, warmup_compile_decode.
"""

from collections.abc import Callable

import torch

from tokenspeed_mla.decode import tokenspeed_mla_decode
from tokenspeed_mla.planning import DecodeProblem, DeviceLike, can_implement
from tokenspeed_mla.warmup import warmup_compile_decode

__all__ = [
    "tokenspeed_mla_decode",
    "tokenspeed_mla_decode_can_implement",
    "warmup_compile_decode",
]

# A card of each compute capability that kernels are planned for.
_CARDS = {(9, 0): "H200", (10, 0): "B200", (10, 3): "B300"}


def tokenspeed_mla_decode_can_implement(
    torch_dtype: torch.dtype,
    page_size: int,
    num_heads: int,
    seq_len_q: int,
    kv_lora_rank: int,
    qk_rope_head_dim: int,
    is_persistent: bool = False,
    is_var_seq: bool = True,
    is_var_split_kv: bool = False,
    compute_capability: tuple[int, int] | None = None,
) -> None:
    """Raises ValueError, with the reason, when decode cannot run such a problem.

    Args:
        torch_dtype: of query and cache.
        page_size: tokens of a page.
        num_heads: query heads.
        seq_len_q: new tokens of a request.
        kv_lora_rank, qk_rope_head_dim: widths in elements.
        is_persistent, is_var_seq, is_var_split_kv: have no effect on what can be run.
        compute_capability: (major, minor) of the device; the current device when None.
    """
    problem = DecodeProblem(
        dtype=torch_dtype,
        q_len=seq_len_q,
        num_heads=num_heads,
        kv_lora_rank=kv_lora_rank,
        qk_rope_head_dim=qk_rope_head_dim,
        page_size=page_size,
    )
    verdict = can_implement(problem, _device_of(compute_capability))
    if not verdict:
        raise ValueError(verdict.reason)


_check_can_implement = tokenspeed_mla_decode_can_implement


def _get_split_kv_and_workspace_size(
    batch: int, q_len: int, num_heads: int, kv_lora_rank: int, num_sms: int, *_: object
) -> tuple[int, int]:
    """(splits, bytes) that no decode of this shape exceeds, whatever its batch and lengths.

    q_len and num_heads may be folded: their product counts.
    """
    return num_sms, num_sms * num_heads * q_len * (kv_lora_rank + 1) * 4


def _get_compiled_mla_kernel(
    *,
    torch_dtype: torch.dtype,
    page_size: int,
    num_heads: int,
    seq_len_q: int,
    use_pdl: bool = False,
    **_: object,
) -> Callable[..., object]:
    """Makes decode ready and returns it; other options have no effect on what is compiled.

    Raises NotImplementedError when the current device cannot run it.
    """
    warmup_compile_decode(torch_dtype, num_heads, seq_len_q, page_size, use_pdl)
    return tokenspeed_mla_decode


def _device_of(compute_capability: tuple[int, int] | None) -> DeviceLike:
    if compute_capability is None:
        return None
    if torch.cuda.is_available() and torch.cuda.get_device_capability() == compute_capability:
        return None
    if compute_capability not in _CARDS:
        known = ", ".join(f"{major}.{minor}" for major, minor in _CARDS)
        major, minor = compute_capability
        raise ValueError(f"decode: compute_capability must be one of {known}, got {major}.{minor}")
    return _CARDS[compute_capability]
