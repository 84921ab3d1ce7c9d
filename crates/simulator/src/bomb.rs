//! A small gzip file that expands to more than a gibibyte, made without ever holding what it expands to.

use flate2::{Compress, Compression, Crc, FlushCompress};
use vt_domain::contract::RecordType;

/// What the bomb of [`crate::Fault::DecompressionBomb`] expands to, at least.
pub const EXPANDED_BYTES: u64 = 1 << 30;

const BLOCK: usize = 1 << 20;

/// A gzip file of one member: the CSV header of meldingen, then as many times the same mebibyte of rows as needed.
///
/// Each block is compressed with a full flush, which ends on a byte and forgets what went before: so one compressed block can stand there
/// many times, and only the checksum has to be combined.
pub fn bomb(expanded: u64) -> Vec<u8> {
    let header = header();
    let rows = rows();
    let times = expanded.div_ceil(BLOCK as u64);
    let [first, block, last] = [
        deflate(&header, FlushCompress::Full),
        deflate(&rows, FlushCompress::Full),
        deflate(&[], FlushCompress::Finish),
    ];
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bytes.extend(first);
    let mut crc = Crc::new();
    crc.update(&header);
    let mut of_block = Crc::new();
    of_block.update(&rows);
    for _ in 0..times {
        bytes.extend_from_slice(&block);
        crc.combine(&of_block);
    }
    bytes.extend(last);
    let length = header.len() as u64 + times * BLOCK as u64;
    bytes.extend(crc.sum().to_le_bytes());
    bytes.extend(((length & 0xFFFF_FFFF) as u32).to_le_bytes());
    bytes
}

/// How many rows a bomb holds.
pub fn rows_in(expanded: u64) -> u64 {
    expanded.div_ceil(BLOCK as u64) * (BLOCK / ROW) as u64
}

/// Length of a row, so that a block holds whole rows.
const ROW: usize = 128;

/// A melding that keeps the contract, its ids as long as makes the row 128 bytes.
fn row() -> String {
    let rest =
        "2020-11-02;beroepsmatig;politie;partnergeweld;psychisch_geweld;;true;onbekend;2;;geen;nog_niet_beoordeeld;;\n";
    let ids = ROW - rest.len() - 2;
    format!("{:M>1$};{2:C>3$};{rest}", "", ids / 2, "", ids - ids / 2)
}

fn header() -> Vec<u8> {
    let names: Vec<&str> = RecordType::Melding.fields().iter().map(|field| field.name).collect();
    format!("{}\n", names.join(";")).into_bytes()
}

fn rows() -> Vec<u8> {
    row().repeat(BLOCK / ROW).into_bytes()
}

fn deflate(text: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 100 + 1024);
    // Unwrap safety: a fresh compressor takes any input, and the room given is more than such repetitive input needs.
    Compress::new(Compression::best(), false).compress_vec(text, &mut bytes, flush).unwrap();
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn it_expands_to_rows_and_its_checksum_holds() {
        let bytes = bomb(20 << 20);
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text.len(), header().len() + (20 << 20));
        assert_eq!(text.iter().filter(|byte| **byte == b'\n').count() as u64, 1 + rows_in(20 << 20));
        assert!(text.starts_with(b"melding_id;casus_id;"));
        let fields = RecordType::Melding.fields().len();
        assert_eq!((row().matches(';').count(), row().len()), (fields - 1, ROW));
    }

    #[test]
    fn more_than_a_gibibyte_fits_in_four_megabytes() {
        let bytes = bomb(EXPANDED_BYTES);
        assert!(bytes.len() < 4 << 20, "{}", bytes.len());
        let length = u32::from_le_bytes(bytes[bytes.len() - 4..].try_into().unwrap());
        assert!(u64::from(length) > EXPANDED_BYTES);
    }
}
