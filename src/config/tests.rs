//! Tests of the definition, its precedence, and the sample file that documents it.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::{AllowRule, Config, ConfigError, SettingSource, SettingValue, SignUp};

/// A directory of one test, removed with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("craft-config-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.0.join("craft.toml");
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let scratch = Scratch::new();
    let env: HashMap<_, _> = [("HOME", "/home/alice")].iter().chain(env).copied().collect();
    Config::load(Some(&scratch.file(file)), |name| env.get(name).map(|text| (*text).to_owned()))
}

fn refusal(file: &str, env: &[(&str, &str)]) -> String {
    load(file, env).unwrap_err().to_string()
}

#[test]
fn without_settings_the_defaults_apply() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.access.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.access.sign_up, SignUp::Invite);
    assert_eq!(config.process.workers, 32);
    assert!(config.storage.database_url.is_none());
    assert!(config.outgoing.egress_allow.is_empty());
    let data_dir = config.storage.data_dir.to_str().unwrap();
    assert!(["/var/lib/tool-connect-craft", "/home/alice/.local/share/tool-connect-craft"].contains(&data_dir));
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "listen = '0.0.0.0:1'\nworkers = 5\n";
    let config = load(file, &[("CRAFT_LISTEN", ":0"), ("CRAFT_SIGN_UP", "")]).unwrap();
    assert_eq!(config.access.listen.to_string(), "127.0.0.1:0");
    assert_eq!(config.process.workers, 5);
    assert_eq!(config.access.sign_up, SignUp::Invite, "an empty variable counts as not set");
}

#[test]
fn a_list_is_written_with_commas_or_as_an_array() {
    let written = load("egress_allow = ['10.0.0.0/8', 'LOCALHOST:9000']", &[]).unwrap();
    let commas = load("", &[("CRAFT_EGRESS_ALLOW", "10.0.0.0/8, localhost:9000")]).unwrap();
    assert_eq!(written.outgoing.egress_allow, commas.outgoing.egress_allow);
    assert_eq!(written.outgoing.egress_allow[1], AllowRule::Host { host: "localhost".to_owned(), port: 9000 });
}

#[test]
fn the_error_of_an_unknown_key_names_the_file() {
    let text = refusal("lisen = ':0'", &[]);
    assert!(text.contains("craft.toml has an unknown setting `lisen`"), "{text}");
    assert!(text.contains("listen"), "{text}");
}

#[test]
fn the_error_of_an_invalid_value_names_its_place_and_what_is_expected() {
    let text = refusal("listen = 'nowhere'", &[]);
    assert!(text.contains("`listen` in ") && text.contains("an address and port such as"), "{text}");
    let text = refusal("", &[("CRAFT_SIGN_UP", "maybe")]);
    assert_eq!(text, "CRAFT_SIGN_UP: `maybe` is not one of open, invite, closed");
    for (name, value) in [
        ("CRAFT_EGRESS_ALLOW", "10.0.0.0/33"),
        ("CRAFT_EGRESS_ALLOW", "localhost:0"),
        ("CRAFT_PUBLIC_URL", "https://craft.example.org/app"),
        ("CRAFT_WORKERS", "0"),
        ("CRAFT_LOG", "craft=loud"),
        ("CRAFT_SMTP_URL", "mail.example.org"),
        ("CRAFT_VAULT_ADDR", "https://vault.example.org/v1"),
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api key=hunter2"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
        ("OTEL_RESOURCE_ATTRIBUTES", "production"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
    ] {
        let text = refusal("", &[(name, value)]);
        assert!(text.starts_with(&format!("{name}: ")), "{text}");
    }
    let text = refusal("listen = true", &[]);
    assert!(text.contains("expected a text"), "{text}");
}

#[test]
fn traces_go_below_the_collectors_address_unless_they_have_one_of_their_own() {
    let collector = |env: &[(&str, &str)]| load("", env).unwrap().traces.collector().map(String::from);
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.test/otlp/");
    assert_eq!(collector(&[]), None);
    assert_eq!(collector(&[base]).as_deref(), Some("https://collector.test/otlp/v1/traces"));
    let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://10.0.0.7:4318/");
    assert_eq!(collector(&[base, own]).as_deref(), Some("http://10.0.0.7:4318/"));
    assert_eq!(collector(&[base, ("OTEL_SDK_DISABLED", "True")]), None);
    assert_eq!(collector(&[base, ("OTEL_TRACES_EXPORTER", "none")]), None);
}

#[test]
fn an_error_does_not_quote_a_password() {
    let refusals = [
        refusal("", &[("DATABASE_URL", "mysql://craft:hunter2@db/craft")]),
        refusal("database_url = 'hunter2", &[]),
        refusal("", &[("CRAFT_SMTP_URL", "hunter2")]),
        refusal("", &[("OTEL_EXPORTER_OTLP_HEADERS", "hunter2")]),
        refusal("", &[("CRAFT_MASTER_KEY", "hunter2"), ("CRAFT_MASTER_KEY_FILE", "/k")]),
    ];
    for text in refusals {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn two_sources_of_the_master_key_are_refused_by_name() {
    let text = refusal("master_key_file = '/k'", &[("CRAFT_MASTER_KEY", "x")]);
    assert!(text.contains("CRAFT_MASTER_KEY") && text.contains("`master_key_file` in "), "{text}");
}

#[test]
fn the_settings_of_a_vault_server_need_its_address_and_one_token() {
    for name in ["CRAFT_VAULT_TOKEN", "CRAFT_VAULT_TOKEN_FILE", "CRAFT_VAULT_TRANSIT_KEY", "CRAFT_VAULT_NAMESPACE"] {
        let text = refusal("", &[(name, "transit/hunter2")]);
        assert_eq!(text, "CRAFT_VAULT_ADDR: must be set, because other settings need it", "{name}");
    }
    let address = ("CRAFT_VAULT_ADDR", "https://vault.example.org:8200");
    let text = refusal("", &[address, ("CRAFT_VAULT_TOKEN", "x"), ("CRAFT_VAULT_TOKEN_FILE", "/t")]);
    assert!(text.contains("CRAFT_VAULT_TOKEN") && text.contains("CRAFT_VAULT_TOKEN_FILE"), "{text}");
    let config = load("vault_transit_key = 'hub/craft'", &[address, ("CRAFT_MASTER_KEY_FILE", "/k")]).unwrap();
    assert_eq!(config.keys.vault_transit_key.to_string(), "hub/craft");
}

#[test]
fn authorities_are_read_at_once_from_a_file_with_a_certificate() {
    let scratch = Scratch::new();
    let file = scratch.0.join("house.pem");
    let path = file.to_str().unwrap().to_owned();
    let text = refusal("", &[("CRAFT_EGRESS_CA_FILE", &path)]);
    assert!(text.starts_with(&format!("CRAFT_EGRESS_CA_FILE: {path} cannot be read: No such file")), "{text}");
    std::fs::write(&file, "nothing").unwrap();
    let text = refusal(&format!("egress_ca_file = '{path}'"), &[]);
    assert!(text.contains("`egress_ca_file` in ") && text.contains(&format!("{path} has no certificate")), "{text}");
    std::fs::write(&file, rcgen::generate_simple_self_signed(["house".to_owned()]).unwrap().cert.pem()).unwrap();
    let config = load("", &[("CRAFT_EGRESS_CA_FILE", &path)]).unwrap();
    assert_eq!(config.outgoing.authorities().iter().count(), 1);
    assert_eq!(load("", &[]).unwrap().outgoing.authorities().iter().count(), 0);
}

#[test]
fn a_named_file_must_exist() {
    let error = Config::load(Some(Path::new("/nowhere/craft.toml")), |_| None).unwrap_err();
    assert!(error.to_string().contains("/nowhere/craft.toml"), "{error}");
}

#[test]
fn the_data_directory_can_be_traversed_but_not_read() {
    let scratch = Scratch::new();
    let data_dir = super::DataDir::open(&scratch.0.join("data")).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data_dir.path()), 0o711);
    assert_eq!(mode(&data_dir.child("outbox").unwrap()), 0o700);
}

#[test]
fn the_error_of_an_impossible_data_directory_is_one_sentence() {
    let error = super::DataDir::open(Path::new("/proc/craft")).unwrap_err().to_string();
    assert!(error.starts_with("The data directory /proc/craft cannot be written to"), "{error}");
}

#[test]
fn each_setting_knows_its_source_and_no_secret_is_shown() {
    let secrets = [
        ("DATABASE_URL", "postgres://craft:hunter2@db/craft"),
        ("CRAFT_MASTER_KEY_COMMAND", "print hunter2"),
        ("CRAFT_VAULT_ADDR", "https://vault.example.org:8200"),
        ("CRAFT_VAULT_TOKEN", "hunter2"),
        ("CRAFT_SMTP_URL", "smtps://user:hunter2@mail.example.org:465"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.test/?key=hunter2"),
    ];
    let config = load("sign_up = 'open'\n\nworkers = 5\n", &secrets).unwrap();
    let find = |name: &str| config.settings.iter().find(|it| it.name == name).unwrap();
    let text = |text: &str| SettingValue::Text(text.to_owned());
    assert_eq!(
        (&find("CRAFT_LISTEN").value, &find("CRAFT_LISTEN").source),
        (&text("127.0.0.1:8080"), &SettingSource::Default)
    );
    assert!(
        matches!(&find("CRAFT_WORKERS").source, SettingSource::File { path, line: 3 } if path.ends_with("craft.toml"))
    );
    assert_eq!(find("CRAFT_VAULT_ADDR").source, SettingSource::Environment);
    assert_eq!(find("CRAFT_PUBLIC_URL").value, SettingValue::Unset);
    assert_eq!(find("CRAFT_DATA_DIR").source, SettingSource::Default);
    assert_eq!(find("OTEL_EXPORTER_OTLP_ENDPOINT").value, text("https://collector.test/?…"));
    assert!(config.settings.iter().all(|it| !it.name.is_empty() && !it.purpose.is_empty()));
    let hidden: Vec<_> =
        config.settings.iter().filter(|it| it.value == SettingValue::Secret).map(|it| &it.name).collect();
    let expected: Vec<_> =
        secrets.iter().map(|it| it.0).filter(|it| !it.ends_with("ADDR") && !it.ends_with("POINT")).collect();
    assert_eq!(hidden, expected);
    assert!(!format!("{:?}", config.settings).contains("hunter2"));
}

/// `.env.sample` has each variable once, in the order of the definition, commented out, with its default.
#[test]
fn the_sample_lists_all_settings_with_their_defaults() {
    let sample = include_str!("../../.env.sample");
    let assignment = |line: &'static str| line.strip_prefix("#").filter(|rest| !rest.starts_with(' '))?.split_once('=');
    let listed: Vec<_> = sample.lines().filter_map(assignment).collect();
    let command = Config::command();
    let defined: Vec<_> = command
        .get_arguments()
        .map(|arg| {
            let default = arg.get_default_values().first().and_then(|value| value.to_str()).unwrap_or_default();
            (arg.get_env().unwrap().to_str().unwrap(), default)
        })
        .collect();
    assert_eq!(listed, defined);
}
