//! Whose doing a fault is, and how messages say it.

use crate::causes;
use crate::pulling::is_ours;

/// Classes of faults that follow from how a region is configured here.
const SETTINGS: [&str; 3] = ["no_source", "secret", "source"];

/// Classes of faults by which nothing at all was reached.
const UNREACHED: [&str; 2] = ["connect", "connect_timeout"];

/// Whether a pull that failed so failed through the region's own doing.
pub fn is_theirs(class: &str) -> bool {
    !is_ours(class) && !SETTINGS.contains(&class)
}

/// Whether nothing was reached: of one region its own doing, of all at once rather ours.
pub fn is_unreached(class: &str) -> bool {
    UNREACHED.contains(&class)
}

/// Why a region's month can't be pulled.
pub fn of_pull(class: &str) -> &'static str {
    match causes::of_pull(class) {
        Some(cause) => cause.what,
        None if is_theirs(class) => "het leverpunt doet niet wat is afgesproken",
        None => "het lag aan de monitor zelf",
    }
}

/// Why an issue was not published.
pub fn of_publication(class: &str) -> &'static str {
    causes::of_publication(class).unwrap_or("er ging iets mis in de dienst")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_not_laid_to_the_region() {
        for class in ["vault", "busy", "stopped", "secret", "no_source"] {
            assert!(!is_theirs(class) && !of_pull(class).contains("doet niet wat"), "{class}");
        }
        for class in ["connect", "tls_expired", "status", "digest", "unreadable", "nieuw"] {
            assert!(is_theirs(class) && !of_pull(class).contains("monitor"), "{class}");
        }
    }
}
