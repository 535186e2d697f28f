//! Managed.
