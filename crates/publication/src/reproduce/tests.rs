use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use vt_domain::Period;

use super::*;
use crate::history::History;
use crate::publish::fixture::{case, publish_next};
use crate::publish::store::read;
use crate::registers::code_lists_of;

const SOFTWARE: &str = crate::publish::fixture::SOFTWARE;

/// A store with one issue of a week, and the private store that it was published from.
async fn published() -> (Vault, InMemory, Issue) {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), InMemory::new());
    publish_next(&vault, &store, &mut History::default(), &case("2020W127")).await;
    (vault, store, Issue { periode: "2020W127".parse::<Period>().unwrap(), uitgave: 1 })
}

async fn again(vault: &Vault, store: &InMemory, issue: Issue, codes: &CodeLists, software: &str) -> Reproduced {
    reproduce(vault, store, issue, Register::builtin(), codes, software).await.unwrap()
}

/// Other code lists: one label differs.
fn others() -> CodeLists {
    let lists = CodeLists::builtin();
    let label = &lists.list("kanaal").codes()[0].label;
    CodeLists::from_csv(&lists.source().replacen(label.as_str(), "Per duif", 1)).unwrap()
}

#[tokio::test]
async fn an_issue_is_rendered_with_the_code_lists_it_was_reserved_with() {
    let (vault, store, issue) = published().await;
    let lost = reproduce(&vault, &store, issue, Register::builtin(), &others(), SOFTWARE).await.unwrap_err();
    assert!(lost.to_string().contains(CodeLists::builtin().version()), "{lost}");
    vault.keep_code_lists(CodeLists::builtin()).await.unwrap();
    let made = again(&vault, &store, issue, &others(), SOFTWARE).await;
    assert!(made.holds() && made.differing.is_empty(), "{made:?}");
    let (version, others) = (CodeLists::builtin().version(), others());
    assert_eq!(code_lists_of(&vault, version, &others).await.unwrap().as_ref(), CodeLists::builtin());
}

#[tokio::test]
async fn a_changed_or_missing_file_is_told_from_another_version_of_the_program() {
    let (vault, store, issue) = published().await;
    let codes = CodeLists::builtin();
    let other = again(&vault, &store, issue, codes, "vt-monitor 9.9.9").await;
    assert!(other.holds() && other.other_software.as_deref() == Some(SOFTWARE), "{other:?}");
    let (csv, report) = (issue.file("kerncijfers.csv"), issue.file("rapport.html"));
    let mut bytes = read(&store, &csv).await.unwrap().unwrap().to_vec();
    bytes.push(b'\n');
    store.put(&csv.as_str().into(), bytes.into()).await.unwrap();
    store.delete(&report.as_str().into()).await.unwrap();
    for software in [SOFTWARE, "vt-monitor 9.9.9"] {
        let made = again(&vault, &store, issue, codes, software).await;
        assert!(!made.holds(), "{software}");
        assert_eq!(made.damaged, [csv.clone(), report.clone()], "{software}");
    }
}
