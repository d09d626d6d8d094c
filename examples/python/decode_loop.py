# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""A decode loop over a paged cache, as a serving engine runs one layer of it.

On a GPU one step is captured into a CUDA graph and replayed: lengths, page tables and the number of
live requests change between replays, the graph does not. On a CPU the same step is called.

    python examples/python/decode_loop.py [--device cuda]
"""

import argparse
import sys
from collections.abc import Callable

import torch

from tokenspeed_mla import get_num_sm, tokenspeed_mla_decode

LATENT, ROPE, HEADS, PAGE = 512, 64, 16, 64
WIDTH = LATENT + ROPE
ROWS = 4  # requests that a step has room for
NEW_TOKENS = 2  # of each request and step: one, and one speculated
MAX_LENGTH = 1024
SCALE = 192**-0.5
ALLOWED_ERROR = 0.05  # of FP8 probabilities and of the bfloat16 output, relative to float64


class PagedCache:
    """Pages [pages, 64, 576] in FP8 and a page table; rows without a request point to page 0."""

    def __init__(self, device: torch.device) -> None:
        columns = MAX_LENGTH // PAGE
        shape = (1 + ROWS * columns, PAGE, WIDTH)
        self.pages = torch.zeros(shape, dtype=torch.uint8, device=device).view(torch.float8_e4m3fn)
        self.tables = torch.zeros(ROWS, columns, dtype=torch.int32, device=device)
        self.lens = torch.zeros(ROWS, dtype=torch.int32, device=device)
        self._free = list(range(1, shape[0]))
        self._held: list[list[int]] = [[] for _ in range(ROWS)]

    def reserve(self, row: int, length: int) -> None:
        """Gives a row pages for `length` keys; the host does this between steps."""
        while len(self._held[row]) * PAGE < length:
            self._held[row].append(self._free.pop())
            self.tables[row, len(self._held[row]) - 1] = self._held[row][-1]

    def release(self, row: int) -> None:
        """Ends a request: its row is empty until the next one takes it."""
        self._free += self._held[row]
        self._held[row] = []
        self.tables[row] = 0
        self.lens[row] = 0

    def fill(self, row: int, latents: torch.Tensor) -> None:
        """Starts a request with the latents [tokens, 576] that a prefill made of its prompt."""
        self.reserve(row, len(latents))
        positions = torch.arange(len(latents), device=self.lens.device)
        self._write(self.tables[row : row + 1], positions[None], latents)
        self.lens[row] = len(latents)

    def append(self, latents: torch.Tensor, live: torch.Tensor) -> None:
        """Writes latents [rows, tokens, 576] behind each row's keys; nothing here asks the host."""
        tokens = latents.shape[1]
        positions = self.lens[:, None] + torch.arange(tokens, device=self.lens.device)
        self._write(self.tables, positions, latents)
        self.lens += tokens * live

    def _write(self, tables: torch.Tensor, positions: torch.Tensor, latents: torch.Tensor) -> None:
        pages = tables.gather(1, (positions // PAGE).long())
        slots = (pages * PAGE + positions % PAGE).flatten()
        rows = latents.to(self.pages.dtype).view(torch.uint8).view(-1, WIDTH)
        self.pages.view(torch.uint8).view(-1, WIDTH).index_copy_(0, slots, rows)


class Layer:
    """One attention layer: the buffers that a captured step reads and writes."""

    def __init__(self, device: torch.device) -> None:
        self.cache = PagedCache(device)
        self.live = torch.zeros(ROWS, dtype=torch.int32, device=device)  # 1: row has a request
        self.latents = torch.zeros(ROWS, NEW_TOKENS, WIDTH, dtype=torch.bfloat16, device=device)
        self.query = torch.zeros(ROWS, NEW_TOKENS, HEADS, WIDTH, device=device)
        self.query = self.query.to(torch.float8_e4m3fn)
        self.out = torch.empty(
            (ROWS, NEW_TOKENS, HEADS, LATENT), dtype=torch.bfloat16, device=device
        )
        workspace_bytes = get_num_sm(device) * HEADS * NEW_TOKENS * (LATENT + 1) * 4
        self.workspace = torch.empty(workspace_bytes, dtype=torch.uint8, device=device)

    def step(self) -> None:
        """Appends the new tokens' latents and attends to everything cached so far."""
        self.cache.append(self.latents, self.live)
        tokenspeed_mla_decode(
            self.query,
            self.cache.pages,
            self.workspace,
            LATENT,
            ROPE,
            self.cache.tables,
            self.cache.lens,
            MAX_LENGTH,
            SCALE,
            out=self.out,
        )


def make_step(layer: Layer) -> Callable[[], None]:
    """The step on a CPU; on a GPU the replay of a graph, captured while every row is empty."""
    if layer.out.device.type == "cpu":
        return layer.step
    layer.step()  # what is made on first use cannot be made while capturing
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        layer.step()
    return graph.replay


def error_of(layer: Layer, row: int, history: torch.Tensor) -> float:
    """Relative error of a row's output against float64 attention over its latents."""
    keys = history.to(torch.float8_e4m3fn).double()
    query = layer.query[row].double()
    scores = SCALE * torch.einsum("thd,kd->thk", query, keys)
    visible = len(keys) - NEW_TOKENS + 1 + torch.arange(NEW_TOKENS, device=keys.device)
    hidden = torch.arange(len(keys), device=keys.device) >= visible[:, None, None]
    exact = scores.masked_fill(hidden, float("-inf")).softmax(-1) @ keys[:, :LATENT]
    return float((layer.out[row].double() - exact).norm() / exact.norm())


def run(device: torch.device, num_steps: int = 12) -> float:
    """Serves requests that come and go; returns the largest error of any step."""
    generator = torch.Generator(device).manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, device=device).bfloat16()

    layer = Layer(device)
    step = make_step(layer)
    histories: dict[int, torch.Tensor] = {}
    worst = 0.0
    for number in range(num_steps):
        if number % 3 == 0:  # one comes
            row = next(r for r in range(ROWS) if r not in histories)
            histories[row] = random(60 + 70 * number, WIDTH)
            layer.cache.fill(row, histories[row])
            layer.live[row] = 1
        if number % 5 == 4:  # the longest one leaves
            row = max(histories, key=lambda r: len(histories[r]))
            del histories[row]
            layer.cache.release(row)
            layer.live[row] = 0
        for row, history in histories.items():
            layer.cache.reserve(row, len(history) + NEW_TOKENS)
        layer.latents.copy_(random(*layer.latents.shape))
        layer.query.copy_(random(*layer.query.shape))
        step()
        for row in histories:
            histories[row] = torch.cat([histories[row], layer.latents[row]])
            worst = max(worst, error_of(layer, row, histories[row]))
        lens = layer.cache.lens.tolist()
        print(f"step {number:2}: lengths {lens}, largest error so far {worst:.1e}")
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    worst = run(torch.device(parser.parse_args().device))
    print("agrees with float64" if worst < ALLOWED_ERROR else f"error {worst:.1e} is too large")
    return 0 if worst < ALLOWED_ERROR else 1


if __name__ == "__main__":
    sys.exit(main())
