//! Every kind of operation, cut off after every so many bytes that the server answers: from its first answer to its last, and beyond.

use std::io::Write;

use vt_ledger::{AuditVerdict, Ledger, LedgerError};
use vt_servers::{Postgres, Proxy};

use super::act::{ALL, Act};

/// So many bytes further each time: about an answer.
const STRIDE: u64 = 61;
/// More than any operation is answered with.
const MOST: u64 = 40_000;

/// So many cuts of one kind.
const ENOUGH: u32 = 40;

/// What the cuts came to.
#[derive(Debug, Default)]
struct Came {
    cut: u32,
    told: u32,
    unconfirmed: u32,
    by_act: std::collections::BTreeMap<String, u32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_is_cut_off_anywhere_is_done_once_or_may_be_repeated() {
    let server = Postgres::start(Default::default()).unwrap();
    let name = server.new_database().unwrap();
    let sure = Ledger::open(&server.url(&name)).await.unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    let ledger = Ledger::open(&server.url_through(proxy.port(), &name)).await.unwrap();
    let (mut n, mut came) = (0, Came::default());
    for act in ALL {
        let before = came.cut;
        for bytes in (1..MOST).step_by(STRIDE as usize) {
            // An answer that grows with what was done is never outrun.
            if came.cut > before + ENOUGH {
                break;
            }
            n += 1;
            proxy.cut_after(bytes);
            let outcome = act.perform(&ledger, n).await;
            if proxy.take_back_cut() {
                outcome.unwrap();
                break;
            }
            came.cut += 1;
            settle(act, &sure, n, outcome, &mut came).await;
        }
        assert!(came.cut > before + 2, "{act:?} was cut {} times", came.cut - before);
    }
    assert!(matches!(sure.verify_audit().await.unwrap(), AuditVerdict::Whole { .. }));
    // Most are borne in silence; a lost confirmation of what must not be done twice is told.
    assert!(came.unconfirmed > 0 && came.told < came.cut / 4, "{came:?}");
    let mut out = std::io::stderr();
    writeln!(out, "{came:?}").unwrap();
}

/// What is left after a cut is right, and the same again makes it whole.
async fn settle(act: Act, sure: &Ledger, n: u32, outcome: Result<(), LedgerError>, came: &mut Came) {
    let stands = act.stands(sure, n).await;
    match outcome {
        Ok(()) => assert_eq!(stands, 1, "{act:?} {n} said that it was done"),
        Err(error) => {
            assert!(error.is_transient(), "{act:?} {n}: {error:?}");
            assert!(stands <= 1, "{act:?} {n}");
            came.told += 1;
            *came.by_act.entry(format!("{act:?} {error:?}")).or_default() += 1;
            came.unconfirmed += u32::from(matches!(error, LedgerError::Unconfirmed));
        }
    }
    if act.may_be_repeated() || stands == 0 {
        act.perform(sure, n).await.unwrap_or_else(|error| panic!("{act:?} {n} again: {error:?}"));
    }
    assert_eq!(act.stands(sure, n).await, 1, "{act:?} {n}: once");
}
