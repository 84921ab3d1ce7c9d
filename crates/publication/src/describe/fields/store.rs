//! The documents beside the snapshots: manifest, `latest.json`, errata.

use vt_domain::PeriodKind;
use vt_domain::snapshot::{ERRATUM_FORMAAT, ErratumKind, PERIOD_PATTERN, SNAPSHOT_FORMAAT, Status, Words};

use super::{FieldNote, MONTH, Object, SHA256, Shape, VT, field, optional};

pub(super) fn statuses() -> Vec<String> {
    Status::ALL.map(|status| status.code().to_owned()).to_vec()
}

pub(super) fn cadences() -> Vec<String> {
    use PeriodKind::{FourWeeks, IsoYear, TwoWeeks, Week};
    [Week, TwoWeeks, FourWeeks, IsoYear].map(|kind| kind.name().to_owned()).to_vec()
}

fn kinds() -> Vec<String> {
    [ErratumKind::Erratum, ErratumKind::Intrekking].map(|kind| kind.code().to_owned()).to_vec()
}

fn verdicts() -> Vec<String> {
    vec!["geslaagd".to_owned()]
}

pub(super) const FORMAAT: FieldNote =
    field("formaat", Shape::Constant(SNAPSHOT_FORMAAT as i64), "Versie van de vorm", "Version of the form");
pub(super) const CADANS: FieldNote = field("cadans", Shape::Codes(cadences), "Cadans", "Cadence");
pub(super) const PERIODE: FieldNote = field("periode", Shape::Pattern(PERIOD_PATTERN), "Periode", "Period");
pub(super) const BEGIN: FieldNote = field("begin", Shape::Day, "Eerste dag", "First day");
pub(super) const EIND: FieldNote = field("eind", Shape::Day, "Laatste dag (inclusief)", "Last day (inclusive)");
pub(super) const UITGAVE: FieldNote =
    field("uitgave", Shape::Number(1), "Nummer van de uitgave, vanaf 1", "Number of the issue, from 1");
pub(super) const STATUS: FieldNote = field(
    "status",
    Shape::Codes(statuses),
    "Status van Nederland: de minste van alle regio's",
    "Status of the Netherlands: the least of all regions",
);
pub(super) const DELEN: FieldNote = optional(field(
    "delen",
    Shape::List(&Shape::Object(&ISSUE)),
    "De uitgaven van kortere perioden waarvan dit de som is; ontbreekt als het geen som is",
    "The issues of shorter periods that this is the sum of; absent when it is no sum",
));
pub(super) const BELEID: FieldNote =
    field("beleid", Shape::Object(&POLICY), "Grenzen en drempels", "Bounds and thresholds");
pub(super) const BESTAND: FieldNote = field("bestand", Shape::Text, "Pad in de opslag", "Path in the store");
pub(super) const DIGEST: FieldNote = field(
    "sha256",
    SHA256,
    "SHA-256 van het bestand, in kleine letters",
    "SHA-256 of the file, lower-case hexadecimal",
);
const GEPUBLICEERD: FieldNote =
    field("gepubliceerd_op", Shape::Instant, "Wanneer het is gepubliceerd", "When it was published");
const SOFTWARE: FieldNote =
    field("software", Shape::Text, "Naam en versie van het programma", "Name and version of the program");

const ISSUE: Object =
    Object { name: "uitgave", title: Words::new("Een uitgave", "An issue"), fields: &[PERIODE, UITGAVE] };

const POLICY: Object = Object {
    name: "beleid",
    title: Words::new("Grenzen en drempels", "Bounds and thresholds"),
    fields: &[
        field("veelvoud", Shape::Number(1), "Elk aantal is hiervan een veelvoud", "Every count is a multiple of this"),
        field(
            "grens",
            Shape::Number(0),
            "Zoveel verschilt een aantal ten hoogste van het geregistreerde",
            "A count differs at most this much from the registered one",
        ),
        field(
            "kleinste_basis",
            Shape::Number(0),
            "De kleinste gepubliceerde basis van een verandering of aandeel",
            "The smallest published base of a change or share",
        ),
        field(
            "kleinste_basis_herzien",
            Shape::Number(0),
            "Dezelfde, waar een aantal uit een tweede of latere uitgave komt",
            "The same, where a count comes from a second or later issue",
        ),
        field(
            "decimaal_vanaf_basis",
            Shape::Number(0),
            "Vanaf deze basis hebben percentages één decimaal",
            "Percentages have one decimal from this base on",
        ),
        field(
            "regio_onbekend_boven_procent",
            Shape::Number(0),
            "Is van een groter deel de veiligheidsregio onbekend, dan is zij leeg (in procenten)",
            "A safety region is empty when a larger share than this is unknown (in percent)",
        ),
    ],
};

const FILE: Object = Object {
    name: "bestand",
    title: Words::new("Een bestand van de uitgave", "A file of the issue"),
    fields: &[
        field("naam", Shape::Text, "Naam binnen de map van de uitgave", "Name within the folder of the issue"),
        field("mediatype", Shape::Text, "Mediatype", "Media type"),
        field("bytes", Shape::Number(0), "Grootte", "Size"),
        DIGEST,
    ],
};

const INPUT: Object = Object {
    name: "invoer",
    title: Words::new("Een levering waaruit de uitgave is gemaakt", "A delivery that the issue was made from"),
    fields: &[
        field("regio", VT, "De Veilig Thuis-regio", "The Veilig Thuis region"),
        field("maand", MONTH, "De maand", "The month"),
        field("levering_nr", Shape::Number(1), "Nummer van de levering", "Number of the delivery"),
        field(
            "kenmerk",
            Shape::Text,
            "Kenmerk van de levering, met een sleutel gemaakt",
            "Keyed digest of the delivery; a plain one would confirm guesses",
        ),
    ],
};

const PREVIOUS: Object = Object {
    name: "vorige",
    title: Words::new("Wat er in de keten voor stond", "What came before in the chain"),
    fields: &[field("pad", Shape::Text, "Pad van het bestand", "Path of the file"), DIGEST],
};

/// The manifest of a snapshot.
pub const MANIFEST: Object = Object {
    name: "manifest",
    title: Words::new(
        "Manifest: een uitgave bestaat precies als dit bestand bestaat",
        "Manifest: an issue exists exactly when this file does",
    ),
    fields: &[
        FORMAAT,
        CADANS,
        PERIODE,
        BEGIN,
        EIND,
        UITGAVE,
        GEPUBLICEERD,
        STATUS,
        field("bestanden", Shape::List(&Shape::Object(&FILE)), "De bestanden, op naam", "The data files, by name"),
        field(
            "historie",
            Shape::List(&Shape::Object(&FILE)),
            "De bestanden van de uitgave in historie/, naam is het pad in de opslag",
            "Its files in the history; the name is the path in the store",
        ),
        field(
            "invoer",
            Shape::List(&Shape::Object(&INPUT)),
            "De leveringen waaruit de uitgave is gemaakt",
            "The deliveries it was made from",
        ),
        field(
            "vorige",
            Shape::Nullable(&Shape::Object(&PREVIOUS)),
            "De vorige uitgave van deze periode",
            "The issue of this period before this one",
        ),
        DELEN,
        field("register", Shape::Text, "Versie van het register", "Version of the register of regions"),
        BELEID,
        SOFTWARE,
        field(
            "handtekening",
            Shape::Nullable(&Shape::Text),
            "Naam van het bestand met de handtekening",
            "Name of the signature file",
        ),
        field(
            "controle",
            Shape::Codes(verdicts),
            "Oordeel van de controles voor publicatie",
            "Verdict of the checks before publication",
        ),
    ],
};

const LATEST_ENTRY: Object = Object {
    name: "nieuwste",
    title: Words::new("De nieuwste uitgave van een cadans", "The newest snapshot of a cadence"),
    fields: &[PERIODE, UITGAVE, field("manifest", Shape::Text, "Pad van het manifest", "Path of its manifest"), DIGEST],
};

const ERRATUM_ENTRY: Object = Object {
    name: "erratum_bij",
    title: Words::new("Een erratum of intrekking", "An erratum or retraction"),
    fields: &[BESTAND, DIGEST, field("erratum", Shape::Object(&ERRATUM), "Wat erin staat", "What it says")],
};

/// `latest.json`.
pub const LATEST: Object = Object {
    name: "latest",
    title: Words::new("De nieuwste uitgave per cadans", "The newest snapshot per cadence"),
    fields: &[
        FORMAAT,
        field(
            "cadansen",
            Shape::Map(cadences, &LATEST_ENTRY),
            "Per cadans de laatste periode en haar hoogste uitgave die niet is ingetrokken",
            "Per cadence the last period, its highest issue that is not retracted",
        ),
        field(
            "errata",
            Shape::List(&Shape::Object(&ERRATUM_ENTRY)),
            "Errata en intrekkingen, op nummer",
            "Errata and retractions, by number",
        ),
    ],
};

/// An erratum or retraction.
pub const ERRATUM: Object = Object {
    name: "erratum",
    title: Words::new("Erratum of intrekking van één uitgave", "Erratum or retraction of one issue"),
    fields: &[
        field("formaat", Shape::Constant(ERRATUM_FORMAAT as i64), "Versie van de vorm", "Version of the form"),
        field("nummer", Shape::Number(1), "Nummer in de opslag, vanaf 1", "Number in the store, from 1"),
        field(
            "soort",
            Shape::Codes(kinds),
            "erratum: wat een lezer moet weten; intrekking: de uitgave niet meer gebruiken",
            "erratum: what a reader must know; intrekking: do not use the issue any more",
        ),
        field("periode", Shape::Pattern(PERIOD_PATTERN), "Periode van de uitgave", "Period of the issue concerned"),
        field("uitgave", Shape::Number(1), "Nummer van de uitgave", "Number of the issue concerned"),
        field(
            "tekst",
            Shape::Text,
            "Wat lezers moeten weten, zonder getallen",
            "What readers must know, in Dutch, without numbers",
        ),
        field(
            "vorige",
            Shape::Nullable(&Shape::Object(&PREVIOUS)),
            "Het erratum of de intrekking hiervoor; niets bij nummer 1",
            "The erratum or retraction before this one; nothing for number 1",
        ),
        optional(field(
            "historie",
            Shape::Object(&FILE),
            "Van een intrekking: haar rij in historie/",
            "Of a retraction: its row in the history",
        )),
        GEPUBLICEERD,
        SOFTWARE,
    ],
};
