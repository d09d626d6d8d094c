# make run     the main job: pack, prefill, decode over a paged cache; on the CPU when there is no GPU
# make test    every test
# make test-full  also the whole decode table on emulated GPUs, under more schedules and with races
# make aot     kernels compiled ahead of time, beside the Python package's library
# All install what they need first (Debian packages and a virtual environment in .venv).

PYTHON := .venv/bin/python
PRESET := release

.PHONY: run test test-full aot setup configure build format lint clean help

run: configure
	cmake --build --preset $(PRESET) --target tokenspeed_mla
	$(PYTHON) -m tokenspeed_mla run

test: build
	ctest --preset $(PRESET) -j$$(nproc)
	$(PYTHON) -m pytest -q

test-full: test
	ctest --preset $(PRESET) -j$$(nproc) -C Full -R _full$$

aot: build
	cmake --build --preset $(PRESET) --target aot

setup:
	scripts/setup

configure: setup
	cmake --preset $(PRESET)

build: configure
	cmake --build --preset $(PRESET)

format:
	.venv/bin/clang-format -i $$(git ls-files '*.h' '*.cc' '*.cuh')
	.venv/bin/ruff format python tests bench examples
	.venv/bin/ruff check --fix python tests bench examples

lint:
	.venv/bin/clang-format --dry-run -Werror $$(git ls-files '*.h' '*.cc' '*.cuh')
	.venv/bin/ruff format --check python tests bench examples
	.venv/bin/ruff check python tests bench examples

clean:
	rm -rf build dist .venv

help:
	@sed -n 's/^# //p' Makefile | head -5
