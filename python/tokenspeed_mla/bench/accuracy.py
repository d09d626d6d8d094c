# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""How far results are from float64, on a sample: that what was timed was also right."""

from __future__ import annotations

import torch

from tokenspeed_mla.bench.inputs import Inputs
from tokenspeed_mla.bench.shapes import DecodeShape
from tokenspeed_mla.testing import reference
from tokenspeed_mla.testing.layout import bytes_of

SAMPLED_REQUESTS = 2


def sampled_requests(shape: DecodeShape) -> list[int]:
    """The first and the last request: the ends of what a scheduler splits."""
    return sorted({0, shape.batch - 1})[:SAMPLED_REQUESTS]


def decode_reference(shape: DecodeShape, inputs: Inputs) -> torch.Tensor:
    """The output of the sampled requests in float64, [requests, q_len, heads, 512]."""
    query = inputs["query"]
    sample = torch.tensor(sampled_requests(shape), device=query.device)
    with torch.device(query.device):  # where the reference makes its own tensors
        return reference.decode(
            bytes_of(query)[sample].view(query.dtype),
            inputs["kv_cache"],
            inputs["block_tables"][sample],
            inputs["seq_lens"][sample],
            inputs["softmax_scale"],
            causal_mask=inputs["causal_mask"],
        ).out


def relative_error(got: torch.Tensor, exact: torch.Tensor) -> float:
    """Norm of the difference over the norm of the exact values."""
    return float((got.double() - exact).norm() / exact.norm().clamp(min=1e-30))
