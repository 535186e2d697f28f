//! The states of a connection, as they are stored.

/// The status of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// Calls can go through the connection.
    Active,
    /// The credential is no longer valid; the owner has to connect again.
    Expired,
    /// The connection cannot be used; its health says why.
    Error,
    /// The owner has disconnected the connection. Only its history can be read.
    #[sqlx(rename = "revoked")]
    Disconnected,
}

impl ConnectionStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Active, Self::Expired, Self::Error, Self::Disconnected];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Error => "error",
            Self::Disconnected => "revoked",
        }
    }

    /// Returns true if calls can go through the connection.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Returns true if the connection stopped working and can be connected again.
    #[must_use]
    pub const fn is_broken(self) -> bool {
        matches!(self, Self::Expired | Self::Error)
    }

    /// Returns true if the owner has disconnected the connection.
    #[must_use]
    pub const fn is_disconnected(self) -> bool {
        matches!(self, Self::Disconnected)
    }
}

/// The health of a connection: how well an active one works, or why another does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ConnectionHealth {
    /// The connection works.
    Ok,
    /// Some tools need permissions that the owner has not granted.
    Limited,
    /// The last refreshes or verifications failed; the hub tries again.
    Degraded,
    /// The service or the provider rejects the credential.
    ReauthRequired,
    /// Refreshes or verifications have failed for days; the hub tries once a day.
    Exhausted,
}

impl ConnectionHealth {
    /// Every health.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Limited, Self::Degraded, Self::ReauthRequired, Self::Exhausted];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Limited => "limited",
            Self::Degraded => "degraded",
            Self::ReauthRequired => "reauth_required",
            Self::Exhausted => "exhausted",
        }
    }

    /// Returns true if nothing is wrong.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }
}
