//! Ids of the rows that a page shows, as the address of its live stream lists them.

use std::fmt::Display;
use std::str::FromStr;

use http::StatusCode;

use super::error::Error;
use crate::page::PAGE_SIZE;

/// The separator between ids, a character that needs no escape in an address.
const SEPARATOR: &str = ".";

/// Joins ids for an address.
pub(super) fn join<T: Display>(ids: impl IntoIterator<Item = T>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(SEPARATOR)
}

/// Parses ids of an address. Returns `None` if one is not an id, or if there are more than a page has.
pub(super) fn parse<T: FromStr>(text: &str) -> Option<Vec<T>> {
    let ids: Option<Vec<T>> = text.split(SEPARATOR).filter(|id| !id.is_empty()).map(|id| id.parse().ok()).collect();
    ids.filter(|ids| ids.len() <= PAGE_SIZE)
}

/// Builds the error for rows that no page can have.
pub(super) fn invalid(noun: &str) -> Error {
    let message = format!(
        "This address follows the rows of a page of {noun}, and names some that no page can have. \
         Open the list of {noun}."
    );
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}
