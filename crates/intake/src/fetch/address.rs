//! Where a listing's files may be: on the region's own host, or inside the delivery's own folder, and nowhere else.

use object_store::path::Path;
use url::Url;
use vt_domain::Month;

/// The longest `href`, in bytes.
const MAX_HREF_BYTES: usize = 2048;

/// Why an `href` is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HrefRule {
    /// Empty or beyond 2048 bytes.
    #[error("it must have 1 to 2048 bytes")]
    Length,
    /// White space, control signs, a backslash or a fragment.
    #[error("it must have no white space, control signs, backslash or fragment")]
    Signs,
    /// A path that climbs or hides a separator.
    #[error("its path must have no empty, `.` or `..` segment and no encoded separator")]
    Path,
    /// No address at all.
    #[error("it is no address")]
    Unreadable,
    /// Another scheme, host or port than the listing's, or a user in it.
    #[error("it must have the listing's scheme, host and port")]
    Elsewhere,
    /// In an inbox: an address where a plain path is needed, a link out of the folder, or what is no file.
    #[error("in an inbox it must be the plain path of a file inside the delivery's own folder")]
    Outside,
}

/// The address of a month's listing.
pub(crate) fn listing_url(base: &Url, maand: Month) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/v1/leveringen", base.path().trim_end_matches('/')));
    url.set_query(Some(&format!("maand={maand}")));
    url
}

/// The address of a file: `href` seen from the listing.
pub(crate) fn resolve(listing: &Url, href: &str) -> Result<Url, HrefRule> {
    check_signs(href)?;
    let path = href.split('?').next().unwrap_or_default();
    // The two slashes after a scheme are no empty segment of the path.
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let path = path.strip_prefix('/').unwrap_or(path);
    check_segments(path)?;
    let url = listing.join(href).map_err(|_| HrefRule::Unreadable)?;
    if same_origin(listing, &url) { Ok(url) } else { Err(HrefRule::Elsewhere) }
}

/// The path of a file inside a delivery's folder of an inbox.
pub(crate) fn resolve_inside(folder: &Path, href: &str) -> Result<Path, HrefRule> {
    check_signs(href)?;
    if href.starts_with('/') || href.contains([':', '?', '%']) {
        return Err(HrefRule::Outside);
    }
    check_segments(href)?;
    Ok(href.split('/').fold(folder.clone(), |path, segment| path.join(segment)))
}

/// Whether two addresses have scheme, host and port in common and the second names no user.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
        && one.origin().is_tuple()
        && other.username().is_empty()
        && other.password().is_none()
}

fn check_signs(href: &str) -> Result<(), HrefRule> {
    if href.is_empty() || href.len() > MAX_HREF_BYTES {
        return Err(HrefRule::Length);
    }
    if href.chars().any(|sign| sign.is_whitespace() || sign.is_control() || matches!(sign, '\\' | '#')) {
        return Err(HrefRule::Signs);
    }
    Ok(())
}

fn check_segments(path: &str) -> Result<(), HrefRule> {
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2f", "%5c", "%00", "%25"].iter().any(|code| lower.contains(code));
    let climbs = lower.split('/').any(|segment| matches!(segment.replace("%2e", ".").as_str(), "" | "." | ".."));
    if hidden || climbs { Err(HrefRule::Path) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(base: &str) -> Url {
        listing_url(&base.parse().unwrap(), "2020-07".parse().unwrap())
    }

    #[test]
    fn a_listing_is_found_under_any_base() {
        for base in ["https://vt07.nl/api", "https://vt07.nl/api/"] {
            assert_eq!(listing(base).as_str(), "https://vt07.nl/api/v1/leveringen?maand=2020-07");
        }
        assert_eq!(listing("http://127.0.0.1:81").as_str(), "http://127.0.0.1:81/v1/leveringen?maand=2020-07");
    }

    #[test]
    fn relative_rooted_and_full_addresses_on_the_same_host_are_followed() {
        let listing = listing("https://vt07.nl/api");
        for (href, url) in [
            ("2020-07/3/melding.csv", "https://vt07.nl/api/v1/2020-07/3/melding.csv"),
            ("/files/melding.csv?sig=a%2Fb/../c", "https://vt07.nl/files/melding.csv?sig=a%2Fb/../c"),
            ("https://vt07.nl:443/melding.csv.gz", "https://vt07.nl/melding.csv.gz"),
        ] {
            assert_eq!(resolve(&listing, href).unwrap().as_str(), url);
        }
    }

    #[test]
    fn other_places_are_refused() {
        let listing = listing("https://vt07.nl/api");
        for href in [
            "https://vt08.nl/x",
            "http://vt07.nl/x",
            "https://vt07.nl:8443/x",
            "https://user@vt07.nl/x",
            "https://vt07.nl.evil.nl/x",
            "ftp://vt07.nl/x",
            "file:x",
            "data:text,x",
        ] {
            assert_eq!(resolve(&listing, href), Err(HrefRule::Elsewhere), "{href}");
        }
        assert_eq!(resolve(&listing, "//evil.nl/x"), Err(HrefRule::Path));
    }

    #[test]
    fn path_tricks_are_refused() {
        let listing = listing("https://vt07.nl/api");
        let folder = Path::from("VT07/2020-07/3");
        for href in [
            "../x",
            "a/../x",
            "/../x",
            "./x",
            "a/%2e%2E/x",
            "%2e./x",
            "a%2fb",
            "a//b",
            "a%5cb",
            "%252e%252e/x",
            "a/",
            "..",
            "a%00",
        ] {
            assert_eq!(resolve(&listing, href), Err(HrefRule::Path), "{href}");
            assert!(resolve_inside(&folder, href).is_err(), "{href}");
        }
        for href in ["a\\b", "a b", "a\tb", "..\n/x", "a#b", "\u{0}"] {
            assert_eq!(resolve(&listing, href), Err(HrefRule::Signs), "{href:?}");
            assert_eq!(resolve_inside(&folder, href), Err(HrefRule::Signs), "{href:?}");
        }
        assert_eq!(resolve(&listing, ""), Err(HrefRule::Length));
        assert_eq!(resolve(&listing, &"a".repeat(2049)), Err(HrefRule::Length));
    }

    #[test]
    fn in_an_inbox_only_the_own_folder_counts() {
        let folder = Path::from("VT07/2020-07/3");
        assert_eq!(resolve_inside(&folder, "melding.csv").unwrap().as_ref(), "VT07/2020-07/3/melding.csv");
        assert_eq!(resolve_inside(&folder, "data/melding.csv").unwrap().as_ref(), "VT07/2020-07/3/data/melding.csv");
        for href in ["/etc/passwd", "file:///etc/passwd", "s3://b/x", "melding.csv?x", "a%20b"] {
            assert_eq!(resolve_inside(&folder, href), Err(HrefRule::Outside), "{href}");
        }
    }
}
