//! The place of a field in a form, and the origin of its contents.

use serde_json::Value;

/// The origin of the contents of a field.
#[derive(Clone, Copy)]
pub(super) enum Source<'v> {
    /// The contents of the form.
    Entries,
    /// The contents of the form, and defaults where a control has not been shown yet.
    Carried,
    /// Defaults.
    Blank {
        /// The field is inside of an object that is left out: defaults alone do not create the object.
        is_left_out: bool,
    },
    /// A value.
    Value(&'v Value),
    /// No contents: the value that is shown lacks the field.
    Missing,
    /// A secret, which a former run had and no page shows.
    EnteredBefore,
}

/// The place of a field in the form.
#[derive(Clone)]
pub(super) struct Place<'p> {
    pub(super) pointer: String,
    pub(super) name: &'p str,
    /// Label, in place of the one from the schema and the name.
    pub(super) label: Option<String>,
    pub(super) required: bool,
    pub(super) is_secret: bool,
    pub(super) depth: usize,
    /// The pointer that holds the choice if the field is a union; empty for that of the field.
    pub(super) union_state: String,
}

impl Place<'_> {
    /// Returns the place of the whole input.
    pub(super) fn root() -> Place<'static> {
        Place {
            pointer: String::new(),
            name: "input",
            label: Some("The input".to_owned()),
            required: true,
            is_secret: false,
            depth: 0,
            union_state: String::new(),
        }
    }

    /// Returns the pointer that holds the choice if the field is a union.
    pub(super) fn union_state(&self) -> &str {
        if self.union_state.is_empty() { &self.pointer } else { &self.union_state }
    }

    /// Returns the place of a field inside of this one.
    pub(super) fn child<'c>(&self, pointer: String, name: &'c str, required: bool, is_secret: bool) -> Place<'c> {
        let depth = self.depth + 1;
        Place { pointer, name, label: None, required, is_secret, depth, union_state: String::new() }
    }
}
