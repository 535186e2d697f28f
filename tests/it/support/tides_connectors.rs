//! The connectors of the Tides service, as files of the catalogue.

use craft::connectors::{Descriptor, Shipped};
use url::Url;

/// The field and the header of the key.
const KEY_TABLES: &str = "
    [[field]]
    name = 'harbour'
    label = 'Harbour'
    example = 'dover'
    kind = 'text'
    [[field]]
    name = 'api_key'
    label = 'Key'
    kind = 'secret'
    [key]
    style = 'header'
    name = 'X-Tides-Key'
    field = 'api_key'
";

/// The field and the provider of the sign-in.
const SIGN_IN_TABLES: &str = "
    [[field]]
    name = 'harbour'
    label = 'Harbour'
    kind = 'text'
    [oauth]
    authorize_url = 'https://tides.example/authorize'
    token_url = 'https://tides.example/token'
    scopes = ['water:read']
    scope_words = { 'water:read' = 'Read the water levels' }
    client_auth = 'basic'
    refresh = {}
    revoke = { url = 'https://tides.example/revoke' }
    capture = { station = '/station' }
";

/// Returns both connectors for the service at `base`: `tides`, with a key, and `harbours`, with a sign-in.
pub(super) fn connectors(base: &Url) -> [Shipped; 2] {
    let tides = connector(base, "tides", "Tides", "token", KEY_TABLES);
    [tides, connector(base, "harbours", "Harbours", "oauth", SIGN_IN_TABLES)]
}

fn connector(base: &Url, slug: &str, name: &str, auth: &str, tables: &str) -> Shipped {
    let text = format!(
        "
        slug = '{slug}'
        name = '{name}'
        description = 'High and low water.'
        category = 'productivity'
        auth = '{auth}'
        transport = 'rest'
        base_url = 'https://tides.example'
        docs = 'https://tides.example/keys'
        {tables}
        [account]
        url = 'https://tides.example/{{harbour}}/me'
        id = '/id'
        label = '/name'
        [check]
        url = 'https://tides.example/{{harbour}}/me'
        "
    );
    let mut shipped = Shipped::parse(&format!("connectors/{slug}.toml"), &text).unwrap();
    set_base(shipped.descriptor.as_mut().unwrap(), base);
    shipped
}

/// Replaces the addresses of a parsed file: a file may name https addresses only, and this service has none.
fn set_base(descriptor: &mut Descriptor, base: &Url) {
    let replace = |url: &mut String| *url = url.replace("https://tides.example/", base.as_str());
    replace(&mut descriptor.check.url);
    descriptor.account.iter_mut().for_each(|it| replace(&mut it.url));
    if let Some(oauth) = &mut descriptor.oauth {
        replace(&mut oauth.authorize_url);
        replace(&mut oauth.token_url);
        oauth.revoke.iter_mut().for_each(|it| replace(&mut it.url));
    }
}
