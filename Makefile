# The commands of this project. `make` alone prints them; everything else is a cargo or script call you can read here.

DEMO_DATA ?= .data/demo
DEV_DATA ?= .data/dev

PORTAL_SOURCES = $(shell find portal/src portal/public portal/scripts -type f 2>/dev/null) portal/index.html portal/vite.config.ts

.PHONY: help run dev portal test check e2e fmt gen bench bench-telemetry bench-mqtt fuzz accept soak screenshots clean

help: ## print these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: portal ## build the portal and the release binary, and start a living house (data in .data/demo)
	cargo build --release --locked --bin lares
	target/release/lares demo --data $(DEMO_DATA)

dev: portal ## the same from a debug build (data in .data/dev)
	cargo run --locked --bin lares -- demo --data $(DEV_DATA)

portal: portal/dist/index.html ## build the portal, where its sources changed

portal/node_modules/.package-lock.json: portal/package-lock.json
	npm --prefix portal ci --no-audit --no-fund --loglevel=error
	@touch $@

portal/dist/index.html: portal/node_modules/.package-lock.json $(PORTAL_SOURCES)
	npm --prefix portal run --silent build

test: ## install what the tests need, check, run every test
	scripts/prepare-tests.sh
	$(MAKE) --no-print-directory portal check
	npm --prefix portal test --silent
	$(MAKE) --no-print-directory e2e
	cargo nextest run --workspace --locked

e2e: portal ## drive the portal in Chromium against a server of its own
	cargo build --locked --bin lares
	npm --prefix portal run --silent e2e

check: portal/node_modules/.package-lock.json ## format, lints, house rules, generated files current
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

bench-telemetry: ## measure the telemetry engine beside five other stores: make bench-telemetry ARGS="--points 2000000"
	scripts/bench-telemetry.sh $(ARGS)

bench-mqtt: ## measure the MQTT broker beside Mosquitto: make bench-mqtt ARGS="--rounds 5"
	scripts/bench-mqtt.sh $(ARGS)

accept: ## run third-party programs against a live demo: make accept ACCEPT=<folder>
	scripts/accept.sh

soak: ## every test, the ignored ones too, with many more cases (bounded by SOAK_SECONDS)
	scripts/soak.sh

fuzz: ## fuzz the MQTT decoder, session, journal and the dialects (FUZZ_SECONDS each)
	scripts/fuzz.sh

screenshots: ## make the pictures of the README from a running demo
	scripts/screenshots.sh

clean: ## remove what was built, and the demo data in .data
	cargo clean
	rm -rf .data portal/node_modules portal/dist tests/oauth/node_modules
