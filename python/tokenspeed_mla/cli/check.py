# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""One call of the library against the float64 reference of `tokenspeed_mla.testing`.

The reference is computed piece by piece (a request, a head, a block of queries), so that memory
stays bounded however large the problem is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

import tokenspeed_mla
from tokenspeed_mla.bench.inputs import Inputs
from tokenspeed_mla.bench.shapes import PrefillShape
from tokenspeed_mla.dims import D_CACHE
from tokenspeed_mla.testing import reference
from tokenspeed_mla.testing.compare import Mismatch, compare, compare_bits
from tokenspeed_mla.testing.target import Target
from tokenspeed_mla.testing.tolerance import Expected, expected_lse, expected_out

QUERY_BLOCK = 512  # query tokens of one head whose scores are held in float64 at a time


@dataclass
class Check:
    """How far results are from float64, and whether that is allowed."""

    tolerance: float | None = None  # absolute; None: derived from the rounding of the dtype
    max_error: float = 0.0
    failure: str = ""
    _error_energy: float = field(default=0.0, repr=False)
    _energy: float = field(default=0.0, repr=False)

    @property
    def ok(self) -> bool:
        return not self.failure

    @property
    def relative_error(self) -> float:
        """Root mean square of the error over that of the exact result."""
        return math.sqrt(self._error_energy / self._energy) if self._energy else 0.0

    def add(self, what: str, got: torch.Tensor, expected: Expected) -> None:
        """Compares one piece of the output, and counts its error."""
        self._compare(what, got, expected)
        error = torch.where(expected.values.isfinite(), got.cpu().double() - expected.values, 0.0)
        if error.numel():
            self.max_error = max(self.max_error, float(error.abs().max()))
        self._error_energy += float(error.square().sum())
        self._energy += float(expected.values.square().sum())

    def add_lse(self, what: str, got: torch.Tensor, expected: Expected) -> None:
        """Compares one piece of a log-sum-exp; always within the derived bound."""
        self._compare(what, got, expected, derived=True)

    def _compare(
        self, what: str, got: torch.Tensor, expected: Expected, derived: bool = False
    ) -> None:
        if self.tolerance is not None and not derived:
            bounds = torch.full_like(expected.values, self.tolerance)
            expected = Expected(expected.values, bounds, cosine_bound=math.inf)
        try:
            compare(what, got, expected)
        except Mismatch as mismatch:
            self.failure = self.failure or str(mismatch)

    def __str__(self) -> str:
        bound = "2x the rounding of the dtype" if self.tolerance is None else f"{self.tolerance:g}"
        text = f"largest error {self.max_error:.2e} against float64, relative error "
        text += f"{self.relative_error:.2e} (allowed: {bound})"
        return text if self.ok else f"{text}\n  {self.failure}"


def check_pack(inputs: Inputs) -> Check:
    """Runs the pack with these arguments and compares every byte."""
    packed = tokenspeed_mla.mla_kv_pack_quantize_fp8(**inputs)
    k_nope, k_pe, v = (inputs[name].cpu() for name in ("k_nope", "k_pe", "v"))
    expected = reference.kv_pack(k_nope, k_pe, v, 1.0, 1.0, packed[0].dtype)
    check = Check(tolerance=0.0)
    for name, got, exact in zip(("k", "v"), packed, expected, strict=True):
        try:
            compare_bits(name, got, exact)
        except Mismatch as mismatch:
            check.failure = check.failure or str(mismatch)
    return check


def check_decode(inputs: Inputs, tolerance: float | None = None) -> Check:
    """Runs decode with these arguments and compares output and LSE of every request."""
    out, lse = tokenspeed_mla.tokenspeed_mla_decode(**inputs, return_lse=True)
    check, target = Check(tolerance), Target(out.device)
    dtype = inputs["query"].dtype
    cutoff = target.sum_cutoff(dtype)
    roundings = target.inner_rounding(dtype), target.probability_rounding(dtype)
    for request in range(len(inputs["seq_lens"])):
        one = slice(request, request + 1)
        exact = reference.decode(
            query=inputs["query"][one].cpu(),
            kv_cache=inputs["kv_cache"].cpu(),
            block_tables=inputs["block_tables"][one].cpu(),
            seq_lens=inputs["seq_lens"][one].cpu(),
            softmax_scale=inputs["softmax_scale"],
            output_scale=inputs.get("output_scale", 1.0),
            causal_mask=inputs["causal_mask"],
            probability_dtype=target.probability_dtype(dtype),
        )
        name = f"request {request}"
        check.add(name, out[one], expected_out(exact, out.dtype, D_CACHE, cutoff, *roundings))
        check.add_lse(f"{name} lse", lse[one], expected_lse(exact, D_CACHE, "2", cutoff))
    return check


def check_prefill(
    shape: PrefillShape,
    inputs: Inputs,
    output_scale: float = 1.0,
    tolerance: float | None = None,
    every: int = 1,
) -> Check:
    """Runs prefill with these arguments and compares output and LSE.

    output_scale: a factor that the caller puts on the output after the call.
    every: only every n-th query token is compared; an odd number meets every position of a tile.
    """
    result = tokenspeed_mla.tokenspeed_mla_prefill(**(inputs | {"return_lse": True}))
    out, lse = result[0] * output_scale, result[1]
    check, target = Check(tolerance), Target(out.device)
    dtype = inputs["query"].dtype
    cutoff = target.sum_cutoff(dtype)
    roundings = target.inner_rounding(dtype), target.probability_rounding(dtype)
    for piece in _prefill_pieces(shape, every):
        exact = reference.attend(
            inputs["query"][piece.tokens, piece.head].cpu(),
            inputs["key"][piece.keys, piece.kv_head].cpu(),
            inputs["value"][piece.keys, piece.kv_head].cpu(),
            piece.num_visible,
            inputs["softmax_scale"],
            target.probability_dtype(dtype),
        ).scaled(output_scale)
        got = out[piece.tokens, piece.head]
        check.add(piece.name, got, expected_out(exact, out.dtype, shape.d_qk, cutoff, *roundings))
        got_lse = lse[piece.tokens, piece.head]
        expected = expected_lse(exact, shape.d_qk, "e", cutoff)
        check.add_lse(f"{piece.name} lse", got_lse, expected)
    return check


@dataclass(frozen=True)
class _Piece:
    """Some query tokens of one request and head, and the keys that they may see."""

    name: str
    tokens: torch.Tensor  # rows of the packed query
    keys: slice  # rows of the packed keys
    head: int
    kv_head: int
    num_visible: torch.Tensor  # [tokens]


def _prefill_pieces(shape: PrefillShape, every: int) -> Iterator[_Piece]:
    group = shape.num_heads // shape.kv_heads
    q_begin = kv_begin = 0
    for request, (q_len, kv_len) in enumerate(zip(shape.q_lens, shape.kv_lens, strict=True)):
        positions = torch.arange(0, q_len, every)
        for block in positions.split(QUERY_BLOCK) if q_len else ():
            visible = torch.full_like(block, kv_len)
            if shape.is_causal:
                visible = (block + 1 + kv_len - q_len).clamp(0, kv_len)
            keys = slice(kv_begin, kv_begin + int(visible.max()))
            for head in range(shape.num_heads):
                name = f"request {request} head {head}"
                yield _Piece(name, q_begin + block, keys, head, head // group, visible)
        q_begin, kv_begin = q_begin + q_len, kv_begin + kv_len
