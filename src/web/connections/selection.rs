//! The connections that are chosen in the list, for what can be done with several at once.

use super::parse_id;
use crate::app::App;
use crate::connections::{self, ConnectionDetail};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};

/// As the boxes of the list are called.
const CHOSEN: &str = "c";

/// More are not on a page of the list.
const MOST: usize = crate::page::PAGE_SIZE;

/// Each once; what is no id is nobody's connection.
pub(super) fn ids(pairs: &[(String, String)]) -> Result<Vec<ConnectionId>, Error> {
    let mut ids =
        pairs.iter().filter(|(field, _)| field == CHOSEN).map(|(_, id)| parse_id(id)).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > MOST { Err(Error::not_found()) } else { Ok(ids) }
}

pub(super) async fn find(app: &App, me: &SignedIn, ids: &[ConnectionId]) -> Result<Vec<ConnectionDetail>, Error> {
    let mut tx = app.db.as_user(&me.actor).await?;
    Ok(connections::find_many(&mut tx, &me.actor, ids).await?)
}

#[cfg(test)]
mod tests {
    use super::ids;

    #[test]
    fn each_id_counts_once_and_what_is_none_is_not_found() {
        let pair = |id: &str| ("c".to_owned(), id.to_owned());
        let id = "00000000-0000-7000-8000-0000000000f1";
        assert_eq!(ids(&[pair(id), pair(id), ("x".into(), "y".into())]).unwrap().len(), 1);
        assert!(ids(&[pair("1")]).is_err());
        let many: Vec<_> = (0..51).map(|n| pair(&format!("00000000-0000-7000-8000-0000000000{n:02}"))).collect();
        assert!(ids(&many).is_err() && ids(&many[..50]).is_ok());
    }
}
