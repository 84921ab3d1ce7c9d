//! Faults on request: what a region does wrong in which month.

mod plan;

use std::fmt;
use std::str::FromStr;

pub use plan::FaultPlan;

/// A valid number in the sense of the BSN eleven-test that [`Fault::Bsn`] plants. It is CBS's and Logius's well-known test number.
pub const PLANTED_BSN: &str = "123456782";

/// A code outside every list that [`Fault::UnknownCodes`] plants.
pub const PLANTED_CODE: &str = "merk_onbekende_code";

/// The title of the page of [`Fault::ErrorPage`].
pub const ERROR_PAGE_TITLE: &str = "Onderhoud registratiesysteem";

/// Which request a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The listing of the month.
    Listing,
    /// The file of meldingen.
    File,
}

/// How `Retry-After` is written (RFC 9110, section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfterForm {
    /// A number of seconds.
    Seconds,
    /// A date, counted from the simulator's clock (and so is the `Date` header).
    HttpDate,
}

/// What a region does wrong in a month. In text: the name, then `:` and the argument, such as `late:10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `late:10`: every delivery of the month is listed this many days later, with what it would have held in time.
    Late {
        /// How many.
        days: u32,
    },
    /// `never`: no delivery of the month is ever listed.
    Never,
    /// `server_error` (always) or `server_error:2`: status 500 on the first so many requests for the listing.
    ServerError {
        /// How often; none means always.
        times: Option<u32>,
    },
    /// `too_many_requests:1s`, `too_many_requests:1date`: status 429 with `Retry-After` on the first request for the listing, then well.
    TooManyRequests {
        /// Seconds to wait.
        seconds: u32,
        /// How that is written.
        form: RetryAfterForm,
    },
    /// `slow_drip:16/100`: the file of meldingen comes in pieces of so many bytes, with so many milliseconds between.
    SlowDrip {
        /// Bytes a piece.
        bytes: u32,
        /// Pause in milliseconds.
        pause_ms: u32,
    },
    /// `connection_cut:1` or `connection_cut` (always): the first so many transfers of the file of meldingen break off at its half.
    ConnectionCut {
        /// How often; none means always.
        times: Option<u32>,
    },
    /// `truncated_gzip`: the file of meldingen is half a gzip file, with size and digest that agree with the listing.
    TruncatedGzip,
    /// `wrong_digest`: the listing promises another SHA-256 for the file of meldingen.
    WrongDigest,
    /// `wrong_count`: the listing promises one melding more than there is.
    WrongCount,
    /// `error_page_200:listing`, `error_page_200:file`: an HTML page with status 200.
    ErrorPage {
        /// In place of what.
        at: At,
    },
    /// `redirect_other_host:listing`, `redirect_other_host:file`: status 302 to another host name.
    RedirectOtherHost {
        /// For which request.
        at: At,
    },
    /// `other_region`: header and records are those of the next region.
    OtherRegion,
    /// `other_month`: header and records are those of the month before.
    OtherMonth,
    /// `duplicate_ids`: one melding in twenty has the id of the one before.
    DuplicateIds,
    /// `unknown_codes`: one melding in twenty, and one advies, has a code outside the list in `aard`.
    UnknownCodes,
    /// `dates_outside_month`: one melding in twenty, and one advies, has a date in an earlier month.
    DatesOutsideMonth,
    /// `bsn`: one record of each file holds a number that passes the BSN eleven-test.
    Bsn,
    /// `wrong_encoding`: the files are in Latin-1, with a letter that is not ASCII.
    WrongEncoding,
    /// `decompression_bomb`: the file of meldingen is a gzip file of less than four megabytes that expands to more than a gibibyte.
    DecompressionBomb,
    /// `expired_certificate`: the region speaks TLS with a certificate that has expired. A certificate is shown before a month is asked
    /// for, so this strikes every month of the region.
    ExpiredCertificate,
    /// `changed_bytes`: once the file of meldingen was fetched, the listing names other bytes and digests under the same number.
    ChangedBytes,
}

/// A text that is no fault or no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// An unknown name, or an argument of wrong form.
    #[error("`{0}` is no fault: {names}", names = Fault::NAMES.join(", "))]
    Fault(String),
    /// Not of the form `VT05@2020-03=truncated_gzip`.
    #[error("`{0}` is no part of a fault plan: write VT05@2020-03=truncated_gzip")]
    Entry(String),
}

impl Fault {
    /// The forms that are read, with an example argument where there is one.
    pub const NAMES: [&str; 21] = [
        "late:10",
        "never",
        "server_error:2",
        "too_many_requests:1s",
        "slow_drip:16/100",
        "connection_cut:1",
        "truncated_gzip",
        "wrong_digest",
        "wrong_count",
        "error_page_200:file",
        "redirect_other_host:listing",
        "other_region",
        "other_month",
        "duplicate_ids",
        "unknown_codes",
        "dates_outside_month",
        "bsn",
        "wrong_encoding",
        "decompression_bomb",
        "expired_certificate",
        "changed_bytes",
    ];
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listing => "listing",
            Self::File => "file",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Late { days } => return write!(f, "late:{days}"),
            Self::ServerError { times: Some(times) } => return write!(f, "server_error:{times}"),
            Self::TooManyRequests { seconds, form: RetryAfterForm::Seconds } => {
                return write!(f, "too_many_requests:{seconds}s");
            }
            Self::TooManyRequests { seconds, form: RetryAfterForm::HttpDate } => {
                return write!(f, "too_many_requests:{seconds}date");
            }
            Self::SlowDrip { bytes, pause_ms } => return write!(f, "slow_drip:{bytes}/{pause_ms}"),
            Self::ConnectionCut { times: Some(times) } => return write!(f, "connection_cut:{times}"),
            Self::ErrorPage { at } => return write!(f, "error_page_200:{at}"),
            Self::RedirectOtherHost { at } => return write!(f, "redirect_other_host:{at}"),
            Self::Never => "never",
            Self::ServerError { times: None } => "server_error",
            Self::ConnectionCut { times: None } => "connection_cut",
            Self::TruncatedGzip => "truncated_gzip",
            Self::WrongDigest => "wrong_digest",
            Self::WrongCount => "wrong_count",
            Self::OtherRegion => "other_region",
            Self::OtherMonth => "other_month",
            Self::DuplicateIds => "duplicate_ids",
            Self::UnknownCodes => "unknown_codes",
            Self::DatesOutsideMonth => "dates_outside_month",
            Self::Bsn => "bsn",
            Self::WrongEncoding => "wrong_encoding",
            Self::DecompressionBomb => "decompression_bomb",
            Self::ExpiredCertificate => "expired_certificate",
            Self::ChangedBytes => "changed_bytes",
        };
        f.write_str(name)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
        match argument {
            Some(argument) => with_argument(name, argument),
            None => without_argument(name),
        }
        .ok_or_else(|| FaultError::Fault(text.chars().take(60).collect()))
    }
}

fn without_argument(name: &str) -> Option<Fault> {
    Some(match name {
        "late" => Fault::Late { days: 10 },
        "never" => Fault::Never,
        "server_error" => Fault::ServerError { times: None },
        "too_many_requests" => Fault::TooManyRequests { seconds: 1, form: RetryAfterForm::Seconds },
        "slow_drip" => Fault::SlowDrip { bytes: 16, pause_ms: 100 },
        "connection_cut" => Fault::ConnectionCut { times: None },
        "truncated_gzip" => Fault::TruncatedGzip,
        "wrong_digest" => Fault::WrongDigest,
        "wrong_count" => Fault::WrongCount,
        "error_page_200" => Fault::ErrorPage { at: At::File },
        "redirect_other_host" => Fault::RedirectOtherHost { at: At::Listing },
        "other_region" => Fault::OtherRegion,
        "other_month" => Fault::OtherMonth,
        "duplicate_ids" => Fault::DuplicateIds,
        "unknown_codes" => Fault::UnknownCodes,
        "dates_outside_month" => Fault::DatesOutsideMonth,
        "bsn" => Fault::Bsn,
        "wrong_encoding" => Fault::WrongEncoding,
        "decompression_bomb" => Fault::DecompressionBomb,
        "expired_certificate" => Fault::ExpiredCertificate,
        "changed_bytes" => Fault::ChangedBytes,
        _ => return None,
    })
}

fn with_argument(name: &str, argument: &str) -> Option<Fault> {
    let number = |text: &str| text.parse::<u32>().ok();
    let at = || match argument {
        "listing" => Some(At::Listing),
        "file" => Some(At::File),
        _ => None,
    };
    Some(match name {
        "late" => Fault::Late { days: number(argument)? },
        "server_error" => Fault::ServerError { times: Some(number(argument)?) },
        "connection_cut" => Fault::ConnectionCut { times: Some(number(argument)?) },
        "too_many_requests" => match (argument.strip_suffix("date"), argument.strip_suffix('s')) {
            (Some(seconds), _) => Fault::TooManyRequests { seconds: number(seconds)?, form: RetryAfterForm::HttpDate },
            (None, Some(seconds)) => {
                Fault::TooManyRequests { seconds: number(seconds)?, form: RetryAfterForm::Seconds }
            }
            (None, None) => return None,
        },
        "slow_drip" => {
            let (bytes, pause_ms) = argument.split_once('/')?;
            Fault::SlowDrip { bytes: number(bytes).filter(|bytes| *bytes > 0)?, pause_ms: number(pause_ms)? }
        }
        "error_page_200" => Fault::ErrorPage { at: at()? },
        "redirect_other_host" => Fault::RedirectOtherHost { at: at()? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_is_named_can_be_read_and_is_written_the_same() {
        for name in Fault::NAMES {
            assert_eq!(name.parse::<Fault>().unwrap().to_string(), name);
        }
        assert_eq!("too_many_requests:3date".parse::<Fault>().unwrap().to_string(), "too_many_requests:3date");
        assert_eq!("connection_cut".parse::<Fault>().unwrap(), Fault::ConnectionCut { times: None });
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for text in
            ["", "lat", "late:x", "slow_drip:0/10", "slow_drip:5", "too_many_requests:1", "error_page_200:all", "bsn:1"]
        {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
        let error = "VT05=bsn".parse::<FaultPlan>().unwrap_err().to_string();
        assert_eq!(error, "`VT05=bsn` is no part of a fault plan: write VT05@2020-03=truncated_gzip");
        assert!("VT99@2020-03=bsn".parse::<FaultPlan>().is_err());
        assert!(
            "VT05@2020-03=bns"
                .parse::<FaultPlan>()
                .unwrap_err()
                .to_string()
                .starts_with("`bns` is no fault: late:10, never")
        );
    }

    #[test]
    fn the_planted_number_passes_the_eleven_test() {
        let digits: Vec<i32> = PLANTED_BSN.bytes().map(|b| i32::from(b - b'0')).collect();
        let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
        assert_eq!(digits.iter().zip(weights).map(|(d, w)| d * w).sum::<i32>() % 11, 0);
    }
}
