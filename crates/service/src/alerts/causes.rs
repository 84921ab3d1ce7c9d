//! Why, in Dutch, from the class of a fault: never its message, which may name sizes and addresses.

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
    match class {
        "connect" | "connect_timeout" => "het leverpunt is niet bereikbaar",
        "tls_expired" => "het certificaat van het leverpunt is verlopen",
        "tls" => "de beveiligde verbinding met het leverpunt wordt niet vertrouwd",
        "idle_timeout" | "total_timeout" => "het leverpunt antwoordt te traag",
        "cut" => "de verbinding brak af voordat alles binnen was",
        "status" | "error_page" | "range" => "het leverpunt antwoordt met een fout of weigert de toegang",
        "redirect" | "redirect_elsewhere" => "het leverpunt verwijst naar een ander adres",
        "retry_later" => "het leverpunt vraagt om later terug te komen",
        "token" => "het leverpunt geeft geen toegang (token)",
        "content_type" | "unreadable" => "de lijst van leveringen is niet te lezen",
        "other_region" | "other_month" | "number" | "files" | "digest_form" | "href" => {
            "de lijst van leveringen is niet zoals afgesproken"
        }
        "too_large" => "een bestand is groter dan is afgesproken",
        "size" | "digest" => "een bestand is niet wat de lijst belooft",
        "missing" => "een bestand uit de lijst is er niet",
        "inbox" => "de map met leveringen is niet te lezen",
        _ if SETTINGS.contains(&class) => "de instellingen van de monitor voor deze regio kloppen niet",
        _ if is_ours(class) => "het lag aan de monitor zelf",
        _ => "het leverpunt doet niet wat is afgesproken",
    }
}

/// Why an issue was not published.
pub fn of_publication(class: &str) -> &'static str {
    match class {
        crate::publishing::UNPROTECTED => "er zijn geen waarden gevonden die genoeg beschermen",
        "publication" => "een regel van de publicatie laat het niet toe",
        "publish" => "de opslag van publicaties kon niet worden gelezen of beschreven",
        "vault" => "de besloten opslag kon niet worden gelezen of beschreven",
        "ledger" => "het logboek van de dienst (de ledger) kon niet worden gebruikt",
        "key" => "de sleutel ontbreekt of past niet",
        _ => "er ging iets mis in de dienst",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_not_laid_to_the_region() {
        for class in ["vault", "busy", "stopped", "secret", "no_source"] {
            assert!(!is_theirs(class) && of_pull(class).contains("monitor"), "{class}");
        }
        for class in ["connect", "tls_expired", "status", "digest", "unreadable"] {
            assert!(is_theirs(class) && !of_pull(class).contains("monitor"), "{class}");
        }
    }
}
