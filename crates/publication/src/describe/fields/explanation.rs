//! `toelichting.json`.

use vt_domain::measure::{Dimensie, Maat};
use vt_domain::snapshot::{Comparison, REGION_PATTERN, RedenLeeg, Words};

use super::store::{BEGIN, BELEID, BESTAND, CADANS, DELEN, DIGEST, EIND, FORMAAT, PERIODE, STATUS, UITGAVE};
use super::{ATOM, FieldNote, Object, Shape, field};

fn measures() -> Vec<String> {
    Maat::ALL.map(|maat| maat.code().to_owned()).to_vec()
}

fn dimensions() -> Vec<String> {
    Dimensie::ALL.map(|dimensie| dimensie.code().to_owned()).to_vec()
}

fn reasons() -> Vec<String> {
    RedenLeeg::ALL.map(|reason| reason.code().to_owned()).to_vec()
}

fn comparisons() -> Vec<String> {
    Comparison::ALL.map(|comparison| comparison.code().to_owned()).to_vec()
}

fn against() -> Vec<String> {
    ["vorige_uitgave", "vorige_periode"].map(str::to_owned).to_vec()
}

fn effects() -> Vec<String> {
    ["geen_vergelijking", "toelichting"].map(str::to_owned).to_vec()
}

fn rates() -> Vec<String> {
    ["per_10000_inwoners", "per_28_dagen"].map(str::to_owned).to_vec()
}

fn moving_mean() -> Vec<String> {
    vec!["voortschrijdend_gemiddelde".to_owned()]
}

fn usual() -> Vec<String> {
    vec!["gebruikelijk".to_owned()]
}

fn bounds() -> Vec<String> {
    ["onder", "boven"].map(str::to_owned).to_vec()
}

fn changes() -> Vec<String> {
    ["verandering", "verandering_gelijke_regios"].map(str::to_owned).to_vec()
}

fn share() -> Vec<String> {
    vec!["aandeel".to_owned()]
}

const MAAT: FieldNote = field("maat", Shape::Codes(measures), "Wat is geteld", "What is counted");
const LABEL: FieldNote = field("label", Shape::Text, "Omschrijving", "Label, in Dutch");
const DIMENSIE: FieldNote =
    field("dimensie", Shape::Codes(dimensions), "Waarnaar is verdeeld", "By what it is broken down");
const REGION: Shape = Shape::Pattern(REGION_PATTERN);

const MEASURE: Object = Object {
    name: "maat",
    title: Words::new("Wat geteld wordt", "What is counted"),
    fields: &[
        MAAT,
        LABEL,
        field("omschrijving", Shape::Text, "Wat er geteld wordt", "What is counted, in Dutch"),
        field("datum", Shape::Text, "De datum die de periode bepaalt", "The date that decides the period"),
    ],
};

const CATEGORY: Object = Object {
    name: "categorie",
    title: Words::new("Een categorie", "A category"),
    fields: &[
        field("categorie", Shape::Text, "Code van de categorie", "Code of the category"),
        LABEL,
        field(
            "uitsluitend",
            Shape::Bool,
            "Nooit samen met een andere categorie",
            "Never beside another category of the dimension",
        ),
    ],
};

const BREAKDOWN: Object = Object {
    name: "verdeling",
    title: Words::new("Een verdeling", "A breakdown"),
    fields: &[
        MAAT,
        DIMENSIE,
        field(
            "meervoudig",
            Shape::Bool,
            "Een registratie kan in meer categorieën vallen; samen zijn die dan meer dan het totaal",
            "One record can have several categories, so that they add up to more than the total",
        ),
        field("alleen_nl", Shape::Bool, "Alleen voor Nederland gegeven", "Given for the Netherlands only"),
        field(
            "categorieen",
            Shape::List(&Shape::Object(&CATEGORY)),
            "De categorieën die in deze periode voorkomen",
            "The categories that can occur in this period",
        ),
    ],
};

const RATE: Object = Object {
    name: "berekening_per_inwoners",
    title: Words::new(
        "Berekening: per 28 dagen, of per 10.000 inwoners en 28 dagen",
        "Calculation: per 28 days, or per 10,000 inhabitants and 28 days",
    ),
    fields: &[field("soort", Shape::Codes(rates), "Soort berekening", "Kind of calculation")],
};

const MOVING_MEAN: Object = Object {
    name: "berekening_gemiddelde",
    title: Words::new("Berekening: voortschrijdend gemiddelde", "Calculation: moving mean"),
    fields: &[
        field("soort", Shape::Codes(moving_mean), "Soort berekening", "Kind of calculation"),
        field("perioden", Shape::Number(1), "Over hoeveel perioden", "Over how many periods"),
    ],
};

const USUAL: Object = Object {
    name: "berekening_gebruikelijk",
    title: Words::new("Berekening: wat gebruikelijk is", "Calculation: what is usual"),
    fields: &[
        field("soort", Shape::Codes(usual), "Soort berekening", "Kind of calculation"),
        field("grens", Shape::Codes(bounds), "Welke grens", "Which bound"),
        field(
            "minste_perioden",
            Shape::Number(1),
            "Zoveel eerdere perioden zonder reeksbreuk zijn nodig",
            "So many earlier periods without a break are needed",
        ),
    ],
};

const CHANGE: Object = Object {
    name: "berekening_verandering",
    title: Words::new("Berekening: verandering, in procenten", "Calculation: change, in percent"),
    fields: &[
        field("soort", Shape::Codes(changes), "Soort berekening", "Kind of calculation"),
        field("met", Shape::Codes(comparisons), "Waarmee is vergeleken", "Compared with"),
    ],
};

const SHARE: Object = Object {
    name: "berekening_aandeel",
    title: Words::new("Berekening: aandeel, in procenten", "Calculation: share, in percent"),
    fields: &[
        field("soort", Shape::Codes(share), "Soort berekening", "Kind of calculation"),
        DIMENSIE,
        field("categorie", Shape::Text, "Code van de categorie", "Code of the category"),
    ],
};

const INDICATOR: Object = Object {
    name: "indicator",
    title: Words::new("Een indicator", "An indicator"),
    fields: &[
        field("indicator", Shape::Text, "Code van de indicator", "Code of the indicator"),
        LABEL,
        field("maten", Shape::List(&Shape::Codes(measures)), "Voor welke maten", "The measures it is given for"),
        field("eenheid", Shape::Text, "Eenheid van waarde en marge", "Unit of value and margin"),
        field(
            "berekening",
            Shape::OneOf(&[&RATE, &MOVING_MEAN, &USUAL, &CHANGE, &SHARE]),
            "Hoe hij wordt berekend",
            "How it is computed",
        ),
        field("teller", Shape::Text, "Teller", "Numerator, in Dutch"),
        field("noemer", Shape::Text, "Noemer", "Denominator, in Dutch"),
    ],
};

const REASON: Object = Object {
    name: "reden",
    title: Words::new("Waarom een waarde leeg kan zijn", "Why a value can be empty"),
    fields: &[
        field("reden_leeg", Shape::Codes(reasons), "De code", "The code"),
        field("betekenis", Shape::Text, "Wat die betekent", "What it means, in Dutch"),
    ],
};

const BREAK: Object = Object {
    name: "reeksbreuk",
    title: Words::new("Een breuk in de reeks, of een gebeurtenis", "A break in the series, or an event"),
    fields: &[
        field("datum", Shape::Day, "Eerste dag van de nieuwe situatie", "First day of the new situation"),
        field(
            "gebieden",
            Shape::List(&REGION),
            "De regio's die het betreft; leeg voor alle",
            "The regions concerned; empty for all",
        ),
        field(
            "maten",
            Shape::List(&Shape::Codes(measures)),
            "De maten die het betreft; leeg voor alle",
            "The measures concerned; empty for all",
        ),
        field(
            "gevolg",
            Shape::Codes(effects),
            "geen_vergelijking: een verandering erover is leeg; toelichting: alleen vermeld",
            "geen_vergelijking: a change across it is left empty; toelichting: stated only",
        ),
        field("titel", Shape::Text, "In een paar woorden", "In a few words, in Dutch"),
        field("tekst", Shape::Text, "Wat er gebeurde", "What happened, in Dutch"),
    ],
};

const COMPARED: Object = Object {
    name: "vergeleken_uitgave",
    title: Words::new("Gepubliceerde cijfers waarmee is vergeleken", "Published figures that changes compare with"),
    fields: &[
        field("met", Shape::Codes(comparisons), "Welke vergelijking", "Which comparison"),
        PERIODE,
        UITGAVE,
        BESTAND,
        DIGEST,
    ],
};

const SERIES: Object = Object {
    name: "reeks_uitgave",
    title: Words::new("Gepubliceerde cijfers van een eerdere periode", "Published figures of an earlier period"),
    fields: &[PERIODE, UITGAVE, BESTAND, DIGEST],
};

const NAMED_FILE: Object = Object {
    name: "bestand_in_opslag",
    title: Words::new("Een bestand in de opslag", "A file in the store"),
    fields: &[BESTAND, DIGEST],
};

const CHANGED_FROM: Object = Object {
    name: "gewijzigd_ten_opzichte_van",
    title: Words::new("Een uitgave waarmee wijzigingen vergelijkt", "An issue that wijzigingen compares with"),
    fields: &[
        field("met", Shape::Codes(against), "Welke", "Which: the issue or the period before"),
        PERIODE,
        UITGAVE,
        field(
            "bestanden",
            Shape::List(&Shape::Object(&NAMED_FILE)),
            "Kerncijfers en verdelingen ervan",
            "Its kerncijfers and verdelingen",
        ),
    ],
};

const INHABITANTS: Object = Object {
    name: "inwoners_van",
    title: Words::new("Inwoners van een regio", "Inhabitants of a region"),
    fields: &[
        field("regio_code", REGION, "De regio", "The region"),
        field("inwoners", Shape::Number(0), "Hoeveel inwoners", "How many inhabitants"),
        field("jaar", Shape::Number(2000), "Van 1 januari van dit jaar", "On 1 January of this year"),
        field(
            "opmerking",
            Shape::Nullable(&Shape::Text),
            "Wat een lezer moet weten",
            "What a reader must know, in Dutch",
        ),
    ],
};

const DIVISION: Object = Object {
    name: "indeling",
    title: Words::new("Hoe regio's elkaar overlappen", "How the regions overlap"),
    fields: &[
        field("register", Shape::Text, "Versie van het register", "Version of the register"),
        field(
            "overlap",
            Shape::List(&ATOM),
            "Paren van een Veilig Thuis-regio en een veiligheidsregio met iets gemeen",
            "Pairs of a Veilig Thuis region and a safety region with something in common",
        ),
    ],
};

/// `toelichting.json`.
pub const EXPLANATION: Object = Object {
    name: "toelichting",
    title: Words::new(
        "Toelichting: wat een lezer van de cijfers moet weten",
        "Explanation: what a reader of the figures must know",
    ),
    fields: &[
        FORMAAT,
        PERIODE,
        field("label", Shape::Text, "De periode in woorden", "The period in words, in Dutch"),
        CADANS,
        BEGIN,
        EIND,
        UITGAVE,
        STATUS,
        DELEN,
        field(
            "lees_dit",
            Shape::List(&Shape::Text),
            "Zinnen die voor elke uitgave gelden",
            "Sentences that hold for every snapshot, in Dutch",
        ),
        BELEID,
        field("maten", Shape::List(&Shape::Object(&MEASURE)), "Wat geteld wordt", "What is counted"),
        field(
            "verdelingen",
            Shape::List(&Shape::Object(&BREAKDOWN)),
            "Verdelingen met categorieën",
            "Breakdowns with their categories",
        ),
        field(
            "indicatoren",
            Shape::List(&Shape::Object(&INDICATOR)),
            "Indicatoren met teller en noemer",
            "Indicators with numerator and denominator",
        ),
        field("redenen", Shape::List(&Shape::Object(&REASON)), "Wat reden_leeg betekent", "What reden_leeg means"),
        field(
            "reeksbreuken",
            Shape::List(&Shape::Object(&BREAK)),
            "Breuken en gebeurtenissen die een lezer moet kennen",
            "Breaks and events that a reader must know",
        ),
        field(
            "vergelijking",
            Shape::List(&Shape::Object(&COMPARED)),
            "Met welke gepubliceerde cijfers de veranderingen vergelijken",
            "With which published figures the changes compare",
        ),
        field(
            "reeks",
            Shape::List(&Shape::Object(&SERIES)),
            "De gepubliceerde cijfers van eerdere perioden, de oudste eerst",
            "The published figures of earlier periods, oldest first",
        ),
        field(
            "gewijzigd_ten_opzichte_van",
            Shape::List(&Shape::Object(&CHANGED_FROM)),
            "Met welke uitgaven wijzigingen vergelijkt",
            "With which published issues wijzigingen compares",
        ),
        field(
            "inwoners",
            Shape::List(&Shape::Object(&INHABITANTS)),
            "Inwoners waardoor gedeeld wordt",
            "Inhabitants that the rates divide by",
        ),
        field("indeling", Shape::Object(&DIVISION), "Hoe regio's elkaar overlappen", "How the regions overlap"),
        field(
            "bijzonderheden",
            Shape::List(&Shape::Text),
            "Wat bijzonder is in deze periode, uit gepubliceerde cijfers",
            "What is exceptional in this period, from published values, in Dutch",
        ),
    ],
};
