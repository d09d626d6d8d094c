# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Measurement: timing, suites of shapes, baselines, results as JSON, tables and figures from them.

Nothing here asserts; the tests do. `python -m tokenspeed_mla bench --help` is the way in.
"""
