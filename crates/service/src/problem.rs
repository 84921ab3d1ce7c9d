//! What went wrong, as the API tells it (RFC 9457), and as a client reads it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_ledger::LedgerError;
use vt_publication::PublicationError;
use vt_publication::publish::StoreError;
use vt_vault::VaultError;

use crate::backfill::PlanError;
use crate::belonging::{Store, WrongStore};
use crate::error_text::error_text;
use crate::exit::{Exit, Usage};
use crate::ops::{NotFound, Refused, Stopping, Wrong};
use crate::uploading::{CutOff, TooLarge};

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The kind of problem; `about:blank` when the status says it all.
    #[serde(rename = "type", default = "blank")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

fn blank() -> String {
    "about:blank".to_owned()
}

impl Problem {
    /// A problem of a status.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { kind: blank(), title: title(status).to_owned(), status, detail: Some(detail.into()), field: None }
    }

    /// A value that is wrong, of a field that the caller named.
    pub fn of_field(field: &str, rule: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(422, rule) }
    }

    /// The problem that an error is. One that is ours says nothing of its inside: that stands in the log.
    pub fn of(error: &anyhow::Error) -> Self {
        if let Some(wrong) = find::<Wrong>(error) {
            return Self::of_field(wrong.field, wrong.rule.en.clone());
        }
        if let Some(wrong) = find::<WrongStore>(error) {
            return Self::new(503, wrong.to_string());
        }
        let status = status_of(error);
        match status {
            503 if find::<Stopping>(error).is_none() => {
                let part = failed_part(error).unwrap_or("store");
                Self::new(
                    503,
                    format!("the {part} can't be used now; the log says why. Try again, or tell the operator"),
                )
            }
            500 => Self::new(500, "the service failed; its log says why. Try again, or tell its operator"),
            _ => Self::new(status, error_text(error)),
        }
    }

    /// Whether an error is a fault of ours, of which the log says more than the problem.
    pub fn is_ours(error: &anyhow::Error) -> bool {
        let status = status_of(error);
        find::<WrongStore>(error).is_some() || status == 500 || (status == 503 && find::<Stopping>(error).is_none())
    }

    /// The exit code of a command that met this problem.
    pub fn exit(&self) -> Exit {
        match self.status {
            400 | 404 | 413 | 422 => Exit::Usage,
            401 | 403 | 409 => Exit::Refused,
            _ => Exit::Failed,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let field = self.field.as_ref().map_or_else(String::new, |field| format!("{field}: "));
        write!(f, "{field}{}", self.detail.as_ref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

/// The error of a kind among the causes of another.
pub fn find<T: std::error::Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&T> {
    error.chain().find_map(|cause| cause.downcast_ref::<T>())
}

fn status_of(error: &anyhow::Error) -> u16 {
    if find::<NotFound>(error).is_some() {
        return 404;
    }
    if find::<Refused>(error).is_some() {
        return 409;
    }
    if find::<Stopping>(error).is_some() {
        return 503;
    }
    if find::<TooLarge>(error).is_some() {
        return 413;
    }
    if find::<CutOff>(error).is_some() {
        return 400;
    }
    if find::<Usage>(error).is_some() {
        return 422;
    }
    match find::<PlanError>(error) {
        Some(PlanError::Moved(_)) => return 409,
        Some(_) => return 422,
        None => {}
    }
    match find::<LedgerError>(error) {
        Some(LedgerError::Invalid { .. }) => 422,
        Some(LedgerError::Conflict { .. } | LedgerError::BackfillOverlap { .. }) => 409,
        Some(
            LedgerError::UnknownBackfill(_)
            | LedgerError::UnknownArrangement(_)
            | LedgerError::UnknownToken(_)
            | LedgerError::UnknownMute(_)
            | LedgerError::UnknownRun(_),
        ) => 404,
        _ if failed_part(error).is_some() => 503,
        _ => 500,
    }
}

/// What the service stands on and could not use, as `/health/ready` calls it.
fn failed_part(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| {
        let is_private = |error: &VaultError| matches!(error, VaultError::Store { .. });
        if let Some(error) = cause.downcast_ref::<LedgerError>() {
            return error.is_unusable().then_some("ledger");
        }
        if cause.downcast_ref().is_some_and(is_private) {
            return Some(Store::Private.part());
        }
        if cause.is::<StoreError>() {
            return Some(Store::Published.part());
        }
        match cause.downcast_ref::<PublicationError>() {
            Some(PublicationError::Vault(error)) if is_private(error) => return Some(Store::Private.part()),
            Some(PublicationError::Store { .. }) => return Some(Store::Published.part()),
            _ => {}
        }
        cause.is::<object_store::Error>().then_some("store")
    })
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad request",
        401 => "Not logged in",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Refused",
        413 => "Too large",
        415 => "Wrong media type",
        422 => "Wrong value",
        429 => "Too many attempts",
        503 => "Not ready",
        _ => "Failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Said;

    #[test]
    fn an_error_of_ours_says_nothing_of_its_inside() {
        let problem = Problem::of(&anyhow::anyhow!("/srv/private/key can't be read"));
        assert_eq!(problem.status, 500);
        assert!(!problem.to_string().contains("/srv"), "{problem}");
    }

    #[test]
    fn what_was_given_wrong_names_its_field() {
        let problem = Problem::of(&Wrong::new("from", "too early", "te vroeg").into());
        assert_eq!((problem.status, problem.to_string()), (422, "from: too early".to_owned()));
        assert_eq!(problem.exit(), Exit::Usage);
    }

    #[test]
    fn each_kind_of_error_has_its_status() {
        let status = |error: anyhow::Error| Problem::of(&error).status;
        assert_eq!(status(NotFound::new("x", "y").into()), 404);
        assert_eq!(status(Refused::new("x", "y").into()), 409);
        assert_eq!(status(Stopping.into()), 503);
        assert_eq!(status(PlanError::Moved(Vec::new()).into()), 409);
        assert_eq!(status(PlanError::Asked { field: None, said: Said::new("x", "y") }.into()), 422);
        assert_eq!(status(LedgerError::UnknownBackfill(1).into()), 404);
    }

    #[test]
    fn what_the_service_stands_on_is_named_without_its_place() {
        let source = || object_store::Error::Generic { store: "folder", source: "/srv/vt is gone".into() };
        let path = || "deliveries/VT07".to_owned();
        let said = |error: anyhow::Error| {
            let problem = Problem::of(&error);
            assert_eq!(problem.status, 503);
            problem.to_string()
        };
        let private = said(VaultError::Store { path: path(), source: source() }.into());
        assert!(private.starts_with("the private store can't be used now") && !private.contains("/srv"), "{private}");
        let nested = PublicationError::Vault(VaultError::Store { path: path(), source: source() });
        assert!(said(nested.into()).contains("private store"));
        assert!(said(StoreError { path: path(), source: source() }.into()).contains("published store"));
        assert!(said(LedgerError::Full.into()).starts_with("the ledger"));
        assert!(said(LedgerError::ConnectionLost.into()).starts_with("the ledger"));
        let wrong = WrongStore { store: Store::Published, expected: None, found: crate::belonging::Found::Nothing };
        assert!(said(wrong.into()).contains("restore its newest copy"));
    }
}
