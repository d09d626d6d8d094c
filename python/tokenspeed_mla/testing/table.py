# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The case tables: one list of problems that every target runs.

A table file holds ``defaults`` (every field a case may have) and ``rules``. A rule is a case that
may carry ``each``: the cross product of its lists becomes one case per combination, the last key
turning fastest. The key ``with`` of ``each`` lists objects whose fields belong together. The seeds
of a rule's cases count up from the rule's seed. The C++ tests read the same files in the same way.
"""

import functools
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

OPS = ("decode", "prefill", "kv_pack", "merge")
TAGS = ("quick", "slow", "large", "gpu_only")


@dataclass(frozen=True)
class Case:
    """One problem of a table: fields as attributes of ``fields``, unique by ``op`` and ``name``."""

    op: str
    name: str
    tags: tuple[str, ...]
    seed: int
    fields: dict[str, Any]

    def __getitem__(self, field: str) -> Any:
        return self.fields[field]

    def __str__(self) -> str:
        return f"{self.op}: {self.name}"


def make_case(op: str, name: str, seed: int, fields: dict[str, Any]) -> Case:
    """A case that stands in no table: the defaults of its op but for these fields."""
    rule = {"name": name, "seed": seed, **fields}
    return parse_table(op, {"defaults": _table(op)["defaults"], "rules": [rule]})[0]


def load_cases(op: str, tags: Iterable[str] = TAGS) -> list[Case]:
    """The cases of ``op`` that carry at least one of ``tags``."""
    wanted = set(tags)
    return [case for case in parse_table(op, _table(op)) if wanted & set(case.tags)]


@functools.cache
def _table(op: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath("cases", f"{op}.json").read_text("utf-8")
    return json.loads(text)


def parse_table(op: str, table: dict[str, Any]) -> list[Case]:
    """All cases of a parsed table file; ValueError on unknown fields, tags and repeated names."""
    cases = [case for rule in table["rules"] for case in _expand(op, rule, table["defaults"])]
    names = [case.name for case in cases]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{op} table: repeated names {sorted(repeated)}")
    return cases


def _expand(op: str, rule: dict[str, Any], defaults: dict[str, Any]) -> Iterator[Case]:
    each = rule.get("each", {})
    own = {k: v for k, v in rule.items() if k not in ("name", "tags", "seed", "each")}
    for index, values in enumerate(itertools.product(*each.values())):
        changes: dict[str, Any] = {}
        for key, value in zip(each, values, strict=True):
            changes.update(value if key == "with" else {key: value})
        yield _expanded_case(op, rule, index, own, changes, defaults)


def _expanded_case(
    op: str,
    rule: dict[str, Any],
    index: int,
    own: dict[str, Any],
    changes: dict[str, Any],
    defaults: dict[str, Any],
) -> Case:
    name = "/".join([rule["name"], *(f"{key}={_label(value)}" for key, value in changes.items())])
    tags = tuple(rule.get("tags", ["quick"]))
    if unknown := (own.keys() | changes.keys()) - defaults.keys():
        raise ValueError(f"{op} table, {name}: unknown fields {sorted(unknown)}")
    if unknown_tags := set(tags) - set(TAGS):
        raise ValueError(f"{op} table, {name}: unknown tags {sorted(unknown_tags)}")
    return Case(op, name, tags, rule.get("seed", 1) + index, {**defaults, **own, **changes})


def _label(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
