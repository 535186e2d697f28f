//! A person who is not signed in.

use std::net::IpAddr;

use crate::actor::{Actor, Origin};
use crate::ids::UserId;

/// The sender of a request to sign up or sign in.
#[derive(Clone, Debug)]
pub struct Visitor {
    origin: Origin,
    ip: Option<IpAddr>,
    agent: Option<String>,
    time_zone: Option<String>,
}

impl Visitor {
    /// Creates the visitor of a browser.
    #[must_use]
    pub fn from_browser(ip: Option<IpAddr>, agent: Option<&str>) -> Self {
        Self { origin: Origin::Browser, ip, agent: agent.map(ToOwned::to_owned), time_zone: None }
    }

    /// Creates the operator on the server's command line.
    #[must_use]
    pub const fn from_command_line() -> Self {
        Self { origin: Origin::Cli, ip: None, agent: None, time_zone: None }
    }

    /// Sets the time zone of the browser: the name that a [`jiff::tz::TimeZone`] has.
    #[must_use]
    pub fn in_time_zone(mut self, name: Option<&str>) -> Self {
        self.time_zone = name.map(ToOwned::to_owned);
        self
    }

    /// Returns the time zone of an account that the visitor creates.
    pub(super) fn time_zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or("UTC")
    }

    /// Returns the visitor's network address.
    pub(super) const fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// Returns the actor that the visitor turned out to be.
    #[expect(clippy::disallowed_methods, reason = "a visitor becomes a user in this module")]
    pub(super) fn acting_as(&self, user: UserId) -> Actor {
        Actor::new(user, self.origin).seen_at(self.ip, self.agent.as_deref())
    }
}
