//! The slot for the viewer of a request, which the error page reads.

use std::sync::{Arc, OnceLock};

use http::request::Parts;

use super::{HubNotes, Shell, ShellUser, ZoneNote};

/// The slot for the viewer of a request. The extractor that finds the user fills it; the error page, which is rendered
/// outside of the handler, reads it to show the navigation.
#[derive(Clone, Debug, Default)]
pub struct ViewerSlot(Arc<Found>);

#[derive(Debug, Default)]
struct Found {
    user: OnceLock<ShellUser>,
    notes: OnceLock<HubNotes>,
}

impl ViewerSlot {
    /// Stores the user of this request. The first call wins.
    pub fn fill(parts: &Parts, user: ShellUser) {
        if let Some(viewer) = parts.extensions.get::<Self>() {
            // a second user in one request would be the same
            let _ = viewer.0.user.set(user);
        }
    }

    /// Stores the state of the hub. The first call wins.
    pub(in crate::web) fn fill_notes(parts: &Parts, notes: HubNotes) {
        if let Some(viewer) = parts.extensions.get::<Self>() {
            // the state of one request
            let _ = viewer.0.notes.set(notes);
        }
    }

    /// Builds the shell of the error page, which shows no times.
    pub(in crate::web) fn shell(&self, title: &str) -> Shell {
        let user = self.0.user.get().cloned();
        let user = user.map(|user| ShellUser { zone_note: ZoneNote::default(), ..user });
        Shell::new(title).with_user(user).with_notes(self.0.notes.get().copied().unwrap_or_default())
    }
}
