//! The connection field of a tool form: a select if there are several connections, a link to connect if there is none.

use crate::app::App;
use crate::connections;
use crate::connectors::{AuthKind, Connector};
use crate::error::{Error, FieldFaults};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::filtering::SelectOption;

/// The field of the form.
const FIELD: &str = "connection";

/// What the form of a tool says about connections.
pub(super) struct ConnectionPicker {
    /// Those that can be used, the default first.
    pub(super) choices: Vec<SelectOption>,
    pub(super) chosen: String,
    /// Of this field alone.
    pub(super) faults: FieldFaults,
    /// Where it is connected, if none can be used.
    pub(super) connect: Option<String>,
}

impl ConnectionPicker {
    /// `chosen` is what was chosen before, if anything was.
    pub(super) async fn read(
        app: &App,
        me: &SignedIn,
        connector: &Connector,
        chosen: Option<&str>,
        faults: &FieldFaults,
    ) -> Result<Self, Error> {
        let all = connections::list_for_connector(&app.db, &me.actor, connector.id).await?;
        let usable = all.iter().filter(|connection| connection.status.is_usable());
        let choices: Vec<_> = usable.map(|it| SelectOption::new(it.id.to_string(), it.label.clone())).collect();
        let makes_itself = connector.auth == AuthKind::None && all.is_empty();
        Ok(Self {
            chosen: chosen.unwrap_or_default().to_owned(),
            connect: (choices.is_empty() && !makes_itself).then(|| format!("/connectors/{}", connector.slug)),
            choices,
            faults: of_field(faults),
        })
    }

    /// Whether there is anything to choose.
    pub(super) fn is_asked(&self) -> bool {
        self.choices.len() > 1 || !self.faults.is_empty()
    }
}

fn of_field(faults: &FieldFaults) -> FieldFaults {
    let mut own = FieldFaults::default();
    if let Some(message) = faults.message_for(FIELD) {
        own.add(FIELD, message);
    }
    own
}

/// The choice, and the rest of a form, which is the tool's.
pub(super) fn split(mut pairs: Vec<(String, String)>) -> (Option<String>, Vec<(String, String)>) {
    let at = pairs.iter().position(|(name, _)| name == FIELD);
    (at.map(|at| pairs.remove(at).1), pairs)
}

/// What was chosen; none: the default.
pub(super) fn parse(typed: Option<&str>) -> Result<Option<ConnectionId>, Error> {
    match typed.map(str::trim) {
        None | Some("") => Ok(None),
        Some(id) => id.parse().map(Some).map_err(|_| Error::field(FIELD, "Choose one of your connections")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn nothing_chosen_is_the_default_and_nonsense_is_a_fault() {
        assert!(parse(None).unwrap().is_none() && parse(Some(" ")).unwrap().is_none());
        assert!(parse(Some("mine")).is_err());
        assert!(parse(Some("00000000-0000-7000-8000-0000000000f1")).unwrap().is_some());
    }
}
