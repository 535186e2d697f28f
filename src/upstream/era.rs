//! The two eras of MCP, which begin an exchange differently.

use std::sync::{Arc, Mutex, PoisonError};

/// The request with which a server wants an exchange to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum ProtocolEra {
    /// `initialize`: revisions up to 2025-11-25.
    Initialize,
    /// `server/discover`, which need not be repeated: revisions from 2026-07-28.
    Discover,
}

impl ProtocolEra {
    /// All eras.
    pub const ALL: [Self; 2] = [Self::Initialize, Self::Discover];

    /// Returns the text in the database.
    #[must_use]
    pub const fn stored_text(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Discover => "discover",
        }
    }
}

/// The era of a server, as far as the hub knows it. An exchange starts with it, and corrects it; clones share it.
#[derive(Clone, Debug, Default)]
pub struct KnownEra(Arc<Mutex<Option<ProtocolEra>>>);

impl KnownEra {
    /// Starts with what is stored.
    #[must_use]
    pub fn new(stored: Option<ProtocolEra>) -> Self {
        Self(Arc::new(Mutex::new(stored)))
    }

    /// Returns the era; `None` if it has to be probed.
    #[must_use]
    pub fn get(&self) -> Option<ProtocolEra> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the era, so that the next exchange probes it. Returns the one that was known.
    pub(super) fn forget(&self) -> Option<ProtocolEra> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn set(&self, era: Option<ProtocolEra>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = era;
    }
}
