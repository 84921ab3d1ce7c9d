//! Why something was not done, in Dutch: a sentence for each class of faults, and what is to be done about it. The page and the
//! messages about what is wrong say the same. It follows from the class alone: what a fault says may name sizes and addresses.

/// What a class of faults of a pull means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The class.
    class: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// What to do.
    pub act: &'static str,
}

const AGAIN: &str =
    "De monitor probeert het vanzelf opnieuw. Blijft dit zo, ga dan na of het leverpunt aan staat en bereikbaar is.";
const CERTIFICATE: &str =
    "Vernieuw of herstel het certificaat van het leverpunt; daarna wordt vanzelf opnieuw opgehaald.";
const SERVER: &str = "Kijk in het logboek van het leverpunt wat daar misging en herstel het.";
const ACCESS: &str = "Ga samen met de beheerder van de monitor na of de toegang nog geldt.";
const LIST: &str = "Herstel de lijst van leveringen zoals het leveringscontract haar beschrijft.";
const FILES: &str = "Zorg dat bestanden en lijst bij elkaar passen: aantal bytes, sha256 en namen.";
const MANAGER: &str = "De regio hoeft niets te doen; de beheerder van de monitor herstelt dit.";
const WAIT: &str = "De regio hoeft niets te doen; de monitor probeert het vanzelf opnieuw.";

/// All classes of faults of pulls.
const PULLS: [Cause; 38] = [
    of("no_source", "voor deze regio is geen leverpunt ingesteld", MANAGER),
    of("source", "het leverpunt is verkeerd ingesteld in de monitor", MANAGER),
    of("secret", "de monitor kan zijn toegangsgegevens niet gebruiken", MANAGER),
    of("connect", "het leverpunt is niet bereikbaar", AGAIN),
    of("tls_expired", "het certificaat van het leverpunt is verlopen", CERTIFICATE),
    of("tls", "de verbinding met het leverpunt is niet te vertrouwen", CERTIFICATE),
    of("connect_timeout", "het leverpunt neemt niet op tijd op", AGAIN),
    of("idle_timeout", "het leverpunt valt stil tijdens het ophalen", AGAIN),
    of("total_timeout", "het ophalen duurt te lang", AGAIN),
    of("cut", "het leverpunt verbrak de verbinding", AGAIN),
    of("status", "het leverpunt antwoordt met een fout", SERVER),
    of("retry_later", "het leverpunt vraagt om later terug te komen", AGAIN),
    of("token", "aanmelden bij het leverpunt lukt niet", ACCESS),
    of("error_page", "het leverpunt geeft een webpagina in plaats van gegevens", SERVER),
    of("content_type", "het leverpunt antwoordt niet in JSON", SERVER),
    of("unreadable", "de lijst van leveringen is niet te lezen", LIST),
    of("too_large", "wat het leverpunt geeft is groter dan afgesproken", ACCESS),
    of("other_region", "de lijst van leveringen is van een andere regio", LIST),
    of("other_month", "de lijst van leveringen is van een andere maand", LIST),
    of("number", "een leveringsnummer in de lijst klopt niet", LIST),
    of("files", "een levering in de lijst heeft niet van elke soort één bestand", LIST),
    of("digest_form", "een sha256 in de lijst heeft niet de juiste vorm", LIST),
    of("href", "een adres in de lijst wordt niet gevolgd", LIST),
    of("redirect_elsewhere", "het leverpunt verwijst naar een ander adres", SERVER),
    of("redirect", "het leverpunt verwijst naar een adres dat nergens heen leidt", SERVER),
    of("range", "het leverpunt geeft een ander deel van een bestand dan gevraagd", SERVER),
    of("size", "een bestand is niet zo groot als beloofd", FILES),
    of("digest", "een bestand is niet wat de sha256 belooft", FILES),
    of("missing", "een bestand uit de lijst is er niet", FILES),
    of("inbox", "de map met leveringen is niet te lezen", ACCESS),
    of("vault", "de besloten opslag van de monitor werkt niet", MANAGER),
    of("ledger", "het logboek van de dienst (de ledger) werkt niet", MANAGER),
    of("intake", "de monitor kon de levering niet verwerken", MANAGER),
    of("key", "de sleutel van de monitor ontbreekt", MANAGER),
    of("busy", "deze regio werd al door een andere taak opgehaald", WAIT),
    of("lease_lost", "een andere taak nam deze regio over", WAIT),
    of("stopped", "de monitor werd gestopt", WAIT),
    of("kept_out", "de regio is gepauzeerd of buiten gebruik", "Probeer het opnieuw als dat voorbij is."),
];

/// All classes of faults of publications.
const PUBLICATIONS: [(&str, &str); 9] = [
    ("protect", "er zijn geen waarden gevonden die genoeg beschermen"),
    ("publication", "een regel van de publicatie houdt dit tegen"),
    ("bases", "de cijfers om mee te vergelijken zijn niet te lezen"),
    ("render", "de bestanden konden niet worden gemaakt"),
    ("publish", "de opslag van publicaties werkt niet"),
    ("vault", "de besloten opslag van de monitor werkt niet"),
    ("ledger", "het logboek van de dienst (de ledger) werkt niet"),
    ("key", "de sleutel van de monitor ontbreekt"),
    ("stopped", "de monitor werd gestopt"),
];

const fn of(class: &'static str, what: &'static str, act: &'static str) -> Cause {
    Cause { class, what, act }
}

/// What a class of faults of a pull means; nothing when it is not known.
pub fn of_pull(class: &str) -> Option<Cause> {
    PULLS.into_iter().find(|cause| cause.class == class)
}

/// What is wrong, by the class of a fault of a pull; the class itself when it is not known.
pub fn pull(class: &str) -> &str {
    of_pull(class).map_or(class, |cause| cause.what)
}

/// What is wrong, by the class of a fault of a publication; nothing when it is not known.
pub fn of_publication(class: &str) -> Option<&'static str> {
    PUBLICATIONS.iter().find(|(of, _)| *of == class).map(|(_, what)| *what)
}

/// The same, and the class itself when it is not known.
pub fn publication(class: &str) -> &str {
    of_publication(class).unwrap_or(class)
}

/// The HTTP status that a fault names.
pub fn http_status(message: &str) -> Option<u16> {
    let (_, rest) = message.split_once("HTTP ")?;
    rest.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a function of a source file gives: what stands behind `=> "`, between two marks.
    fn named(text: &'static str, from: &str, to: &str) -> Vec<&'static str> {
        let (_, rest) = text.split_once(from).unwrap();
        let part = rest.split_once(to).map_or(rest, |(part, _)| part);
        part.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    #[test]
    fn every_class_of_a_pull_has_its_sentence() {
        let fetch = include_str!("../../intake/src/fetch/error.rs");
        let mut classes = named(fetch, "pub(crate) fn rule(&self)", "\u{0}");
        assert!(classes.len() >= 30, "{classes:?}");
        classes.extend(named(include_str!("pulling.rs"), "pub fn fault(", "pub fn exit("));
        classes.extend(["busy", "lease_lost", "stopped", "kept_out"]);
        for class in classes {
            assert!(of_pull(class).is_some(), "{class}");
        }
    }

    #[test]
    fn every_class_of_a_publication_has_its_sentence() {
        let classes = named(include_str!("publishing/outcome.rs"), "\nfn fault(", "\nfn is_refusal(");
        assert!(classes.len() >= 7, "{classes:?}");
        for class in classes.into_iter().chain([crate::publishing::UNPROTECTED]) {
            assert_ne!(publication(class), class);
        }
    }

    #[test]
    fn an_unknown_class_is_shown_as_it_is() {
        assert_eq!((pull("nieuw"), publication("nieuw")), ("nieuw", "nieuw"));
    }

    #[test]
    fn the_status_of_an_answer_is_read_from_a_fault() {
        assert_eq!(http_status("VT19 2019-05, listing: HTTP 500: the region's server fails"), Some(500));
        assert_eq!(http_status("no connection"), None);
    }
}
