//! Splitting lines into fields.

use proptest::prelude::*;
use vt_domain::contract::RecordType::{Advies, Vervolgdienst};

use super::header::CsvHeader;
use super::*;

fn block(text: &[u8]) -> Block {
    let mut bytes = text.to_vec();
    bytes.extend([0; table::PADDING]);
    Block { bytes, end: text.len(), first_line: 1 }
}

fn layout() -> Layout {
    let names: Vec<&str> = Vervolgdienst.fields().iter().map(|field| field.name).collect();
    Layout::Csv(CsvHeader::read(Vervolgdienst, names.join(";").as_bytes()).unwrap())
}

fn table(layout: &Layout, text: &[u8]) -> Table {
    split(Vervolgdienst, layout, &JsonFields::new(Vervolgdienst), block(text), 1000)
}

fn rows(table: &Table) -> Vec<Vec<String>> {
    let text = |span| String::from_utf8_lossy(table.text(span)).into_owned();
    table.spans.chunks(table.width).map(|row| row.iter().map(|span| text(*span)).collect()).collect()
}

#[test]
fn fields_lines_and_faults_are_where_they_stand() {
    let table = table(&layout(), b"a;b;c;d;e;f;g\n\n1;2\n;;;;;;\r\nx;y;z;;;;last");
    assert_eq!(rows(&table)[0], ["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(rows(&table)[1], [""; 7]);
    assert_eq!(rows(&table)[2], ["x", "y", "z", "", "", "", "last"]);
    assert_eq!(table.lines, [0, 3, 4]);
    assert_eq!(table.faults, [LineFault { line: 2, check: Check::AantalVelden }]);
    assert_eq!(table.blank, 1);
}

#[test]
fn a_field_too_many_is_a_fault() {
    let table = table(&layout(), b"a;b;c;d;e;f;g;\na;b;c;d;e;f\n");
    assert_eq!(table.rows(), 0);
    assert!(table.faults.iter().all(|fault| fault.check == Check::AantalVelden) && table.faults.len() == 2);
}

#[test]
fn quotes_hold_separators_and_must_be_closed() {
    let table =
        table(&layout(), b"\"a;a\";b;c;d;e;f;\"g\"\"g\"\n\"a;b;c;d;e;f;g\na\"b;b;c;d;e;f;g\n\"a\"b;b;c;d;e;f;g\n");
    assert_eq!(rows(&table), [["a;a", "b", "c", "d", "e", "f", "g\"\"g"]]);
    let faults: Vec<Check> = table.faults.iter().map(|fault| fault.check).collect();
    assert_eq!(faults, [Check::Aanhalingsteken; 3]);
}

#[test]
fn the_fast_and_the_slow_way_through_json_agree() {
    let fast = r#"{"dienst_id":"D1","melding_id":"M1","soort":"monitor","start":"2020-07-01","eind":null,"uitkomst":["a","b"],"overdracht":[]}"#;
    let slow = r#"{ "overdracht":[],"uitkomst":["\u0061","b"],"eind":null, "start":"2020-07-01","soort":"monitor","melding_id":"M1","dienst_id":"D1"}"#;
    let table = table(&Layout::Ndjson, format!("{fast}\n{slow}\n").as_bytes());
    assert_eq!(rows(&table)[0], ["D1", "M1", "monitor", "2020-07-01", "", "a|b", ""]);
    assert_eq!(rows(&table)[0], rows(&table)[1]);
}

#[test]
fn what_is_no_json_object_is_a_fault() {
    for (line, check) in [
        ("{\"start\":\"2020-07-01\"", Check::GeenJsonObject),
        ("{\"start\":\"2020-07-01\",}", Check::GeenJsonObject),
        ("{\"start\":\"a\tb\"}", Check::GeenJsonObject),
        ("{\"start\":01}", Check::GeenJsonObject),
        ("{\"start\":\"x\"} {}", Check::GeenJsonObject),
        ("[]", Check::GeenJsonObject),
        ("null", Check::GeenJsonObject),
        ("{\"start\":\"x\",\"start\":\"x\"}", Check::DubbeleSleutel),
        ("{\"Start\":\"x\"}", Check::OnbekendeSleutel),
    ] {
        let table = table(&Layout::Ndjson, format!("{line}\n").as_bytes());
        assert_eq!(table.faults, [LineFault { line: 0, check }], "{line}");
        assert_eq!(table.rows(), 0);
    }
}

#[test]
fn another_json_type_is_no_text() {
    let lines =
        [r#"{"start":1}"#, r#"{"start":["x"]}"#, r#"{"uitkomst":"x"}"#, r#"{"uitkomst":["x",1]}"#, r#"{"start":{}}"#];
    let table = table(&Layout::Ndjson, (lines.join("\n") + "\n").as_bytes());
    for (row, place) in [(0, 3), (1, 3), (2, 5), (3, 5), (4, 3)] {
        assert_eq!(table.span(row, place), Span::WRONG_TYPE, "{}", lines[row]);
    }
}

#[test]
fn an_item_with_the_separator_is_not_two_items() {
    let table =
        table(&Layout::Ndjson, b"{\"uitkomst\":[\"a|b\"]}\n{\"uitkomst\":[\"\"]}\n{\"uitkomst\":[\"a\",\"\"]}\n");
    assert_eq!(rows(&table).iter().map(|row| row[5].as_str()).collect::<Vec<_>>(), ["\u{1}", "\u{1}", "a|\u{1}"]);
}

#[test]
fn bytes_that_are_no_utf8_are_found_by_line() {
    let table = table(&layout(), b"a;b;c;d;e;f;g\na;b;\xe9;d;e;f;g\na;b;c;d;e;f;\xff\n");
    assert_eq!(table.rows(), 0);
    assert_eq!(table.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2]);
    assert!(table.faults.iter().all(|fault| fault.check == Check::GeenUtf8));
}

#[test]
fn a_long_line_is_found_wherever_it_stands() {
    for before in [0, 1, 40, 900, 999] {
        let text = [vec![b'a'; before], b"\n".to_vec(), vec![b'b'; 1001], b"\nc\n".to_vec()].concat();
        let table = table(&layout(), &text);
        assert_eq!(table.faults, [LineFault { line: 1, check: Check::LangeRegel }], "{before}");
    }
    let table = table(&layout(), &[vec![b'a'; 1000], b"\n".to_vec(), vec![b'b'; 1000]].concat());
    assert!(table.faults.iter().all(|fault| fault.check == Check::AantalVelden));
}

#[test]
fn headers_are_read_strictly() {
    let checks = |line: &str| -> Vec<&'static str> {
        CsvHeader::read(Vervolgdienst, line.as_bytes()).unwrap_err().iter().map(|found| found.check.id()).collect()
    };
    let good = "dienst_id;melding_id;soort;start;eind;uitkomst;overdracht";
    assert_eq!(checks(&format!("{good};naam")), ["B005"]);
    assert_eq!(checks(&good.replace(";eind", "")), ["B006"]);
    assert_eq!(checks(&format!("{good};eind")), ["B007"]);
    assert_eq!(checks(&good.replace(';', ",")), ["B008"]);
    assert_eq!(checks(&good.replace(';', "\t")), ["B008"]);
    assert_eq!(checks(&good.replace("start", "Start")), ["B005", "B006"]);
    assert_eq!(checks("").len(), 8);
    let unknown = CsvHeader::read(Advies, b"een;twee").unwrap_err();
    assert_eq!(unknown[0].details, [("plaatsen", "1, 2".to_owned())]);
}

proptest! {
    #[test]
    fn csv_is_split_as_the_csv_crate_does(
        lines in proptest::collection::vec(proptest::collection::vec("[a-z0-9 |_-]{0,12}", 5..9), 0..30),
        windows: bool,
    ) {
        let end = if windows { "\r\n" } else { "\n" };
        let text: String = lines.iter().map(|fields| fields.join(";") + end).collect();
        let table = table(&layout(), text.as_bytes());
        let mut reader = ::csv::ReaderBuilder::new().delimiter(b';').has_headers(false).flexible(true).from_reader(text.as_bytes());
        let all: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        let whole: Vec<Vec<String>> = all.iter().filter(|row| row.len() == 7).cloned().collect();
        prop_assert_eq!(rows(&table), whole);
        prop_assert_eq!(table.rows() + table.faults.len(), all.len());
    }

    #[test]
    fn any_bytes_are_split_without_panic(text in proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(b";\n\r\"{}[]:,|\\".to_vec())], 0..300)) {
        for layout in [layout(), Layout::Ndjson, Layout::Unreadable] {
            let table = table(&layout, &text);
            prop_assert!(rows(&table).iter().all(|row| row.len() == 7));
        }
    }

    #[test]
    fn json_text_survives_every_way_of_writing(text in "\\PC{0,20}", spaced: bool) {
        let value = serde_json::to_string(&text).unwrap();
        let space = if spaced { " " } else { "" };
        let line = format!("{{{space}\"soort\"{space}:{space}{value}{space}}}\n");
        let table = table(&Layout::Ndjson, line.as_bytes());
        prop_assert_eq!(&rows(&table)[0][2], &text);
    }
}
