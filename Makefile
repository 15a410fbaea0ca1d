# The commands of this project. `make` alone prints them; everything else is a cargo or script call you can read here.

DEMO_DATA ?= .data/demo
DEV_DATA ?= .data/dev

.PHONY: help run dev test check fmt gen bench accept soak clean

help: ## print these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## build the release binary and start a demo home (data in .data/demo)
	cargo build --release --locked --bin lares
	target/release/lares demo --data $(DEMO_DATA)

dev: ## start a demo home from a debug build (data in .data/dev)
	cargo run --locked --bin lares -- demo --data $(DEV_DATA)

test: ## install what the tests need, check, run every test
	scripts/prepare-tests.sh
	$(MAKE) --no-print-directory check
	cargo nextest run --workspace --locked

check: ## format, lints, house rules, generated files current
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask tidy
	cargo xtask gen --check
	npm --prefix portal run --silent check

fmt: ## format the Rust sources
	cargo fmt --all

gen: ## write the generated files (API document, client types, config manual, schema)
	cargo xtask gen

bench: ## measure, with Mosquitto beside it in the same run
	scripts/bench.sh

accept: ## run third-party programs against a live demo: make accept ACCEPT=<folder>
	scripts/accept.sh

soak: ## every test, the ignored ones too, with many more cases (bounded by SOAK_SECONDS)
	scripts/soak.sh

clean: ## remove what was built, and the demo data in .data
	cargo clean
	rm -rf .data portal/node_modules
