//! Enumerations as text columns: the same names as in JSON.

use serde::Serialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

/// The name of an enumeration's value, as serde writes it.
pub(crate) fn name<T: Serialize>(value: T) -> String {
    // Unwrap safety: called with enumerations without fields only, which serde writes as a string.
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .expect("an enumeration without fields")
}

/// The value with this name; nothing when there is none.
pub(crate) fn value<T: DeserializeOwned>(name: &str) -> Option<T> {
    let deserializer: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(deserializer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeliveryStatus, PublicationStatus, RunOutcome, StepName, StepOutcome};
    use vt_domain::delivery::DeliveryKind;
    use vt_domain::finding::{Scope, Severity};

    #[test]
    fn names_are_those_of_json_and_read_back() {
        assert_eq!(name(RunOutcome::Interrupted), "interrupted");
        assert_eq!(name(StepName::Aggregate), "aggregate");
        assert_eq!(name(DeliveryKind::Tussentijds), DeliveryKind::Tussentijds.name());
        assert_eq!(value(&name(Scope::Reeks)), Some(Scope::Reeks));
        assert_eq!(value(&name(Severity::Waarschuwing)), Some(Severity::Waarschuwing));
        assert_eq!(value(&name(DeliveryStatus::Rejected)), Some(DeliveryStatus::Rejected));
        assert_eq!(value(&name(PublicationStatus::Void)), Some(PublicationStatus::Void));
    }

    #[test]
    fn an_unknown_name_is_nothing() {
        assert_eq!(value::<StepOutcome>("Done"), None);
        assert_eq!(value::<StepOutcome>(""), None);
    }
}
