//! Strings that hold bytes: typed as text, pasted as base64, or chosen as a file.

use craft::error::{Error, FieldFaults};
use craft::schema_form::{Entries, FormView, Plan, Upload, Validator, parse, parse_as_shown};
use serde_json::{Value, json};

use super::through_browser;

fn plan(property: &Value) -> Plan {
    Plan::compile(&json!({ "properties": { "p": property } }))
}

fn byte() -> Value {
    json!({ "type": "string", "format": "byte" })
}

/// Changes a form as its page shows it. A text of `""` takes a pair away.
fn changed(plan: &Plan, entries: &Entries, changes: &[(&str, &str)]) -> Entries {
    let shown = through_browser(plan, entries);
    let is_changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let others = shown.pairs().iter().filter(|(name, _)| !is_changed(name)).cloned();
    let new = changes.iter().filter(|(_, text)| !text.is_empty());
    Entries::from_pairs(others.chain(new.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))).collect())
}

/// Returns the value of the field, or the sentences about it.
fn sent(plan: &Plan, changes: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    read(plan, &changed(plan, &Entries::blank(plan), changes))
}

fn read(plan: &Plan, entries: &Entries) -> Result<Value, Vec<String>> {
    match parse(plan, entries) {
        Ok(value) => Ok(value["p"].clone()),
        Err(Error::Invalid(faults)) => {
            assert!(faults.faults().iter().all(|fault| fault.field == "/p"), "{faults:?}");
            Err(faults.faults().iter().map(|fault| fault.message.clone()).collect())
        }
        Err(other) => panic!("{other}"),
    }
}

fn html(plan: &Plan, entries: &Entries) -> String {
    FormView::new(plan, entries, &FieldFaults::default()).to_string()
}

fn file(name: &str, content: &[u8]) -> String {
    Upload::new(name, content).to_text()
}

#[test]
fn what_is_typed_or_chosen_is_encoded_and_what_is_pasted_is_sent_as_it_is() {
    let plan = plan(&byte());
    assert_eq!(sent(&plan, &[]), Ok(Value::Null), "left out");
    assert_eq!(sent(&plan, &[("v/p", "hi\r\nyou")]), Ok(json!("aGkKeW91")));
    assert_eq!(sent(&plan, &[("e/p", "encoded"), ("v/p", "aGkK\r\neW91 ")]), Ok(json!("aGkKeW91")), "lines are joined");
    assert_eq!(sent(&plan, &[("e/p", "encoded"), ("v/p", "aGk")]), Ok(json!("aGk")), "no padding is added");
    let picture = file("picture.png", &[137, 80, 78, 71, 0, 255]);
    assert_eq!(sent(&plan, &[("e/p", "file"), ("u/p", &picture)]), Ok(json!("iVBORwD/")));
    assert_eq!(sent(&plan, &[("u/p", &picture)]), Ok(json!("iVBORwD/")), "a chosen file alone says it");
    assert_eq!(sent(&plan, &[("e/p", "file"), ("v/p", "left"), ("u/p", &picture)]), Ok(json!("iVBORwD/")));

    let url = self::plan(&json!({ "type": "string", "contentEncoding": "base64url" }));
    assert_eq!(sent(&url, &[("u/p", &picture)]), Ok(json!("iVBORwD_")));
    // a form that was opened before the field had a choice
    assert_eq!(read(&plan, &Entries::from_pairs(vec![("v/p".into(), "aGk=".into())])), Ok(json!("aGk=")));
}

#[test]
fn doubtful_contents_have_a_sentence_at_their_field() {
    let plan = plan(&byte());
    let picture = file("picture.png", &[1, 2]);
    let told = |changes: &[(&str, &str)]| sent(&plan, changes).unwrap_err().join(" ");
    assert_eq!(
        told(&[("v/p", "a text"), ("u/p", &picture)]),
        "Choose “Upload a file” to send “picture.png”, or remove the file to send the text"
    );
    assert_eq!(
        told(&[("e/p", "file"), ("v/p", "a text")]),
        "Choose a file for P. To send the text, choose “Type text” or “Paste base64”"
    );
    assert_eq!(told(&[("e/p", "encoded"), ("v/p", "aGk!")]), "Character 4 is “!”, which base64 does not have");
    assert_eq!(told(&[("u/p", &file("empty.txt", b""))]), "“empty.txt” is empty: choose another file");
    let large = file("large.bin", &vec![0; 3 * 1024 * 1024]);
    assert_eq!(
        told(&[("u/p", &large)]),
        "“large.bin” has 3.0 MB, and a file may have up to 190 kB: choose a smaller one"
    );
    // whatever button was pressed, the page says that the file is not there any more
    let page = html(&plan, &changed(&plan, &Entries::blank(&plan), &[("u/p", &large)]));
    assert!(page.contains("“large.bin” has 3.0 MB") && !page.contains("is kept"), "{page}");

    let required =
        Plan::compile(&json!({ "required": ["p"], "properties": { "p": { "type": "string", "format": "binary" } } }));
    assert_eq!(sent(&required, &[]), Err(vec!["Choose a file for P".to_owned()]));
}

#[test]
fn a_chosen_file_stays_on_the_page_until_it_is_removed_or_replaced() {
    let plan =
        Plan::compile(&json!({ "properties": { "p": byte(), "rows": { "type": "array", "items": { "type": "object",
        "properties": { "data": { "type": "string", "format": "binary" } } } } } }));
    let chosen = [
        ("e/p", "file"),
        ("u/p", &file("picture.png", &[7; 12_000])),
        ("r/rows", "0"),
        ("u/rows/0/data", &file("row.bin", &[1, 2, 3])),
        ("op", "add:/rows"),
    ]
    .map(|(name, text)| (name, text.to_owned()));
    let chosen: Vec<_> = chosen.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let edited = changed(&plan, &Entries::blank(&plan), &chosen).edited(&plan).unwrap().entries;
    let page = html(&plan, &edited);
    assert!(page.contains("<bdi>picture.png</bdi>, 12 kB, is kept"), "{page}");
    assert!(page.contains("<bdi>row.bin</bdi>, 3 bytes, is kept"), "{page}");
    let value = |entries: &Entries| parse_as_shown(&plan, entries).unwrap();
    let again = changed(&plan, &edited, &[]);
    assert_eq!(value(&again)["p"].as_str().unwrap().len(), 16_000);
    assert_eq!(value(&again)["rows"][0], json!({ "data": "AQID" }));

    assert_eq!(value(&changed(&plan, &edited, &[("u/p", "")])).get("p"), None, "unticked");
    // a browser sends the new file before the box of the old one
    let other = file("other.png", &[9]);
    let both: Vec<_> = [("u/p".to_owned(), other)].into_iter().chain(again.pairs().iter().cloned()).collect();
    assert_eq!(value(&Entries::from_pairs(both))["p"], "CQ==");
    // JSON has the value itself
    let as_json = Entries::as_json(&plan, &value(&again));
    assert_eq!(value(&changed(&plan, &as_json, &[]))["rows"][0]["data"], "AQID");
}

#[test]
fn a_value_is_shown_as_the_text_that_means_exactly_it() {
    let plan = plan(&byte());
    for (value, source, shown) in [
        ("aGkKeW91", "text", "hi\nyou"),
        ("aGk", "encoded", "aGk"),
        ("iVBORwD/", "encoded", "iVBORwD/"),
        ("aA0=", "encoded", "aA0="),
    ] {
        let entries = Entries::from_value(&plan, &json!({ "p": value }));
        assert_eq!((entries.get("e/p"), entries.get("v/p")), (Some(source), Some(shown)), "{value}");
        assert_eq!(read(&plan, &through_browser(&plan, &entries)), Ok(json!(value)));
    }
    for odd in ["not base64!", "aGk=\naGk=", " aGk="] {
        let entries = Entries::from_value(&plan, &json!({ "p": odd }));
        assert!(entries.get("j/p").is_some(), "{odd:?} is JSON");
        assert_eq!(read(&plan, &through_browser(&plan, &entries)), Ok(json!(odd)));
    }
}

#[test]
fn a_secret_in_bytes_is_on_no_page() {
    let secret = json!({ "type": "string", "contentEncoding": "base64", "writeOnly": true });
    let plan = Plan::compile(&json!({ "properties": { "p": secret, "other": { "type": "string" } } }));
    let key = file("key.pem", b"-----BEGIN");
    for changes in [
        vec![("e/p", "file"), ("u/p", key.as_str())],
        vec![("e/p", "text"), ("v/p", "-----BEGIN")],
        vec![("e/p", "encoded"), ("v/p", "LS0tLS1CRUdJTg==")],
    ] {
        let typed = changed(&plan, &Entries::blank(&plan), &changes);
        let page =
            typed.clone().with_masked_text(&plan).with_sealed_secrets(&plan, |_, text| Some(text.len().to_string()));
        let shown = html(&plan, &page);
        for part in ["BEGIN", "LS0tLS1CRUdJTg", "key.pem"] {
            assert!(!shown.contains(part) && !format!("{page:?}").contains(part), "{part}: {shown}");
        }
        assert!(shown.contains("Keep what you entered, which is not shown"), "{shown}");
        // it comes back from the page, and from the page after that
        let again = through_browser(&plan, &through_browser(&plan, &typed));
        assert_eq!(read(&plan, &again), Ok(json!("LS0tLS1CRUdJTg==")), "{changes:?}");
    }
    let blank = html(&plan, &through_browser(&plan, &Entries::blank(&plan)));
    assert!(!blank.contains("Keep what you entered"), "nobody entered anything: {blank}");
    let told =
        read(&plan, &changed(&plan, &Entries::blank(&plan), &[("e/p", "encoded"), ("v/p", "hunter2!")])).unwrap_err();
    assert!(!told.join(" ").contains('!'), "{told:?}");
}

#[test]
fn hints_say_how_bytes_are_sent_and_how_many_there_may_be() {
    for (schema, hint) in [
        (byte(), "Up to 190 kB · Sent as base64"),
        (
            json!({ "type": "string", "contentEncoding": "base64url", "maxLength": 16_000 }),
            "Up to 11 kB (16,000 characters of base64url) · Sent as base64url",
        ),
        (json!({ "type": "string", "contentMediaType": "image/png" }), "Up to 190 kB · Sent as base64 of image/png"),
    ] {
        let page = html(&plan(&schema), &Entries::blank(&plan(&schema)));
        assert!(page.contains(hint), "{hint}: {page}");
    }
    let short = json!({ "properties": { "p": { "type": "string", "format": "byte", "maxLength": 8 } } });
    let plan = Plan::compile(&short);
    let typed = changed(&plan, &Entries::blank(&plan), &[("v/p", "longer text")]);
    let Err(Error::Invalid(faults)) = plan.read(&typed, &Validator::compile(&short)) else { panic!("no fault") };
    assert_eq!(faults.faults()[0].message, "P is too large. Up to 6 bytes (8 characters of base64)");
    // a text with a media type of text is a text
    let text = self::plan(&json!({ "type": "string", "contentMediaType": "application/json" }));
    assert!(!html(&text, &Entries::blank(&text)).contains("type=\"file\"") && !text.takes_files());
}

#[test]
fn a_list_of_bytes_has_a_control_for_each() {
    let plan = plan(&json!({ "type": "array", "items": byte() }));
    let picture = file("x", &[1, 2, 3]);
    let typed = Entries::from_pairs(
        [("r/p", "0"), ("r/p", "1"), ("u/p/0", &picture), ("e/p/1", "text"), ("v/p/1", "hi")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
    );
    assert_eq!(read(&plan, &through_browser(&plan, &typed)), Ok(json!(["AQID", "aGk="])));
}

#[test]
fn a_file_that_cannot_be_sent_is_told_before_the_form_is_json() {
    let plan = plan(&byte());
    let file = Upload::new("a.png", b"\x89PNG").to_text();
    let both = [("e/p", "text"), ("v/p", "hello"), ("u/p", file.as_str())];
    let large = Upload::new("large.png", &vec![1; 300_000]).to_text();
    for (changes, told) in
        [(both, "or remove the file"), ([("e/p", "file"), ("v/p", ""), ("u/p", &large)], "up to 190 kB")]
    {
        let entries = changed(&plan, &Entries::blank(&plan), &changes);
        for checked in [plan.check_before_json(&entries, ""), plan.check_before_json(&entries, "/p")] {
            let Err(Error::Invalid(faults)) = checked else { panic!("the file is lost without a word") };
            assert!(faults.faults()[0].message.contains(told), "{faults:?}");
        }
    }
    let sendable = changed(&plan, &Entries::blank(&plan), &[("e/p", "file"), ("u/p", &file)]);
    assert!(plan.check_before_json(&sendable, "").is_ok());
}

#[test]
fn a_file_that_does_not_fit_leaves_the_one_before_it() {
    let plan = plan(&byte());
    let pairs = |files: &[&str]| {
        let files = files.iter().map(|text| ("u/p".to_owned(), (*text).to_owned()));
        Entries::from_pairs(files.chain([("e/p".to_owned(), "file".to_owned())]).collect())
    };
    let (small, large) = (file("small.bin", &[9]), file("large.bin", &vec![0; 300_000]));
    let entries = pairs(&[&large, &small]);
    let told = read(&plan, &entries).unwrap_err().join(" ");
    assert!(told.contains("“large.bin” has 293 kB"), "{told}");
    let page = html(&plan, &entries);
    assert!(
        page.contains("<bdi>small.bin</bdi>, 1 byte, is kept") && page.contains("“large.bin” has 293 kB"),
        "{page}"
    );
    assert_eq!(read(&plan, &through_browser(&plan, &entries)), Ok(json!("CQ==")));
    let empty = pairs(&[&file("empty.bin", &[]), &small]);
    assert!(read(&plan, &empty).unwrap_err().join(" ").contains("“empty.bin” is empty"));
    assert_eq!(read(&plan, &through_browser(&plan, &empty)), Ok(json!("CQ==")));
    // a secret one travels sealed
    let secret = self::plan(&json!({ "type": "string", "format": "byte", "writeOnly": true }));
    let sealed = pairs(&[&small]).with_sealed_secrets(&secret, |_, text| Some(text.to_owned()));
    let again = Entries::from_pairs([&[("u/p".to_owned(), large)], sealed.pairs()].concat());
    let opened = again.with_opened_secrets(|_, text| Some(text.to_owned()));
    assert!(read(&secret, &opened).unwrap_err().join(" ").contains("“large.bin” has 293 kB"));
    assert_eq!(read(&secret, &through_browser(&secret, &opened)), Ok(json!("CQ==")));
}

#[test]
fn files_beyond_the_room_of_an_input_are_dropped_with_a_sentence() {
    let plan = Plan::compile(&json!({ "properties": { "p": byte(), "q": byte(), "r": byte() } }));
    let large = file("large.bin", &vec![0; 150_000]);
    let pairs = [("u/p", &large), ("u/q", &large), ("u/r", &file("small.bin", &[9]))];
    let entries = Entries::from_pairs(pairs.map(|(name, text)| (name.to_owned(), text.clone())).to_vec());
    let Error::Invalid(faults) = parse(&plan, &entries).unwrap_err() else { panic!("no faults") };
    let told: Vec<_> = faults.faults().iter().map(|fault| (fault.field.as_str(), fault.message.as_str())).collect();
    let sentence = "“large.bin” has 147 kB, and all files together may have up to 190 kB: choose smaller ones";
    assert_eq!(told, [("/q", sentence)]);
    let page = html(&plan, &entries);
    assert!(page.matches("is kept").count() == 2 && page.contains(sentence), "{page}");
}
