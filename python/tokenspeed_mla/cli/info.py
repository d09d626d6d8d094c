# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What is installed, which devices there are, and where things are looked for."""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import json
import os
import platform

import torch

import tokenspeed_mla
from tokenspeed_mla import _library
from tokenspeed_mla.bench.machine import cpu_name

ENVIRONMENT = (
    "TOKENSPEED_MLA_PREFILL_BACKEND",
    "TOKENSPEED_MLA_FMHA_BINARY_SO",
    "TOKENSPEED_MLA_CACHE_DIR",
    "TOKENSPEED_MLA_LIBCUDA",
    "TOKENSPEED_MLA_TARGET",
    "TOKENSPEED_MLA_NVRTC",
    "OMP_NUM_THREADS",
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def main(options: argparse.Namespace) -> int:
    facts = collect()
    if options.json:
        print(json.dumps(facts, indent=1))
        return 0
    width = max(len(name) for section in facts.values() for name in section)
    for title, section in facts.items():
        print(title)
        for name, value in section.items():
            print(f"  {name.ljust(width)}  {value}")
    return 0


def collect() -> dict[str, dict[str, str]]:
    """Sections of names and values, all text."""
    return {
        "versions": {
            "tokenspeed-mla": tokenspeed_mla.__version__,
            "library": str(_library.LIBRARY_PATH),
            "torch": torch.__version__,
            "apache-tvm-ffi": _version("apache-tvm-ffi"),
            "python": platform.python_version(),
        },
        "devices": _devices(),
        "backends": {
            "prefill": os.environ.get("TOKENSPEED_MLA_PREFILL_BACKEND", "jit (default)"),
            "binary prefill": "found" if tokenspeed_mla.has_binary_prefill() else "none",
            "CUDA driver": _driver(),
            "compiled kernels": _compiled_kernels(),
        },
        "environment": {name: os.environ.get(name, "not set") for name in ENVIRONMENT},
    }


def _devices() -> dict[str, str]:
    devices = {"cpu": _cpu()}
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        devices[f"cuda:{index}"] = (
            f"{properties.name}, sm_{properties.major}{properties.minor}, "
            f"{properties.multi_processor_count} SMs, {_support(f'cuda:{index}')}"
        )
    devices["plans known for"] = ", ".join(tokenspeed_mla.known_devices())
    return devices


def _cpu() -> str:
    """The processor, or the emulated GPU that takes its place, or why that cannot."""
    if not os.environ.get("TOKENSPEED_MLA_TARGET"):
        return f"{cpu_name()}, {tokenspeed_mla.get_num_sm('cpu')} threads"
    try:
        facts = tokenspeed_mla.device_facts("cpu")
    except (RuntimeError, ValueError) as error:
        return f"not usable: {error}"
    return f"emulated {facts.name}, {facts.arch}, {facts.num_sms} SMs, {_support('cpu')}"


def _support(device: str) -> str:
    """Which operations this build can run on a device."""
    problems = (
        tokenspeed_mla.DecodeProblem(max_seq_len=1024),
        tokenspeed_mla.PrefillProblem(total_q=64, total_kv=64, max_seq_len_q=64, max_seq_len_kv=64),
        tokenspeed_mla.KvPackProblem(num_tokens=64),
        tokenspeed_mla.MergeProblem(),
    )
    try:
        names = [p.op for p in problems if tokenspeed_mla.can_implement(p, device)]
    except (RuntimeError, ValueError) as error:
        return f"not usable: {error}"
    return f"runs {', '.join(names)}" if names else "no kernel in this build"


def _driver() -> str:
    """Whether the CUDA driver library can be loaded, or why not."""
    name = os.environ.get("TOKENSPEED_MLA_LIBCUDA", "libcuda.so.1")
    try:
        ctypes.CDLL(name)
    except OSError as error:
        return f"not found ({error})"
    return f"{name} found"


def _compiled_kernels() -> str:
    """The architectures whose kernels were compiled ahead of time and lie beside the library."""
    prefix = "libmla_kernels_"
    files = _library.LIBRARY_PATH.parent.glob(f"{prefix}*.so")
    names = sorted(file.stem.removeprefix(prefix) for file in files)
    return ", ".join(names) or "none: NVRTC compiles a kernel when it is first used"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
