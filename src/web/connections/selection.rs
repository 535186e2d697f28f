//! The connections selected in the list, for actions on several at once.

use super::parse_id;
use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};

/// The name of the check boxes of the list.
const CHECKBOX: &str = "c";

/// The largest selection: a page of the list has no more rows.
const MAX_SELECTED: usize = crate::page::PAGE_SIZE;

/// Returns each selected id once. A value that is not an id is a 404.
pub(super) fn parse_ids(pairs: &[(String, String)]) -> Result<Vec<ConnectionId>, Error> {
    let mut ids = pairs
        .iter()
        .filter(|(field, _)| field == CHECKBOX)
        .map(|(_, id)| parse_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > MAX_SELECTED { Err(Error::not_found()) } else { Ok(ids) }
}

pub(super) async fn load(app: &App, me: &SignedIn, ids: &[ConnectionId]) -> Result<Vec<ConnectionDetail>, Error> {
    let mut tx = app.db.enter(&me.actor).await?;
    Ok(connections::find_many(&mut tx, &me.actor, ids).await?)
}

#[cfg(test)]
mod tests {
    use super::parse_ids;

    #[test]
    fn each_id_counts_once_and_an_invalid_one_is_not_found() {
        let pair = |id: &str| ("c".to_owned(), id.to_owned());
        let id = "00000000-0000-7000-8000-0000000000f1";
        assert_eq!(parse_ids(&[pair(id), pair(id), ("x".into(), "y".into())]).unwrap().len(), 1);
        assert!(parse_ids(&[pair("1")]).is_err());
        let many: Vec<_> = (0..51).map(|n| pair(&format!("00000000-0000-7000-8000-0000000000{n:02}"))).collect();
        assert!(parse_ids(&many).is_err() && parse_ids(&many[..50]).is_ok());
    }
}
