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

/// The sign-in, after which a station is chosen.
const STATION_TABLES: &str = "
    [[after_token]]
    url = 'https://tides.example/stations'
    list = '/stations'
    noun = ['station', 'stations']
    id = '/id'
    label = '/name'
    detail = '/address'
    keep = { station_id = '/id' }
    only = { pointer = '/scopes', contains = 'water:read' }
";

/// Returns both connectors for the service at `base`: `tides`, with a key, and `harbours`, with a sign-in.
pub(super) fn connectors(base: &Url) -> [Shipped; 2] {
    let tides = connector(base, "tides", "Tides", "token", KEY_TABLES);
    [tides, connector(base, "harbours", "Harbours", "oauth", SIGN_IN_TABLES)]
}

/// The application that its owner enters, and the token that they may enter instead.
const APPLICATION_TABLES: &str = "
    [[field]]
    name = 'harbour'
    label = 'Harbour'
    kind = 'text'
    [[field]]
    name = 'app_id'
    label = 'Client ID'
    kind = 'text'
    optional = true
    [[field]]
    name = 'app_secret'
    label = 'Client secret'
    kind = 'secret'
    optional = true
    [[field]]
    name = 'access_token'
    label = 'Access token'
    kind = 'secret'
    optional = true
    [client_credentials]
    token_url = 'https://tides.example/token'
    id = 'app_id'
    secret = 'app_secret'
    token = 'access_token'
    client_auth = 'basic'
    scopes = ['water:read']
    [key]
    style = 'header'
    name = 'X-Tides-Key'
    field = 'access_token'
";

/// Returns the connector `lighthouses`: with an application of its owner, or an older token.
pub(super) fn lighthouses(base: &Url) -> Shipped {
    connector(base, "lighthouses", "Lighthouses", "token", APPLICATION_TABLES)
}

/// The token of the application's bot, and a tool that presents it.
const BOT_TABLES: &str = "
    [[application_field]]
    name = 'bot_token'
    label = 'Token of the bot'
    kind = 'secret'
    [[application_field]]
    name = 'slug'
    label = 'Slug'
    kind = 'text'
    [[tool]]
    name = 'list_levels'
    title = 'List levels'
    description = 'Lists the water levels.'
    effect = 'reads'
    auth = { header = 'Authorization', value = 'Bot {app.bot_token}' }
    request = { method = 'GET', path = '/levels/{app.slug}' }
    answer = { list = '/levels', noun = ['level', 'levels'], show = [{ label = 'Place', at = '/place' }] }
";

/// Returns the connector `beacons`: a sign-in, and a tool that presents the token of a bot.
pub(super) fn beacons(base: &Url) -> Shipped {
    connector(base, "beacons", "Beacons", "oauth", &format!("{SIGN_IN_TABLES}{BOT_TABLES}"))
}

/// Returns the connector `stations`: a sign-in, after which a station is chosen.
pub(super) fn stations(base: &Url) -> Shipped {
    connector(base, "stations", "Stations", "oauth", &format!("{SIGN_IN_TABLES}{STATION_TABLES}"))
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
    base.as_str().trim_end_matches('/').clone_into(&mut descriptor.base_url);
    replace(&mut descriptor.check.url);
    descriptor.client_credentials.iter_mut().for_each(|it| replace(&mut it.token_url));
    descriptor.after_token.iter_mut().for_each(|it| replace(&mut it.url));
    descriptor.account.iter_mut().for_each(|it| replace(&mut it.url));
    if let Some(oauth) = &mut descriptor.oauth {
        replace(&mut oauth.authorize_url);
        replace(&mut oauth.token_url);
        oauth.revoke.iter_mut().for_each(|it| replace(&mut it.url));
    }
}
