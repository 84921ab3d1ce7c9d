//! Files that are made to hurt: how little is read of them, in how little memory, and that nothing of them is repeated. In a process of its
//! own, one after the other, so that memory can be measured.

#![expect(clippy::print_stdout, reason = "what was measured, for whoever reads a failing run")]

use std::io::Write;
use std::time::{Duration, Instant};

use vt_domain::contract::RecordType::{self, Advies, Melding};
use vt_domain::delivery::Compression::{self, Geen, Gzip, Zstd};
use vt_domain::delivery::FileFormat::{self, Csv, Ndjson};
use vt_fuzz::delivery::{Judged, judge};

/// What judging may take beyond the file itself, in KiB: blocks on their way between threads, and a window of Zstandard (64 MiB).
const MOST_KIB: u64 = 192 << 10;

/// How long a file may take, on a slow machine with others at work.
const PATIENCE: Duration = Duration::from_secs(60);

const HEAD: &str = "advies_id;startdatum;kanaal;rol;organisatie;aard;vorm;duur_geweld;gm_code\n";

/// A word that stands in every file, and may stand in nothing that is kept of it.
const MARK: &str = "ZICHTBAAR";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Zeros, so many GiB of them.
fn zeros(gib: u64, packed: &mut impl Write) {
    let mib = vec![b'0'; 1 << 20];
    for _ in 0..gib << 10 {
        packed.write_all(&mib).unwrap();
    }
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Judges a file; gives what came of it, when it took neither too long nor too much memory, and nothing of it was repeated.
fn bounded(what: &str, record: RecordType, format: FileFormat, compression: Compression, bytes: Vec<u8>) -> Judged {
    let size_kib = bytes.len() as u64 >> 10;
    // The highest use so far becomes the present one, as the kernel counts it: threads that have not yet told theirs can make it the larger.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (before, begun) = (peak_kib(), Instant::now());
    let judged = judge(record, format, compression, bytes);
    let (took, used) = (begun.elapsed(), peak_kib().saturating_sub(before));
    println!("{what}: {} in {took:.1?}, {} MiB beyond {} MiB", judged.checks.join(" "), used >> 10, size_kib >> 10);
    assert!(took < PATIENCE, "{what} took {took:?}");
    // The file itself is held in the memory of the test: in its hand, in the store, and as it goes there.
    assert!(used < MOST_KIB + 3 * size_kib, "{what} took {used} KiB");
    assert!(!judged.kept.contains(MARK), "{what}");
    judged
}

#[test]
fn what_is_made_to_hurt_is_refused_in_little_memory() {
    let refused = |what: &str, format, compression, bytes: Vec<u8>, checks: &[&str]| {
        let judged = bounded(what, Advies, format, compression, bytes);
        assert!(
            !judged.accepted && judged.checks.iter().any(|found| checks.contains(&found.as_str())),
            "{what}: {:?}",
            judged.checks
        );
    };
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    bomb.write_all(HEAD.as_bytes()).unwrap();
    zeros(4, &mut bomb);
    let bomb = bomb.finish().unwrap();
    refused("gzip of 4 GiB", Csv, Gzip, bomb.clone(), &["B003", "B012"]);
    refused("gzip in gzip", Csv, Gzip, gzip(&bomb), &["B003", "B010", "B012"]);
    let mut members = gzip(HEAD.as_bytes());
    members.extend(gzip(b"").repeat(500_000));
    bounded("half a million empty members", Advies, Csv, Gzip, members);
    let mut members = gzip(HEAD.as_bytes());
    members.extend(gzip(&vec![b'\n'; 1 << 20]).repeat(4_000));
    refused("4000 members of a MiB of empty lines", Csv, Gzip, members, &["B003"]);

    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    bomb.write_all(HEAD.as_bytes()).unwrap();
    zeros(16, &mut bomb);
    refused("Zstandard of 16 GiB", Csv, Zstd, bomb.finish().unwrap(), &["B003", "B012"]);
    let mut wide = zstd::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(30).unwrap();
    wide.long_distance_matching(true).unwrap();
    wide.write_all(&vec![b'a'; 65 << 20]).unwrap();
    refused("Zstandard with a window of a GiB", Csv, Zstd, wide.finish().unwrap(), &["B001"]);
    refused("skippable frames alone", Csv, Zstd, b"\x50\x2a\x4d\x18\x01\0\0\0x".repeat(200_000), &["B016"]);

    let columns = format!("{};{MARK}\n", "kolom;".repeat(1_000_000));
    refused("a million columns", Csv, Geen, columns.into_bytes(), &["B012"]);
    let columns = format!("{}{MARK}\n", "k;".repeat(30_000));
    refused("30,000 columns", Csv, Geen, columns.into_bytes(), &["B005"]);
    let fields = format!("{HEAD}{MARK}{}\n", ";".repeat(60_000));
    refused("60,000 fields", Csv, Geen, fields.into_bytes(), &["R001"]);
    refused("a line of 64 MiB", Csv, Geen, [HEAD.as_bytes(), &vec![b'a'; 64 << 20]].concat(), &["B012"]);
    let quote = format!("{HEAD}\"{MARK}{}", "\"\"\n".repeat(1_000_000));
    refused("a quote that never ends", Csv, Geen, quote.into_bytes(), &["R002"]);

    let deep = format!("{{\"aard\":{}{}}}\n", "[".repeat(30_000), "]".repeat(30_000));
    refused("JSON of 30,000 levels", Ndjson, Geen, deep.repeat(20).into_bytes(), &["R003"]);
    let keys: String = (0..4_000).map(|key| format!("\"k{key}\":0,")).collect();
    refused(
        "an object of 4,000 keys",
        Ndjson,
        Geen,
        format!("{{{keys}\"z\":\"{MARK}\"}}\n").repeat(50).into_bytes(),
        &["B014"],
    );
    let number = format!("{{\"advies_id\":\"A1\",\"startdatum\":1{}}}\n", "0".repeat(50_000));
    refused("a number of 50,000 digits", Ndjson, Geen, number.into_bytes(), &["R003"]);
}

#[test]
fn numbers_and_dates_far_out_are_findings() {
    let good = include_str!("../corpus/delivery_csv/melding.csv");
    let digits = "9".repeat(400);
    for number in
        ["1e999", "-0", "-1", "4294967296", "18446744073709551616", "NaN", "inf", "0x10", "３", "3.0", &digits]
    {
        let text = good.replace(";3;1;", &format!(";{number};1;"));
        assert_ne!(text, good);
        let judged = judge(Melding, Csv, Geen, text.into_bytes());
        assert!(!judged.accepted, "{number}");
    }
    for day in [
        "0000-00-00",
        "0001-01-01",
        "9999-12-31",
        "+262142-12-31",
        "-262143-01-01",
        "2020-02-30",
        "2020-7-3",
        "２０２０-07-03",
    ] {
        let judged = judge(Melding, Csv, Geen, good.replace("2020-07-03", day).into_bytes());
        assert!(!judged.accepted, "{day}");
        assert!(!judged.kept.contains("+262142"), "{day}");
    }
}

#[test]
fn what_a_spreadsheet_or_a_page_would_carry_out_is_refused_in_every_field_and_not_repeated() {
    let good = include_str!("../corpus/delivery_csv/melding.csv");
    let (head, row) = good.trim_end().split_once('\n').unwrap();
    let payloads = [
        "=HYPERLINK(\"http://x\"&A1)",
        "+ZICHTBAAR",
        "-ZICHTBAAR+1",
        "@ZICHTBAAR",
        "\tZICHTBAAR",
        "<script>ZICHTBAAR</script>",
        "../../ZICHTBAAR",
        "ZICHTBAAR\0",
        "ZICHTBAAR\u{202e}",
        "\u{feff}ZICHTBAAR",
        "%00ZICHTBAAR",
        "CON.ZICHTBAAR",
    ];
    for (place, name) in head.split(';').enumerate() {
        for payload in payloads {
            let mut fields: Vec<&str> = row.split(';').collect();
            fields[place] = payload;
            let text = format!("{head}\n{}\n", fields.join(";"));
            let judged = judge(Melding, Csv, Geen, text.into_bytes());
            // A record id may begin with `-`: it is a letter, digit, `-` or `_`, and no output of ours is a spreadsheet that has one.
            let fine = payload == "-ZICHTBAAR" && name.ends_with("_id");
            assert!(judged.accepted == fine, "{name} {payload:?}: {:?}", judged.checks);
            assert!(
                !judged.kept.contains(MARK) && !judged.kept.contains("HYPERLINK"),
                "{name} {payload:?}: {}",
                judged.kept
            );
        }
    }
}

#[test]
fn encodings_and_headers_that_are_not_as_agreed_are_told_apart() {
    let good = include_str!("../corpus/delivery_csv/melding.csv");
    let utf16 =
        |bom: &[u8], bytes: fn(u16) -> [u8; 2]| [bom.to_vec(), good.encode_utf16().flat_map(bytes).collect()].concat();
    let twice = good.replacen("casus_id", "melding_id", 1);
    for (bytes, check) in [
        (utf16(&[0xff, 0xfe], u16::to_le_bytes), "B010"),
        (utf16(&[0xfe, 0xff], u16::to_be_bytes), "B010"),
        (good.replace("M1", "M\0").into_bytes(), "B010"),
        (good.as_bytes().iter().map(|byte| if *byte == b'3' { 0xe9 } else { *byte }).collect(), "B009"),
        (twice.into_bytes(), "B007"),
        (b"<html>ZICHTBAAR</html>".to_vec(), "B015"),
    ] {
        let judged = judge(Melding, Csv, Geen, bytes);
        assert!(judged.checks.iter().any(|found| found == check), "{check}: {:?}", judged.checks);
        assert!(!judged.accepted && !judged.kept.contains(MARK), "{check}");
    }
    let bom = judge(Melding, Csv, Geen, [b"\xef\xbb\xbf", good.as_bytes()].concat());
    assert!(bom.accepted, "a byte order mark is read over: {:?}", bom.checks);
}
