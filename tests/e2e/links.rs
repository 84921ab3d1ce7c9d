//! Which combinations of two published dimensions the delivery contract refuses, against the list `links` of disclosure control.
//!
//! Every pair of categories is delivered, together and apart. What the validator refuses must follow from a link: a tie that
//! solver, certificate and attack do not know would let a reader rule out values that they take for possible.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use object_store::memory::InMemory;
use vt_disclosure::links::{Link, LinkEnd, Relation, contract};
use vt_domain::codes::{Code, CodeLists};
use vt_domain::contract::RecordType;
use vt_domain::delivery::{Compression, DeliveryEntry, DeliveryHeader, DeliveryKind, FileEntry, FileFormat};
use vt_domain::finding::{Scope, Severity};
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::month::Month;
use vt_domain::register::Register;
use vt_intake::RawDelivery;
use vt_intake::checks::Catalogue;
use vt_intake::parse::{ParseLimits, parse};
use vt_intake::report::{Kwaliteitsrapport, Oordeel};
use vt_intake::validate::{IdHasher, ValidationContext, validate};
use vt_publication::publish::store::sha256;
use vt_vault::Vault;

/// The check that a file has too many refused records: follows from those.
const TOLERANCE: &str = "L014";

/// A record by its categories in the columns that are varied; the other fields follow from these.
type Combination = BTreeMap<&'static str, BTreeSet<&'static str>>;

/// A column that is varied.
#[derive(Clone, Copy)]
struct Column {
    /// The dimension in the tables, or the field where it is not published.
    name: &'static str,
    field: &'static str,
    multi_valued: bool,
}

impl Column {
    fn of(dimensie: Dimensie) -> Self {
        Self { name: dimensie.code(), field: dimensie.field(), multi_valued: dimensie.multi_valued() }
    }

    /// The categories that a table of a period with this day has.
    fn categories(self, day: NaiveDate) -> Vec<&'static Code> {
        CodeLists::builtin().list(self.field).codes().iter().filter(|code| code.valid_on(day)).collect()
    }
}

/// Records of one measure in one month.
#[derive(Clone, Copy)]
struct Case<'a> {
    record: RecordType,
    columns: &'a [Column],
    day: NaiveDate,
}

impl Case<'_> {
    /// Every pair of categories of two columns together; and each category beside all others of a multi-valued column than one.
    fn combinations(&self) -> BTreeSet<Combination> {
        let mut all = BTreeSet::new();
        for left in self.columns {
            for right in self.columns.iter().filter(|right| right.name != left.name) {
                for one in left.categories(self.day) {
                    for other in right.categories(self.day) {
                        all.insert(self.with(&[
                            (left.name, [one.code.as_str()].into()),
                            (right.name, [other.code.as_str()].into()),
                        ]));
                        let apart = all_but(&right.categories(self.day), other);
                        if right.multi_valued && !apart.is_empty() {
                            all.insert(self.with(&[(left.name, [one.code.as_str()].into()), (right.name, apart)]));
                        }
                    }
                }
            }
        }
        all
    }

    /// These categories, and elsewhere the first of each column.
    fn with(&self, varied: &[(&'static str, BTreeSet<&'static str>)]) -> Combination {
        let first = |column: &Column| (column.name, [column.categories(self.day)[0].code.as_str()].into());
        let mut combination: Combination = self.columns.iter().map(first).collect();
        combination.extend(varied.iter().cloned());
        combination
    }

    /// The CSV file of records with these combinations.
    fn csv(&self, combinations: &[Combination]) -> Vec<u8> {
        let names: Vec<&str> = self.record.fields().iter().map(|field| field.name).collect();
        let mut text = names.join(";") + "\n";
        for (nr, combination) in combinations.iter().enumerate() {
            let values = names.iter().map(|name| self.value(name, nr, combination));
            text += &(values.collect::<Vec<_>>().join(";") + "\n");
        }
        text.into_bytes()
    }

    fn value(&self, field: &str, nr: usize, combination: &Combination) -> String {
        if let Some(column) = self.columns.iter().find(|column| column.field == field) {
            let delivered =
                |code: &&&str| CodeLists::builtin().list(field).get(code).is_some_and(|code| code.deliverable);
            return combination[column.name].iter().filter(delivered).copied().collect::<Vec<_>>().join("|");
        }
        let has = |name: &str, code: &str| combination.get(name).is_some_and(|codes| codes.contains(code));
        match field {
            "advies_id" | "melding_id" => format!("R{nr}"),
            "startdatum" | "ontvangstdatum" => self.day.to_string(),
            "rol" if has("organisatie", "burger") => "niet_beroepsmatig".to_owned(),
            "rol" => "beroepsmatig".to_owned(),
            "besluitdatum" if has("besluit", "nog_niet_beoordeeld") => String::new(),
            "besluitdatum" => self.day.to_string(),
            "kanaal" => "telefoon".to_owned(),
            "organisatie" => "huisarts".to_owned(),
            "aard" => "partnergeweld".to_owned(),
            "veiligheidstaxatie" => "acuut".to_owned(),
            "besluit" => "vervolg_vt".to_owned(),
            "politie_overdracht" => "false".to_owned(),
            "gm_code" => "GM0402".to_owned(),
            "n_betrokkenen" => "3".to_owned(),
            _ => String::new(),
        }
    }

    /// A delivery of VT07 with these records, and its files.
    fn delivery(&self, combinations: &[Combination]) -> (DeliveryEntry, Vec<Vec<u8>>) {
        let month = Month::of(self.day);
        let contents = RecordType::ALL.map(|record| {
            let records = if record == self.record { combinations } else { &[] };
            (records.len() as u64, Case { record, ..*self }.csv(records))
        });
        let bestanden = RecordType::ALL.into_iter().zip(&contents).map(|(recordsoort, (records, bytes))| FileEntry {
            recordsoort,
            formaat: FileFormat::Csv,
            compressie: Compression::Geen,
            href: format!("files/{recordsoort}"),
            bytes: bytes.len() as u64,
            sha256: sha256(bytes),
            records: *records,
        });
        let kop = DeliveryHeader {
            protocol_versie: "1".into(),
            vt_code: "VT07".into(),
            leveringsmaand: month,
            levering_nr: 1,
            soort: DeliveryKind::Volledig,
            tot_en_met: month.last_day(),
            aangemaakt_op: month.next().first_day().and_hms_opt(8, 0, 0).unwrap().and_utc(),
            bronsysteem: "Regas 4".into(),
        };
        (DeliveryEntry { kop, bestanden: bestanden.collect() }, contents.into_iter().map(|(_, bytes)| bytes).collect())
    }

    /// How many of these records the validator refuses.
    async fn refusals(&self, combinations: &[Combination]) -> u64 {
        let report = self.judged(combinations).await;
        let grave = report.bevindingen.iter().filter(|found| found.ernst == Severity::Fout);
        for found in grave.filter(|found| found.niveau != Scope::Record) {
            assert_eq!(found.controle, TOLERANCE, "the records of this test are at fault: {}", found.melding);
        }
        let counts = report.aantallen.iter().find(|counts| counts.bestand == self.record).unwrap();
        assert_eq!(counts.gelezen, combinations.len() as u64);
        assert!(counts.geweigerd > 0 || report.oordeel == Oordeel::Geaccepteerd);
        counts.geweigerd
    }

    async fn judged(&self, combinations: &[Combination]) -> Kwaliteitsrapport {
        let (entry, contents) = self.delivery(combinations);
        let (vault, month) = (Vault::new(Arc::new(InMemory::new())), Month::of(self.day));
        let raw = RawDelivery::new("VT07", month, entry);
        for (file, bytes) in raw.entry.bestanden.iter().zip(contents) {
            let mut writer = vault.quarantine(&raw.id, &file.kept_name()).await.unwrap();
            writer.write(bytes.into()).await.unwrap();
            writer.finish().await.unwrap();
        }
        let limits = ParseLimits::default();
        let parsed = parse(&vault, raw, &limits).await.unwrap();
        let ctx = ValidationContext {
            asked_vt: "VT07",
            asked_month: month,
            register: Register::builtin(),
            codes: CodeLists::builtin(),
            catalogue: Catalogue::builtin(),
            exceptions: &[],
            history: &[],
            hasher: &IdHasher::new([7; 32]),
            today: month.next().first_day(),
            limits: &limits,
            threads: 1,
        };
        validate(&vault, parsed, &ctx).await.unwrap().report().kwaliteitsrapport.clone()
    }

    /// The combinations that the validator refuses, found by halving.
    async fn refused(&self, combinations: Vec<Combination>) -> Vec<Combination> {
        let (mut refused, mut waiting) = (Vec::new(), vec![combinations]);
        while let Some(mut some) = waiting.pop() {
            match self.refusals(&some).await {
                0 => {}
                all if all == some.len() as u64 => refused.extend(some),
                _ => {
                    waiting.push(some.split_off(some.len() / 2));
                    waiting.push(some);
                }
            }
        }
        refused.sort();
        refused
    }
}

/// All categories that can stand together, but one; nothing when that one never stands beside another.
fn all_but(categories: &[&'static Code], one: &Code) -> BTreeSet<&'static str> {
    let others = categories.iter().filter(|code| !code.exclusive && code.code != one.code);
    if one.exclusive { BTreeSet::new() } else { others.map(|code| code.code.as_str()).collect() }
}

/// Whether a record with this combination breaks a link.
fn breaks(combination: &Combination, link: &Link) -> bool {
    let has = |end: &LinkEnd| {
        combination.get(end.dimension.as_str()).is_some_and(|codes| codes.contains(end.category.as_str()))
    };
    match link.relation {
        Relation::Equal => has(&link.left) != has(&link.right),
        Relation::AtMost => has(&link.left) && !has(&link.right),
    }
}

/// What is wrong between the combinations that are refused and the links of a measure: a refusal that follows from no link, and a
/// combination that a link excludes though it is accepted.
fn differences(all: &BTreeSet<Combination>, refused: &[Combination], links: &[Link]) -> Vec<String> {
    let refused: BTreeSet<&Combination> = refused.iter().collect();
    let mut wrong = Vec::new();
    for combination in all {
        let broken = links.iter().find(|link| breaks(combination, link));
        match (refused.contains(combination), broken) {
            (true, None) => wrong.push(format!("refused, and no link says so: {combination:?}")),
            (false, Some(link)) => {
                wrong.push(format!("accepted, though link {} excludes it: {combination:?}", link.rule));
            }
            _ => {}
        }
    }
    wrong
}

/// The same rules hold on any day but for codes that begin or end: one day without chat, one with.
fn days() -> [NaiveDate; 2] {
    ["2019-03-15", "2020-07-15"].map(|day| day.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_check_ties_two_published_dimensions_but_those_of_the_list() {
    let links = contract();
    for maat in Maat::ALL.into_iter().filter(|maat| !maat.dimensies().is_empty()) {
        let columns: Vec<Column> = maat.dimensies().iter().copied().map(Column::of).collect();
        let links: Vec<Link> = links.iter().filter(|link| link.measure == maat.code()).cloned().collect();
        for day in days() {
            let case = Case { record: maat.record(), columns: &columns, day };
            let all = case.combinations();
            assert!(all.len() > 900, "{maat} on {day}: {} combinations", all.len());
            let refused = case.refused(all.iter().cloned().collect()).await;
            assert_eq!(differences(&all, &refused, &links), Vec::<String>::new(), "{maat} on {day}");
        }
    }
}

#[test]
fn every_link_is_about_two_published_dimensions_of_its_measure() {
    for link in contract() {
        let maat: Maat = link.measure.parse().unwrap();
        assert_ne!(link.left.dimension, link.right.dimension, "{}", link.rule);
        for end in [&link.left, &link.right] {
            let dimensie = maat.dimensies().iter().find(|dimensie| dimensie.code() == end.dimension).unwrap();
            assert!(CodeLists::builtin().list(dimensie.field()).get(&end.category).is_some(), "{}", link.rule);
        }
    }
}

/// The contract's own tie of two fields, of which one is not published: `burger` ⇔ rol `niet_beroepsmatig` (R019).
const ROLE_AND_ORGANISATION: [Column; 2] = [
    Column { name: "rol", field: "rol", multi_valued: false },
    Column { name: "organisatie", field: "organisatie", multi_valued: false },
];

fn link(relation: Relation, left: (&str, &str), right: (&str, &str)) -> Link {
    let end = |(dimension, category): (&str, &str)| LinkEnd { dimension: dimension.into(), category: category.into() };
    let (left, right) = (end(left), end(right));
    Link { measure: Maat::GestarteAdviezen.code().into(), relation, left, right, rule: "R019".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn were_rol_published_its_tie_to_organisatie_would_be_found_missing() {
    let case = Case { record: RecordType::Advies, columns: &ROLE_AND_ORGANISATION, day: days()[1] };
    let all = case.combinations();
    assert_eq!(all.len(), 3 * 13);
    let refused = case.refused(all.iter().cloned().collect()).await;
    // Not professional: 12 organisations; burger: 2 other roles.
    assert_eq!(differences(&all, &refused, &[]).len(), 14);
    let (private, citizen) = (("rol", "niet_beroepsmatig"), ("organisatie", "burger"));
    assert_eq!(differences(&all, &refused, &[link(Relation::Equal, private, citizen)]), Vec::<String>::new());
    let half = differences(&all, &refused, &[link(Relation::AtMost, private, citizen)]);
    assert_eq!(half.len(), 2, "{half:?}");
    let wrong =
        differences(&all, &refused, &[link(Relation::AtMost, ("rol", "onbekend"), ("organisatie", "onbekend"))]);
    assert!(wrong.iter().any(|text| text.contains("excludes it")), "{wrong:?}");
}

#[test]
fn a_forbidden_pair_is_no_link_and_is_named() {
    let columns = [Column::of(Dimensie::Kanaal), Column::of(Dimensie::Duur)];
    let all = Case { record: RecordType::Advies, columns: &columns, day: days()[1] }.combinations();
    let planted: Vec<Combination> = all.iter().filter(|one| one["kanaal"].contains("chat")).take(1).cloned().collect();
    let wrong = differences(&all, &planted, &[]);
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].starts_with("refused") && wrong[0].contains("chat"), "{wrong:?}");
    assert_eq!(differences(&all, &[], &[]), Vec::<String>::new());
}
