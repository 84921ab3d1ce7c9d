//! A name that stands in the configuration itself, or in a place from which it is read with the secret that belongs to it.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use vt_intake::secret::{SecretError, SecretRef};

/// A name, or where it stands: `"AKIA…"`, `{ file = "…" }` or `{ env = "…" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The name itself.
    Here(String),
    /// Where it stands: a rotated one is taken up with its key.
    There(SecretRef),
}

impl Named {
    /// Reads the name.
    ///
    /// # Errors
    /// [`SecretError`] names the place.
    pub fn read(&self) -> Result<String, SecretError> {
        match self {
            Self::Here(name) => Ok(name.clone()),
            Self::There(place) => Ok(place.read()?.expose().to_owned()),
        }
    }

    /// Where it stands, when not here.
    pub(super) fn place(&self) -> Option<&SecretRef> {
        match self {
            Self::Here(_) => None,
            Self::There(place) => Some(place),
        }
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrPlace)
    }
}

struct NameOrPlace;

impl<'de> Visitor<'de> for NameOrPlace {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name, or its place, { file = \"…\" } or { env = \"…\" }")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Named, E> {
        Ok(Named::Here(name.to_owned()))
    }

    // The environment's reader takes a name of digits for a number.
    fn visit_i64<E: de::Error>(self, name: i64) -> Result<Named, E> {
        Ok(Named::Here(name.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Named, A::Error> {
        SecretRef::deserialize(MapAccessDeserializer::new(map)).map(Named::There)
    }
}
