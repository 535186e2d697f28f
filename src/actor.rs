//! Who acts, and from where: the key to owned rows.
//!
//! Every verb that touches them takes `&Actor`. Only `web/actor.rs`, the worker and the command line build one.

use std::net::IpAddr;

use crate::ids::UserId;

/// A user, and the way they (or something on their behalf) came in.
#[derive(Clone, Debug)]
pub struct Actor {
    user_id: UserId,
    origin: Origin,
    ip: Option<IpAddr>,
    agent: Option<String>,
}

/// From where an act comes; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Origin {
    /// A page.
    Browser,
    /// An AI assistant, through the MCP endpoint.
    Assistant,
    /// The hub itself, for the user (a worker that finishes a job).
    System,
    /// The command line on the server.
    Cli,
}

impl Origin {
    /// Everything there is to come from.
    pub const ALL: [Self; 4] = [Self::Browser, Self::Assistant, Self::System, Self::Cli];

    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Assistant => "assistant",
            Self::System => "system",
            Self::Cli => "cli",
        }
    }
}

impl Actor {
    /// Whoever calls this vouches that the user is who they say.
    #[must_use]
    pub const fn new(user_id: UserId, origin: Origin) -> Self {
        Self { user_id, origin, ip: None, agent: None }
    }

    /// Adds what is known of the client; the agent is cut to 300 characters.
    #[must_use]
    pub fn seen_at(mut self, ip: Option<IpAddr>, agent: Option<&str>) -> Self {
        self.ip = ip;
        self.agent = agent.map(|text| text.chars().take(300).collect());
        self
    }

    /// Whose rows these are.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// From where.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// The client's address, if it came over the network.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The client's name for itself.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }
}
