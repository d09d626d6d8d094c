# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Device facts under the module name that engines import them by."""

from tokenspeed_mla.planning import get_num_sm

__all__ = ["get_num_sm"]
