//! A hub as its operators see it: its metrics, and the files that read them.

mod documents;
mod metrics;
