//! The columns, table by table.

use super::ColumnKind::{Day, Float, Instant, Int, Text};
use super::codes;
use super::{Column, ColumnCodes, PERIOD_PATTERN, REGION_PATTERN, Words};

const REGISTER: Words = Words::new(
    "Register van regio's en gemeenten (CBS-gebiedsindelingen)",
    "Register of regions and municipalities (divisions by CBS)",
);
const CALENDAR: Words = Words::new("ISO-weekkalender; codes zoals CBS", "ISO week calendar; codes as CBS writes them");
const DELIVERY: Words = Words::new(
    "Leveringen van de Veilig Thuis-organisaties, na afronding",
    "Deliveries of the Veilig Thuis organisations, after rounding",
);
const MONITOR: Words = Words::new("vt-monitor", "vt-monitor");
const PUBLISHED: Words =
    Words::new("Berekend uit gepubliceerde (afgeronde) aantallen", "Computed from published (rounded) counts");

const COUNT: Words = Words::new("aantal", "count");
const DAYS: Words = Words::new("dagen", "days");
const FRACTION: Words = Words::new("deel van 1", "fraction of 1");

/// Every count is a multiple of this (DESIGN §7).
const BASE: i64 = 5;

const fn key(name: &'static str, title: &'static str, title_en: &'static str, source: Words) -> Column {
    Column {
        name,
        title,
        title_en,
        description: None,
        unit: None,
        unit_en: None,
        source: source.nl,
        source_en: source.en,
        kind: Text,
        nullable: false,
        key: true,
        codes: None,
        minimum: None,
        maximum: None,
        multiple_of: None,
        pattern: None,
    }
}

const fn text(name: &'static str, title: &'static str, title_en: &'static str, source: Words) -> Column {
    Column { key: false, ..key(name, title, title_en, source) }
}

const fn day(column: Column) -> Column {
    Column { kind: Day, ..column }
}

const fn int(column: Column) -> Column {
    Column { kind: Int, ..column }
}

const fn float(column: Column) -> Column {
    Column { kind: Float, ..column }
}

const fn optional(column: Column) -> Column {
    Column { nullable: true, ..column }
}

const fn described(column: Column, nl: &'static str, en: &'static str) -> Column {
    Column { description: Some(Words::new(nl, en)), ..column }
}

const fn measured(column: Column, unit: Words) -> Column {
    Column { unit: Some(unit.nl), unit_en: Some(unit.en), ..column }
}

const fn coded(column: Column, codes: ColumnCodes) -> Column {
    Column { codes: Some(codes), ..column }
}

const fn matching(column: Column, pattern: &'static str) -> Column {
    Column { pattern: Some(pattern), ..column }
}

const fn at_least(column: Column, minimum: i64) -> Column {
    Column { minimum: Some(minimum), ..column }
}

const fn at_most(column: Column, maximum: i64) -> Column {
    Column { maximum: Some(maximum), ..column }
}

const fn rounded(column: Column) -> Column {
    Column { multiple_of: Some(BASE), ..measured(int(column), COUNT) }
}

const PERIODE: Column = described(
    matching(key("periode", "Periode", "Period", CALENDAR), PERIOD_PATTERN),
    "W1: week, W2: twee weken, W4: vier weken, elk met het nummer in het ISO-jaar; ISO: het hele ISO-jaar.",
    "W1: a week, W2: two weeks, W4: four weeks, each with its number in the ISO year; ISO: the whole ISO year.",
);
const BEGIN: Column = day(text("begin", "Eerste dag van de periode", "First day of the period", CALENDAR));
const EIND: Column =
    day(text("eind", "Laatste dag van de periode (inclusief)", "Last day of the period (inclusive)", CALENDAR));
const REGIO_TYPE: Column = coded(key("regio_type", "Soort regio", "Kind of region", REGISTER), codes::REGION_TYPES);
const REGIO_CODE: Column = described(
    matching(key("regio_code", "Code van de regio", "Code of the region", REGISTER), REGION_PATTERN),
    "VR00: registraties met onbekende gemeente van Veilig Thuis-regio's die in meer veiligheidsregio's liggen.",
    "VR00: records without a known municipality, of Veilig Thuis regions that lie in several safety regions.",
);
const REGIO: Column = text("regio", "Naam van de regio", "Name of the region", REGISTER);
const MAAT: Column = described(
    coded(key("maat", "Wat is geteld", "What is counted", DELIVERY), codes::MEASURES),
    "Adviezen en meldingen zijn verschillende dingen en worden nooit bij elkaar opgeteld.",
    "Requests for advice and reports are different things and are never added up.",
);
const MAAT_LABEL: Column =
    text("maat_label", "Omschrijving van wat is geteld", "Label of what is counted, in Dutch", DELIVERY);
const WAARDE: Column = described(
    at_least(rounded(optional(text("waarde", "Aantal", "Count", DELIVERY))), 0),
    "Afgerond. Leeg als het er niet is: reden_leeg zegt waarom. Een gepubliceerde 0 kan voor een klein aantal staan.",
    "Rounded. Empty when absent: reden_leeg says why. A published 0 can stand for a small count.",
);
const MARGE: Column = measured(
    int(at_least(
        optional(text(
            "marge",
            "Grootste verschil met het geregistreerde aantal, door afronding",
            "Largest difference from the registered count, by rounding",
            MONITOR,
        )),
        0,
    )),
    COUNT,
);
const STATUS: Column = described(
    coded(text("status", "Status", "Status", MONITOR), codes::STATUSES),
    "Eén per periode en regio.",
    "One per period and region.",
);
const REDEN_LEEG: Column = described(
    optional(coded(text("reden_leeg", "Waarom de waarde leeg is", "Why the value is empty", MONITOR), codes::REASONS)),
    "Alleen waar waarde leeg is.",
    "Only where waarde is empty.",
);
const DIMENSIE: Column =
    coded(key("dimensie", "Waarnaar is verdeeld", "By what it is broken down", DELIVERY), codes::DIMENSIONS);
const CATEGORIE: Column = coded(
    key("categorie", "Code van de categorie", "Code of the category", DELIVERY),
    ColumnCodes::Explained("verdelingen[].categorieen[].categorie"),
);
const CATEGORIE_LABEL: Column =
    text("categorie_label", "Omschrijving van de categorie", "Label of the category, in Dutch", DELIVERY);

pub(super) const KERNCIJFERS: &[Column] =
    &[PERIODE, BEGIN, EIND, REGIO_TYPE, REGIO_CODE, REGIO, MAAT, MAAT_LABEL, WAARDE, MARGE, STATUS, REDEN_LEEG];

pub(super) const VERDELINGEN: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    MAAT,
    MAAT_LABEL,
    DIMENSIE,
    CATEGORIE,
    CATEGORIE_LABEL,
    WAARDE,
    MARGE,
    STATUS,
    REDEN_LEEG,
];

pub(super) const INDICATOREN: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    coded(
        key("indicator", "Code van de indicator", "Code of the indicator", PUBLISHED),
        ColumnCodes::Explained("indicatoren[].indicator"),
    ),
    text("indicator_label", "Omschrijving van de indicator", "Label of the indicator, in Dutch", PUBLISHED),
    MAAT,
    described(
        optional(float(text("waarde", "Waarde van de indicator", "Value of the indicator", PUBLISHED))),
        "Teller gedeeld door noemer, zie de indicator. Leeg als die er niet is: reden_leeg zegt waarom.",
        "Numerator over denominator, see the indicator. Empty when absent: reden_leeg says why.",
    ),
    described(
        optional(float(at_least(
            text("marge", "Grootste verschil door afronding", "Largest difference by rounding", PUBLISHED),
            0,
        ))),
        "In de eenheid van de waarde.",
        "In the unit of the value.",
    ),
    coded(
        text("eenheid", "Eenheid van waarde en marge", "Unit of value and margin, in Dutch", PUBLISHED),
        ColumnCodes::Explained("indicatoren[].eenheid"),
    ),
    STATUS,
    REDEN_LEEG,
    described(
        coded(
            optional(text("opmerking", "Wat een lezer moet weten", "What a reader must know, in Dutch", MONITOR)),
            codes::REMARKS,
        ),
        "Codes en zinnen, met `; ` ertussen.",
        "Codes and sentences in Dutch, with `; ` between them.",
    ),
];

pub(super) const DEKKING: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    measured(int(at_least(text("dagen", "Dagen van de periode", "Days of the period", CALENDAR), 0)), DAYS),
    measured(
        int(at_least(
            text(
                "dagen_gedekt",
                "Dagen die geleverd zijn, door elke regio die meetelt",
                "Days that were delivered, by every region that counts",
                MONITOR,
            ),
            0,
        )),
        DAYS,
    ),
    measured(
        float(at_most(
            at_least(
                text("dekking", "Deel van de dagen dat geleverd is", "Part of the days that was delivered", MONITOR),
                0,
            ),
            1,
        )),
        FRACTION,
    ),
    STATUS,
    optional(text("toelichting", "Wat er ontbreekt", "What is missing, in Dutch", MONITOR)),
];

pub(super) const WIJZIGINGEN: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    coded(key("vergeleken_met", "Waarmee is vergeleken", "Compared with", MONITOR), codes::COMPARED_WITH),
    matching(
        text("andere_periode", "De periode waarmee is vergeleken", "The period compared with", MONITOR),
        PERIOD_PATTERN,
    ),
    int(at_least(
        text(
            "andere_uitgave",
            "Nummer van de uitgave waarmee is vergeleken",
            "Number of the issue compared with",
            MONITOR,
        ),
        1,
    )),
    MAAT,
    MAAT_LABEL,
    coded(DIMENSIE, codes::DIMENSIONS_OR_TOTAL),
    described(CATEGORIE, "totaal voor een kerncijfer.", "totaal for a key figure."),
    CATEGORIE_LABEL,
    described(
        at_least(
            rounded(optional(text(
                "waarde_eerder",
                "Aantal in de andere uitgave",
                "Count in the other issue",
                DELIVERY,
            ))),
            0,
        ),
        "Leeg als het er niet was.",
        "Empty when it was absent.",
    ),
    WAARDE,
    described(
        rounded(optional(text(
            "verschil",
            "Aantal min het aantal in de andere uitgave",
            "Count minus the count in the other issue",
            PUBLISHED,
        ))),
        "Leeg waar dat niet te vergelijken is.",
        "Empty where the two do not compare.",
    ),
    measured(
        int(at_least(
            optional(text(
                "verschil_marge",
                "Grootste verschil met het geregistreerde verschil, door afronding",
                "Largest difference from the registered change, by rounding",
                MONITOR,
            )),
            0,
        )),
        COUNT,
    ),
    coded(
        text("status_eerder", "Status in de andere uitgave", "Status in the other issue", MONITOR),
        codes::STATUSES_OR_ABSENT,
    ),
    coded(STATUS, codes::STATUSES_OR_ABSENT),
    optional(coded(
        text(
            "reden_leeg_eerder",
            "Waarom de waarde in de andere uitgave leeg was",
            "Why the value was empty in the other issue",
            MONITOR,
        ),
        codes::REASONS,
    )),
    REDEN_LEEG,
    optional(text(
        "opmerking",
        "Waarom het verschil niet gegeven is",
        "Why the difference is not given, in Dutch",
        MONITOR,
    )),
];

/// The columns that every row of the history begins with.
pub(in crate::snapshot) const HISTORY_EVENT: &[Column] = &[
    coded(text("cadans", "Soort periode", "Kind of period", CALENDAR), codes::CADENCES),
    at_least(int(text("uitgave", "Nummer van de uitgave, vanaf 1", "Number of the issue, from 1", MONITOR)), 1),
    Column {
        kind: Instant,
        ..text(
            "gepubliceerd_op",
            "Tijdstip van publicatie of van intrekking (UTC)",
            "Instant of publication or retraction (UTC)",
            MONITOR,
        )
    },
    coded(text("gebeurtenis", "Wat de rij zegt", "What the row tells", MONITOR), codes::EVENTS),
];
