//! Saved inputs: values of a tool that a person keeps under a name, to fill its form again.
//!
//! They are private: in an organisation, only the person who saved them sees them. Secrets are not among them; a mask stands
//! in their place. The pages of a tool call this module. It changes nothing that others see, so the audit log has no entries
//! of it.

mod name;
mod store;

use sqlx::PgConnection;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::{Db, OnConstraint};
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, SavedInputId, ToolVersionId};
use crate::schema_form::MAX_INPUT_BYTES;

/// Most saved inputs of one person for one tool.
pub const MAX_SAVED_INPUTS: usize = 100;

/// The unique index on the names of a person's saved inputs of a tool.
const NAME_INDEX: &str = "saved_inputs_name";

/// A tool, as saved inputs name it: a new version of it has the same.
#[derive(Clone, Copy, Debug)]
pub struct ToolRef<'a> {
    /// Connector of the tool.
    pub connector: ConnectorId,
    /// Name of the tool.
    pub name: &'a str,
}

/// A saved input in a list.
#[derive(Clone, Debug)]
pub struct ListedInput {
    /// Key.
    pub id: SavedInputId,
    /// Name that the person chose.
    pub name: String,
    /// Time of the last change.
    pub saved_at: Timestamp,
}

/// A saved input with its values.
#[derive(Clone, Debug)]
pub struct SavedInput {
    /// Key.
    pub id: SavedInputId,
    /// Name that the person chose.
    pub name: String,
    /// Version of the tool when the values were saved.
    pub tool_version_id: ToolVersionId,
    /// The values as JSON text, with masks in place of secrets.
    pub input: String,
    /// Time of the last change.
    pub saved_at: Timestamp,
}

/// Values to be saved.
#[derive(Clone, Copy, Debug)]
pub struct NewInput<'a> {
    /// Name as typed.
    pub name: &'a str,
    /// Version of the tool whose form has the values.
    pub tool_version_id: ToolVersionId,
    /// The values as JSON text, with masks in place of secrets.
    pub input: &'a str,
    /// True if the values replace those of the same name.
    pub replaces: bool,
}

/// Returns the actor's saved inputs of a tool by name, in the caller's transaction.
pub async fn list(conn: &mut PgConnection, actor: &Actor, tool: ToolRef<'_>) -> Result<Vec<ListedInput>> {
    Ok(store::list(conn, actor, tool).await?)
}

/// Returns one of the actor's saved inputs of a tool.
pub async fn find(db: &Db, actor: &Actor, tool: ToolRef<'_>, id: SavedInputId) -> Result<SavedInput> {
    let mut tx = db.enter(actor).await?;
    store::find(&mut tx, actor, tool, id).await?.ok_or(Error::NotFound("saved input"))
}

/// Saves values under a name. Returns the key, and the name as it is stored.
///
/// # Errors
/// Returns [`Error::Invalid`] at the field `name` for a name that is empty, too long or taken, and for values that are too large or
/// too many.
pub async fn save(
    db: &Db,
    actor: &Actor,
    tool: ToolRef<'_>,
    new: NewInput<'_>,
    now: Timestamp,
) -> Result<(SavedInputId, String)> {
    let name = name::parse(new.name)?;
    if new.input.len() > MAX_INPUT_BYTES {
        return Err(too_large(new.input.len()));
    }
    let mut tx = db.enter(actor).await?;
    let new = NewInput { name, ..new };
    if new.replaces
        && let Some(id) = store::replace(&mut tx, actor, tool, new, now).await?
    {
        tx.commit().await?;
        return Ok((id, name.to_owned()));
    }
    if store::list(&mut tx, actor, tool).await?.len() >= MAX_SAVED_INPUTS {
        return Err(Error::field(
            "name",
            format!("You have {MAX_SAVED_INPUTS} saved inputs of this tool, which is the most. Delete one first"),
        ));
    }
    let id = SavedInputId::new(now);
    let inserted = store::insert(&mut tx, actor, tool, id, (new, now)).await;
    inserted.on_constraint(NAME_INDEX, || name::taken_error(name))?;
    tx.commit().await?;
    Ok((id, name.to_owned()))
}

/// Deletes one of the actor's saved inputs of a tool. Returns its name.
pub async fn delete(db: &Db, actor: &Actor, tool: ToolRef<'_>, id: SavedInputId) -> Result<String> {
    let mut tx = db.enter(actor).await?;
    let name = store::delete(&mut tx, actor, tool, id).await?.ok_or(Error::NotFound("saved input"))?;
    tx.commit().await?;
    Ok(name)
}

/// Deletes the saved inputs of all tools of a connector that is removed, in the caller's transaction.
pub async fn delete_of_connector(conn: &mut PgConnection, actor: &Actor, connector: ConnectorId) -> Result<()> {
    Ok(store::delete_of_connector(conn, actor.owner_id(), connector).await?)
}

fn too_large(bytes: usize) -> Error {
    let (size, most) = (bytes.div_ceil(1024), MAX_INPUT_BYTES / 1024);
    Error::field(
        "name",
        format!("These values take {size} kB, and at most {most} kB can be saved. Leave something out"),
    )
}
