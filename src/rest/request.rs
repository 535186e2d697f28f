//! The request of a tool: its description in the connector's file, and the request that a call makes of it.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::encoding::{Style, encode_form, query_pairs};
use super::input_fault::InputFault;
use super::multipart::Multipart;
use super::node::Node;
use super::planned::{PlannedBody, PlannedRequest};
use super::template::Template;
use super::values::{Values, scalar_text};
use crate::oauth::{self, TemplateValues};

/// The description of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestTemplate {
    /// Method.
    pub method: Verb,
    /// Path below the base URL, or a whole URL.
    pub path: Template,
    /// Query parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Parameter>,
    /// Headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Node>,
    /// Body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A query parameter: a value, and how a list is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Parameter {
    /// Value.
    pub value: Node,
    /// Style of a list.
    pub style: Style,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Body {
    /// JSON.
    Json(Node),
    /// A form; members of members have names in brackets.
    Form(Node),
    /// The text of a file.
    File(Node),
    /// Text fields and a file.
    Multipart(Box<Multipart>),
    /// A GraphQL document with its variables.
    Graphql {
        /// Document.
        document: String,
        /// Variables.
        variables: Node,
    },
}

impl RequestTemplate {
    /// Makes the request for these values. `base_url` is the template of the service's base URL.
    ///
    /// # Errors
    /// An input that the request cannot express, by name.
    pub fn plan(
        &self,
        base_url: &str,
        known: &TemplateValues,
        values: &Values<'_>,
    ) -> Result<PlannedRequest, InputFault> {
        let values = &values.with_connection(known);
        let mut url = self.url(base_url, known, values)?;
        for (name, parameter) in &self.query {
            if let Some(value) = parameter.value.make(values)? {
                url.query_pairs_mut().extend_pairs(query_pairs(name, &value, parameter.style));
            }
        }
        let headers = self.headers.iter().filter_map(|(name, node)| header(name, node, values).transpose());
        Ok(PlannedRequest {
            method: self.method.into(),
            url,
            headers: headers.collect::<Result<_, _>>()?,
            body: self.body.as_ref().map(|body| body.plan(values)).transpose()?,
        })
    }

    fn url(&self, base_url: &str, known: &TemplateValues, values: &Values<'_>) -> Result<Url, InputFault> {
        if self.has_whole_url() {
            return fill_url(&self.path.to_string(), known);
        }
        let mut url = fill_url(base_url, known)?;
        let path = format!("{}{}", url.path().trim_end_matches('/'), self.path.fill_path(values)?);
        url.set_path(&path);
        Ok(url)
    }

    /// Reports whether the path is a whole URL.
    #[must_use]
    pub fn has_whole_url(&self) -> bool {
        !self.path.to_string().starts_with('/')
    }

    /// Iterates over all names that the request uses.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.path.names().chain(self.nodes().flat_map(Node::names))
    }

    /// Reports whether the request can only read: a GET, or a query in GraphQL.
    pub(super) fn only_reads(&self) -> bool {
        let is_query = |body: &Body| match body {
            Body::Graphql { document, .. } => document.trim_start().starts_with(['q', '{']),
            Body::Json(_) | Body::Form(_) | Body::File(_) | Body::Multipart(_) => false,
        };
        self.method == Verb::Get || self.body.as_ref().is_some_and(is_query)
    }

    /// Returns all values of the request.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let body: Vec<_> = match &self.body {
            Some(Body::Json(node) | Body::Form(node) | Body::File(node) | Body::Graphql { variables: node, .. }) => {
                vec![node]
            }
            Some(Body::Multipart(multipart)) => multipart.nodes().collect(),
            None => Vec::new(),
        };
        self.query.values().map(|it| &it.value).chain(self.headers.values()).chain(body)
    }
}

impl Body {
    fn plan(&self, values: &Values<'_>) -> Result<PlannedBody, InputFault> {
        let of_type = |content_type, bytes| PlannedBody { content_type: HeaderValue::from_static(content_type), bytes };
        let json = |value: &Value| of_type("application/json", value.to_string().into());
        let whole = |node: &Node| Ok::<_, InputFault>(node.make(values)?.unwrap_or_else(|| json!({})));
        Ok(match self {
            Self::Json(node) => json(&whole(node)?),
            Self::Graphql { document, variables } => json(&json!({"query": document, "variables": whole(variables)?})),
            Self::Form(node) => of_type("application/x-www-form-urlencoded", encode_form(&whole(node)?).into()),
            Self::File(node) => {
                let text = node.make(values)?.as_ref().and_then(scalar_text).unwrap_or_default();
                of_type("application/octet-stream", text.into())
            }
            Self::Multipart(multipart) => multipart.plan(values)?,
        })
    }
}

fn fill_url(template: &str, known: &TemplateValues) -> Result<Url, InputFault> {
    let url = oauth::fill_url_template(template, known);
    url.map_err(|failure| InputFault { name: None, message: failure.message })
}

fn header(name: &str, node: &Node, values: &Values<'_>) -> Result<Option<(HeaderName, HeaderValue)>, InputFault> {
    let Some(text) = node.make(values)?.as_ref().and_then(scalar_text) else { return Ok(None) };
    let refused = || {
        let text = format!("The header {name} cannot hold a line break or a control character");
        InputFault::new(node.inputs().first().copied(), text, "Enter another value")
    };
    let name = HeaderName::try_from(name).map_err(|_| refused())?;
    Ok(Some((name, HeaderValue::try_from(text).map_err(|_| refused())?)))
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

impl TryFrom<Value> for Parameter {
    type Error = String;

    fn try_from(mut value: Value) -> Result<Self, String> {
        let style = value.as_object_mut().and_then(|members| members.remove("style"));
        let style = style.map(serde_json::from_value).transpose().map_err(|error| error.to_string())?;
        Ok(Self { value: Node::try_from(value)?, style: style.unwrap_or_default() })
    }
}

impl From<Parameter> for Value {
    fn from(parameter: Parameter) -> Self {
        let mut value = Self::from(parameter.value);
        if let (Self::Object(members), Ok(style)) = (&mut value, serde_json::to_value(parameter.style)) {
            members.insert("style".to_owned(), style);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::{RequestTemplate, TemplateValues, Values};
    use crate::rest::ApiCredential;
    use serde_json::{Value, json};

    fn planned(toml: &str, inputs: &Value) -> Value {
        let request: RequestTemplate = toml::from_str(toml).unwrap();
        let known = TemplateValues::from([("region".to_owned(), "eu".to_owned())]);
        let values = Values::new(inputs.as_object().unwrap());
        request
            .plan("https://{region}.api.test/v1", &known, &values)
            .map_or_else(|failure| json!(failure.message.text), |planned| planned.to_json(&ApiCredential::None))
    }

    #[test]
    fn a_request_holds_what_was_given() {
        let toml = r#"
            method = "PATCH"
            path = "/items/{id}"
            query = { tag = { input = "tags", style = "comma" }, team = "{team}" }
            headers = { X-Region = "{region}" }
            [body.json]
            title = { input = "title" }
            done = { input = "done" }
        "#;
        assert_eq!(
            planned(toml, &json!({"id": "a/b", "tags": ["x", "y"], "done": false})),
            json!({
                "method": "PATCH",
                "url": "https://eu.api.test/v1/items/a%2Fb?tag=x%2Cy",
                "headers": {"content-type": "application/json", "x-region": "eu"},
                "body": r#"{"done":false}"#,
            })
        );
    }

    #[test]
    fn a_body_of_which_nothing_is_left_is_an_empty_object() {
        let toml = "method = 'POST'\npath = '/x'\nbody.json = { a = { input = 'a' } }";
        assert_eq!(planned(toml, &json!({}))["body"], json!("{}"));
        let toml = "method = 'POST'\npath = '/x'\nbody.form = { a = { b = { input = 'a' } }, c = true }";
        assert_eq!(planned(toml, &json!({"a": "1 2"}))["body"], json!("a%5Bb%5D=1+2&c=true"));
    }

    #[test]
    fn a_file_is_its_text_and_a_header_holds_ascii_only() {
        let toml = "method = 'POST'\npath = '/x'\nbody.file = { input = 'content' }\nheaders.X-Arg = { of = { path = '/{name}' }, as = 'ascii-json' }";
        let planned = planned(toml, &json!({"content": "Grüße", "name": "Büro 😀\u{7f}"}));
        assert_eq!(planned["body"], json!("Grüße"));
        assert_eq!(planned["headers"]["content-type"], json!("application/octet-stream"));
        let argument = planned["headers"]["x-arg"].as_str().unwrap();
        assert_eq!(argument, r#"{"path":"/B\u00fcro \ud83d\ude00\u007f"}"#);
        assert_eq!(serde_json::from_str::<Value>(argument).unwrap(), json!({"path": "/Büro 😀\u{7f}"}));
    }

    #[test]
    fn a_graphql_body_has_its_variables() {
        let toml = "method = 'POST'\npath = '/graphql'\nbody.graphql = { document = 'query($n: Int) { a(n: $n) }', variables = { n = { input = 'n' } } }";
        let body = planned(toml, &json!({"n": 3}))["body"].as_str().unwrap().to_owned();
        assert_eq!(body, r#"{"query":"query($n: Int) { a(n: $n) }","variables":{"n":3}}"#);
    }

    #[test]
    fn a_header_with_a_line_break_is_refused() {
        let toml = "method = 'GET'\npath = '/x'\nheaders = { X-Note = '{note}' }";
        let refused = planned(toml, &json!({"note": "a\r\nHost: evil"}));
        assert_eq!(refused, json!("The header X-Note cannot hold a line break or a control character"));
    }
}
