# Every command a developer needs. `make test` is exactly what CI runs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run test lint fmt sqlx sqlx-check unit browser seed bench release audit setup-run setup-test

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup-run ## Install what is missing, build, and start on http://127.0.0.1:8080
	cargo build --release --locked
	@# a hub on one's own machine may reach servers on that machine; it holds only while listening on loopback
	CRAFT_EGRESS_ALLOW="$${CRAFT_EGRESS_ALLOW-127.0.0.0/8,::1/128}" exec target/release/craft serve

test: setup-test lint sqlx-check unit browser ## Every check that CI makes
	@echo "all checks passed"

lint: ## Format, clippy and documentation, all without a warning
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked

fmt: ## Format the sources
	cargo fmt

unit: ## Unit, property, architecture and integration tests
	cargo test --locked

browser: ## The real binary in a real browser, JavaScript off and on, with axe on every page
	@# with a test beside it cargo chooses the features that `unit` has built the binary with, so there is nothing left to do
	cargo build --locked --bin craft --test architecture
	node --test --test-concurrency=1 tests/browser/

sqlx: ## Record the statements in .sqlx (after changing SQL or a migration)
	scripts/sqlx write

sqlx-check: ## Fail if .sqlx is not what the sources and migrations say
	scripts/sqlx check

seed: ## Fill the hub's database with a past, to look at full pages (OWNER=e-mail of an account, JOBS=10000)
	cargo run --release --locked --example seed -- --owner $(OWNER) --jobs $(or $(JOBS),10000)

bench: setup-run ## Measure the budgets, each beside its target and a peer (ONLY=queue: one group); appends to target/bench.jsonl
	cargo bench --locked --bench budgets -- $(ONLY)

release: ## The binary that is shipped: target/release/craft
	cargo build --release --locked

audit: ## Advisories, licences and bans (installs cargo-deny: some minutes, once)
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check

setup-run:
	@scripts/setup run

setup-test:
	@scripts/setup test
