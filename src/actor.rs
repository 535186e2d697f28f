//! The actor: who acts, for which owner, and from where. Access to owned rows needs an actor.
//!
//! Functions on owned rows take `&Actor`. Only `web/actor`, the worker and the command line create one.

use std::net::IpAddr;

use crate::ids::{OwnerId, ProgramId, UserId};

/// A user, the owner whose rows they work on, and the origin of their act.
#[derive(Clone, Debug)]
pub struct Actor {
    user_id: UserId,
    owner_id: OwnerId,
    origin: Origin,
    via: Option<ProgramId>,
    ip: Option<IpAddr>,
    agent: Option<String>,
}

/// The origin of an act; text in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Origin {
    /// A page.
    Browser,
    /// An AI assistant, through the MCP endpoint.
    Assistant,
    /// The hub itself, for the user, such as a worker that finishes a job.
    System,
    /// The command line on the server.
    Cli,
}

impl Origin {
    /// All origins.
    pub const ALL: [Self; 4] = [Self::Browser, Self::Assistant, Self::System, Self::Cli];

    /// Returns the stored word.
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
    /// Creates an actor who works on their own rows. The caller must have verified that the user is who they claim to be.
    #[must_use]
    pub const fn new(user_id: UserId, origin: Origin) -> Self {
        Self { user_id, owner_id: user_id.as_owner(), origin, via: None, ip: None, agent: None }
    }

    /// Creates the actor for what the hub does for an owner by itself.
    #[must_use]
    pub const fn system(owner_id: OwnerId) -> Self {
        Self { user_id: UserId::HUB, owner_id, origin: Origin::System, via: None, ip: None, agent: None }
    }

    /// Returns the same actor, on behalf of the user who started what the hub does now.
    #[must_use]
    pub fn on_behalf_of(mut self, user: UserId) -> Self {
        self.user_id = user;
        self
    }

    /// Returns the same actor as the one who asked for a job. The job's own entry names who asked, and
    /// from where; what the hub does on the way keeps the origin of the hub.
    #[must_use]
    pub const fn asking_from(mut self, origin: Origin, ip: Option<IpAddr>) -> Self {
        self.origin = origin;
        self.ip = ip;
        self
    }

    /// Returns the same person, acting through a program.
    #[must_use]
    pub const fn through(mut self, program: Option<ProgramId>) -> Self {
        self.via = program;
        self
    }

    /// Returns the same person, working on the rows of `owner`. The database opens them to members only.
    #[must_use]
    pub fn within(mut self, owner: OwnerId) -> Self {
        self.owner_id = owner;
        self
    }

    /// Adds the client's address and user agent, which is cut to 300 characters.
    #[must_use]
    pub fn seen_at(mut self, ip: Option<IpAddr>, agent: Option<&str>) -> Self {
        self.ip = ip;
        self.agent = agent.map(|text| text.chars().take(300).collect());
        self
    }

    /// Returns the id of the user who acts; [`UserId::HUB`] if the hub acts by itself.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Returns the id of the owner whose rows the actor works on.
    #[must_use]
    pub const fn owner_id(&self) -> OwnerId {
        self.owner_id
    }

    /// Returns the origin.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Returns the program through which the user acts; `None` on a page and at the command line.
    #[must_use]
    pub const fn via(&self) -> Option<ProgramId> {
        self.via
    }

    /// Returns the client's network address.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// Returns the client's user agent.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }
}
