//! Validation of a tool's description: each name exists, each hole is where its value is safe.

use std::collections::BTreeSet;

use http::HeaderName;

use super::job_keys::JOB_KEYS;
use super::node::Node;
use super::paging::{CURSOR, Paging};
use super::quoting::Quoting;
use super::request::{Body, Verb};
use super::tool::{RestTool, ToolEffect};
use super::values::Values;

/// The names that a request may use.
#[derive(Clone, Debug, Default)]
pub struct KnownNames {
    /// Inputs of the tool.
    pub inputs: BTreeSet<String>,
    /// Inputs that each call has.
    pub required: BTreeSet<String>,
    /// Fields of the connection, and values that its grant brings.
    pub connection: BTreeSet<String>,
    /// Secrets, which only a credential may use.
    pub secrets: BTreeSet<String>,
    /// Further tokens of the sign-in.
    pub tokens: BTreeSet<String>,
}

impl RestTool {
    /// Finds what contradicts itself in the description. Each fault is a sentence without a full stop.
    #[must_use]
    pub fn faults(&self, known: &KnownNames) -> Vec<String> {
        let mut faults = Vec::new();
        self.check_names(known, &mut faults);
        self.check_path(known, &mut faults);
        self.check_method(&mut faults);
        self.check_auth(known, &mut faults);
        self.check_token(known, &mut faults);
        self.check_file(known, &mut faults);
        self.check_paging(&mut faults);
        self.check_steps(&mut faults);
        for node in self.requests().flat_map(super::request::RequestTemplate::nodes) {
            node.visit(&mut |node| faults.extend(quoting_fault(node)));
        }
        let bodies = self.requests().filter_map(|request| request.body.as_ref());
        faults.extend(bodies.flat_map(|body| match body {
            Body::Multipart(multipart) => multipart.faults(),
            _ => Vec::new(),
        }));
        if self.answer.sentence.is_none() && self.answer.list.is_none() && self.effect != ToolEffect::Reads {
            faults
                .push("“answer” has neither a sentence nor a list, so people would not know what happened".to_owned());
        }
        faults
    }

    fn check_names(&self, known: &KnownNames, faults: &mut Vec<String>) {
        let used: BTreeSet<_> = self.names().collect();
        let is_known = |name: &str| {
            known.inputs.contains(name)
                || known.connection.contains(name)
                || JOB_KEYS.contains(&name)
                || [Values::ITEM, "account.id"].contains(&name)
                || (name == CURSOR && self.paging.is_some())
                || self.before.iter().any(|look_up| look_up.keep == name)
        };
        faults.extend(
            used.iter()
                .filter(|name| !is_known(name))
                .map(|name| format!("“{name}” in “request” is not an input, not a [[field]], and nothing captures it")),
        );
        faults.extend(
            known
                .inputs
                .iter()
                .filter(|name| !used.contains(name.as_str()))
                .map(|name| format!("The input “{name}” is not used in “request”. Use it, or remove it")),
        );
        faults.extend(
            known
                .inputs
                .intersection(&known.connection)
                .map(|name| format!("“{name}” is an input and a [[field]]. Choose another name for the input")),
        );
        if known.inputs.contains(Values::ITEM) {
            faults.push("An input cannot be called “item”, which is an entry of a list".to_owned());
        }
    }

    fn check_steps(&self, faults: &mut Vec<String>) {
        if self.before.len() > 2 {
            faults.push("There are more than two look-ups in “before”".to_owned());
        }
        let steps = self.before.iter().map(|it| &it.request).chain(self.each.as_ref().map(|it| &it.request));
        if steps.into_iter().any(|request| !request.only_reads()) {
            faults.push("A request in “before” or “each” must only read: GET, or a query in GraphQL".to_owned());
        }
        if self.each.as_ref().is_some_and(|each| self.answer.list.is_none() || !(1..=25).contains(&each.max)) {
            faults.push("“each” needs “list” in “answer”, and a “max” from 1 to 25".to_owned());
        }
    }

    fn check_auth(&self, known: &KnownNames, faults: &mut Vec<String>) {
        let Some(auth) = &self.auth else { return };
        if HeaderName::try_from(&auth.header).is_err() {
            faults.push(format!("“{}” in “auth” is not the name of a header", auth.header));
        }
        let unknown =
            auth.value.names().find(|name| !known.secrets.contains(*name) && !known.connection.contains(*name));
        faults.extend(unknown.map(|name| format!("“{name}” in “auth” is not an [[application_field]] or a [[field]]")));
    }

    fn check_token(&self, known: &KnownNames, faults: &mut Vec<String>) {
        let Some(token) = &self.token else { return };
        if !known.tokens.contains(token) {
            faults.push(format!("“{token}” in “token” is not a token of [oauth.tokens]"));
        }
        if self.auth.is_some() {
            faults.push("“auth” and “token” are two credentials. Remove one of them".to_owned());
        }
    }

    fn check_file(&self, known: &KnownNames, faults: &mut Vec<String>) {
        let Some(name) = &self.answer.file else { return };
        let is_alone = self.answer.list.is_none() && self.answer.sentence.is_none() && self.answer.show.is_empty();
        if !is_alone || self.paging.is_some() || self.each.is_some() || self.effect != ToolEffect::Reads {
            faults.push("“file” of “answer” is for a tool that reads one file, and goes with nothing else".to_owned());
        }
        let unknown = name.names().find(|name| !known.inputs.contains(*name));
        faults.extend(unknown.map(|name| format!("“{name}” in “file” of “answer” is not an input")));
    }

    fn check_path(&self, known: &KnownNames, faults: &mut Vec<String>) {
        let optional = |name: &&str| known.inputs.contains(*name) && !known.required.contains(*name);
        faults.extend(
            self.request
                .path
                .names()
                .filter(optional)
                .map(|name| format!("The input “{name}” is part of the path, so it must be required")),
        );
        if self.request.has_whole_url() && !self.request.path.to_string().starts_with(['{', 'h']) {
            faults.push("“path” does not fit. Begin it with /".to_owned());
        }
    }

    fn check_method(&self, faults: &mut Vec<String>) {
        let method = self.request.method;
        let is_safe = method == Verb::Get || (method == Verb::Post && self.effect == ToolEffect::Reads);
        if (self.effect == ToolEffect::Reads) != is_safe {
            faults.push(format!("“effect” and “method” contradict each other: {:?} by {method:?}", self.effect));
        }
        if method == Verb::Get && self.request.body.is_some() {
            faults.push("A GET request has no body".to_owned());
        }
        if self.effect == ToolEffect::Reads && self.has_repeat_key() {
            faults.push("A tool that reads needs no key for repetition".to_owned());
        }
    }

    fn check_paging(&self, faults: &mut Vec<String>) {
        let sends_cursor = self.names().any(|name| name == CURSOR);
        match &self.paging {
            Some(Paging::Cursor { .. } | Paging::Page { .. }) if !sends_cursor => {
                faults.push(format!("“request” does not use “{CURSOR}”, so the second page would be the first"));
            }
            Some(Paging::NextUrl { .. } | Paging::Link) if sends_cursor => {
                faults.push(format!("“{CURSOR}” is an address here, so “request” cannot use it"));
            }
            Some(paging) if paging.request().is_some_and(|next| next.method != self.request.method) => {
                faults.push("The request in “paging” has another method than “request”".to_owned());
            }
            Some(_) if self.answer.list.is_none() => faults.push("“paging” needs “list” in “answer”".to_owned()),
            _ => {}
        }
    }
}

/// Explains a text in a query language whose hole is not quoted.
fn quoting_fault(node: &Node) -> Option<String> {
    let Node::Text(template, quoting) = node else { return None };
    let text = template.to_string();
    let marks = |mark: char| text.contains(&format!("{mark}{{"));
    match quoting {
        None if marks('\'') || marks('"') => {
            Some(format!("“{text}” has a hole in quotation marks. Say with “quote” in which language"))
        }
        Some(quoting) if !is_quoted(&text, *quoting) => {
            Some(format!("“{text}” needs {} around each hole", quoting.mark()))
        }
        _ => None,
    }
}

fn is_quoted(text: &str, quoting: Quoting) -> bool {
    let mark = quoting.mark();
    text.match_indices('{').all(|(at, _)| text[..at].ends_with(mark))
        && text.match_indices('}').all(|(at, _)| text[at + 1..].starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::{KnownNames, RestTool};

    const TOOL: &str = "
        effect = 'adds'
        [request]
        method = 'POST'
        path = '/items/{id}'
        headers = { Idempotency-Key = '{job.uuid}' }
        [request.body.json]
        name = { input = 'name' }
        [answer]
        sentence = 'Created {/id}.'
    ";

    fn faults(file: &str) -> Vec<String> {
        let tool: RestTool = toml::from_str(file).unwrap();
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        tool.faults(&KnownNames {
            inputs: names(&["id", "name"]),
            required: names(&["id"]),
            connection: names(&["site"]),
            ..KnownNames::default()
        })
    }

    #[test]
    fn a_description_that_fits_has_no_fault() {
        assert_eq!(faults(TOOL), [] as [&str; 0]);
        assert!(toml::from_str::<RestTool>(TOOL).unwrap().has_repeat_key());
    }

    #[test]
    fn each_contradiction_is_a_fault() {
        for (from, to, fault) in [
            ("'name' }", "'title' }", "“title” in “request” is not an input, not a [[field]], and nothing captures it"),
            ("name = { input = 'name' }", "", "The input “name” is not used in “request”. Use it, or remove it"),
            ("/items/{id}'", "/items/{id}/{name}'", "The input “name” is part of the path, so it must be required"),
            (
                "'adds'",
                "'overwrites'\npaging = { kind = 'page' }",
                "“request” does not use “cursor”, so the second page would be the first",
            ),
            ("'adds'", "'adds'\npaging = { kind = 'link' }", "“paging” needs “list” in “answer”"),
            (
                "'adds'",
                "'adds'\npaging = { kind = 'cursor', from = '/next', request = { method = 'GET', path = '/items/{cursor}' } }",
                "The request in “paging” has another method than “request”",
            ),
            ("'POST'", "'GET'", "“effect” and “method” contradict each other: Adds by Get"),
            (
                "{ input = 'name' }",
                "\"name = '{name}'\"",
                "“name = '{name}'” has a hole in quotation marks. Say with “quote” in which language",
            ),
            ("{ input = 'name' }", "{ text = '{name}', quote = 'soql' }", "“{name}” needs ' around each hole"),
            (
                "sentence = 'Created {/id}.'",
                "",
                "“answer” has neither a sentence nor a list, so people would not know what happened",
            ),
        ] {
            let found = faults(&TOOL.replace(from, to));
            assert!(found.iter().any(|it| it == fault), "{to}: {found:?}");
        }
    }
}
