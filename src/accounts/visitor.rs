//! Somebody of whom only the way they came is known.

use std::net::IpAddr;

use crate::actor::{Actor, Origin};
use crate::ids::UserId;

/// Who asks to sign up or in, before the hub knows them.
#[derive(Clone, Debug)]
pub struct Visitor {
    origin: Origin,
    ip: Option<IpAddr>,
    agent: Option<String>,
}

impl Visitor {
    /// Somebody at a browser.
    #[must_use]
    pub fn at_browser(ip: Option<IpAddr>, agent: Option<&str>) -> Self {
        Self { origin: Origin::Browser, ip, agent: agent.map(ToOwned::to_owned) }
    }

    /// The operator, at the server's command line.
    #[must_use]
    pub const fn at_command_line() -> Self {
        Self { origin: Origin::Cli, ip: None, agent: None }
    }

    /// Where they come from.
    pub(super) const fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// Whose act this turned out to be.
    #[expect(clippy::disallowed_methods, reason = "accounts is where a visitor becomes a user")]
    pub(super) fn acting_as(&self, user: UserId) -> Actor {
        Actor::new(user, self.origin).seen_at(self.ip, self.agent.as_deref())
    }
}
