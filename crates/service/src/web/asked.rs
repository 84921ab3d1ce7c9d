//! What an address asks for: parts of its path, and its query. One that can't be read is told as a page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::frame::Failure;

/// Parts of the path. One that can't be read names nothing that is there.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let at = axum::extract::Path::from_request_parts(parts, state).await;
        at.map(|axum::extract::Path(at)| Self(at)).map_err(|_| Failure::new(404))
    }
}

/// The query.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let asked = axum::extract::Query::from_request_parts(parts, state).await;
        let bare = parts.uri.path().to_owned();
        asked.map(|axum::extract::Query(asked)| Self(asked)).map_err(|_| {
            Failure::new(400)
                .saying("wat achter het vraagteken van dit adres staat, klopt niet")
                .next(bare, "Naar de pagina zelf")
        })
    }
}
