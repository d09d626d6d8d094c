# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Loads the compiled extension, whose functions are those of src/ffi."""

from pathlib import Path

import tvm_ffi

LIBRARY_PATH = Path(__file__).with_name("libtokenspeed_mla.so")

if not LIBRARY_PATH.exists():
    raise ImportError(f"tokenspeed_mla is not built: {LIBRARY_PATH} is missing (run `make build`)")

# tvm-ffi knows the other three exceptions of src/ffi/export.h by itself.
tvm_ffi.register_error("NotImplementedError", NotImplementedError)

_module = tvm_ffi.load_module(LIBRARY_PATH)

decode = _module.get_function("decode")
prefill = _module.get_function("prefill")
kv_pack = _module.get_function("kv_pack")
merge_states = _module.get_function("merge_states")

decode_workspace_size = _module.get_function("decode_workspace_size")
can_implement = _module.get_function("can_implement")
explain = _module.get_function("explain")
device_facts = _module.get_function("device_facts")
known_devices = _module.get_function("known_devices")
num_cpu_workers = _module.get_function("num_cpu_workers")

__version__: str = str(_module.get_function("version")())
