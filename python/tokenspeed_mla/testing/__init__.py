# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The library's test system: case tables, a float64 reference, derived tolerances, a self-test.

>>> from tokenspeed_mla.testing import selftest
>>> results = selftest.run_selftest(selftest.select_cases(ops=["merge"]))
>>> [result.error for result in results if not result.passed]
[]
"""
