//! The statements of sign-ins, and of the connections they make.

mod connection;
mod transaction;

pub(super) use connection::{Former, Kept, keep, lock_connection, requested, want_less};
pub(super) use transaction::{
    AuthorizationStatus, Made, NewTransaction, Transaction, complete, fail, find, forget_old, hold, insert, lock, made,
    note_made,
};
