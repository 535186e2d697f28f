//! Tests of the parser: what a listing shows, what it asks for, and what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{EntryFault, Listing, ListingStatus, Namespace, Refusal, RemoteServer};
use crate::egress::{Egress, EgressPolicy};

fn egress() -> Egress {
    Egress::new(EgressPolicy::default())
}

fn entry(server: &Value) -> Value {
    let mut whole = json!({"name": "com.example/tides", "description": "High and low water", "version": "1.0.2"});
    whole.as_object_mut().unwrap().extend(server.as_object().unwrap().clone());
    json!({"server": whole, "_meta": {"io.modelcontextprotocol.registry/official": {
        "status": "active", "publishedAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-11-28T10:00:00.123Z", "isLatest": true
    }}})
}

fn parsed(entry: &Value) -> Listing {
    Listing::parse(entry, &egress()).unwrap()
}

fn remote(remote: &Value) -> Result<RemoteServer, Refusal> {
    parsed(&entry(&json!({ "remotes": [remote] }))).server
}

fn refusal(server: &Value) -> Refusal {
    parsed(&entry(server)).server.unwrap_err()
}

/// Returns the address with these entered values, or the faults.
fn filled(server: &RemoteServer, values: &[(&str, &str)]) -> Result<String, String> {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    server.address(&values).map(String::from).map_err(|error| error.to_string())
}

#[test]
fn a_listing_shows_what_its_entry_says() {
    let listing = parsed(&entry(&json!({
        "title": "Tides\u{202e}\u{200b}", "websiteUrl": "https://tides.example/", "repository":
        {"url": "https://github.com/example/tides", "source": "github"},
        "remotes": [{"type": "streamable-http", "url": "https://mcp.example.com:8443/mcp"}],
        "packages": [{"registryType": "npm", "identifier": "tides", "transport": {"type": "stdio"}}],
    })));
    assert_eq!(listing.title, "Tides[2 hidden characters]");
    assert_eq!((listing.namespace, listing.publisher().as_str()), (Namespace::Domain, "example.com"));
    assert_eq!((listing.version.as_str(), listing.status), ("1.0.2", ListingStatus::Active));
    assert_eq!(listing.updated_at.unwrap().millisecond(), 123);
    assert_eq!(listing.repository.unwrap().as_str(), "https://github.com/example/tides");
    let server = listing.server.unwrap();
    assert_eq!((server.host.as_str(), server.has_inputs()), ("mcp.example.com:8443", false));
    assert_eq!(filled(&server, &[]).unwrap(), "https://mcp.example.com:8443/mcp");
}

#[test]
fn an_entry_that_is_none_names_its_fault() {
    let fault = |entry: &Value| Listing::parse(entry, &egress()).unwrap_err().0;
    assert_eq!(fault(&json!({})), "has no server");
    assert_eq!(fault(&json!({"server": []})), "has no server");
    for name in ["", "tides", "a/b/c", "com.example/", "com.exämple/tides", "com.example/ti des", "<b>/x"] {
        assert_eq!(fault(&entry(&json!({ "name": name }))), "has no name of the form namespace/name", "{name}");
    }
    let mut older = entry(&json!({}));
    older["_meta"]["io.modelcontextprotocol.registry/official"]["isLatest"] = json!(false);
    assert_eq!(fault(&older), "is an older version");
    let mut odd = entry(&json!({}));
    odd["_meta"]["io.modelcontextprotocol.registry/official"]["status"] = json!("asleep");
    assert_eq!(fault(&odd), "has an unknown status");
    let long = entry(&json!({ "description": "x".repeat(65_536) }));
    assert_eq!(Listing::parse_with_text(&long, &egress()).unwrap_err(), EntryFault("is longer than 64 kB"));
}

#[test]
fn each_reason_to_refuse_is_found() {
    let http = |url: &str| json!({"remotes": [{"type": "streamable-http", "url": url}]});
    let with_header = |header: &Value| json!({"remotes": [{"type": "streamable-http", "url": "https://a.example/mcp", "headers": [header]}]});
    let many: Vec<_> = (0..21).map(|number| json!({"name": format!("X-{number}")})).collect();
    for (server, reason) in [
        (json!({"packages": [{"registryType": "npm"}]}), Refusal::OnlyPackages),
        (json!({}), Refusal::NoAddress),
        (json!({"remotes": [{"type": "sse", "url": "https://a.example/sse"}]}), Refusal::OnlySse),
        (json!({"remotes": [{"type": "carrier-pigeon", "url": "https://a.example"}]}), Refusal::UnknownTransport),
        (json!({"remotes": ["odd"]}), Refusal::UnknownTransport),
        (http("http://a.example/mcp"), Refusal::PlainHttp),
        (http("http://93.184.216.34/mcp"), Refusal::PlainHttp),
        (http("https://10.0.0.1/mcp"), Refusal::PrivateAddress),
        (http("https://[::1]/mcp"), Refusal::PrivateAddress),
        (http("https://0x7f.1/mcp"), Refusal::PrivateAddress),
        (http("https://localhost/mcp"), Refusal::PrivateAddress),
        (http("https://tools.internal/mcp"), Refusal::PrivateAddress),
        (http("https://{tenant}.example.com/mcp"), Refusal::VariableHost),
        (http("https://a.example:{port}/mcp"), Refusal::VariableHost),
        (http("{base_url}/mcp"), Refusal::VariableHost),
        (http("https://me:pw@a.example/mcp"), Refusal::InvalidAddress),
        (http("https://"), Refusal::InvalidAddress),
        (http("ftp://a.example/mcp"), Refusal::InvalidAddress),
        (http(""), Refusal::InvalidAddress),
        (
            json!({"remotes": [{"type": "streamable-http", "url": "https://a.example/{key}",
                "variables": {"key": {"isSecret": true}}}]}),
            Refusal::SecretInAddress,
        ),
        (with_header(&json!({"name": "X-File", "format": "filepath"})), Refusal::FileInput),
        (
            with_header(&json!({"name": "X-A", "value": "{path}", "variables": {"path": {"format": "filepath"}}})),
            Refusal::FileInput,
        ),
        (with_header(&json!({"name": "Host", "value": "evil.example"})), Refusal::InvalidHeader),
        (with_header(&json!({"name": "Mcp-Session-Id"})), Refusal::InvalidHeader),
        (with_header(&json!({"name": "X A"})), Refusal::InvalidHeader),
        (with_header(&json!({"name": "X-A", "value": "a\nb"})), Refusal::InvalidHeader),
        (
            json!({"remotes": [{"type": "streamable-http", "url": "https://a.example", "headers": many}]}),
            Refusal::TooManyInputs,
        ),
    ] {
        assert_eq!(refusal(&server), reason, "{server}");
    }
    let mut deleted = entry(&http("https://a.example/mcp"));
    deleted["_meta"]["io.modelcontextprotocol.registry/official"]["status"] = json!("deleted");
    assert_eq!(parsed(&deleted).server, Err(Refusal::Deleted));
}

#[test]
fn an_allowed_private_address_is_not_refused() {
    let egress = Egress::new(EgressPolicy { allow: vec!["10.0.0.0/8".parse().unwrap()] });
    let internal = entry(&json!({"remotes": [{"type": "streamable-http", "url": "http://10.1.2.3:8080/mcp"}]}));
    assert!(Listing::parse(&internal, &egress).unwrap().server.is_ok());
}

#[test]
fn the_first_address_that_can_be_used_is_chosen() {
    let server = parsed(&entry(&json!({"remotes": [
        {"type": "sse", "url": "https://a.example/sse"},
        {"type": "streamable-http", "url": "https://{tenant}.example/mcp"},
        {"type": "streamable-http", "url": "https://b.example/mcp"},
    ]})));
    assert_eq!(server.server.unwrap().host, "b.example");
}

#[test]
fn variables_of_the_address_stay_in_their_places() {
    let server = remote(&json!({
        "type": "streamable-http", "url": "https://a.example/{tenant}/mcp?region={region}",
        "variables": {"region": {"default": "eu"}, "tenant": {"isRequired": true, "description": "Your tenant"}},
    }))
    .unwrap();
    let [tenant, region] = &server.address_fields[..] else { panic!("{server:?}") };
    assert_eq!((tenant.label.as_str(), tenant.hint.as_str(), tenant.is_optional), ("tenant", "Your tenant", false));
    assert_eq!((region.initial.as_str(), region.is_optional), ("eu", true));
    let (tenant, region) = (tenant.name.as_str(), region.name.as_str());
    assert_eq!(filled(&server, &[(tenant, "acme")]).unwrap(), "https://a.example/acme/mcp?region=");
    assert_eq!(
        filled(&server, &[(tenant, "a/../b?c#d"), (region, "e&f")]).unwrap(),
        "https://a.example/a%2F..%2Fb%3Fc%23d/mcp?region=e%26f"
    );
    assert!(filled(&server, &[(tenant, "..")]).is_err());
    assert_eq!(filled(&server, &[]).unwrap_err(), format!("{tenant}: Enter the tenant"));
}

#[test]
fn headers_become_the_fields_of_a_form() {
    let server = remote(&json!({
        "type": "streamable-http", "url": "https://a.example/mcp", "headers": [
            {"name": "Authorization", "value": "Bearer {api_key}", "variables": {"api_key": {"isSecret": true, "isRequired": true}}},
            {"name": "X-Region", "isRequired": true, "choices": ["eu", "us"], "default": "eu"},
            {"name": "X-Client", "value": "registry"},
        ],
    }))
    .unwrap();
    let [key, region] = &server.key.fields[..] else { panic!("{server:?}") };
    assert!(key.is_secret && key.label == "api_key" && key.name.ends_with("_key"));
    assert_eq!((region.choices.len(), region.initial.as_str(), region.label.as_str()), (2, "eu", "X-Region"));
    let values = [(key.name.clone(), "k1".to_owned()), (region.name.clone(), "us".to_owned())].into();
    let headers = server.key.fill(&values).unwrap().credential.headers;
    let sent: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(sent, ["Authorization: Bearer k1", "X-Client: registry", "X-Region: us"]);
}

/// Any JSON, with the members of an entry more often than others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "(https?|ftp)://[a-z0-9{}.:@/?#-]{0,30}".prop_map(Value::from),
        prop_oneof![Just("streamable-http"), Just("sse"), Just("filepath"), Just("{x}")].prop_map(Value::from),
    ];
    let member = prop_oneof![
        Just("url"),
        Just("type"),
        Just("headers"),
        Just("variables"),
        Just("name"),
        Just("value"),
        Just("choices"),
        Just("isSecret"),
        Just("format"),
        Just("default"),
        Just("x"),
        Just("description")
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((member.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_entry_breaks_the_parser_and_all_that_is_shown_is_clean(
        remotes in any_json(), title in any_json(), extra in any_json()
    ) {
        let entry = entry(&json!({"title": title, "remotes": [remotes], "packages": extra, "repository": extra}));
        let listing = Listing::parse(&entry, &egress()).unwrap();
        let fields = listing.server.iter().flat_map(|it| it.address_fields.iter().chain(&it.key.fields));
        let texts = fields.flat_map(|it| [&it.label, &it.hint, &it.example, &it.initial]);
        for text in texts.chain([&listing.title, &listing.description]) {
            prop_assert_eq!(&crate::foreign_text::clean_text(text).into_owned(), text);
            prop_assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn no_entered_value_leaves_the_host(
        template in "https://a\\.example/[a-z/]{0,8}(\\{v\\}|[a-z/?=&]{0,4}\\{v\\}[a-z/?=&#]{0,6})", value in "\\PC{1,20}"
    ) {
        if let Ok(server) = remote(&json!({"type": "streamable-http", "url": template}))
            && let Ok(url) = filled(&server, &[("address_1", &value)])
        {
            let url = url::Url::parse(&url).unwrap();
            prop_assert_eq!((url.host_str(), url.scheme(), url.username()), (Some("a.example"), "https", ""));
        }
    }
}
