//! Adding the server that a person has at a provider which runs one for each customer: its address is a template of the
//! connector's file, and becomes a connector of the owner.

use url::Url;

use super::{AddedServer, NewServer, ServerAuth, add_server};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::fields::{self, FormValues};
use crate::connections::token::NewToken;
use crate::connectors::{self, AuthKind, Connector, Field};
use crate::db::Db;
use crate::egress::Egress;
use crate::error::{Error, FieldFaults, Message, Result, combine};
use crate::oauth;
use crate::vault::Vault;

/// The form that adds such a server.
#[derive(Clone, Debug)]
pub struct NewOwnServer {
    /// The connector's name; empty for one that is made of the service and the host.
    pub name: String,
    /// Values that make the address, by field.
    pub fields: FormValues,
    /// The key, if the service takes keys.
    pub token: NewToken,
}

/// Fills the address of a shipped connector, and adds the server there as a connector of the actor. Only this host is asked.
///
/// # Errors
/// Faults of the connector's fields, and those of [`add_server`]; a failure of the server is a fault of its first field, or of `token`.
pub async fn add_own_server(
    db: &Db,
    egress: &Egress,
    vault: &Vault,
    actor: &Actor,
    shipped: &Connector,
    new: NewOwnServer,
    now: Timestamp,
) -> Result<AddedServer> {
    let mut tx = db.enter(actor).await?;
    let fields = connectors::address_fields(&mut tx, actor, shipped).await?;
    drop(tx);
    let takes_key = shipped.auth == AuthKind::Token;
    let key = if takes_key { new.token.validate(now).map(drop) } else { Ok(()) };
    let template = shipped.mcp_server_url.as_deref().ok_or(Error::NotFound("connector"))?;
    let (url, ()) = combine(fill_address(template, &fields, &new.fields), key)?;
    let name = match new.name.trim() {
        "" => format!("{} at {}", shipped.name, url.host_str().unwrap_or_default()),
        name => name.to_owned(),
    };
    let auth = if takes_key { ServerAuth::Bearer(new.token) } else { ServerAuth::Auto };
    let server = NewServer { name, url: url.into(), auth };
    let added = add_server(db, egress, vault, actor, server, now).await;
    added.map_err(|error| report(&fields, takes_key, error))
}

fn fill_address(template: &str, fields: &[Field], entered: &FormValues) -> Result<Url> {
    let valid = fields::validate(fields, entered)?;
    oauth::fill_url_template(template, &valid.values).map_err(Error::from)
}

/// Reports what the form has no field for on the first field of the address.
fn report(fields: &[Field], takes_key: bool, error: Error) -> Error {
    let (Some(first), Error::Invalid(faults)) = (fields.first(), &error) else { return error };
    let mut reported = FieldFaults::default();
    for fault in faults.faults() {
        let detail = fault.detail.clone().unwrap_or_default();
        let (field, text) = match fault.field.as_str() {
            "url" => (first.name.as_str(), fault.message.clone()),
            "token" if !takes_key => {
                let by_address = "Add the server by its address, where you can enter a token";
                (first.name.as_str(), fault.message.replace("Enter it in this field", by_address))
            }
            field => (field, fault.message.clone()),
        };
        reported.add(field, Message::from(text).with_detail(detail));
    }
    Error::Invalid(reported)
}

#[cfg(test)]
mod tests {
    use super::fill_address;
    use crate::connections::fields::FormValues;
    use crate::connectors::{FieldKind, Hosted, shipped};

    fn own_servers() -> Vec<Hosted> {
        let hosted = shipped().unwrap().into_iter().filter_map(|it| it.hosted);
        hosted.filter(|hosted| !hosted.fields.is_empty()).collect()
    }

    fn examples(hosted: &Hosted) -> FormValues {
        let example = |field: &crate::connectors::Field| (field.name.clone(), field.example.clone().unwrap());
        hosted.fields.iter().map(example).collect()
    }

    #[test]
    fn the_host_is_the_one_that_was_entered() {
        assert!(own_servers().len() > 3);
        for hosted in own_servers() {
            let values = examples(&hosted);
            let domain = hosted.fields.iter().find(|field| field.kind == FieldKind::Domain).unwrap();
            let url = fill_address(&hosted.server_url, &hosted.fields, &values).unwrap();
            assert_eq!(url.host_str(), Some(values[&domain.name].as_str()), "{url}");
            for evil in
                ["127.0.0.1", "localhost", "evil.example/.cloud.databricks.com", "a@evil.example", "a.example:81", ".."]
            {
                let mut values = values.clone();
                values.insert(domain.name.clone(), evil.to_owned());
                let refused = fill_address(&hosted.server_url, &hosted.fields, &values).unwrap_err();
                assert!(refused.to_string().contains("Enter a host name"), "{evil}: {refused}");
            }
        }
    }

    #[test]
    fn another_value_stays_one_segment_of_the_path() {
        let hosted = own_servers().into_iter().find(|it| it.server_url.ends_with("/{catalog}/{schema}")).unwrap();
        let mut values = examples(&hosted);
        values.insert("catalog".to_owned(), "a/../b?c#d".to_owned());
        let url = fill_address(&hosted.server_url, &hosted.fields, &values).unwrap();
        assert_eq!((url.path(), url.query()), ("/api/2.0/mcp/functions/a%2F..%2Fb%3Fc%23d/billing", None));
        values.insert("catalog".to_owned(), "..".to_owned());
        assert!(fill_address(&hosted.server_url, &hosted.fields, &values).is_err());
    }
}
