# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Cases drawn by Hypothesis, for tests of properties.

Examples are the same on every run; `pytest --hypothesis-profile=explore` looks further.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tokenspeed_mla.testing.table import Case, make_case

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("explore", deadline=None, max_examples=3000)
settings.load_profile("repeatable")


def cases(op: str, **fields: st.SearchStrategy) -> st.SearchStrategy[Case]:
    """Cases of an op with the table's defaults for what is not drawn."""

    def make(drawn: dict[str, Any]) -> Case:
        return make_case(op, "random", drawn.pop("seed"), drawn)

    return st.fixed_dictionaries({"seed": st.integers(1, 10**6), **fields}).map(make)
