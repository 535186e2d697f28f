//! The address of a listed server, and what it asks for.

use http::{HeaderName, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::inputs::FieldList;
use super::refusal::Refusal;
use crate::connectors::{ServerField, ServerHeader, ServerKey, ValuePart, fill_parts, validate_fields};
use crate::egress::{AddressFault, Egress};
use crate::error::{Error, Result};

/// The form's values, by field name.
type Values = std::collections::BTreeMap<String, String>;

/// Bytes of an address.
const MAX_ADDRESS_BYTES: usize = 2_000;

/// Most headers of a listing.
const MAX_HEADERS: usize = 20;

/// Characters of an entered value that would end its place in an address.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Headers that the hub sets, or that change how a request is read.
const OWN_HEADERS: [HeaderName; 15] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::ORIGIN,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
];

/// A server that the hub can connect to, as far as its listing says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteServer {
    /// Host, with its port if that is not the usual one.
    pub host: String,
    /// Fields of the form for parts of the address.
    pub address_fields: Vec<ServerField>,
    /// Headers, and the fields of the form for their values.
    pub key: ServerKey,
    address: Vec<ValuePart>,
}

impl RemoteServer {
    /// Chooses the first address that the hub can connect to.
    pub(super) fn choose(server: &Value, egress: &Egress) -> Result<Self, Refusal> {
        let list = |member: &str| server.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (remotes, packages) = (list("remotes"), list("packages"));
        let kind = |remote: &Value| remote.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut refusal = None;
        for remote in remotes.iter().filter(|remote| kind(remote) == "streamable-http") {
            match Self::parse(remote, egress) {
                Ok(server) => return Ok(server),
                Err(reason) => refusal = refusal.or(Some(reason)),
            }
        }
        Err(match refusal {
            Some(reason) => reason,
            None if remotes.iter().any(|remote| kind(remote) == "sse") => Refusal::OnlySse,
            None if !remotes.is_empty() => Refusal::UnknownTransport,
            None if !packages.is_empty() => Refusal::OnlyPackages,
            None => Refusal::NoAddress,
        })
    }

    fn parse(remote: &Value, egress: &Egress) -> Result<Self, Refusal> {
        let address = remote.get("url").and_then(Value::as_str).unwrap_or_default().trim();
        let host = fixed_host(address)?;
        let mut fields = FieldList::new("address", false);
        let parts = fields.parse_template(address, remote.get("variables").unwrap_or(&Value::Null))?;
        if fields.fields.iter().any(|field| field.is_secret) {
            return Err(Refusal::SecretInAddress);
        }
        let url = fill_address(&parts, |_| Some("x".to_owned())).filter(|url| host_of(url) == host);
        let url = url.ok_or(Refusal::InvalidAddress)?;
        egress.check_unresolved(&url).map_err(|fault| match fault {
            AddressFault::PlainHttp => Refusal::PlainHttp,
            AddressFault::Private => Refusal::PrivateAddress,
        })?;
        let key = parse_headers(remote.get("headers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice))?;
        Ok(Self { host, address_fields: fields.fields, key, address: parts })
    }

    /// Returns true if a person has to enter, or may enter, values.
    #[must_use]
    pub fn has_inputs(&self) -> bool {
        !self.address_fields.is_empty() || !self.key.fields.is_empty()
    }

    /// Returns the address with the entered values. Each stays in its place: none changes the host.
    ///
    /// # Errors
    /// All faults of the fields at once.
    pub fn address(&self, entered: &Values) -> Result<Url> {
        let values = validate_fields(&self.address_fields, entered)?;
        for field in &self.address_fields {
            // `.` and `..` would climb in the path
            if values.get(&field.name).is_some_and(|value| value.bytes().all(|byte| byte == b'.')) {
                return Err(Error::field(field.name.clone(), format!("Enter the {}", field.label)));
            }
        }
        let value = |field: &str| Some(values.get(field).cloned().unwrap_or_default());
        let url = fill_address(&self.address, value).filter(|url| host_of(url) == self.host);
        url.ok_or_else(|| {
            let field = self.address_fields.first().map(|field| field.name.clone()).unwrap_or_default();
            Error::field(field, "The address of the server cannot hold this. Shorten it")
        })
    }
}

/// Returns the host that is literally in an address, with a port that is not the usual one.
fn fixed_host(address: &str) -> Result<String, Refusal> {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if [scheme, authority].iter().any(|part| part.contains(['{', '}'])) {
        return Err(Refusal::VariableHost);
    }
    if authority.is_empty() || authority.contains('@') || address.len() > MAX_ADDRESS_BYTES {
        return Err(Refusal::InvalidAddress);
    }
    let url = Url::parse(&format!("{scheme}://{authority}/")).map_err(|_| Refusal::InvalidAddress)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::InvalidAddress);
    }
    Ok(host_of(&url))
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn fill_address(parts: &[ValuePart], value: impl Fn(&str) -> Option<String>) -> Option<Url> {
    let encoded = |field: &str| value(field).map(|value| utf8_percent_encode(&value, RESERVED).to_string());
    let text = fill_parts(parts, encoded).filter(|text| text.len() <= MAX_ADDRESS_BYTES)?;
    let url = Url::parse(&text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn parse_headers(headers: &[Value]) -> Result<ServerKey, Refusal> {
    if headers.len() > MAX_HEADERS {
        return Err(Refusal::TooManyInputs);
    }
    let mut fields = FieldList::new("header", true);
    let mut parsed: Vec<ServerHeader> = Vec::new();
    for header in headers {
        let name = header.get("name").and_then(Value::as_str).unwrap_or_default().trim();
        let is_free = HeaderName::try_from(name).is_ok_and(|name| is_free_header(&name));
        if !is_free || parsed.iter().any(|it| it.name.eq_ignore_ascii_case(name)) {
            return Err(Refusal::InvalidHeader);
        }
        let variables = header.get("variables").unwrap_or(&Value::Null);
        let value = match header.get("value").and_then(Value::as_str).filter(|value| !value.is_empty()) {
            Some(_) if header.get("format").and_then(Value::as_str) == Some("filepath") => {
                return Err(Refusal::FileInput);
            }
            Some(value) => fields.parse_template(value, variables)?,
            // a variable of another header may have the same name as this header
            None => vec![fields.parse_input(&format!("{name} "), Some(header))?],
        };
        let is_valid = value.iter().all(|part| match part {
            ValuePart::Text(text) => http::HeaderValue::from_str(text).is_ok(),
            ValuePart::Field(_) => true,
        });
        if !is_valid {
            return Err(Refusal::InvalidHeader);
        }
        parsed.push(ServerHeader { name: name.to_owned(), value });
    }
    Ok(ServerKey { fields: fields.fields, headers: parsed })
}

/// Reports whether a listing may set a header.
fn is_free_header(name: &HeaderName) -> bool {
    let is_protocol = ["mcp-", "proxy-", "sec-"].iter().any(|beginning| name.as_str().starts_with(beginning));
    !is_protocol && !OWN_HEADERS.contains(name) && !matches!(name.as_str(), "traceparent" | "tracestate" | "keep-alive")
}
