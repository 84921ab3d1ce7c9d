//! The closed code lists of the columns. A test holds them against the types of the program.

use super::{ColumnCode, ColumnCodes, Words};

const fn code(code: &'static str, nl: &'static str, en: &'static str) -> ColumnCode {
    ColumnCode { code, meaning: Words::new(nl, en) }
}

pub(super) const REGION_TYPES: ColumnCodes = ColumnCodes::Listed(&[
    code("NL", "Nederland", "The Netherlands"),
    code("VT", "Veilig Thuis-regio", "Region of a Veilig Thuis organisation"),
    code("VR", "Veiligheidsregio", "Safety region"),
]);

pub(super) const MEASURES: ColumnCodes = ColumnCodes::Listed(&[
    code("gestarte_adviezen", "Gestarte adviezen, naar startdatum", "Requests for advice, by the day they started"),
    code("ontvangen_meldingen", "Ontvangen meldingen, naar ontvangstdatum", "Reports, by the day they were received"),
    code(
        "afgeronde_onderzoeken",
        "Afgeronde diensten onderzoek, naar einddatum",
        "Investigations, by the day they ended",
    ),
    code(
        "afgeronde_voorwaarden_vervolg",
        "Afgeronde diensten voorwaarden en vervolg, naar einddatum",
        "Services 'conditions and follow-up', by the day they ended",
    ),
]);

const VOORLOPIG: ColumnCode = code(
    "voorlopig",
    "Er ontbreekt nog iets, of er is alleen tot nu toe geleverd",
    "Something is missing, or deliveries reach the month to date only",
);
const NADER_VOORLOPIG: ColumnCode = code(
    "nader_voorlopig",
    "Alle maanden zijn heel geleverd; correcties kunnen volgen",
    "All months are delivered whole; corrections may follow",
);
const DEFINITIEF: ColumnCode = code(
    "definitief",
    "Het halfjaar is afgesloten en drie weken zijn voorbij",
    "The half-year is closed and three weeks have passed",
);

pub(super) const STATUSES: ColumnCodes = ColumnCodes::Listed(&[VOORLOPIG, NADER_VOORLOPIG, DEFINITIEF]);

pub(super) const STATUSES_OR_ABSENT: ColumnCodes = ColumnCodes::Listed(&[
    VOORLOPIG,
    NADER_VOORLOPIG,
    DEFINITIEF,
    code("afwezig", "Het cijfer komt in de uitgave niet voor", "The issue does not have this figure"),
]);

pub(super) const REASONS: ColumnCodes = ColumnCodes::Listed(&[
    code(
        "onvolledig",
        "Niet elke dag van de periode is geleverd door elke regio die meetelt.",
        "Not every day of the period was delivered by every region that counts.",
    ),
    code("ontbreekt", "Over deze periode is niets geleverd.", "Nothing was delivered for this period."),
    code(
        "regio_onbekend",
        "Van te veel registraties is de veiligheidsregio niet bekend.",
        "The safety region of too many records is unknown.",
    ),
    code(
        "reeksbreuk",
        "Tussen beide perioden ligt een breuk in de reeks; vergelijken zou misleiden.",
        "The series breaks between the two periods; a comparison would mislead.",
    ),
    code(
        "geen_basis",
        "Waardoor gedeeld zou worden is er niet, of is te klein.",
        "What would be divided by is absent or too small.",
    ),
]);

const KANAAL: ColumnCode = code("kanaal", "Hoe de vraag om advies binnenkwam", "How the request for advice came in");
const ORGANISATIE: ColumnCode =
    code("organisatie", "Organisatie van de adviesvrager of melder", "Organisation of the asker or reporter");
const AARD: ColumnCode =
    code("aard", "Aard van het geweld; meer per registratie mogelijk", "Kind of violence; one record can have several");
const VORM: ColumnCode =
    code("vorm", "Vorm van het geweld; meer per registratie mogelijk", "Form of violence; one record can have several");
const DUUR: ColumnCode = code("duur", "Hoe lang het geweld duurt", "How long the violence lasts");
const VEILIGHEIDSTAXATIE: ColumnCode = code(
    "veiligheidstaxatie",
    "Veiligheid op het eerste gezicht; meer per registratie mogelijk",
    "Safety at the first look; one record can have several",
);
const HERMELDING: ColumnCode =
    code("hermelding", "Eerdere betrokkenheid van Veilig Thuis", "Earlier involvement of Veilig Thuis");
const BESLUIT: ColumnCode = code(
    "besluit",
    "Besluit na de veiligheidsbeoordeling; alleen voor Nederland",
    "Decision after the safety assessment; the Netherlands only",
);

pub(super) const DIMENSIONS: ColumnCodes =
    ColumnCodes::Listed(&[KANAAL, ORGANISATIE, AARD, VORM, DUUR, VEILIGHEIDSTAXATIE, HERMELDING, BESLUIT]);

pub(super) const DIMENSIONS_OR_TOTAL: ColumnCodes = ColumnCodes::Listed(&[
    KANAAL,
    ORGANISATIE,
    AARD,
    VORM,
    DUUR,
    VEILIGHEIDSTAXATIE,
    HERMELDING,
    BESLUIT,
    code("totaal", "Niet verdeeld: een kerncijfer", "Not broken down: a key figure"),
]);

pub(super) const COMPARED_WITH: ColumnCodes = ColumnCodes::Listed(&[
    code("vorige_uitgave", "De uitgave van dezelfde periode hiervoor", "The issue of the same period before this one"),
    code("vorige_periode", "De periode hiervoor", "The period before"),
]);

pub(super) const CADENCES: ColumnCodes = ColumnCodes::Listed(&[
    code("week", "Week", "Week"),
    code("two_weeks", "Twee weken", "Two weeks"),
    code("four_weeks", "Vier weken", "Four weeks"),
    code("iso_year", "ISO-jaar", "ISO year"),
]);

pub(super) const EVENTS: ColumnCodes = ColumnCodes::Listed(&[
    code("uitgave", "Een cijfer van een uitgave", "A figure of an issue"),
    code(
        "intrekking",
        "De uitgave is ingetrokken; de rij heeft geen cijfer",
        "The issue is retracted; the row has no figure",
    ),
]);

pub(super) const REMARKS: ColumnCodes = ColumnCodes::Among(&[
    code(
        "rijpheid_verschilt",
        "De vergeleken perioden hebben niet dezelfde status: de ene kan nog veranderen",
        "The periods compared differ in status: one of them may still change",
    ),
    code(
        "hoger_dan_gebruikelijk",
        "Waarde min marge ligt boven wat gebruikelijk is voor de tijd van het jaar",
        "Value less margin lies above what is usual for the time of year",
    ),
    code(
        "lager_dan_gebruikelijk",
        "Waarde plus marge ligt onder wat gebruikelijk is voor de tijd van het jaar",
        "Value plus margin lies below what is usual for the time of year",
    ),
]);
