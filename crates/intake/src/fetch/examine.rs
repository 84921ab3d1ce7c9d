//! What a listing would have us fetch, and from where, by the rules of fetching and without a network.

use object_store::path::Path;
use vt_domain::Month;
use vt_domain::delivery::Listing;

use crate::fetch::address::{HrefRule, listing_url, resolve, resolve_inside};
use crate::fetch::error::Fault;
use crate::fetch::listing;
use crate::source::{Source, SourceConfig};

/// Reads the listing of a month as a region's API would give it; gives where each file of each delivery would be asked for. A delivery whose
/// files are refused has none.
///
/// # Errors
/// [`Fault`] when it is no listing of that region and month.
pub fn examine(source: &SourceConfig, maand: Month, body: &[u8]) -> Result<Vec<String>, Fault> {
    if body.len() as u64 > source.limits.max_listing_bytes {
        return Err(Fault::TooLarge { field: "max_listing_bytes", limit: source.limits.max_listing_bytes });
    }
    let listing: Listing = listing::check(listing::read(body)?, &source.vt, maand)?;
    let mut places = Vec::new();
    for entry in listing.leveringen {
        if listing::check_files(&entry, &source.limits).is_err() {
            continue;
        }
        let nr = entry.kop.levering_nr;
        let of_entry = entry.bestanden.iter().map(|file| examine_href(source, maand, nr, &file.href));
        places.extend(of_entry.collect::<Result<Vec<_>, _>>().unwrap_or_default());
    }
    Ok(places)
}

/// Where the file of a delivery would be asked for: an address of the region's API, or a path in its inbox.
///
/// # Errors
/// [`HrefRule`] says why it is not followed.
pub fn examine_href(source: &SourceConfig, maand: Month, nr: u32, href: &str) -> Result<String, HrefRule> {
    match &source.source {
        Source::Http(http) => resolve(&listing_url(&http.base, maand), href).map(String::from),
        Source::Inbox(_) => {
            let folder = Path::from_iter([source.vt.clone(), maand.to_string(), nr.to_string()]);
            resolve_inside(&folder, href).map(String::from)
        }
    }
}
