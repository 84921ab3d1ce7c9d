use super::{Case, at};
use crate::{Ledger, LedgerError, Recorded};

pub(super) async fn stores_are_remembered_once(ledger: &Ledger) -> Case {
    assert_eq!(ledger.mark_of_stores().await?, None);
    assert_eq!(ledger.remember_stores("one", at(1)).await?, Recorded::Written);
    assert_eq!(ledger.remember_stores("one", at(2)).await?, Recorded::Unchanged);
    let other = ledger.remember_stores("other", at(3)).await;
    assert!(matches!(other, Err(LedgerError::OtherStores)), "{other:?}");
    assert_eq!(ledger.mark_of_stores().await?, Some("one".to_owned()));
    Ok(())
}
