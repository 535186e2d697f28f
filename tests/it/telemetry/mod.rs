//! A hub as its operators see it: its metrics, the files that read them, and its traces.

mod documents;
mod metrics;
mod traces;
