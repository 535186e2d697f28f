//! The statements of refreshes.

mod connection;
mod idle;
mod notice;
mod reminder;

pub(super) use connection::{
    add_requested_scopes, degrade, due, expire, give_lease_back, hold, postpone_due, store_refreshed_tokens, take_lease,
};
pub(super) use idle::{accept, begin, idle, postpone};
pub(super) use notice::{Notice, drop_notice, take_notice, untold};
pub(super) use reminder::{Reminder, drop_reminder, take_reminder, unreminded};

use crate::ids::{ConnectionId, UserId};

/// A connection of somebody's, of which something is due.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub(super) owner: UserId,
    pub(super) id: ConnectionId,
}
