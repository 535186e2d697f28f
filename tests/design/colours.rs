//! Contrast of the colour tokens, computed with the formula of WCAG 2: text at 7:1, graphics at 3:1.

use std::collections::HashMap;

/// Colours of text, and their backgrounds.
const TEXT: [(&str, &[&str]); 15] = [
    ("ink", &["paper", "surface", "sunken", "ok-bg", "warn-bg", "bad-bg", "info-bg"]),
    ("muted", &["paper", "surface", "sunken", "warn-bg", "bad-bg"]),
    ("brand", &["paper", "surface", "sunken", "warn-bg", "bad-bg"]),
    ("brand-hover", &["paper", "surface", "sunken"]),
    ("visited", &["paper", "surface", "sunken"]),
    ("on-brand", &["brand", "brand-hover"]),
    ("ok", &["ok-bg", "paper", "surface"]),
    ("warn", &["warn-bg", "paper", "surface"]),
    ("bad", &["bad-bg", "paper", "surface"]),
    ("info", &["info-bg", "paper", "surface"]),
    ("idle", &["idle-bg", "paper", "surface"]),
    // a danger button while the pointer is over it
    ("surface", &["bad"]),
    ("ring-out", &["paper", "surface", "sunken"]),
    ("ring-in", &["ring-out"]),
    ("paper", &["brand"]),
];

/// Colours of borders and charts, and their backgrounds.
const GRAPHICS: [(&str, &[&str]); 5] = [
    ("edge", &["paper", "surface", "sunken"]),
    ("s1", &["paper", "surface"]),
    ("s2", &["paper", "surface"]),
    ("s3", &["paper", "surface"]),
    ("s4", &["paper", "surface"]),
];

/// Large bold letters on a tile, and the colours of tiles.
const LARGE_TEXT: [(&str, &[&str]); 1] = [("surface", &["s1", "s2", "s3", "s4"])];

/// The light and the dark value of each token.
type Palette = HashMap<String, [String; 2]>;

/// Parses lines of the form `--name: light-dark(#light, #dark);`.
fn parse_palette(css: &str) -> Palette {
    css.lines()
        .filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
            let (light, dark) = rest.trim_end_matches(");").split_once(", ")?;
            Some((name.to_owned(), [light.to_owned(), dark.to_owned()]))
        })
        .collect()
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn both_high_contrast_palettes_are_equal() {
    let css = super::read("static/css/tokens.css");
    let (_, more) = css.split_once("@media (prefers-contrast: more)").unwrap();
    let (system, chosen) = more.split_once(":root[data-contrast=\"more\"]").unwrap();
    assert_eq!(parse_palette(system), parse_palette(chosen));
    assert!(!parse_palette(chosen).is_empty());
}

/// Returns the default palette and the high-contrast palette.
fn palettes() -> [Palette; 2] {
    let css = super::read("static/css/tokens.css");
    let (plain, more) = css.split_once("@media (prefers-contrast: more)").unwrap();
    let plain = parse_palette(plain);
    let mut high_contrast = plain.clone();
    high_contrast.extend(parse_palette(more));
    [plain, high_contrast]
}

fn assert_contrast(pairs: &[(&str, &[&str])], min: f64) {
    for (palette, kind) in palettes().iter().zip(["plain", "more contrast"]) {
        for (theme, theme_name) in ["light", "dark"].iter().enumerate() {
            for (name, grounds) in pairs {
                for ground in *grounds {
                    let ratio = contrast(&palette[*name][theme], &palette[*ground][theme]);
                    assert!(ratio >= min, "{name} on {ground}, {theme_name}, {kind}: {ratio:.2}, needs {min}");
                }
            }
        }
    }
}

#[test]
fn the_formula_gives_known_ratios() {
    assert!((contrast("#000000", "#FFFFFF") - 21.0).abs() < 0.01);
    assert!((contrast("#777777", "#FFFFFF") - 4.48).abs() < 0.01);
}

#[test]
fn all_text_reaches_seven_to_one() {
    assert_contrast(&TEXT, 7.0);
}

#[test]
fn graphics_reach_three_to_one() {
    assert_contrast(&GRAPHICS, 3.0);
}

#[test]
fn large_letters_on_a_tile_reach_four_and_a_half_to_one() {
    assert_contrast(&LARGE_TEXT, 4.5);
}

#[test]
fn every_used_token_exists() {
    let tokens = super::read("static/css/tokens.css");
    for (path, css) in super::files("static/css", "css") {
        for rest in css.split("var(--").skip(1) {
            let name = rest.split([')', ',']).next().unwrap();
            let local = css.contains(&format!("--{name}: "));
            assert!(local || tokens.contains(&format!("--{name}: ")), "{path} uses the undefined token --{name}");
        }
    }
}

#[test]
fn only_tokens_css_contains_colours() {
    for (path, css) in super::files("static/css", "css").iter().filter(|(path, _)| !path.ends_with("tokens.css")) {
        let literal = css.split('#').skip(1).find(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()));
        assert!(
            literal.is_none() && !css.contains("rgb(") && !css.contains("hsl("),
            "{path} contains a colour: add a token to tokens.css instead"
        );
    }
}
