//! Name and addresses of a connection. Its own pages and the results of a check-up link with them.

use super::here::Here;
use super::path::segment;
use crate::connections::{ConnectionDetail, label};

/// Returns "Guarded", or "Guarded, Work" if the owner gave it a label.
pub(super) fn name(connection: &ConnectionDetail) -> String {
    match connection.label.as_str() {
        label::DEFAULT => connection.connector.clone(),
        label => format!("{}, {label}", connection.connector),
    }
}

pub(super) fn href(connection: &ConnectionDetail, here: &Here) -> String {
    here.path(&format!("/connections/{}", connection.id))
}

/// Returns true if a check-up can be made.
pub(super) fn can_be_checked(connection: &ConnectionDetail) -> bool {
    !connection.is_disconnected() && connection.is_listed
}

/// Returns the address at which the owner signs in again.
pub(super) fn sign_in_href(connection: &ConnectionDetail, here: &Here) -> String {
    here.path(&format!("/connectors/{}/connection?label={}", connection.slug, segment(&connection.label)))
}
