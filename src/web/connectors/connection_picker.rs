//! The connection field of a tool form: a select if there are several connections, a link to connect if there is none.

use super::href;
use crate::connections;
use crate::connectors::{AuthKind, Connector};
use crate::db::Tx;
use crate::error::{Error, FieldFaults};
use crate::ids::ConnectionId;
use crate::web::actor::SignedIn;
use crate::web::filtering::SelectOption;

/// Name of the form field.
const FIELD: &str = "connection";

/// The connection field of a tool form.
pub(super) struct ConnectionPicker {
    /// Usable connections, the default first.
    pub(super) choices: Vec<SelectOption>,
    pub(super) chosen: String,
    /// The label of the default connection; its choice says besides that it is the default.
    default_label: String,
    /// Faults of this field.
    pub(super) faults: FieldFaults,
    /// Address of the page that connects the service, if no connection is usable.
    pub(super) connect: Option<String>,
}

impl ConnectionPicker {
    /// Loads the connections, in the caller's transaction; `chosen` is the value of the field.
    pub(super) async fn load(
        tx: &mut Tx,
        me: &SignedIn,
        connector: &Connector,
        chosen: Option<&str>,
        faults: &FieldFaults,
    ) -> Result<Self, Error> {
        let all = connections::list_for_connector(tx, &me.actor, connector.id).await?;
        let usable = all.iter().filter(|connection| connection.status.is_usable());
        let mut choices: Vec<_> = usable.map(|it| SelectOption::new(it.id.to_string(), it.label.clone())).collect();
        let default_label = choices.first().map(|first| first.label.clone()).unwrap_or_default();
        if let [first, _, ..] = &mut choices[..] {
            first.label.push_str(", used by default");
        }
        let connects_itself = connector.auth == AuthKind::None && all.is_empty();
        Ok(Self {
            chosen: chosen.unwrap_or_default().to_owned(),
            connect: (choices.is_empty() && !connects_itself).then(|| href(connector, me.here())),
            choices,
            default_label,
            faults: field_faults(faults),
        })
    }

    /// Returns true if the form shows the field.
    pub(super) fn is_shown(&self) -> bool {
        self.choices.len() > 1 || (!self.faults.is_empty() && self.connect.is_none())
    }

    /// Returns the label of the chosen connection, else of the default one.
    pub(super) fn chosen_label(&self) -> Option<String> {
        let is_default = self.choices.first()?.value == self.choice()?.value;
        Some(if is_default { self.default_label.clone() } else { self.choice()?.label.clone() })
    }

    /// Returns the chosen connection, else the default one.
    pub(super) fn chosen_id(&self) -> Option<ConnectionId> {
        self.choice()?.value.parse().ok()
    }

    fn choice(&self) -> Option<&SelectOption> {
        self.choices.iter().find(|choice| choice.value == self.chosen).or(self.choices.first())
    }
}

fn field_faults(faults: &FieldFaults) -> FieldFaults {
    let mut own = FieldFaults::default();
    if let Some(message) = faults.message_for(FIELD) {
        own.add(FIELD, message);
    }
    own
}

/// Splits a submitted form into the chosen connection and the input of the tool.
pub(super) fn split_form(mut pairs: Vec<(String, String)>) -> (Option<String>, Vec<(String, String)>) {
    let index = pairs.iter().position(|(name, _)| name == FIELD);
    (index.map(|index| pairs.remove(index).1), pairs)
}

/// Parses the chosen connection; `None` is the default one.
pub(super) fn parse(value: Option<&str>) -> Result<Option<ConnectionId>, Error> {
    match value.map(str::trim) {
        None | Some("") => Ok(None),
        Some(id) => id.parse().map(Some).map_err(|_| Error::field(FIELD, "Choose one of your connections")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_empty_value_is_the_default_and_an_invalid_id_is_a_fault() {
        assert!(parse(None).unwrap().is_none() && parse(Some(" ")).unwrap().is_none());
        assert!(parse(Some("mine")).is_err());
        assert!(parse(Some("00000000-0000-7000-8000-0000000000f1")).unwrap().is_some());
    }
}
