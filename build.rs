//! Makes the static assets at compile time: style sheets and scripts become one file each, every file gets
//! the hash of its content for a name and a brotli and a gzip twin, so that serving one is a copy of bytes.
//! Lists the files of the shipped connectors, so that the binary holds them all.
//!
//! Scripts are one file because the SSE extension must be registered before htmx starts.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};

/// In cascade order; `reset` opens with the order of the layers.
const STYLES: [&str; 10] =
    ["reset", "tokens", "base", "layout", "forms", "table", "badge-note-card", "chart-log", "pages", "modes"];

/// Libraries first; each of ours is one behaviour.
const SCRIPTS: [&str; 8] = [
    "vendor/htmx.min.js",
    "vendor/hx-sse.min.js",
    "js/ready.js",
    "js/copy.js",
    "js/error-summary.js",
    "js/connection.js",
    "js/time-zone.js",
    "js/details.js",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=static");
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=connectors");
    let styles = STYLES.map(|name| format!("css/{name}.css"));
    let styles: Vec<&str> = styles.iter().map(String::as_str).collect();

    link_small();

    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let out = Path::new(&out);
    let mut code = String::new();
    asset(out, &mut code, "CSS", "craft.css", "text/css; charset=utf-8", &styles)?;
    asset(out, &mut code, "JS", "craft.js", "text/javascript; charset=utf-8", &SCRIPTS)?;
    asset(out, &mut code, "ICONS", "icons.svg", "image/svg+xml", &["icons.svg"])?;
    asset(out, &mut code, "FAVICON", "favicon.svg", "image/svg+xml", &["favicon.svg"])?;
    fs::write(out.join("assets.rs"), code)?;
    fs::write(out.join("connectors.rs"), connectors()?)?;
    Ok(())
}

/// The binary that is shipped keeps one copy of functions that came out the same (there are many, of generic code), and its
/// relocations packed. Only where Rust brings the linker that can: LLVM's, on this platform since 1.90.
fn link_small() {
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

/// Of "rustc 1.95.0 (…)", the 95.
fn rust_minor() -> Option<u32> {
    let said = std::process::Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    String::from_utf8(said.stdout).ok()?.split('.').nth(1)?.parse().ok()
}

/// The constant that embeds each file in `connectors/`, by name.
fn connectors() -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir("connectors")? {
        let name = entry?.file_name();
        // what an editor leaves behind is no connector
        if Path::new(&name).extension().is_some_and(|it| it == "toml") {
            names.push(name.into_string().map_err(|name| format!("connectors/{}: not UTF-8", name.display()))?);
        }
    }
    names.sort();
    let mut code = String::from("const FILES: &[(&str, &str)] = &[\n");
    for name in names {
        let path = format!("connectors/{name}");
        writeln!(code, "    ({path:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {path:?}))),")?;
    }
    code.push_str("];\n");
    Ok(code)
}

/// Writes one asset with its twins, and the constant that embeds them.
fn asset(out: &Path, code: &mut String, constant: &str, name: &str, mime: &str, parts: &[&str]) -> Result<()> {
    let mut plain = Vec::new();
    for part in parts {
        plain.extend(fs::read(Path::new("static").join(part)).map_err(|error| format!("static/{part}: {error}"))?);
        plain.push(b'\n');
    }
    let hash: String = Sha256::digest(&plain)[..6].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    fs::write(out.join(name), &plain)?;
    fs::write(out.join(format!("{name}.br")), brotli(&plain)?)?;
    fs::write(out.join(format!("{name}.gz")), gzip(&plain)?)?;
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

fn brotli(plain: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    encoder.write_all(plain)?;
    drop(encoder);
    Ok(packed)
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}
