//! Pages of tables, texts and deep values: sorted, and with everything on one of them.

use serde_json::{Value, json};

use super::{result, table};
use crate::tool_result::{Body, CellValue, Direction, Node, PageQuery, Sort};

fn sorted_by(column: &str, direction: Direction) -> PageQuery {
    PageQuery { sort: Some(Sort { column: column.to_owned(), direction }), ..PageQuery::default() }
}

#[test]
fn rows_are_sorted_by_value_and_rows_without_one_are_last() {
    let rows = json!([
        {"n": 10, "t": "b", "amount": "9.50"}, {"n": 9, "t": "A", "amount": "10.00"}, {"t": "a", "amount": "100"}, {"n": 9_007_199_254_740_993_u64, "t": "C"},
        {"n": 9_007_199_254_740_992_u64}, {"n": null}, {"n": 9.0}, {"n": "x"},
    ]);
    let result = result(&json!({"content": [], "structuredContent": rows}));
    let places = |query: &PageQuery| {
        let part = result.part("/structuredContent", query).unwrap();
        table(&part).rows.iter().map(|row| row.place).collect::<Vec<_>>()
    };
    assert_eq!(places(&sorted_by("n", Direction::Ascending)), [1, 6, 0, 4, 3, 7, 2, 5]);
    assert_eq!(places(&sorted_by("n", Direction::Descending)), [7, 3, 4, 0, 1, 6, 2, 5]);
    assert_eq!(places(&sorted_by("t", Direction::Ascending)), [1, 2, 0, 3, 4, 5, 6, 7]);
    assert_eq!(places(&sorted_by("amount", Direction::Descending))[..3], [2, 1, 0]);
    assert_eq!(places(&sorted_by("unknown", Direction::Ascending)), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn every_row_and_every_column_is_on_a_page() {
    let rows: Vec<Value> = (0..120).map(|n| json!({"n": (n * 7) % 120, "same": 1})).collect();
    let wide: serde_json::Map<String, Value> = (0..20).map(|n| (format!("c{n}"), json!(n))).collect();
    let result = result(&json!({"content": [], "structuredContent": {"rows": rows, "wide": [wide]}}));
    for sort in [None, sorted_by("n", Direction::Descending).sort, sorted_by("same", Direction::Ascending).sort] {
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let part = result
                .part("/structuredContent/rows", &PageQuery { after, sort: sort.clone(), skipped_columns: 0 })
                .unwrap();
            seen.extend(table(&part).rows.iter().map(|row| row.place));
            pages += 1;
            after = table(&part).next;
            if after.is_none() {
                break;
            }
        }
        seen.sort_unstable();
        assert_eq!((seen, pages), ((0..120).collect(), 3), "{sort:?}");
    }
    let (mut keys, mut skipped) = (Vec::new(), Some(0));
    while let Some(skipped_columns) = skipped {
        let part =
            result.part("/structuredContent/wide", &PageQuery { skipped_columns, ..PageQuery::default() }).unwrap();
        keys.extend(table(&part).columns.iter().map(|column| column.key.clone()));
        skipped = table(&part).next_columns();
    }
    assert_eq!(keys, (0..20).map(|n| format!("c{n}")).collect::<Vec<_>>());
}

#[test]
fn every_character_of_a_long_text_is_on_a_page() {
    let long = (0..9_000).map(|n| format!("line {n}é")).collect::<Vec<_>>().join("\n");
    let result = result(&json!({"content": [{"type": "text", "text": long}]}));
    let (mut read, mut after) = (String::new(), None);
    loop {
        let part = result.part("/content/0/text", &PageQuery { after, ..PageQuery::default() }).unwrap();
        let Body::Text(page) = &part.body else { panic!("{part:?}") };
        assert!(after.is_none() || page.text().starts_with("line "), "the page begins inside of a line");
        read.push_str(&page.text());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(read, long);
    let json = result.json("", None).unwrap();
    assert!(json.next.is_some() && json.text().starts_with("{\n"));
}

#[test]
fn every_value_of_a_deep_and_wide_result_has_a_page() {
    let mut deep = json!("end");
    for n in 0..30 {
        deep = json!({"down": deep, "n": n});
    }
    let wide: Vec<Value> = (0..450).map(|n| json!([n])).collect();
    let stored = json!({"content": [], "structuredContent": {"deep": deep, "wide": wide, "a/b~c": [{"x": {"y": 1}}]}});
    let result = result(&stored);
    let mut open = vec![(String::new(), None)];
    let mut scalars = 0;
    while let Some((pointer, after)) = open.pop() {
        let part =
            result.part(&pointer, &PageQuery { after, ..PageQuery::default() }).unwrap_or_else(|| panic!("{pointer}"));
        match part.body {
            Body::Value(node) => visit(&node, &pointer, &mut open, &mut scalars),
            Body::Text(_) => scalars += 1,
            other => panic!("{other:?}"),
        }
    }
    // those of `deep`, of `wide`, the cell, and the empty content
    assert_eq!(scalars, 31 + 450 + 1 + 1);
    assert!(result.part("/structuredContent/deep/up", &PageQuery::default()).is_none());
}

/// Counts the values of a page, and notes the pages that it leads to.
fn visit(node: &Node, pointer: &str, open: &mut Vec<(String, Option<usize>)>, scalars: &mut usize) {
    match node {
        Node::Scalar(_) => *scalars += 1,
        Node::Elsewhere(_) => open.push((pointer.to_owned(), None)),
        Node::Record(group) | Node::List(group) => {
            group.members.iter().for_each(|member| visit(&member.node, &member.pointer, open, scalars));
            open.extend(group.next.map(|next| (pointer.to_owned(), Some(next))));
        }
        Node::Table(table) => {
            for cell in table.rows.iter().flat_map(|row| &row.cells) {
                match cell.value {
                    CellValue::Scalar(_) => *scalars += 1,
                    CellValue::Elsewhere(_) => open.push((cell.pointer.clone(), None)),
                    CellValue::Missing => {}
                }
            }
        }
    }
}
