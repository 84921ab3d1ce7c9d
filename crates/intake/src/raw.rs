//! What fetching hands to parsing.

use vt_domain::Month;
use vt_domain::delivery::{DeliveryEntry, DeliveryId};

/// A delivery whose files lie in the quarantine, each under [`FileEntry::kept_name`], with the promised size and digest.
///
/// [`FileEntry::kept_name`]: vt_domain::delivery::FileEntry::kept_name
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDelivery {
    /// Under which name it lies in the quarantine: the region and month that were asked for, and the number in the header.
    /// Never the region and month of the header: a region could then write in the place of another.
    pub id: DeliveryId,
    /// The entry of the listing, as the region wrote it.
    pub entry: DeliveryEntry,
}

impl RawDelivery {
    /// A fetched delivery, filed under what was asked for.
    pub fn new(asked_vt: &str, asked_month: Month, entry: DeliveryEntry) -> Self {
        let id = DeliveryId { vt: asked_vt.to_owned(), maand: asked_month, nr: entry.kop.levering_nr };
        Self { id, entry }
    }
}
