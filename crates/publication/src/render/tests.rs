use std::collections::{BTreeMap, BTreeSet};

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use vt_domain::Period;
use vt_domain::measure::Maat;
use vt_domain::snapshot::{Form, SnapshotTable};

use super::*;
use crate::publish::fixture::{Case, case, draft, reservation};
use crate::tables::{Row, TableRows, Value};

fn rendered(reservation: &Reservation) -> Result<SnapshotDraft, RenderError> {
    render(reservation, Register::builtin(), CodeLists::builtin(), &Bases::default())
}

fn bytes<'d>(draft: &'d SnapshotDraft, name: &str) -> &'d [u8] {
    &draft.files().iter().find(|file| file.entry.naam == name).unwrap().bytes
}

/// A column of the rows whose names satisfy a test, by row name.
fn column(
    draft: &SnapshotDraft,
    table: SnapshotTable,
    name: &str,
    keep: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let rows = draft.table(table);
    let places = (0..rows.rows.len()).filter(|&place| keep(&rows.row_name(place)));
    places.map(|place| (rows.row_name(place), rows.value(place, name).unwrap().to_string())).collect()
}

fn reasons(draft: &SnapshotDraft, maat: &str) -> BTreeMap<String, String> {
    let reasons = column(draft, SnapshotTable::Kerncijfers, "reden_leeg", |row| row.ends_with(maat));
    let short = |row: String| row.split('/').nth(1).unwrap_or_default().to_owned();
    reasons.into_iter().filter(|(_, reason)| reason != "null").map(|(row, reason)| (short(row), reason)).collect()
}

#[test]
fn the_same_reservation_gives_the_same_bytes() {
    let reservation = reservation(&case("2020W407"));
    let (one, other) = (rendered(&reservation).unwrap(), rendered(&reservation).unwrap());
    assert_eq!(one.files(), other.files());
    assert_eq!(one.manifest().to_bytes(), other.manifest().to_bytes());
    assert_eq!(one.history(), other.history());
}

#[test]
fn the_clock_is_in_the_manifest_only() {
    let mut later = reservation(&case("2020W407"));
    let one = rendered(&later).unwrap();
    later.gepubliceerd_op += chrono::TimeDelta::days(3);
    later.software = "vt-monitor 9.9.9".into();
    let other = rendered(&later).unwrap();
    assert_eq!(one.files(), other.files());
    assert_ne!(one.manifest().to_bytes(), other.manifest().to_bytes());
}

#[test]
fn the_three_forms_read_back_equal() {
    draft(&Case { absent: &["VT07"], ..case("2020W407") }).prove().unwrap();
    draft(&case("2020W127")).prove().unwrap();
}

#[test]
fn every_form_has_exactly_the_columns_of_the_manifest() {
    let draft = draft(&case("2020W407"));
    for table in SnapshotTable::ALL {
        let names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
        let csv = String::from_utf8(bytes(&draft, &table.file(Form::Csv)).to_vec()).unwrap();
        assert_eq!(csv.lines().next().unwrap().split(';').collect::<Vec<_>>(), names);
        let json: serde_json::Value = serde_json::from_slice(bytes(&draft, &table.file(Form::Json))).unwrap();
        for row in json["rijen"].as_array().unwrap() {
            let keys: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, names.iter().copied().collect());
        }
        let parquet = bytes::Bytes::copy_from_slice(bytes(&draft, &table.file(Form::Parquet)));
        let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap();
        let fields: Vec<&str> = reader.schema().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(fields, names);
    }
}

/// Whether a spreadsheet would take a text for a formula.
fn is_formula(text: &str) -> bool {
    let number = text.parse::<f64>().is_ok();
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number
}

#[test]
fn no_cell_is_a_formula_for_whoever_opens_a_table_in_a_spreadsheet() {
    assert!(is_formula("=1+1") && is_formula("-A1") && is_formula("@x") && !is_formula("-12.5"));
    let draft = draft(&Case { absent: &["VT07"], ..case("2020W407") });
    let mut seen = 0;
    for table in SnapshotTable::ALL {
        let mut reader = ::csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes(&draft, &table.file(Form::Csv)));
        for row in reader.records().map(Result::unwrap) {
            seen += row.len();
            assert!(!row.iter().any(is_formula), "{row:?}");
        }
    }
    assert!(seen > 1_000);
    let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes(&draft, "tabellen.xlsx"))).unwrap();
    let names: Vec<String> = book.file_names().map(|name| name.unwrap().into_owned()).collect();
    let parts = ["[Content_Types].xml", "_rels/", "docProps/", "xl/"];
    for name in &names {
        assert!(parts.iter().any(|part| name.starts_with(part)), "{name}");
        assert!(!name.contains("externalLink") && !name.contains("vba") && !name.contains("connections"), "{name}");
        let mut text = String::new();
        std::io::Read::read_to_string(&mut book.by_name(name).unwrap(), &mut text).unwrap();
        // Text stands in the workbook as text, whatever it begins with: a formula would have an element of its own.
        for formula in ["<f>", "<f ", "ddeLink", "TargetMode=\"External\""] {
            assert!(!text.contains(formula), "{name}: {formula}");
        }
    }
    assert!(names.iter().any(|name| name.starts_with("xl/worksheets/")));
}

#[test]
fn parquet_says_title_unit_and_source_of_every_column() {
    let draft = draft(&case("2020W407"));
    for table in SnapshotTable::ALL {
        let parquet = bytes::Bytes::copy_from_slice(bytes(&draft, &table.file(Form::Parquet)));
        let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap();
        for (field, column) in reader.schema().fields().iter().zip(table.columns()) {
            let said = |key: &str| field.metadata().get(key).map(String::as_str);
            assert_eq!(
                (said("title"), said("source"), said("unit")),
                (Some(column.title), Some(column.source), column.unit)
            );
        }
        let file = reader.metadata().file_metadata();
        assert_eq!(file.created_by(), Some("vt-monitor"));
        let entries: BTreeMap<&str, &str> = file
            .key_value_metadata()
            .unwrap()
            .iter()
            .filter_map(|entry| Some((entry.key.as_str(), entry.value.as_deref()?)))
            .collect();
        assert_eq!((entries["vt-monitor:tabel"], entries["vt-monitor:periode"]), (table.name(), "2020W407"));
        let arrow = reader.schema().metadata();
        assert_eq!(arrow.get("vt-monitor:titel").map(String::as_str), Some(table.title()));
        let columns: serde_json::Value = serde_json::from_str(entries["vt-monitor:kolommen"]).unwrap();
        assert_eq!(columns.as_array().unwrap().len(), table.columns().len());
        let Some(group) = reader.metadata().row_groups().first() else {
            assert_eq!(table, SnapshotTable::Wijzigingen, "nothing to compare with");
            continue;
        };
        assert!(group.sorting_columns().is_some_and(|sorted| sorted.len() >= 3));
        assert!(matches!(group.column(0).compression(), ::parquet::basic::Compression::ZSTD(_)));
    }
}

#[test]
fn a_region_without_deliveries_is_empty_with_its_reason_and_so_is_nl() {
    let draft = draft(&Case { absent: &["VT07"], ..case("2020W407") });
    let expected = [("NL01", "onvolledig"), ("VR14", "ontbreekt"), ("VT07", "ontbreekt")];
    let expected: BTreeMap<String, String> = expected.map(|(code, reason)| (code.to_owned(), reason.to_owned())).into();
    for maat in Maat::ALL {
        assert_eq!(reasons(&draft, maat.code()), expected);
    }
    let parts =
        column(&draft, SnapshotTable::Verdelingen, "waarde", |row| row.contains("/VT07/") || row.contains("/NL01/"));
    assert!(!parts.is_empty() && parts.values().all(|value| value == "null"));
}

#[test]
fn a_region_that_delivered_half_a_month_is_incomplete() {
    let draft = draft(&Case { partial: &["VT07"], ..case("2020W407") });
    let found = reasons(&draft, "gestarte_adviezen");
    assert_eq!(found.values().collect::<BTreeSet<_>>(), BTreeSet::from([&"onvolledig".to_owned()]));
    let row = |name: &str, column_name: &str| {
        column(&draft, SnapshotTable::Dekking, column_name, |row| row == name)[name].clone()
    };
    assert_eq!(
        [row("VT/VT07", "dagen"), row("VT/VT07", "dagen_gedekt"), row("VT/VT07", "dekking")],
        ["28", "26", "0.928"]
    );
    assert_eq!(row("VT/VT07", "toelichting"), "levering nog niet volledig over juli 2020");
    assert_eq!([row("NL/NL01", "dagen_gedekt"), row("NL/NL01", "toelichting")], ["26", "niet volledig: VT07"]);
    assert_eq!([row("VT/VT08", "dagen_gedekt"), row("VT/VT08", "toelichting")], ["28", "null"]);
}

#[test]
fn coverage_and_explanation_say_nothing_that_counts_records() {
    let draft = draft(&Case { partial: &["VT07"], ..case("2020W407") });
    let texts = column(&draft, SnapshotTable::Dekking, "toelichting", |_| true);
    let numbers =
        |text: &str| text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).map(str::to_owned).collect();
    let said: BTreeSet<String> = texts.values().flat_map(|text| -> Vec<String> { numbers(text) }).collect();
    assert_eq!(said, BTreeSet::from(["07".to_owned(), "2020".to_owned()]));
}

#[test]
fn statuses_are_per_region_and_nl_has_the_least() {
    let early = Case { peildatum: "2020-08-15", absent: &["VT07"], ..case("2020W407") };
    let statuses = column(&draft(&early), SnapshotTable::Dekking, "status", |_| true);
    assert_eq!(statuses["VT/VT07"], "voorlopig");
    assert_eq!(statuses["NL/NL01"], "voorlopig");
    assert_eq!(statuses["VT/VT08"], "nader_voorlopig");
    let late = draft(&case("2020W407"));
    let statuses = column(&late, SnapshotTable::Kerncijfers, "status", |_| true);
    assert!(statuses.values().all(|status| status == "definitief"));
    assert_eq!(late.manifest().status, Status::Definitief);
}

#[test]
fn veiligheidsregios_are_empty_when_too_much_is_unknown() {
    let draft = draft(&Case { unknown_percent: 30, ..case("2020W407") });
    for maat in Maat::ALL {
        let found = reasons(&draft, maat.code());
        let codes: BTreeSet<&str> = found.keys().map(String::as_str).collect();
        let affected = BTreeSet::from(["VR08", "VR10", "VR12", "VR20", "VR21", "VR23"]);
        // Counts of services are small: where rounding explains what is unknown, the figure stands.
        let small = maat.dienst_soort().is_some();
        assert!(codes == affected || small && codes.is_subset(&affected) && !codes.is_empty(), "{maat}: {codes:?}");
        assert!(found.values().all(|reason| reason == "regio_onbekend"));
    }
    let parts = column(&draft, SnapshotTable::Verdelingen, "reden_leeg", |row| row.starts_with("VR/VR08/"));
    assert!(parts.len() > 50 && parts.values().all(|reason| reason == "regio_onbekend"));
    let within = column(&draft, SnapshotTable::Verdelingen, "reden_leeg", |row| row.starts_with("VR/VR14/"));
    assert!(within.values().all(|reason| reason == "null"));
}

#[test]
fn margin_and_reason_go_with_the_value() {
    let draft = draft(&Case { absent: &["VT07"], ..case("2020W407") });
    for table in [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen] {
        let rows = draft.table(table);
        for place in 0..rows.rows.len() {
            let of = |name: &str| rows.value(place, name).unwrap();
            match of("waarde").int() {
                Some(value) => {
                    assert!(value % 5 == 0 && of("marge") == &Value::Int(9) && of("reden_leeg") == &Value::Null);
                }
                None => assert!(of("marge") == &Value::Null && of("reden_leeg") != &Value::Null),
            }
        }
    }
}

#[test]
fn besluit_is_given_for_nl_only() {
    let draft = draft(&case("2020W407"));
    let rows = column(&draft, SnapshotTable::Verdelingen, "waarde", |row| row.contains("/besluit/"));
    assert_eq!(rows.len(), 5);
    assert!(rows.keys().all(|row| row.starts_with("NL/NL01/")));
}

#[test]
fn weekly_issues_break_down_nl_only() {
    let draft = draft(&case("2020W127"));
    let parts = column(&draft, SnapshotTable::Verdelingen, "waarde", |_| true);
    assert!(parts.len() == 98 && parts.keys().all(|row| row.starts_with("NL/")));
    assert_eq!(draft.table(SnapshotTable::Kerncijfers).rows.len(), 53 * 4);
    let shares = column(&draft, SnapshotTable::Indicatoren, "waarde", |row| row.contains("/aandeel_"));
    assert!(!shares.is_empty() && shares.keys().all(|row| row.starts_with("NL/")));
}

#[test]
fn chat_has_no_rows_before_may_2020() {
    let chat = |period| {
        column(&draft(&case(period)), SnapshotTable::Verdelingen, "waarde", |row| row.ends_with("/kanaal/chat")).len()
    };
    assert_eq!((chat("2020W404"), chat("2020W407")), (0, 53));
}

#[test]
fn the_explanation_states_rounding_breaks_and_definitions() {
    let draft = draft(&case("2020W407"));
    let text = bytes(&draft, explanation::EXPLANATION_FILE);
    let explanation = explanation::Explanation::from_bytes(text).unwrap();
    assert_eq!(explanation.to_bytes(), text);
    assert!(explanation.lees_dit[0].contains("veelvouden van 5") && explanation.lees_dit[0].contains("ten hoogste 9"));
    assert!(explanation.reeksbreuken.iter().any(|found| found.titel == "Eerste lockdown"));
    assert_eq!((explanation.maten.len(), explanation.verdelingen.len()), (4, 12));
    assert!(explanation.bijzonderheden.is_empty());
    assert_eq!(explanation.indeling.overlap.len(), 32);
    assert_eq!(explanation.inhabitants("NL01").unwrap().inwoners, 17_427_806);
    assert_eq!(explanation.inhabitants("VR00"), None);
}

#[test]
fn an_explanation_of_another_version_is_refused() {
    let draft = draft(&case("2020W407"));
    let text = String::from_utf8(bytes(&draft, explanation::EXPLANATION_FILE).to_vec()).unwrap();
    let other = text.replacen("\"formaat\": 1", "\"formaat\": 2", 1);
    assert!(explanation::Explanation::from_bytes(other.as_bytes()).unwrap_err().contains("version 2"));
    let more = text.replacen("\"formaat\": 1", "\"formaat\": 1, \"records\": 7", 1);
    assert!(explanation::Explanation::from_bytes(more.as_bytes()).unwrap_err().contains("records"));
}

#[test]
fn another_register_is_refused() {
    let mut other = reservation(&case("2020W407"));
    other.register = "2020-000000000000".into();
    assert!(matches!(rendered(&other), Err(RenderError::Register { .. })));
}

#[test]
fn reserved_bases_must_be_given() {
    let mut other = reservation(&case("2020W407"));
    let base = crate::reservation::Base { periode: "2019W407".parse().unwrap(), uitgave: 1, sha256: "ab".into() };
    other.vergelijking.push(base);
    assert!(rendered(&other).unwrap_err().to_string().contains("2019W407 issue 1"));
}

#[test]
fn an_area_that_is_not_complete_must_be_withheld() {
    let mut other = reservation(&case("2020W407"));
    other.dekking[6].dagen_gedekt = 27;
    assert!(rendered(&other).unwrap_err().to_string().contains("is not complete, and yet not withheld"));
}

#[test]
fn an_area_that_is_withheld_must_not_be_complete() {
    let mut other = reservation(&Case { absent: &["VT07"], ..case("2020W407") });
    other.dekking[6] = reservation(&case("2020W407")).dekking[6].clone();
    assert!(rendered(&other).unwrap_err().to_string().contains("is withheld, though it is complete"));
}

#[test]
fn coverage_of_every_region_must_be_known() {
    let mut other = reservation(&case("2020W407"));
    other.dekking.pop();
    assert!(rendered(&other).unwrap_err().to_string().contains("VT26"));
}

fn some_row(name: &str, waarde: Option<i64>) -> Row {
    let text = |text: &str| Value::Text(text.into());
    let day = Value::Day("2020-06-15".parse().unwrap());
    let mut row =
        vec![text("2020W407"), day.clone(), day, text("VT"), text("VT07"), text(name), text("m"), text("label")];
    row.extend([Value::optional_int(waarde), Value::Int(9), text("voorlopig"), Value::Null]);
    row
}

#[test]
fn a_value_that_does_not_fit_is_never_written() {
    let period: Period = "2020W407".parse().unwrap();
    for (place, value) in [(8, Value::Float(1.0)), (5, Value::Null), (5, Value::Text("".into())), (1, Value::Int(3))] {
        let mut row = some_row("naam", Some(5));
        row[place] = value;
        let rows = TableRows { table: SnapshotTable::Kerncijfers, rows: vec![row] };
        for form in Form::ALL {
            assert!(form::write(form, period, &rows).unwrap_err().to_string().contains("row 1, column"));
        }
    }
    let mut more = some_row("naam", Some(5));
    more.push(Value::Int(1));
    let rows = TableRows { table: SnapshotTable::Kerncijfers, rows: vec![more] };
    assert_eq!(form::write(Form::Csv, period, &rows).unwrap_err().to_string(), "row 1: 13 values for 12 columns");
}

#[test]
fn a_column_too_many_is_refused_in_every_form() {
    let period: Period = "2020W407".parse().unwrap();
    let table = SnapshotTable::Kerncijfers;
    let rows = TableRows { table, rows: vec![some_row("naam", Some(5))] };
    let text = |form| String::from_utf8(form::write(form, period, &rows).unwrap()).unwrap();
    let csv = text(Form::Csv).replace("reden_leeg\n", "reden_leeg;geheim\n");
    assert!(form::read(Form::Csv, table, period, csv.as_bytes()).unwrap_err().to_string().contains("header"));
    let json = text(Form::Json).replace("\"reden_leeg\":null", "\"reden_leeg\":null,\"geheim\":1");
    assert!(form::read(Form::Json, table, period, json.as_bytes()).unwrap_err().to_string().contains("no column"));
    let other =
        form::write(Form::Parquet, period, &TableRows { table: SnapshotTable::Dekking, rows: Vec::new() }).unwrap();
    assert!(form::read(Form::Parquet, table, period, &other).unwrap_err().to_string().contains("`maat` is expected"));
}

#[test]
fn a_file_of_another_period_or_table_is_refused() {
    let period: Period = "2020W407".parse().unwrap();
    let rows = TableRows { table: SnapshotTable::Kerncijfers, rows: vec![some_row("naam", None)] };
    let json = form::write(Form::Json, period, &rows).unwrap();
    assert!(form::read(Form::Json, SnapshotTable::Kerncijfers, period.next(), &json).is_err());
    assert!(form::read(Form::Json, SnapshotTable::Verdelingen, period, &json).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_and_number_reads_back_from_every_form(
        names in proptest::collection::vec("[ -~éß;\"\\\\\n\r\t]{1,12}", 1..6), value in proptest::option::of(any::<i64>()),
    ) {
        // An empty CSV line would be no row, and a carriage return alone ends one: texts of ours have neither at their ends.
        let rows = names.iter().map(|name| some_row(&format!("x{name}x"), value)).collect();
        let rows = TableRows { table: SnapshotTable::Kerncijfers, rows };
        let period: Period = "2020W407".parse().unwrap();
        for form in Form::ALL {
            let written = form::write(form, period, &rows).unwrap();
            let read = form::read(form, rows.table, period, &written).unwrap();
            prop_assert_eq!(form::difference(&rows, &read), None, "{:?}", form);
        }
    }
}
