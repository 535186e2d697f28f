//! The image that an MCP server announces of itself. It comes from a stranger, so the hub reads its pixels and makes a small PNG of
//! them: no page shows the original bytes, and no browser asks the stranger.

use std::io::Cursor;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{Method, StatusCode};
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageReader, Limits as PixelLimits};
use rmcp::model::Icon;
use tokio::time::Instant;
use url::Url;

use super::Target;
use crate::egress::{Egress, Request};

/// Width and height of the largest tile, at two pixels for each of the page.
const MAX_PIXELS: u32 = 112;

/// Bytes of an image as the server sends it.
const MAX_ORIGINAL_BYTES: usize = 256 * 1024;

/// Width and height of an image as the server sends it.
const MAX_ORIGINAL_PIXELS: u32 = 2_048;

/// Memory that reading an image may take: four bytes for each of the most pixels.
const MAX_PIXEL_BYTES: u64 = 4 * 2_048 * 2_048;

/// Time for one image. Nobody waits longer for a decoration.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Images that are tried.
const MAX_TRIED: usize = 3;

/// The image of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerImage {
    /// The server announces none that the hub would load: no data, and nothing of its own host.
    #[default]
    None,
    /// It announces one, which could not be read now.
    Unreadable,
    /// A PNG that the hub has made.
    Png(Vec<u8>),
}

/// Returns the first of the announced images that the hub can read. It sends no credential.
pub(super) async fn fetch(egress: &Egress, target: &Target, icons: &[Icon], deadline: Instant) -> ServerImage {
    let Target::Mcp { server, .. } = target else { return ServerImage::None };
    let sources: Vec<_> = icons.iter().filter_map(|icon| Source::parse(icon, &server.url)).take(MAX_TRIED).collect();
    let mut image = if sources.is_empty() { ServerImage::None } else { ServerImage::Unreadable };
    for source in sources {
        let reading = tokio::time::timeout_at(deadline.min(Instant::now() + TIMEOUT), source.read(egress));
        if let Ok(Some(png)) = reading.await {
            image = ServerImage::Png(png);
            break;
        }
    }
    if image == ServerImage::Unreadable {
        tracing::debug!(server = target.name(), "Failed to read the image of an MCP server; pages show its letters");
    }
    image
}

/// A place of an image.
enum Source {
    /// The bytes themselves.
    Data(Vec<u8>),
    /// An address at the host of the server.
    Address(Url),
}

impl Source {
    /// Returns the place; `None` if the hub does not load it. Vector graphics can hold scripts, and are left out.
    fn parse(icon: &Icon, server: &Url) -> Option<Self> {
        let is_pixels = |kind: &str| ["image/png", "image/jpeg", "image/jpg", "image/webp"].contains(&kind);
        if icon.mime_type.as_deref().is_some_and(|kind| !is_pixels(&kind.to_ascii_lowercase())) {
            return None;
        }
        if let Some(data) = icon.src.strip_prefix("data:") {
            let (kind, data) = data.split_once(";base64,")?;
            let bytes = BASE64_STANDARD.decode(data).ok()?;
            return (is_pixels(kind) && bytes.len() <= MAX_ORIGINAL_BYTES).then_some(Self::Data(bytes));
        }
        let url = Url::parse(&icon.src).ok()?;
        (url.origin() == server.origin()).then_some(Self::Address(url))
    }

    async fn read(self, egress: &Egress) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Data(bytes) => bytes,
            Self::Address(url) => {
                let request = Request::new(Method::GET, url).timeout(TIMEOUT).max_response_bytes(MAX_ORIGINAL_BYTES);
                let response = egress.send(request).await.ok()?;
                if response.status() != StatusCode::OK {
                    return None;
                }
                response.bytes().await.ok()?.to_vec()
            }
        };
        tokio::task::spawn_blocking(move || make_png(&bytes)).await.ok()?
    }
}

/// Makes a PNG of the pixels of an image; `None` if it is no image, or too large.
fn make_png(original: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(original)).with_guessed_format().ok()?;
    let mut limits = PixelLimits::default();
    limits.max_image_width = Some(MAX_ORIGINAL_PIXELS);
    limits.max_image_height = Some(MAX_ORIGINAL_PIXELS);
    limits.max_alloc = Some(MAX_PIXEL_BYTES);
    reader.limits(limits);
    let read = DynamicImage::ImageRgba8(reader.decode().ok()?.into_rgba8());
    let small = if read.width().max(read.height()) > MAX_PIXELS {
        read.resize(MAX_PIXELS, MAX_PIXELS, FilterType::Triangle)
    } else {
        read
    };
    let mut png = Vec::new();
    small.write_with_encoder(PngEncoder::new(&mut png)).ok()?;
    Some(png)
}

#[cfg(test)]
mod tests {
    use super::{Icon, MAX_PIXELS, Source, make_png};
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use image::{DynamicImage, ImageFormat, RgbImage};
    use proptest::prelude::*;
    use std::io::Cursor;
    use url::Url;

    fn original(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let pixels = RgbImage::from_fn(width, height, |x, y| image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 7]));
        DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn an_image_becomes_a_small_png_and_keeps_its_shape() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let png = make_png(&original(600, 300, format)).unwrap();
            assert!(png.starts_with(b"\x89PNG") && png.len() <= 64 * 1024, "{format:?} {}", png.len());
            let made = image::load_from_memory(&png).unwrap();
            assert_eq!((made.width(), made.height()), (MAX_PIXELS, MAX_PIXELS / 2));
        }
        let made = image::load_from_memory(&make_png(&original(16, 16, ImageFormat::Png)).unwrap()).unwrap();
        assert_eq!(made.width(), 16, "a small image is not blown up");
    }

    #[test]
    fn what_rides_along_with_the_pixels_is_gone() {
        let mut bytes = original(8, 8, ImageFormat::Png);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let png = make_png(&bytes).unwrap();
        assert!(!png.windows(8).any(|part| part == b"<script>"));
    }

    #[test]
    fn what_is_too_large_or_no_image_is_refused() {
        let wide = original(3_000, 1, ImageFormat::Png);
        for bytes in [
            wide.as_slice(),
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            &original(9, 9, ImageFormat::Png)[..40],
        ] {
            assert_eq!(make_png(bytes), None);
        }
    }

    #[test]
    fn only_pixels_of_the_server_itself_are_loaded() {
        let server = Url::parse("https://mcp.example/mcp").unwrap();
        let is_loaded = |src: &str, kind: Option<&str>| {
            let icon = kind.iter().fold(Icon::new(src), |icon, kind| icon.with_mime_type(*kind));
            Source::parse(&icon, &server).is_some()
        };
        let data = BASE64_STANDARD.encode("pixels");
        assert!(
            is_loaded("https://mcp.example/icon.png", None) && is_loaded("https://mcp.example/i", Some("image/PNG"))
        );
        assert!(is_loaded(&format!("data:image/webp;base64,{data}"), None));
        for (src, kind) in [
            ("https://mcp.example/icon.svg", Some("image/svg+xml")),
            ("https://tracker.example/icon.png", None),
            ("http://mcp.example/icon.png", None),
            ("https://mcp.example:8443/icon.png", None),
            ("file:///etc/passwd", None),
            ("icon.png", None),
            ("data:image/svg+xml;base64,PHN2Zy8+", None),
            ("data:image/png;base64,%%%", None),
            ("data:image/png,abc", None),
        ] {
            assert!(!is_loaded(src, kind), "{src}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..300, kind in 0..4) {
            let good = match kind {
                0 => original(9, 5, ImageFormat::Png),
                1 => original(9, 5, ImageFormat::Jpeg),
                2 => original(9, 5, ImageFormat::WebP),
                _ => Vec::new(),
            };
            let at = at.min(good.len());
            bytes.splice(0..0, good[..at].iter().copied());
            let _ = make_png(&bytes);
        }
    }
}
