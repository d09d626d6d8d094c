# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Where cases run, and in what precision that target computes."""

import functools
from dataclasses import dataclass

import torch

from tokenspeed_mla.planning import device_facts


@dataclass(frozen=True)
class Target:
    """A device that cases run on."""

    device: torch.device

    @classmethod
    def named(cls, name: str) -> "Target":
        """The target of a device name: "cpu", "cuda", "cuda:1"."""
        return cls(torch.device(name))

    @functools.cached_property
    def arch(self) -> str:
        """What computes: "cpu", or the architecture of a GPU, also of an emulated one."""
        return device_facts(self.device).arch

    def probability_dtype(self, input_dtype: torch.dtype) -> torch.dtype:
        """What softmax probabilities are rounded to before they meet the values."""
        if self.arch == "cpu":
            return torch.float32
        # Prefill multiplies values in e5m2 by probabilities in e4m3.
        return torch.float8_e4m3fn if input_dtype.itemsize == 1 else input_dtype

    def sum_cutoff(self, input_dtype: torch.dtype) -> float:
        """What a running sum of products may lose a step: Hopper keeps 13 fraction bits in FP8."""
        return 2.0**-13 if self.arch == "sm_90" and input_dtype.itemsize == 1 else 0.0

    def inner_rounding(self, input_dtype: torch.dtype) -> float:
        """What is rounded on the way: probabilities to the input's dtype, partials to float16.

        Relative to the root mean square of the values, at worst.
        """
        if self.arch == "cpu" or input_dtype.itemsize != 2:
            return 0.0
        return (2.0**-9 if input_dtype == torch.bfloat16 else 2.0**-12) + 2.0**-12

    def probability_rounding(self, input_dtype: torch.dtype) -> float:
        """What an FP8 probability is rounded by, relative to it; the reference rounds others."""
        return 0.0 if self.arch == "cpu" or input_dtype.itemsize != 1 else 2.0**-4

    def to_device(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor on this device, with its strides and what lies between its elements."""
        if tensor.device.type == self.device.type:
            return tensor
        storage = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
        moved = storage.to(self.device)
        return moved.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
