//! What can go wrong while fetching. Names region, month, file, rule and HTTP status; never a token, a body, a query or an id of a record.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_vault::VaultError;

use crate::fetch::address::HrefRule;
use crate::fetch::tls::TlsFault;
use crate::secret::SecretError;
use crate::source::SourceError;

/// A listing or a delivery could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// The delivery, when it is about one.
    pub nr: Option<u32>,
    /// The file, when it is about one.
    pub file: Option<RecordType>,
    /// What went wrong.
    pub fault: Box<Fault>,
}

impl FetchError {
    /// Whether a later try may succeed without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        self.fault.is_transient()
    }

    /// When the region asked us to come back.
    pub fn retry_after(&self) -> Option<DateTime<Utc>> {
        self.fault.retry_after().map(|asked| asked.at)
    }

    /// A short, stable name of the rule that was broken, for records and metrics.
    pub fn rule(&self) -> &'static str {
        self.fault.rule()
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.vt, self.maand)?;
        match (self.nr, self.file) {
            (Some(nr), Some(file)) => write!(f, " nr {nr}, file {file}")?,
            (Some(nr), None) => write!(f, " nr {nr}")?,
            _ => f.write_str(", listing")?,
        }
        write!(f, ": {}", self.fault)
    }
}

impl std::error::Error for FetchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.fault.as_ref())
    }
}

/// When a server asked us to come back (`Retry-After`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter {
    /// How long from now.
    pub wait: Duration,
    /// When that is.
    pub at: DateTime<Utc>,
}

/// A time limit of [`Limits`](crate::source::Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeLimit {
    /// `connect_timeout_ms`.
    Connect,
    /// `idle_timeout_ms`.
    Idle,
    /// `total_timeout_s`.
    Total,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The source breaks a rule.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A secret can't be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(&'static str),
    /// No trusted connection.
    #[error("no trusted connection: {0}")]
    Tls(TlsFault),
    /// A time limit was reached.
    #[error("took longer than {}", match .0 {
        TimeLimit::Connect => "connect_timeout_ms to connect",
        TimeLimit::Idle => "idle_timeout_ms without a byte",
        TimeLimit::Total => "total_timeout_s, retries included",
    })]
    Timeout(TimeLimit),
    /// The connection was lost before the answer was complete.
    #[error("the connection was cut after {received} bytes")]
    Cut {
        /// Bytes of this listing or file that had come in.
        received: u64,
    },
    /// An answer that is no success.
    #[error("HTTP {status}{}", status_hint(*status))]
    Status {
        /// The HTTP status.
        status: u16,
        /// When the server asked us to come back.
        retry_after: Option<RetryAfter>,
    },
    /// The server asks for more patience than the configuration has.
    #[error("HTTP {status}: the region asks us to come back no sooner than {}, which is beyond retry_after_max_s or total_timeout_s; retry later", .asked.at.format("%Y-%m-%dT%H:%M:%SZ"))]
    RetryLater {
        /// The HTTP status.
        status: u16,
        /// When to come back.
        asked: RetryAfter,
    },
    /// The token server did not give a token.
    #[error("token server: {0}")]
    Token(Box<Fault>),
    /// The token server's answer holds no usable token.
    #[error("the answer holds no bearer token as OAuth2 describes")]
    TokenForm,
    /// A token or password holds what cannot stand in a request.
    #[error("the secret holds signs that cannot stand in an HTTP header")]
    SecretForm,
    /// HTTP 200 with a web page in place of data.
    #[error("HTTP 200 with a web page (HTML) in place of data: an error page or a log-in page")]
    ErrorPage,
    /// HTTP 200 with something else than JSON.
    #[error("HTTP 200, but the content type is not application/json")]
    NotJson,
    /// JSON that is no listing.
    #[error("not of the contract's form at line {line}, column {column} ({category})")]
    Unreadable {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// `syntax`, `data` (a field is absent, unknown or of wrong type) or `eof` (it ends too soon).
        category: &'static str,
    },
    /// More bytes than the configuration allows.
    #[error("larger than {field} allows ({limit} bytes)")]
    TooLarge {
        /// The setting.
        field: &'static str,
        /// Its value.
        limit: u64,
    },
    /// The listing is of another region.
    #[error("is of another region than the one asked")]
    OtherRegion,
    /// The listing is of another month.
    #[error("is of another month ({0}) than the one asked")]
    OtherMonth(Month),
    /// A delivery has a number that cannot be, or that two have.
    #[error("delivery number {0} {1}")]
    Number(u32, &'static str),
    /// A delivery has not exactly one file of each record type.
    #[error("a delivery has exactly one file of each record type; {0} {1}")]
    Files(RecordType, &'static str),
    /// The promised digest is no SHA-256.
    #[error("sha256 must be 64 lower-case hexadecimal digits")]
    DigestForm,
    /// An address that is not followed.
    #[error("href is refused: {0}")]
    Href(HrefRule),
    /// A redirect to another host.
    #[error("redirect to another place than the region's own (host {host}); not followed")]
    RedirectElsewhere {
        /// That host.
        host: String,
    },
    /// A redirect that leads nowhere.
    #[error("redirect that leads nowhere: {0}")]
    Redirect(&'static str),
    /// A part of a file was asked, and another one came.
    #[error("the answer to a Range request is not the part that was asked")]
    Range,
    /// Not the promised number of bytes.
    #[error("{received} bytes{} where {promised} were promised", if received > promised { " or more" } else { "" })]
    Size {
        /// Bytes in the listing.
        promised: u64,
        /// Bytes that came; reading stops at the first one too many.
        received: u64,
    },
    /// Not the promised bytes.
    #[error("the bytes do not have the promised sha256")]
    Digest,
    /// A file named in `levering.json` is not in the inbox.
    #[error("is named in levering.json but not in the inbox")]
    Missing,
    /// The inbox can't be read.
    #[error("inbox: {0}")]
    Inbox(InboxFault),
    /// The private store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why the inbox can't be read; what the store itself says could hold names of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InboxFault {
    /// The store refuses us.
    #[error("the store refuses our credentials or permissions")]
    Refused,
    /// The store does not answer as it should.
    #[error("the store can't be reached or fails")]
    Unavailable,
    /// The store has no such bucket or folder, or is of a kind we can't read.
    #[error("the store or its folder does not exist")]
    Absent,
}

fn status_hint(status: u16) -> &'static str {
    match status {
        401 | 403 => ": our credentials are refused",
        404 => ": not found",
        429 => ": too many requests",
        500.. => ": the region's server fails",
        _ => "",
    }
}

impl Fault {
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Timeout(_) | Self::Cut { .. } | Self::RetryLater { .. } | Self::Range => true,
            // An error page with 200 is most often a gateway's "we'll be back soon".
            Self::ErrorPage => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Token(fault) => fault.is_transient(),
            Self::Inbox(fault) => *fault == InboxFault::Unavailable,
            Self::Vault(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Whether trying again at once (after a pause) makes sense.
    pub(crate) fn retry_now(&self) -> bool {
        self.is_transient()
            && !matches!(self, Self::ErrorPage | Self::RetryLater { .. } | Self::Timeout(TimeLimit::Total))
    }

    /// Whether bytes came in whole but not as promised: fetched once more from the start, then it is the region's fault.
    pub(crate) fn breaks_promise(&self) -> bool {
        matches!(self, Self::Size { .. } | Self::Digest)
    }

    pub(crate) fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::RetryLater { asked, .. } => Some(*asked),
            Self::Token(fault) => fault.retry_after(),
            _ => None,
        }
    }

    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Source(_) => "source",
            Self::Secret(_) | Self::SecretForm => "secret",
            Self::Connect(_) => "connect",
            Self::Tls(TlsFault::Expired) => "tls_expired",
            Self::Tls(_) => "tls",
            Self::Timeout(TimeLimit::Connect) => "connect_timeout",
            Self::Timeout(TimeLimit::Idle) => "idle_timeout",
            Self::Timeout(TimeLimit::Total) => "total_timeout",
            Self::Cut { .. } => "cut",
            Self::Status { .. } => "status",
            Self::RetryLater { .. } => "retry_later",
            Self::Token(_) | Self::TokenForm => "token",
            Self::ErrorPage => "error_page",
            Self::NotJson => "content_type",
            Self::Unreadable { .. } => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::OtherRegion => "other_region",
            Self::OtherMonth(_) => "other_month",
            Self::Number(..) => "number",
            Self::Files(..) => "files",
            Self::DigestForm => "digest_form",
            Self::Href(_) => "href",
            Self::RedirectElsewhere { .. } => "redirect_elsewhere",
            Self::Redirect(_) => "redirect",
            Self::Range => "range",
            Self::Size { .. } => "size",
            Self::Digest => "digest",
            Self::Missing => "missing",
            Self::Inbox(_) => "inbox",
            Self::Vault(_) => "vault",
        }
    }
}
