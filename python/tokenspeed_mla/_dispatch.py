# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Which way a call takes: straight into the library, or through PyTorch's dispatcher."""

import torch
from torch import Tensor
from torch.compiler import is_compiling


def is_plain_call(tensor: Tensor) -> bool:
    """Whether nothing watches this call, so that it may skip the dispatcher (some 20 us).

    torch.compile, torch.export, fake tensors, tensor subclasses, dispatch modes and functorch
    transforms all need to see a registered operator.
    """
    return (
        not is_compiling()
        and type(tensor) is Tensor
        and not torch._C._len_torch_dispatch_stack()
        and not torch._C._are_functorch_transforms_active()
        and not tensor.is_meta
    )


def mark_written(*tensors: Tensor | None) -> None:
    """Tells autograd that the tensors were changed, as PyTorch's own in-place functions do."""
    if is_compiling() or not torch.is_grad_enabled():
        return
    for tensor in tensors:
        if tensor is not None and not tensor.is_inference():
            torch.autograd.graph.increment_version(tensor)
