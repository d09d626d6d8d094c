# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Checks and conversions in Python, for calls that the library does not take as they are.

PyTorch's dispatcher runs operators on fake tensors, where the library sees nothing to check; and
the library takes Python's own numbers alone, not NumPy's or tensors of one element.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

_FP8 = (torch.float8_e4m3fn, torch.float8_e5m2)
_OTHER_INTEGERS = {
    torch.int8,
    torch.int16,
    torch.int64,
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
}
_INT32_MAX = 2**31 - 1
_OPTIONAL = {"causal_seqs", "out", "lse", "k_out", "v_out"}
_LENGTHS = {"seq_lens", "causal_seqs", "cum_seq_lens", "cum_seq_lens_q"}


def converted(
    where: str, parameters: Sequence[tuple[str, str]], arguments: Sequence[Any]
) -> tuple[Any, ...]:
    """`arguments` as an operator with these (name, kind) parameters takes them.

    Raises TypeError for what cannot be converted, ValueError for tensors on different devices.
    """
    values = []
    for (name, kind), argument in zip(parameters, arguments, strict=True):
        convert = _to_lengths if name in _LENGTHS else _CONVERTERS[kind]
        values.append(convert(where, name, argument))
    _expect_one_device(where, [name for name, _ in parameters], values)
    return tuple(values)


def expect_tensor(where: str, name: str, value: Any, rank: int | None = None) -> Tensor:
    """Raises TypeError when `value` is no tensor, ValueError when it has not `rank` dimensions."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{where}: {name} must be a tensor, got {type(value).__name__}")
    if rank is not None and value.dim() != rank:
        raise ValueError(
            f"{where}: {name} must have {rank} dimensions, got shape {list(value.shape)}"
        )
    return value


def refuse_grad(where: str, tensors: Iterable[Tensor]) -> None:
    """Raises RuntimeError when a gradient is wanted: there is no backward pass to give it.

    Asked for where gradients are enabled only: reading every tensor's flag takes a while.
    """
    for tensor in tensors:
        if tensor.requires_grad:
            raise RuntimeError(
                f"{where}: there is no backward pass; call under torch.no_grad() or pass detached "
                "tensors, got a tensor that requires grad"
            )


def to_int32(where: str, name: str, lengths: Any) -> Tensor:
    """`lengths` as int32 without gaps; what int32 cannot hold becomes -1 or its largest value.

    The CPU backend refuses both; on a GPU, where lengths are not read before the launch, decode
    takes no length for more than its block table has pages for.
    """
    expect_tensor(where, name, lengths)
    if lengths.dtype is torch.int32 or lengths.dtype not in _OTHER_INTEGERS:
        return lengths if lengths.is_contiguous() else lengths.contiguous()
    return lengths.to(torch.int64).clamp(-1, _INT32_MAX).to(torch.int32)


def output_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype of attention over inputs of `dtype`: FP8 has too little precision for it."""
    return torch.bfloat16 if dtype in _FP8 else dtype


def _expect_one_device(where: str, names: Sequence[str], values: Sequence[Any]) -> None:
    """Raises ValueError when a tensor is not where the first one is."""
    first_name, device = "", None
    for name, value in zip(names, values, strict=True):
        for tensor in value if isinstance(value, list) else [value]:
            if not isinstance(tensor, Tensor):
                continue
            if device is None:
                first_name, device = name, tensor.device
            elif tensor.device != device:
                raise ValueError(
                    f"{where}: {name} must be on {device} as {first_name} is, got {tensor.device}"
                )


def _to_tensor(where: str, name: str, value: Any) -> Tensor | None:
    """Results and what only some calls have may be None."""
    return None if value is None and name in _OPTIONAL else expect_tensor(where, name, value)


def _to_lengths(where: str, name: str, value: Any) -> Tensor | None:
    return None if value is None and name in _OPTIONAL else to_int32(where, name, value)


def _to_tensors(where: str, name: str, values: Any) -> list[Tensor]:
    return [expect_tensor(where, f"each of {name}", value) for value in values]


def to_int(where: str, name: str, value: Any) -> int:
    if isinstance(value, int | torch.SymInt):
        return value
    try:
        return operator.index(value)
    except TypeError:
        raise _wrong_scalar(where, name, "an integer", value) from None


def to_float(where: str, name: str, value: Any) -> float:
    """Waits for a tensor that is on a GPU."""
    if isinstance(value, float | torch.SymFloat):
        return value
    if isinstance(value, str):
        raise _wrong_scalar(where, name, "a number", value)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise _wrong_scalar(where, name, "a number", value) from None


def to_bool(where: str, name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    is_one_element = isinstance(value, Tensor) and value.numel() == 1
    if isinstance(value, int) or is_one_element or type(value).__name__ in ("bool", "bool_"):
        return bool(value)  # the two names are those of NumPy's bool
    raise _wrong_scalar(where, name, "a bool", value)


def to_dtype(where: str, name: str, value: Any) -> torch.dtype:
    if isinstance(value, torch.dtype):
        return value
    raise _wrong_scalar(where, name, "a torch.dtype", value)


def _to_text(where: str, name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _wrong_scalar(where, name, "a string", value)


def _wrong_scalar(where: str, name: str, expected: str, value: Any) -> TypeError:
    given = f" of shape {list(value.shape)}" if isinstance(value, Tensor) else f" {value!r}"
    return TypeError(f"{where}: {name} must be {expected}, got {type(value).__name__}{given}")


# By the type of a parameter in an operator's schema.
_CONVERTERS: dict[str, Callable[[str, str, Any], Any]] = {
    "Tensor": _to_tensor,
    "Optional[Tensor]": _to_tensor,
    "List[Tensor]": _to_tensors,
    "int": to_int,
    "number": to_float,
    "bool": to_bool,
    "str": _to_text,
}
