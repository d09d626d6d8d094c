# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Prints clocks and power of a GPU through NVML: a line `seconds, SM MHz, memory MHz, W` a period.

    python nvml_poll.py GPU-UUID PERIOD_SECONDS

A process of its own, so that reading never delays a launch that is being measured; it imports
nothing but the standard library. Seconds are those of time.monotonic().
"""

import ctypes
import sys
import time

SM_CLOCK, MEMORY_CLOCK = 1, 2


def poll(uuid: str, period_seconds: float) -> None:
    """Prints until it is ended; at once nothing where there is no NVML or no such GPU."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return
    gpu = ctypes.c_void_p()
    if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(gpu)):
        return
    value = ctypes.c_uint()
    while True:
        readings = [time.monotonic()]
        for clock in (SM_CLOCK, MEMORY_CLOCK):
            if nvml.nvmlDeviceGetClockInfo(gpu, clock, ctypes.byref(value)):
                return
            readings.append(value.value)
        if nvml.nvmlDeviceGetPowerUsage(gpu, ctypes.byref(value)):
            return
        readings.append(1e-3 * value.value)
        print(*readings, sep=", ", flush=True)
        time.sleep(period_seconds)


if __name__ == "__main__":
    poll(sys.argv[1], float(sys.argv[2]))
