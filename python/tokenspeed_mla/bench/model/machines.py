# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""What the model knows of machines: rates of units, and latencies of signals between roles.

One figure here is fitted to the time of whole calls, and says so. On the H200 the others come from
loops over one thing (docs/kernels/decode_sm90.md, "What the clocks go into") or from copies and
products alone; on Blackwell they are documented, or from public loops on a B200, or assumed to be
the H200's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Latencies:
    """Clocks that pass although no unit is busy."""

    # Between two instructions of a warp that has its scheduler for itself: values through ldmatrix
    # and additions take 416 clocks a tile more than products alone, for 188 instructions.
    cadence: float = 2.2
    # From the last product to the warpgroup that waits for it: operands from shared memory (825
    # clocks for 576 of products), first operand from registers (830 for two warpgroups' 4 x 64).
    shared_product: float = 249.0
    register_product: float = 143.0
    # A wait for a barrier that is open: S in 16 bits takes 328 clocks beside its products, in three
    # waits instead of one.
    barrier: float = 40.0
    shuffle: float = 23.0  # public, as are those of Blackwell
    # tcgen05: least time of a product that adds to the sums of the one before, what a larger one
    # takes beyond its work, from the last one to a waiting warp, and a load of tensor memory.
    chained_product: float = 54.0
    product_overhead: float = 14.0
    commit: float = 52.0
    tensor_memory: float = 60.0


@dataclass(frozen=True)
class Machine:
    """Rates of a whole GPU a second, and of a streaming multiprocessor a clock."""

    name: str
    num_sms: int
    clock_hz: float  # where no measurement says another
    memory_bytes_per_second: float
    l2_bytes_per_clock: float  # that one SM can draw
    memory_seconds: float  # of one trip
    l2_seconds: float  # the same to the L2
    stored_bytes_per_clock: float  # that an SM writes of an FP8 piece's result
    start_seconds: Mapping[int, float] = field(hash=False)  # launch, work list; by element bytes
    latencies: Latencies = Latencies()
    tensor_macs: int = 4096  # of 8-bit elements; half in 16 bits
    shared_bytes: int = 128
    exponentials: int = 16


# Measured: decode's loads alone, from memory (755 MB in 176 us with the launch) and from the L2 (95
# us at 1.75 GHz); kernels that end early (1.1 + 1.3 + 0.7 us); serial trips to memory; partials of
# 64 rows against 16 (1.6 and 0.5 us). Fitted to whole calls: the start of the 16-bit kernel, which
# looks at the lengths behind its first barrier and clears shared memory before it.
H200 = Machine("H200", 132, 1.755e9, 4.35e12, 34.0, 0.7e-6, 0.3e-6, 22.0, {1: 3.1e-6, 2: 4.8e-6})

_BLACKWELL_START = {1: 3.1e-6, 2: 3.1e-6}

# 6.6 TB/s is what the best published decode kernels reach of 8; public loops on a B200 took 546 ns
# for a copy from memory and 200 ns from the L2. 64 bytes are an SM's port to the L2, the launch is
# the H200's.
B200 = Machine(
    "B200", 148, 1.85e9, 6.6e12, 64.0, 0.55e-6, 0.2e-6, 22.0, _BLACKWELL_START, tensor_macs=8192
)

B300 = replace(B200, name="B300", exponentials=32)
