//! The integration tests, against real servers. They are one binary, because each further one costs a link.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where; the lint's exemption stops at #[test] bodies"
)]

mod accounts;
mod admin;
mod application_fields;
mod assistants;
mod audit;
mod authorization;
mod authorization_server;
mod bearer;
mod binary;
mod client_credentials;
mod conformance;
mod connections;
mod connectors;
mod dashboard;
mod db;
mod egress;
mod foreign_text;
mod form_restore;
mod hosted_files;
mod in_organisations;
mod jobs;
mod live;
mod mail;
mod mcp;
mod migrations;
mod oauth;
mod organisations;
mod providers;
mod queue;
mod registry;
mod rest;
mod schema_form;
mod search;
mod seed;
mod services;
mod settings;
mod sign_in;
mod sign_in_choice;
mod state_columns;
mod support;
mod telemetry;
mod tool_result;
mod upstream;
mod vault;
mod workbench;
