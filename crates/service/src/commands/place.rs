//! Where a command is carried out: beside the ledger, or by a service far away.

use crate::app::App;
use crate::remote::Remote;

/// Where a command is carried out.
pub(super) enum Place {
    /// Beside the ledger.
    Here(Box<App>),
    /// By a service.
    There(Remote),
}
