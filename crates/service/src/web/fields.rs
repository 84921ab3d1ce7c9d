//! What a form sends: checked against forged requests, read field by field, and an empty field is one that was not filled in.

use std::str::FromStr;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use chrono::NaiveDate;
use url::form_urlencoded;
use vt_domain::month::Month;
use vt_domain::period::Period;

use super::frame::Failure;
use super::session::Visit;
use crate::api::Api;
use crate::ops::Wrong;

/// The name of the field that proves that a form is one of ours.
pub const CSRF: &str = "csrf";

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl FromRequest<Api> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let visit = request.extensions().get::<Visit>().cloned();
        let bytes = Bytes::from_request(request, api).await;
        let bytes = bytes.map_err(|refused| Failure::new(refused.status().as_u16()))?;
        let fields = Self::read(&bytes);
        match visit {
            Some(visit) if visit.wrote(fields.text(CSRF)) => Ok(fields),
            _ => Err(forged()),
        }
    }
}

/// A form that did not come from our own page, or from one that was opened in an earlier session.
pub fn forged() -> Failure {
    Failure::new(403).saying("dit formulier is niet van deze sessie: open de pagina opnieuw")
}

/// What can be filled in, and how that looks.
pub trait Filled: FromStr {
    /// The end of "vul …".
    const HOW: &'static str;
}

impl Filled for NaiveDate {
    const HOW: &'static str = "een datum in, zoals 2020-07-31";
}

impl Filled for Month {
    const HOW: &'static str = "een maand in, zoals 2020-07";
}

impl Filled for Period {
    const HOW: &'static str = "een periode in, zoals 2020W407";
}

impl Fields {
    /// Reads what a form without files sends.
    pub fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The fields of a form that were read otherwise.
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// What was filled in, without white space around it; empty when nothing was.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text.trim())
    }

    /// All that was chosen in a field.
    pub fn all(&self, name: &str) -> Vec<String> {
        let of = self.0.iter().filter(|(field, text)| field == name && !text.trim().is_empty());
        of.map(|(_, text)| text.trim().to_owned()).collect()
    }

    /// What was filled in, as a value.
    ///
    /// # Errors
    /// [`Wrong`] when it is none.
    pub fn optional<T: Filled>(&self, name: &'static str) -> Result<Option<T>, Wrong> {
        match self.text(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Wrong::new(name, "can't be read", format!("vul {}", T::HOW))),
        }
    }

    /// The same, of a field that must be filled in.
    ///
    /// # Errors
    /// [`Wrong`] when it is empty or none.
    pub fn required<T: Filled>(&self, name: &'static str) -> Result<T, Wrong> {
        self.optional(name)?.ok_or_else(|| Wrong::new(name, "fill it in", format!("vul {}", T::HOW)))
    }
}
