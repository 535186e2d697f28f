//! Builds the static assets at compile time. Style sheets become one file, scripts another. Each asset is named by the
//! hash of its content and has brotli and gzip copies, so that serving an asset only copies bytes.
//! Lists the shipped connectors, so that the binary contains them.
//!
//! The scripts are one file because the SSE extension must be registered before htmx starts.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};

/// Style sheets in cascade order; `reset` begins with the order of the layers.
const STYLES: [&str; 20] = [
    "reset", "tokens", "base", "layout", "masthead", "sheet", "facts", "table", "icon", "chart", "callout", "chips",
    "state", "tile", "card", "thread", "button", "forms", "pages", "modes",
];

/// Scripts: libraries first, then one file for each behaviour.
const SCRIPTS: [&str; 10] = [
    "vendor/htmx.min.js",
    "vendor/hx-sse.min.js",
    "js/ready.js",
    "js/copy.js",
    "js/details.js",
    "js/error-summary.js",
    "js/forms.js",
    "js/keys.js",
    "js/live-updates.js",
    "js/time-zone.js",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=static");
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=connectors");
    let styles = STYLES.map(|name| format!("css/{name}.css"));
    let styles: Vec<&str> = styles.iter().map(String::as_str).collect();

    shrink_release_binary();

    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let out = Path::new(&out);
    let mut code = String::new();
    let js = "text/javascript; charset=utf-8";
    let assets = [
        Asset { constant: "CSS", name: "craft.css", mime: "text/css; charset=utf-8", sources: &styles },
        Asset { constant: "JS", name: "craft.js", mime: js, sources: &SCRIPTS },
        Asset { constant: "ICONS", name: "icons.svg", mime: "image/svg+xml", sources: &["icons.svg"] },
        Asset { constant: "FAVICON", name: "favicon.svg", mime: "image/svg+xml", sources: &["favicon.svg"] },
    ];
    for asset in &assets {
        asset.write(out, &mut code)?;
    }
    fs::write(out.join("assets.rs"), code)?;
    fs::write(out.join("connectors.rs"), shipped_connectors()?)?;
    Ok(())
}

/// Makes the linker merge identical functions of the release binary (generic code has many) and pack its relocations.
/// Applies only where Rust brings LLVM's linker: on this platform since Rust 1.90.
fn shrink_release_binary() {
    let is = |name: &str, value: &str| env::var_os(name).is_some_and(|it| it == value);
    let is_here = is("TARGET", "x86_64-unknown-linux-gnu") && is("HOST", "x86_64-unknown-linux-gnu");
    let has_lld = is_here && rust_minor().is_some_and(|minor| minor >= 90);
    if has_lld
        && is("PROFILE", "release")
        && env::var_os("CARGO_ENCODED_RUSTFLAGS").is_none_or(|flags| flags.is_empty())
    {
        for flag in ["--icf=all", "-z,pack-relative-relocs", "--build-id=none"] {
            println!("cargo:rustc-link-arg-bin=craft=-Wl,{flag}");
        }
    }
}

/// Returns the minor version of the compiler: 95 for "rustc 1.95.0 (…)".
fn rust_minor() -> Option<u32> {
    let output = std::process::Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()?.split('.').nth(1)?.parse().ok()
}

/// Generates the constant that embeds the files in `connectors/` and its folder of hosted servers, sorted by path.
fn shipped_connectors() -> Result<String> {
    let mut paths = Vec::new();
    for folder in ["connectors", "connectors/hosted"] {
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            // an editor may leave other files behind
            if Path::new(&name).extension().is_some_and(|it| it == "toml") {
                let name = name.into_string().map_err(|name| format!("{folder}/{}: not UTF-8", name.display()))?;
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort();
    let mut code = String::from("const FILES: &[(&str, &str)] = &[\n");
    for path in paths {
        writeln!(code, "    ({path:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {path:?}))),")?;
    }
    code.push_str("];\n");
    Ok(code)
}

/// Removes the comments of a style sheet: browsers need none.
fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// A static asset.
struct Asset<'a> {
    /// Name of the constant in the generated code.
    constant: &'a str,
    /// Name of the file in its address.
    name: &'a str,
    mime: &'a str,
    /// Files below `static/` that are joined, in order.
    sources: &'a [&'a str],
}

impl Asset<'_> {
    /// Writes the file and its compressed copies to `out`, and adds the constant that embeds them to `code`.
    fn write(&self, out: &Path, code: &mut String) -> Result<()> {
        let Self { constant, name, mime, sources } = self;
        let mut plain = Vec::new();
        for source in *sources {
            let path = Path::new("static").join(source);
            plain.extend(fs::read(path).map_err(|error| format!("static/{source}: {error}"))?);
            plain.push(b'\n');
        }
        if *constant == "CSS" {
            plain = without_comments(&String::from_utf8(plain)?).into_bytes();
        }
        let hash: String = Sha256::digest(&plain)[..6].iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        fs::write(out.join(name), &plain)?;
        fs::write(out.join(format!("{name}.br")), compress_brotli(&plain)?)?;
        fs::write(out.join(format!("{name}.gz")), compress_gzip(&plain)?)?;
        write!(
            code,
            "const {constant}: Asset = Asset {{\n    \
                 path: \"/static/{hash}/{name}\",\n    \
                 mime: \"{mime}\",\n    \
                 plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")),\n    \
                 brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.br\")),\n    \
                 gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")),\n\
             }};\n"
        )?;
        Ok(())
    }
}

fn compress_brotli(plain: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut compressed, 4096, 11, 22);
    encoder.write_all(plain)?;
    drop(encoder);
    Ok(compressed)
}

fn compress_gzip(plain: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}
