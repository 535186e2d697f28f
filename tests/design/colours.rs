//! Contrast of the colour tokens, computed with the formula of WCAG 2: text at 7:1, graphics at 3:1.

use std::collections::HashMap;

/// Colours of text, and their backgrounds.
const TEXT: [(&str, &[&str]); 18] = [
    ("ink", &["paper", "surface", "well", "ok-bg", "warn-bg", "bad-bg", "info-bg"]),
    ("muted", &["paper", "surface", "well", "brand-soft", "warn-bg", "bad-bg"]),
    ("brand", &["paper", "surface", "well", "brand-soft", "warn-bg", "bad-bg"]),
    ("brand-hover", &["paper", "surface", "well"]),
    ("visited", &["paper", "surface", "well"]),
    ("on-band", &["band"]),
    ("band-muted", &["band"]),
    ("on-brand", &["brand", "brand-hover"]),
    ("ok", &["ok-bg", "paper", "surface", "well"]),
    ("warn", &["warn-bg", "paper", "surface", "well"]),
    ("bad", &["bad-bg", "paper", "surface", "well"]),
    ("info", &["info-bg", "paper", "surface", "well"]),
    ("idle", &["idle-bg", "paper", "surface", "well"]),
    // a chosen chip, and a danger button while the pointer is over it
    ("surface", &["ink", "bad"]),
    ("ring-out", &["paper", "surface", "well"]),
    ("ring-in", &["ring-out"]),
    ("band-ring", &["band"]),
    ("band-ring-in", &["band-ring"]),
];

/// Colours of borders and charts, and their backgrounds.
const GRAPHICS: [(&str, &[&str]); 5] = [
    ("edge", &["paper", "surface", "well"]),
    ("s1", &["surface"]),
    ("s2", &["surface"]),
    ("s3", &["surface"]),
    ("s4", &["surface"]),
];

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

/// Returns the luminance of `oklch(lightness chroma hue)`, whose matrices the standard CSS Color 4 gives. A colour outside of
/// what a screen shows is clipped.
fn luminance_of_oklch(lightness: f64, chroma: f64, hue: f64) -> f64 {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let red = 4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short;
    let green = -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short;
    let blue = -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

/// Returns the lightness and chroma of a tile's colour, light and dark, from `--name: light-dark(oklch(l c var(--h)), …);`.
fn tile_colours(css: &str, name: &str) -> Vec<(f64, f64)> {
    let line = css.split_once(&format!("--{name}: light-dark(")).unwrap().1.lines().next().unwrap();
    let numbers = line.split("oklch(").skip(1).map(|rest| {
        let mut words = rest.split(' ').map(|word| word.parse().unwrap());
        (words.next().unwrap(), words.next().unwrap())
    });
    numbers.collect()
}

#[test]
fn letters_on_each_of_the_twelve_tiles_reach_seven_to_one() {
    assert!((luminance_of_oklch(1.0, 0.0, 0.0) - 1.0).abs() < 0.001 && luminance_of_oklch(0.0, 0.0, 0.0) < 0.001);
    let css = super::read("static/css/tokens.css");
    let hues: Vec<f64> =
        css.split("{ --h: ").skip(1).map(|it| it.split(';').next().unwrap().parse().unwrap()).collect();
    assert_eq!(hues.len(), 12);
    for hue in hues {
        for ((ground, on), theme) in
            tile_colours(&css, "tile").iter().zip(tile_colours(&css, "on-tile")).zip(["light", "dark"])
        {
            let (a, b) = (luminance_of_oklch(ground.0, ground.1, hue), luminance_of_oklch(on.0, on.1, hue));
            let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(ratio >= 7.0, "hue {hue}, {theme}: {ratio:.2}");
        }
    }
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
            literal.is_none() && !css.contains("rgb(") && !css.contains("hsl(") && !css.contains("oklch("),
            "{path} contains a colour: add a token to tokens.css instead"
        );
    }
}
