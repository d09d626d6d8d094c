# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The command lines: `python -m tokenspeed_mla COMMAND`, and what the documented ones share.

Exit codes: 0 done, 1 a check failed, 2 a flag or its value is wrong.
"""
