# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Which way a call takes: straight into the library, or through PyTorch's dispatcher.

A plain call goes straight: the library checks its arguments itself, in C++. Where it refuses them,
and where PyTorch watches, the call goes through the dispatcher, after checks in Python that also
convert what can be converted. The library refuses before it writes, so a second try is safe.
"""

from torch import Tensor
from torch._C import _are_functorch_transforms_active, _increment_version, _len_torch_dispatch_stack
from torch.compiler import is_dynamo_compiling


def is_plain_call(tensor: Tensor) -> bool:
    """Whether nothing watches this call, so that it may skip the dispatcher (some 20 us).

    torch.compile, torch.export, fake tensors, tensor subclasses, dispatch modes and functorch
    transforms all need to see a registered operator. All but Dynamo show in tensors and modes.
    """
    return (
        not is_dynamo_compiling()
        and type(tensor) is Tensor
        and not _len_torch_dispatch_stack()
        and not _are_functorch_transforms_active()
    )


def mark_written(tensor: Tensor, other: Tensor | None) -> None:
    """Tells autograd that the tensors were changed, as PyTorch's own in-place functions do.

    An operator that torch.compile traces tells it by its schema.
    """
    if not is_dynamo_compiling():
        _increment_version((tensor,) if other is None else (tensor, other))
