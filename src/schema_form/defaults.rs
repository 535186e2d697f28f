//! Defaults and examples that do not fit their own schema: they are no values of the form.

use serde_json::{Map, Value};

use super::check::Validator;
use super::field::{Control, Field};

/// Removes each default and example that the schema refuses in its place: of another type, null, or not among the values.
pub(super) fn remove_unfit_defaults(fields: &mut [Field], validator: &Validator) {
    remove_inside(fields, validator, &|value| value);
}

/// Removes the defaults of fields whose object `place` puts into the whole input.
fn remove_inside(fields: &mut [Field], validator: &Validator, place: &dyn Fn(Value) -> Value) {
    for field in fields {
        let (key, pointer) = (field.key(), field.pointer.clone());
        let place = |value: Value| place(Value::Object(Map::from_iter([(key.clone(), value)])));
        let fits = |value: &Value| validator.accepts_at(&place(value.clone()), &pointer);
        field.default = field.default.take().filter(fits);
        field.example = field.example.take().filter(fits);
        if let Control::Group(inner) = &mut field.control {
            remove_inside(inner, validator, &place);
        }
    }
}
