# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""A model of the time that decode takes: counted instructions, rates of a machine, a schedule.

The emulator counts what each role of a kernel does for a key tile (`counters`), `machines` says how
fast units are and how long signals take, `hopper_*` and `blackwell` say who waits for whom, and
`engine` lets them run. `python -m tokenspeed_mla.bench.model` compares it with what an H200
measured, and applies it to a Blackwell GPU. It says "modelled", never "measured".
"""
