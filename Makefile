# Every command a developer needs. `make test` is exactly what CI runs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run test test-fast test-one lint fmt sqlx sqlx-check unit browser seed bench release audit setup-run setup-test

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup-run ## Install what is missing, build, and start on http://127.0.0.1:8080
	@[ -e target/release/craft ] || echo "Building. The first build takes about 10 minutes on two cores; later ones take seconds, or a few minutes after an update."
	cargo build --release --locked
	@# while the hub listens on loopback, it may reach other servers on this machine
	CRAFT_EGRESS_ALLOW="$${CRAFT_EGRESS_ALLOW-127.0.0.0/8,::1/128}" exec target/release/craft serve

test: setup-test lint sqlx-check unit browser ## Run every check, as CI does
	@echo "all checks passed"

test-fast: setup-test lint sqlx-check unit ## Run every check except the browser suite
	@echo "all checks but the browser suite passed"

test-one: ## Run the tests whose name contains T, with their output (T=oauth::storing)
	@[ -n "$(T)" ] || { echo "name the tests: make test-one T=oauth::storing" >&2; exit 1; }
	cargo test --locked --lib --test it --test architecture --test design -- --nocapture $(T)

lint: ## Check the format, clippy and the documentation; a warning fails
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked

fmt: ## Format the sources
	cargo fmt

unit: ## Run the unit, property, architecture and integration tests; the slowest are listed
	cargo test --locked --config "target.'cfg(unix)'.runner = 'scripts/run-test-program'"

browser: ## Run the browser suite: the binary in Chromium, with and without JavaScript, with axe on every page
	@# built beside a test, the binary has the same features as in `unit`, and cargo does not build it again
	cargo build --locked --bin craft --test architecture
	@# one process for all files: they share one hub and one Chromium
	scripts/node --test --test-isolation=none --test-timeout=1200000 \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=./tests/browser/support/durations.mjs --test-reporter-destination=stdout tests/browser/*.test.mjs

sqlx: ## Record the statements in .sqlx, after a change of SQL or a migration
	scripts/sqlx write

sqlx-check: ## Check that .sqlx matches the sources and the migrations
	scripts/sqlx check

seed: ## Fill the hub's database with jobs of the past (OWNER=email of an account, JOBS=10000)
	cargo run --release --locked --example seed -- --owner $(OWNER) --jobs $(or $(JOBS),10000)

bench: setup-run ## Measure the budgets against their targets and peers (ONLY=queue for one group); appends to target/bench.jsonl
	cargo bench --locked --bench budgets -- $(ONLY)

release: ## Build the binary for release: target/release/craft
	cargo build --release --locked

audit: ## Check advisories, licences and bans; installs cargo-deny, which takes minutes the first time
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check

setup-run:
	@scripts/setup run

setup-test:
	@scripts/setup test
