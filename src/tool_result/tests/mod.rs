//! The parts of results, their pages, and that everything in a result can be reached.

mod pages;

use serde_json::{Value, json};

use super::{Body, CellValue, MediaFile, Node, Part, Scalar, Table, ToolResult, decode_file};

fn result(value: &Value) -> ToolResult {
    ToolResult::new(&value.to_string(), None)
}

fn parts(value: &Value) -> Vec<Part> {
    result(value).parts()
}

fn table(part: &Part) -> &Table {
    let Body::Value(Node::Table(table)) = &part.body else { panic!("{part:?}") };
    table
}

fn text(part: &Part) -> String {
    let Body::Text(page) = &part.body else { panic!("{part:?}") };
    page.text()
}

fn label(part: &Part) -> &str {
    part.label.as_ref().map_or("", |label| &label.text)
}

/// Returns the texts of a column.
fn column(table: &Table, column: usize) -> Vec<String> {
    let words = |scalar: &Scalar| match scalar {
        Scalar::Nothing(word) => (*word).to_owned(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Number(number) => number.clone(),
        Scalar::Moment(at) => at.to_string(),
        Scalar::Text { pieces, .. } => pieces.iter().map(|piece| piece.text.as_str()).collect(),
    };
    let cell = |value: &CellValue| match value {
        CellValue::Missing => "-".to_owned(),
        CellValue::Scalar(scalar) => words(scalar),
        CellValue::Elsewhere(what) => what.clone(),
    };
    table.rows.iter().map(|row| cell(&row.cells[column].value)).collect()
}

#[test]
fn structured_content_is_shown_once() {
    let parts = parts(&json!({"structuredContent": {"a": 1}, "content": [{"type": "text", "text": "{\"a\": 1}"}]}));
    let [Part { body: Body::Value(Node::Record(group)), pointer, .. }] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((group.members[0].label.text.as_str(), pointer.as_str()), ("a", "/structuredContent"));
    assert_eq!(group.members[0].pointer, "/structuredContent/a");
}

#[test]
fn a_list_of_objects_is_a_table_also_with_nested_values() {
    let rows = json!([{"id": 1, "name": "x"}, {"id": 2, "tags": ["a", "b"], "ok": true}]);
    let parts = parts(&json!({"content": [{"type": "text", "text": rows.to_string()}]}));
    let table = table(&parts[0]);
    assert_eq!(
        table.columns.iter().map(|column| column.key.as_str()).collect::<Vec<_>>(),
        ["id", "name", "tags", "ok"]
    );
    assert_eq!(
        (column(table, 1), column(table, 2)),
        (vec!["x".into(), "-".into()], vec!["-".into(), "2 items".into()])
    );
    assert_eq!(table.rows[1].cells[2].pointer, "/content/0/text/1/tags");
    assert!(table.columns[0].is_numeric && !table.columns[1].is_numeric);
}

#[test]
fn members_that_people_read_better_alone_stand_alone() {
    let value = json!({"structuredContent": {"total": 2, "rows": [{"id": 1}, {"id": 2}], "diff": "-a\n+b\n"}});
    let parts = parts(&value);
    assert_eq!(parts.iter().map(label).collect::<Vec<_>>(), ["", "rows", "diff"]);
    assert_eq!((table(&parts[1]).rows.len(), text(&parts[2]).as_str()), (2, "-a\n+b\n"));
}

#[test]
fn a_text_that_repeats_the_only_member_is_not_shown_again() {
    let with = |value: Value, text: &str| {
        parts(&json!({"structuredContent": {"result": value}, "content": [{"type": "text", "text": text}]})).len()
    };
    assert_eq!((with(json!("a\nb"), "a\nb"), with(json!([1]), "[1]"), with(json!("a\nb"), "c")), (1, 1, 2));
}

#[test]
fn a_sentence_stands_before_the_values_it_is_about_and_the_whole_answer_is_a_file() {
    let parts = parts(&json!({
        "content": [
            {"type": "text", "text": "2 customers."},
            {"type": "resource", "resource": {"uri": "answer.json", "mimeType": "application/json", "text": "{}"}},
        ],
        "structuredContent": {"customers": [{"id": 1}, {"id": 2}]},
    }));
    assert_eq!(text(&parts[0]), "2 customers.");
    let (Body::Value(Node::Table(_)), Body::File(file)) = (&parts[1].body, &parts[2].body) else { panic!("{parts:?}") };
    assert_eq!(
        (file.place, file.description().as_str()),
        (1, "The whole answer of the service, application/json, 2 bytes")
    );
}

#[test]
fn a_block_is_shown_as_what_it_is() {
    let parts = parts(&json!({"content": [
        {"type": "text", "text": "# Title\n\n- a\n- b"},
        {"type": "image", "data": "aGk=", "mimeType": "image/png"},
        {"type": "audio", "data": "aGk=", "mimeType": "audio/mp3"},
        {"type": "image", "data": "aGk=", "mimeType": "image/svg+xml"},
        {"type": "image", "data": "aGk=", "mimeType": "audio/wav"},
        {"type": "resource_link", "uri": "file:///a.txt", "name": "a"},
        {"type": "resource", "resource": {"uri": "demo://note.md", "mimeType": "text/markdown", "text": "plain"}},
        {"type": "resource", "resource": {"uri": "demo://a/b.bin", "blob": "aGk="}},
        {"type": "video"},
        7,
    ]}));
    let kinds: Vec<_> = parts
        .iter()
        .map(|part| match &part.body {
            Body::Text(_) => "text",
            Body::Markdown(_) => "markdown",
            Body::Value(_) => "value",
            Body::Media(media) if media.kind == super::MediaKind::Image => "image",
            Body::Media(_) => "audio",
            Body::File(_) => "file",
            Body::Resource(_) => "resource",
        })
        .collect();
    assert_eq!(kinds, ["markdown", "image", "audio", "file", "file", "resource", "markdown", "file", "value", "value"]);
    assert_eq!(label(&parts[6]), "demo://note.md");
}

#[test]
fn numbers_keep_their_spelling_and_addresses_and_moments_are_found() {
    let stored = r#"{"structuredContent":{"a":9007199254740993,"b":1.10,"c":"2026-11-24T08:29:05+02:00","d":"see https://a.example/b.","e":"2026-11-24"},"content":[]}"#;
    let parts = ToolResult::new(stored, None).parts();
    let Body::Value(Node::Record(group)) = &parts[0].body else { panic!("{parts:?}") };
    let scalar = |place: usize| if let Node::Scalar(scalar) = &group.members[place].node { scalar } else { panic!() };
    assert!(matches!(scalar(0), Scalar::Number(it) if it == "9007199254740993"));
    assert!(matches!(scalar(1), Scalar::Number(it) if it == "1.10"));
    assert!(matches!(scalar(2), Scalar::Moment(at) if at.unix_timestamp() == 1_795_501_745));
    assert!(
        matches!(scalar(3), Scalar::Text { pieces, .. } if pieces[1].is_address && pieces[1].text == "https://a.example/b")
    );
    assert!(matches!(scalar(4), Scalar::Text { .. }));
}

#[test]
fn titles_of_the_output_schema_are_labels() {
    let schema = json!({
        "properties": {
            "total": {"title": "Number of orders"},
            "orders": {"title": "Orders", "items": {"$ref": "#/$defs/order"}},
        },
        "$defs": {"order": {"properties": {"id": {"title": "Order number"}}}},
    });
    let stored = json!({"content": [], "structuredContent": {"total": 1, "orders": [{"id": 7, "x": 1}]}});
    let result = ToolResult::new(&stored.to_string(), Some(schema));
    let parts = result.parts();
    let Body::Value(Node::Record(group)) = &parts[0].body else { panic!("{parts:?}") };
    assert_eq!(group.members[0].label.text, "Number of orders");
    let columns: Vec<_> =
        table(&parts[1]).columns.iter().map(|column| (column.label.text.as_str(), column.label.is_key)).collect();
    assert_eq!((label(&parts[1]), columns), ("Orders", vec![("Order number", false), ("x", true)]));
    let names: Vec<_> =
        result.path("/structuredContent/orders/0/id").into_iter().map(|(label, _)| label.text).collect();
    assert_eq!(names, ["Orders", "Item 1"]);
}

#[test]
fn values_that_are_not_as_the_schema_says_are_named() {
    let schema = json!({
        "type": "object", "required": ["total", "when"], "additionalProperties": false,
        "properties": {"total": {"type": "integer"}, "when": {}, "rows": {"items": {"properties": {"id": {"type": ["string", "null"]}}}}},
    });
    let faults = |structured: Value| {
        let stored = json!({"content": [], "structuredContent": structured}).to_string();
        ToolResult::new(&stored, Some(schema.clone()))
            .schema_faults()
            .into_iter()
            .map(|it| it.sentence)
            .collect::<Vec<_>>()
    };
    assert!(faults(json!({"total": 1, "when": 1, "rows": [{"id": "a"}]})).is_empty());
    let found = faults(json!({"total": "x", "rows": [{"id": "a"}, {"id": 5}], "odd": 1}));
    for sentence in [
        "“total” should be a whole number.",
        "“when” is missing.",
        "“id” of item 2 should be empty or a text.",
        "The schema does not have “odd”.",
    ] {
        assert!(found.iter().any(|it| it == sentence), "{sentence} in {found:?}");
    }
    assert_eq!(faults(Value::Null), ["The schema describes structured values, but the result has none."]);
    let failed = json!({"content": [], "isError": true}).to_string();
    assert!(ToolResult::new(&failed, Some(schema.clone())).schema_faults().is_empty());
}

#[test]
fn a_file_is_decoded_if_it_exists_and_shown_only_with_a_safe_type() {
    let content = |block: Value| json!({"content": [{"type": "text", "text": "x"}, block]});
    let file = |shown_type, name: &str, bytes: &[u8]| {
        Some(MediaFile { shown_type, name: name.to_owned(), bytes: bytes.to_vec() })
    };
    let image = content(json!({"type": "image", "data": "aGk=", "mimeType": "image/JPG; q=1"}));
    assert_eq!(decode_file(&image, 1), file(Some("image/jpeg"), "", b"hi"));
    assert_eq!((decode_file(&image, 0), decode_file(&image, 9), decode_file(&json!("x"), 0)), (None, None, None));
    for dangerous in ["image/svg+xml", "text/html", "application/pdf", ""] {
        let block = content(json!({"type": "image", "data": "aGk=", "mimeType": dangerous}));
        assert_eq!(decode_file(&block, 1), file(None, "", b"hi"), "{dangerous}");
    }
    let answer = json!({"uri": "answer.json", "mimeType": "image/png", "text": "{}"});
    assert_eq!(
        decode_file(&content(json!({"type": "resource", "resource": answer})), 1),
        file(None, "answer.json", b"{}")
    );
    let pdf = json!({"uri": "https://a.example/b/c.pdf?x=/y", "mimeType": "application/pdf", "blob": "aGk="});
    assert_eq!(decode_file(&content(json!({"type": "resource", "resource": pdf})), 1), file(None, "c.pdf", b"hi"));
}
