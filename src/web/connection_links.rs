//! Name and addresses of a connection. Its own pages, the dashboard and the results of a check-up link with them.

use super::here::Here;
use super::path::segment;
use crate::connections::attention::ConnectionProblem;
use crate::connections::{ConnectionDetail, OwnerStep, label};
use crate::connectors::{AuthKind, Transport};
use crate::ids::ConnectionId;

/// Returns "Guarded", or "Guarded, Work" if the owner gave it a label.
pub(super) fn name(connection: &ConnectionDetail) -> String {
    name_with_label(&connection.connector, &connection.label)
}

/// Returns the name of a connection from the name of its connector and its label.
pub(super) fn name_with_label(connector: &str, label: &str) -> String {
    if label::is_given(label) { format!("{connector}, {label}") } else { connector.to_owned() }
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
    sign_in_path(&connection.slug, &connection.label, here)
}

fn sign_in_path(slug: &str, label: &str, here: &Here) -> String {
    here.path(&format!("/connectors/{slug}/connection?label={}", segment(label)))
}

/// The link that mends a connection.
pub(super) struct StepLink {
    pub(super) label: &'static str,
    pub(super) href: String,
}

impl StepLink {
    /// Returns the link for a connection of a list. What expires soon can be mended before it breaks.
    pub(super) fn for_connection(connection: &ConnectionDetail, expires_soon: bool, here: &Here) -> Option<Self> {
        let renewal = (expires_soon && !connection.is_disconnected()).then_some(OwnerStep::ReplaceCredential);
        let step = connection.owner_step().or(renewal)?;
        let is_elsewhere = step != OwnerStep::ReplaceCredential;
        if is_elsewhere && !can_be_checked(connection) {
            return None;
        }
        let place = (connection.id, connection.slug.as_str(), connection.label.as_str());
        Some(Self::new(step, place, connection.takes_key(), here))
    }

    /// Returns the link for a connection of the dashboard, whose connector is listed.
    pub(super) fn for_problem(problem: &ConnectionProblem, here: &Here) -> Option<Self> {
        let takes_key = problem.auth == AuthKind::Token && problem.transport == Transport::Rest;
        let place = (problem.id, problem.slug.as_str(), problem.label.as_str());
        Some(Self::new(problem.owner_step()?, place, takes_key, here))
    }

    /// `place` is the connection's id, its connector's slug, and its label.
    fn new(step: OwnerStep, place: (ConnectionId, &str, &str), takes_key: bool, here: &Here) -> Self {
        let (id, slug, label) = place;
        let below = |page: &str| here.path(&format!("/connections/{id}/{page}"));
        let (label, href) = match step {
            OwnerStep::SignIn => ("Sign in again", sign_in_path(slug, label, here)),
            OwnerStep::GrantMore => ("Grant more", sign_in_path(slug, label, here)),
            OwnerStep::ReplaceCredential if takes_key => ("Replace the key", below("token")),
            OwnerStep::ReplaceCredential => ("Replace the token", below("token")),
            OwnerStep::CheckUp => ("Check up", below("checkup")),
        };
        Self { label, href }
    }
}
