//! Tests of the values in requests.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::node::Node;
use super::values::Values;

fn made(node: Value, inputs: &Value) -> Result<Option<Value>, String> {
    let node = Node::try_from(node)?;
    node.make(&Values::new(inputs.as_object().unwrap())).map_err(|failure| failure.message.text)
}

fn is(node: Value, inputs: Value, expected: Value) {
    assert_eq!(made(node, &inputs).unwrap(), Some(expected));
    drop(inputs);
}

#[test]
fn a_part_whose_input_is_absent_is_left_out() {
    let node = json!({"title": {"input": "title"}, "state": {"name": {"eq": {"input": "state"}}}, "kind": "issue"});
    is(node.clone(), json!({"title": "a"}), json!({"title": "a", "kind": "issue"}));
    is(
        node,
        json!({"title": null, "state": "open"}),
        json!({"title": null, "state": {"name": {"eq": "open"}}, "kind": "issue"}),
    );
    assert_eq!(made(json!({"a": {"input": "a"}}), &json!({})).unwrap(), None);
    is(json!({"a": []}), json!({}), json!({"a": []}));
}

#[test]
fn lists_conditions_and_conversions_are_made() {
    is(
        json!({"each": "to", "entry": {"email": "{item}"}}),
        json!({"to": ["a", "b"]}),
        json!([{"email": "a"}, {"email": "b"}]),
    );
    let when = json!({"when": "stage", "then": [{"value": {"input": "stage"}}], "otherwise": []});
    is(when.clone(), json!({"stage": "won"}), json!([{"value": "won"}]));
    is(when, json!({}), json!([]));
    is(
        json!({"when": "state", "is": "any", "then": "all", "otherwise": {"input": "state"}}),
        json!({"state": "any"}),
        json!("all"),
    );
    is(json!({"input": "id", "prefix": "gid://"}), json!({"id": 7}), json!("gid://7"));
    is(json!({"input": "id", "prefix": "gid://"}), json!({"id": "gid://7"}), json!("gid://7"));
    is(json!({"of": {"a": {"input": "n"}}, "as": "json-text"}), json!({"n": 1}), json!(r#"{"a":1}"#));
    is(json!({"text": "name = '{n}'", "quote": "soql"}), json!({"n": "O'Hara"}), json!("name = 'O\\'Hara'"));
}

#[test]
fn an_input_that_cannot_be_expressed_is_named() {
    let refused = |node, inputs: Value| made(node, &inputs).unwrap_err();
    assert_eq!(refused(json!({"each": "to", "entry": "{item}"}), json!({"to": 5})), "“to” must be a list");
    let time = json!({"input": "at", "as": "epoch-seconds"});
    assert_eq!(refused(time, json!({"at": "noon"})), "“at” must be a time such as 2026-11-29T18:00:00Z");
    let quoted = json!({"text": "\"{n}\"", "quote": "zendesk"});
    assert_eq!(refused(quoted, json!({"n": "a\"b"})), "“a\"b” cannot be the “n” of this request");
}

#[test]
fn an_object_may_have_members_named_like_a_form() {
    is(json!({"input": {"title": "a"}}), json!({}), json!({"input": {"title": "a"}}));
    is(json!({"text": {"content": "a"}}), json!({}), json!({"text": {"content": "a"}}));
    is(json!({"literal": {"input": "a"}}), json!({}), json!({"input": "a"}));
    assert!(made(json!({"input": "a", "as": "rot13"}), &json!({})).is_err());
}

fn any_node() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"input": "a"})),
        Just(json!({"input": "a", "as": "html"})),
        Just(json!({"text": "'{a}'", "quote": "drive"})),
        Just(json!("x {a|'b'}")),
        any::<i32>().prop_map(|number| json!(number)),
        "[a-z ]{0,5}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(3, 12, 3, |node| {
        prop_oneof![
            proptest::collection::vec(node.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::btree_map("[b-k]", node.clone(), 0..3).prop_map(|members| json!(members)),
            node.clone().prop_map(|node| json!({"each": "l", "entry": node})),
            node.prop_map(|node| json!({"when": "a", "then": node})),
        ]
    })
}

proptest! {
    #[test]
    fn a_stored_node_makes_the_same(node in any_node(), a in proptest::option::of("[ -~]{0,6}")) {
        let node = Node::try_from(node).unwrap();
        let read: Node = serde_json::from_value(serde_json::to_value(&node).unwrap()).unwrap();
        let inputs = json!({"a": a, "l": ["x"]});
        let values = Values::new(inputs.as_object().unwrap());
        prop_assert_eq!(&read, &node);
        prop_assert_eq!(read.make(&values).ok(), node.make(&values).ok());
    }
}
