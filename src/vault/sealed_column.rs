//! Values that other tables hold sealed, such as the secret arguments of a job. They end with their rows.

use anyhow::Context;
use sqlx::PgConnection;

use super::{Vault, store};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::OwnerId;
use crate::secret::Secret;

impl Vault {
    /// Seals a value of `owner` for a column of another table. `place` names the column and the key of the row: a value that
    /// was moved to another row does not open.
    pub async fn seal_column(
        &self,
        conn: &mut PgConnection,
        owner: OwnerId,
        place: &str,
        value: &Secret,
        now: Timestamp,
    ) -> Result<Vec<u8>> {
        let key = self.data_key_or_new(conn, owner, now).await?;
        let sealed = key.seal(value.expose().as_bytes(), &column_aad(owner, place));
        Ok(sealed.with_context(|| format!("{place} could not be sealed"))?)
    }

    /// Opens a value that [`Self::seal_column`] sealed for the same owner and place.
    pub async fn open_column(
        &self,
        conn: &mut PgConnection,
        owner: OwnerId,
        place: &str,
        sealed: &[u8],
    ) -> Result<Secret> {
        let wrapped = store::find_data_key(conn, owner).await?.ok_or(Error::NotFound("data key"))?;
        let key = self.0.master.unwrap(owner, &wrapped).await?;
        let plain = key.open(sealed, &column_aad(owner, place)).with_context(|| format!("{place} cannot be opened"))?;
        let text = std::str::from_utf8(&plain).with_context(|| format!("{place} is not text"))?;
        Ok(Secret::new(text))
    }
}

/// Returns the associated data of a sealed column.
fn column_aad(owner: OwnerId, place: &str) -> String {
    format!("{owner}|column|{place}")
}
