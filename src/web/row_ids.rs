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

/// The name of the check boxes of a list.
const CHECKBOX: &str = "c";

/// Returns the id of each selected row once, in order. A value that is not an id, or more of them than a page has, is a 404.
pub(super) fn selected<T: FromStr + Ord>(pairs: &[(String, String)]) -> Result<Vec<T>, Error> {
    let ids = pairs.iter().filter(|(field, _)| field == CHECKBOX).map(|(_, id)| id.parse());
    let mut ids = ids.collect::<Result<Vec<T>, _>>().map_err(|_| Error::not_found())?;
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > PAGE_SIZE { Err(Error::not_found()) } else { Ok(ids) }
}

/// Builds the error for rows that no page can have.
pub(super) fn invalid(noun: &str) -> Error {
    let message = format!(
        "This address follows the rows of a page of {noun}, and names some that no page can have. \
         Open the list of {noun}."
    );
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}

#[cfg(test)]
mod tests {
    use super::selected;
    use crate::ids::JobId;

    #[test]
    fn each_id_counts_once_and_an_invalid_one_is_not_found() {
        let pair = |id: &str| ("c".to_owned(), id.to_owned());
        let id = "00000000-0000-7000-8000-0000000000f1";
        assert_eq!(selected::<JobId>(&[pair(id), pair(id), ("x".into(), "y".into())]).unwrap().len(), 1);
        assert!(selected::<JobId>(&[pair("1")]).is_err());
        let many: Vec<_> = (0..51).map(|n| pair(&format!("00000000-0000-7000-8000-0000000000{n:02}"))).collect();
        assert!(selected::<JobId>(&many).is_err() && selected::<JobId>(&many[..50]).is_ok());
    }
}
