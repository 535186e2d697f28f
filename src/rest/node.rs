//! A value in a request as the file of a connector describes it: literal, input, text with holes, or a composition of these.
//!
//! A part whose input is absent is left out, and so is an object or a list of which nothing is left. A request that changes
//! something therefore sends only what was given.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::converters::Converter;
use super::input_fault::{InputFault, Unfit};
use super::quoting::Quoting;
use super::template::Template;
use super::values::Values;

/// A value in a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Node {
    /// A value that is the same in each request.
    Literal(Value),
    /// `"a {b}"`, or `{ text = "a '{b}'", quote = "soql" }`.
    Text(Template, Option<Quoting>),
    /// `{ input = "a" }`.
    Input(String),
    /// `{ input = "a", as = "html" }`, or `{ of = …, as = "html" }`.
    Converted(Box<Node>, Converter),
    /// `{ input = "a", prefix = "gid://" }`: the prefix is added if the value does not begin with it.
    Prefixed(String, String),
    /// `{ each = "a", entry = … }`: one value for each entry of a list; the entry is called `item`.
    Each(String, Box<Node>),
    /// `{ when = "a", then = …, otherwise = … }`: depends on whether an input was given or, with `is`, on its value.
    When {
        /// Input.
        input: String,
        /// Value that it must have.
        is: Option<Value>,
        /// Value if that holds.
        then: Box<Node>,
        /// Value if not; nothing without it.
        otherwise: Option<Box<Node>>,
    },
    /// An object.
    Object(Vec<(String, Node)>),
    /// A list.
    List(Vec<Node>),
}

impl Node {
    /// Makes the value. Returns `None` if it is left out.
    ///
    /// # Errors
    /// An input that cannot be expressed.
    pub(super) fn make(&self, values: &Values<'_>) -> Result<Option<Value>, InputFault> {
        Ok(match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Text(template, None) => template.fill(values).map(Value::String),
            Self::Text(template, Some(quoting)) => template.fill_quoted(values, *quoting)?.map(Value::String),
            Self::Input(name) => values.get(name).map(std::borrow::Cow::into_owned),
            Self::Converted(of, converter) => match of.make(values)? {
                Some(Value::Null) => Some(Value::Null),
                Some(value) => Some(converter.convert(&value).map_err(|unfit| of.fault(unfit))?),
                None => None,
            },
            Self::Prefixed(name, prefix) => {
                let text = values.get(name).and_then(|value| super::values::scalar_text(&value));
                text.map(|text| if text.starts_with(prefix) { text } else { format!("{prefix}{text}") }.into())
            }
            Self::Each(name, entry) => match values.get(name).as_deref() {
                Some(Value::Array(items)) => {
                    let made = items.iter().filter_map(|item| entry.make(&values.with_item(item)).transpose());
                    Some(Value::Array(made.collect::<Result<_, _>>()?))
                }
                Some(_) => return Err(InputFault::must_be(Some(name), "a list")),
                None => None,
            },
            Self::When { input, is, then, otherwise } => {
                let given = values.get(input);
                let holds = match is {
                    Some(expected) => given.as_deref() == Some(expected),
                    None => given.is_some(),
                };
                match (holds, otherwise) {
                    (true, _) => then.make(values)?,
                    (false, Some(otherwise)) => otherwise.make(values)?,
                    (false, None) => None,
                }
            }
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, node) in members {
                    if let Some(value) = node.make(values)? {
                        object.insert(name.clone(), value);
                    }
                }
                (members.is_empty() || !object.is_empty()).then_some(Value::Object(object))
            }
            Self::List(nodes) => {
                let made = nodes.iter().filter_map(|node| node.make(values).transpose());
                let made = made.collect::<Result<Vec<_>, _>>()?;
                (nodes.is_empty() || !made.is_empty()).then_some(Value::Array(made))
            }
        })
    }

    /// Builds the fault of a value that cannot be converted. It names the input of the member that is at fault.
    fn fault(&self, unfit: Unfit) -> InputFault {
        let at_fault = match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == unfit.member).map(|(_, node)| node),
            _ => None,
        };
        InputFault::must_be(at_fault.unwrap_or(self).inputs().first().copied(), unfit.what)
    }

    /// Returns the names that people know: inputs and fields.
    pub(super) fn inputs(&self) -> Vec<&str> {
        self.names().into_iter().filter(|name| !name.contains('.')).collect()
    }

    /// Returns the names that the value uses, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |node| match node {
            Self::Text(template, _) => names.extend(template.names()),
            Self::Input(name) | Self::Prefixed(name, _) | Self::Each(name, _) | Self::When { input: name, .. } => {
                names.push(name.as_str());
            }
            Self::Literal(_) | Self::Converted(..) | Self::Object(_) | Self::List(_) => {}
        });
        names
    }

    /// Calls `see` with this value and each value inside it.
    pub(super) fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Literal(_) | Self::Text(..) | Self::Input(_) | Self::Prefixed(..) => {}
            Self::Converted(of, _) | Self::Each(_, of) => of.visit(see),
            Self::When { then, otherwise, .. } => {
                then.visit(see);
                if let Some(otherwise) = otherwise {
                    otherwise.visit(see);
                }
            }
            Self::Object(members) => members.iter().for_each(|(_, node)| node.visit(see)),
            Self::List(nodes) => nodes.iter().for_each(|node| node.visit(see)),
        }
    }
}

impl TryFrom<Value> for Node {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => {
                let template = Template::parse(&text)?;
                Ok(if template.has_holes() { Self::Text(template, None) } else { Self::Literal(text.into()) })
            }
            Value::Array(nodes) => Ok(Self::List(nodes.into_iter().map(Self::try_from).collect::<Result<_, _>>()?)),
            Value::Object(members) => {
                if let Some(form) = Form::parse_kind(&members) {
                    return form.parse(members);
                }
                let members = members.into_iter().map(|(name, value)| Ok((name, Self::try_from(value)?)));
                Ok(Self::Object(members.collect::<Result<_, String>>()?))
            }
            other => Ok(Self::Literal(other)),
        }
    }
}

/// A table with a meaning. Its first member names it.
#[derive(Clone, Copy)]
enum Form {
    Input,
    Of,
    Text,
    Literal,
    Each,
    When,
}

impl Form {
    const ALL: [(Self, &'static str, &'static [&'static str]); 6] = [
        (Self::Input, "input", &["as", "prefix"]),
        (Self::Of, "of", &["as"]),
        (Self::Text, "text", &["quote"]),
        (Self::Literal, "literal", &[]),
        (Self::Each, "each", &["entry"]),
        (Self::When, "when", &["is", "then", "otherwise"]),
    ];

    /// Returns the form that a table has. A table with other members is an object, and so is one whose naming member is a table.
    fn parse_kind(members: &Map<String, Value>) -> Option<Self> {
        Self::ALL.iter().find_map(|(form, name, more)| {
            let naming = members.get(*name)?;
            let takes_any = matches!(form, Self::Of | Self::Literal);
            let fits = members.keys().all(|key| key == name || more.contains(&key.as_str()));
            (fits && (takes_any || naming.is_string())).then_some(*form)
        })
    }

    fn parse(self, mut members: Map<String, Value>) -> Result<Node, String> {
        let mut take = |name: &str| members.remove(name);
        let mut text = |name: &str| match take(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("“{name}” is not a text")),
        };
        match self {
            Self::Literal => Ok(Node::Literal(take("literal").unwrap_or_default())),
            Self::Input => {
                let name = text("input")?;
                match (take("as"), take("prefix")) {
                    (None, None) => Ok(Node::Input(name)),
                    (Some(converter), None) => Ok(Node::Converted(Box::new(Node::Input(name)), named(converter)?)),
                    (None, Some(Value::String(prefix))) => Ok(Node::Prefixed(name, prefix)),
                    _ => Err(format!("“{name}” takes “as” or a text as “prefix”")),
                }
            }
            Self::Of => {
                let of = Node::try_from(take("of").unwrap_or_default())?;
                let converter = take("as").ok_or("“of” needs “as” with a conversion")?;
                Ok(Node::Converted(Box::new(of), named(converter)?))
            }
            Self::Text => {
                let template = Template::parse(&text("text")?)?;
                Ok(Node::Text(template, take("quote").map(named).transpose()?))
            }
            Self::Each => {
                let name = text("each")?;
                let entry = take("entry").ok_or("“each” needs “entry”")?;
                Ok(Node::Each(name, Box::new(Node::try_from(entry)?)))
            }
            Self::When => {
                let input = text("when")?;
                let is = take("is");
                let then = Box::new(Node::try_from(take("then").ok_or("“when” needs “then”")?)?);
                let otherwise = take("otherwise").map(|node| Node::try_from(node).map(Box::new)).transpose()?;
                Ok(Node::When { input, is, then, otherwise })
            }
        }
    }
}

/// Parses the name of a converter or a query language.
fn named<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        let table = |members: Vec<(&str, Option<Self>)>| {
            let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Self::Object(given.collect())
        };
        let word = |word: Self| Some(word);
        match node {
            Node::Literal(value) => table(vec![("literal", Some(value))]),
            Node::Text(template, quoting) => table(vec![
                ("text", Some(template.to_string().into())),
                ("quote", quoting.and_then(|it| serde_json::to_value(it).ok())),
            ]),
            Node::Input(name) => table(vec![("input", Some(name.into()))]),
            Node::Converted(of, converter) => {
                table(vec![("of", Some((*of).into())), ("as", serde_json::to_value(converter).ok().and_then(word))])
            }
            Node::Prefixed(name, prefix) => table(vec![("input", Some(name.into())), ("prefix", Some(prefix.into()))]),
            Node::Each(name, entry) => table(vec![("each", Some(name.into())), ("entry", Some((*entry).into()))]),
            Node::When { input, is, then, otherwise } => table(vec![
                ("when", Some(input.into())),
                ("is", is),
                ("then", Some((*then).into())),
                ("otherwise", otherwise.map(|node| (*node).into())),
            ]),
            Node::Object(members) => {
                Self::Object(members.into_iter().map(|(name, node)| (name, Self::from(node))).collect())
            }
            Node::List(nodes) => Self::Array(nodes.into_iter().map(Self::from).collect()),
        }
    }
}
