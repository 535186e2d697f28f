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
}

impl Visitor {
    /// Creates the visitor of a browser.
    #[must_use]
    pub fn from_browser(ip: Option<IpAddr>, agent: Option<&str>) -> Self {
        Self { origin: Origin::Browser, ip, agent: agent.map(ToOwned::to_owned) }
    }

    /// Creates the operator on the server's command line.
    #[must_use]
    pub const fn from_command_line() -> Self {
        Self { origin: Origin::Cli, ip: None, agent: None }
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
