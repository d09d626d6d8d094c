# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The library's functions as PyTorch operators (torch.ops.tokenspeed_mla.*).

They write into tensors that the caller made and return nothing, so a fake run has nothing to do
and one definition serves functional calls and `out=` alike. Arguments are those of src/ffi, in that
order, under their public names.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from tokenspeed_mla import _any_strides, _library, prefill_backend
from tokenspeed_mla._arguments import converted

_DECODE = """(
    Tensor query, Tensor kv_cache, Tensor block_tables, Tensor seq_lens,
    Tensor(a!) workspace_buffer, Tensor(b!) out, Tensor(c!)? lse,
    SymInt max_seq_len, SymInt kv_lora_rank,
    SymInt qk_rope_head_dim, Scalar softmax_scale, Scalar output_scale, bool causal_mask,
    bool is_var_seq, bool enable_pdl, str lse_base, bool batch_invariant, SymInt cp_world,
    SymInt cp_rank, Tensor? causal_seqs) -> ()"""

_PREFILL = """(
    Tensor query, Tensor key, Tensor value, Tensor(a!) out, Tensor cum_seq_lens,
    Tensor cum_seq_lens_q, Tensor(b!)? lse, SymInt batch_size, SymInt max_seq_len_q,
    SymInt max_seq_len, Scalar softmax_scale, bool is_causal, bool enable_pdl,
    str lse_base) -> ()"""

_KV_PACK = """(
    Tensor k_nope, Tensor k_pe, Tensor v, Tensor(a!) k_out, Tensor(b!) v_out, Scalar k_scale_inv,
    Scalar v_scale_inv, bool enable_pdl) -> ()"""

_MERGE_STATES = """(
    Tensor[] outs, Tensor[] lses, Tensor(a!) out, Tensor(b!)? lse, str lse_base,
    bool enable_pdl) -> ()"""


_LIBRARY = torch.library.Library("tokenspeed_mla", "DEF")


def _operator(name: str, function: Callable[..., None], schema: str) -> torch._ops.OpOverload:
    # Library.define calls `function` directly; torch.library.custom_op would wrap it in Python that
    # takes longer than a decode step.
    _LIBRARY.define(name + schema, tags=(torch.Tag.pt2_compliant_tag,))
    for device in ("CPU", "CUDA"):
        _LIBRARY.impl(name, function, device)
    torch.library.register_fake(f"tokenspeed_mla::{name}", _do_nothing, lib=_LIBRARY)
    return getattr(torch.ops.tokenspeed_mla, name).default


def _do_nothing(*args: object) -> None:
    pass


decode = _operator("decode", _any_strides.decode, _DECODE)
prefill = _operator("prefill", prefill_backend.prefill, _PREFILL)
kv_pack = _operator("kv_pack", _library.kv_pack, _KV_PACK)
merge_states = _operator("merge_states", _library.merge_states, _MERGE_STATES)

# (name, type) of each argument; torch.compile cannot read a schema, but it can read this.
_PARAMETERS = {
    name: tuple((argument.name, str(argument.type)) for argument in operator._schema.arguments)
    for name, operator in (
        ("decode", decode),
        ("prefill", prefill),
        ("kv_pack", kv_pack),
        ("merge_states", merge_states),
    )
}


def checked(name: str, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """`arguments` of the operator `name` in the types that it takes; results may still be None.

    Raises TypeError for what cannot be converted, ValueError for tensors on different devices.
    """
    return converted(name, _PARAMETERS[name], arguments)
