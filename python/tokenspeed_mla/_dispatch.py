# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Which way a call takes: straight into the library, or through PyTorch's dispatcher.

A plain call goes straight: the library checks its arguments itself, in C++. Where it refuses them,
and where PyTorch watches, the call goes through the dispatcher, after checks in Python that also
convert what can be converted. The library refuses before it writes, so a second try is safe.
"""

import torch
from torch import Tensor
from torch.autograd.graph import increment_version
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
    )


def mark_written(tensor: Tensor, other: Tensor | None) -> None:
    """Tells autograd that the tensors were changed, as PyTorch's own in-place functions do."""
    if not is_compiling():
        increment_version((tensor,) if other is None else (tensor, other))
