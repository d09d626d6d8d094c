# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""How long a call takes on the host, from Python, while the GPU is idle; prints one JSON object."""

import json
import statistics
import time
from collections.abc import Callable

import torch

import tokenspeed_mla


def host_us(call: Callable[[], object]) -> float:
    """Median microseconds of `call` alone, over 2000 calls."""
    times = []
    for _ in range(2000):
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) * 1e-3)
        torch.cuda.synchronize()
    return statistics.median(times)


def main() -> None:
    rows = torch.randn(16, 16, 256, device="cuda", dtype=torch.bfloat16)
    k_nope, v = rows[..., :128], rows[..., 128:]
    k_pe = torch.randn(16, 64, device="cuda", dtype=torch.bfloat16)
    k_out, v_out = tokenspeed_mla.mla_kv_pack_quantize_fp8(k_nope, k_pe, v)
    outs = [torch.randn(4, 16, 512, device="cuda") for _ in range(2)]
    lses = [torch.randn(4, 16, device="cuda") for _ in range(2)]
    out, lse = tokenspeed_mla.merge_states(outs, lses)
    pack = tokenspeed_mla.mla_kv_pack_quantize_fp8
    result = {
        "kv_pack_us": host_us(lambda: pack(k_nope, k_pe, v)),
        "kv_pack_into_given_us": host_us(lambda: pack(k_nope, k_pe, v, k_out=k_out, v_out=v_out)),
        "merge_states_into_given_us": host_us(
            lambda: tokenspeed_mla.merge_states(outs, lses, out=out, lse=lse)
        ),
        "torch": torch.__version__,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
