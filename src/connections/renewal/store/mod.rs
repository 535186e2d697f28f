//! The statements of renewals.

mod connection;
mod idle;
mod notice;
mod reminder;

pub(super) use connection::{degrade, due, expire, give_lease_back, hold, put_off_due, raise, take_lease, want};
pub(super) use idle::{accept, begin, idle, put_off};
pub(super) use notice::{Notice, drop_notice, take_notice, untold};
pub(super) use reminder::{Reminder, drop_reminder, take_reminder, unreminded};

use crate::ids::{ConnectionId, UserId};

/// A connection of somebody's, of which something is due.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub(super) owner: UserId,
    pub(super) id: ConnectionId,
}
