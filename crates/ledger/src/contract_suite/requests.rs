use std::time::Duration;

use super::{Case, at, digest};
use crate::{Claimed, Ledger, LedgerError, NewRequest};

pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn new(key: &str, minute: i64) -> NewRequest {
    NewRequest { actor: "ann".to_owned(), key: key.to_owned(), request: digest(key), at: at(minute) }
}

fn answered(status: u16, body: &str) -> Claimed {
    Claimed::Answered { status, body: body.to_owned() }
}

pub(super) async fn a_request_is_done_once_and_its_answer_given_again(ledger: &Ledger) -> Case {
    assert_eq!(ledger.claim_request(&new("once", 0), DAY).await?, Claimed::New);
    assert_eq!(ledger.claim_request(&new("once", 1), DAY).await?, Claimed::UnderWay);
    ledger.answer_request("ann", "once", 201, "{\"id\":3}").await?;
    for minute in [2, 60] {
        assert_eq!(ledger.claim_request(&new("once", minute), DAY).await?, answered(201, "{\"id\":3}"));
    }
    let of_bob = NewRequest { actor: "bob".to_owned(), ..new("once", 3) };
    assert_eq!(ledger.claim_request(&of_bob, DAY).await?, Claimed::New, "each has keys of their own");
    Ok(())
}

pub(super) async fn a_key_is_that_of_one_request(ledger: &Ledger) -> Case {
    let other = |minute| NewRequest { request: digest("something else"), ..new("one request", minute) };
    assert_eq!(ledger.claim_request(&new("one request", 0), DAY).await?, Claimed::New);
    for minute in [1, 60] {
        assert_eq!(ledger.claim_request(&other(minute), DAY).await?, Claimed::OtherRequest, "{minute}");
    }
    ledger.answer_request("ann", "one request", 200, "").await?;
    assert_eq!(ledger.claim_request(&other(2), DAY).await?, Claimed::OtherRequest);
    assert_eq!(ledger.claim_request(&new("one request", 3), DAY).await?, answered(200, ""));
    Ok(())
}

pub(super) async fn a_request_under_way_for_ten_minutes_is_new_again(ledger: &Ledger) -> Case {
    assert_eq!(ledger.claim_request(&new("lost", 0), DAY).await?, Claimed::New);
    assert_eq!(ledger.claim_request(&new("lost", 9), DAY).await?, Claimed::UnderWay);
    assert_eq!(ledger.claim_request(&new("lost", 10), DAY).await?, Claimed::New);
    assert_eq!(ledger.claim_request(&new("lost", 19), DAY).await?, Claimed::UnderWay, "the time runs anew");
    ledger.answer_request("ann", "lost", 202, "late").await?;
    assert_eq!(ledger.claim_request(&new("lost", 40), DAY).await?, answered(202, "late"));
    Ok(())
}

pub(super) async fn an_answer_stands(ledger: &Ledger) -> Case {
    assert_eq!(ledger.claim_request(&new("stands", 0), DAY).await?, Claimed::New);
    ledger.answer_request("ann", "stands", 200, "first").await?;
    ledger.answer_request("ann", "stands", 200, "first").await?;
    for (status, body) in [(200, "second"), (500, "first")] {
        let refused = ledger.answer_request("ann", "stands", status, body).await;
        assert!(matches!(refused, Err(LedgerError::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(ledger.claim_request(&new("stands", 1), DAY).await?, answered(200, "first"));
    Ok(())
}

pub(super) async fn a_released_request_is_new_again(ledger: &Ledger) -> Case {
    assert_eq!(ledger.claim_request(&new("released", 0), DAY).await?, Claimed::New);
    for _ in 0..2 {
        ledger.release_request("ann", "released").await?;
    }
    assert_eq!(ledger.claim_request(&new("released", 1), DAY).await?, Claimed::New);
    ledger.answer_request("ann", "released", 200, "done").await?;
    ledger.release_request("ann", "released").await?;
    assert_eq!(ledger.claim_request(&new("released", 2), DAY).await?, answered(200, "done"));
    Ok(())
}

pub(super) async fn old_requests_are_removed(ledger: &Ledger) -> Case {
    let hour = Duration::from_secs(3600);
    for key in ["old", "not so old"] {
        assert_eq!(ledger.claim_request(&new(key, if key == "old" { 0 } else { 1 }), DAY).await?, Claimed::New);
        ledger.answer_request("ann", key, 200, key).await?;
    }
    // Whoever claims any key removes what is old.
    assert_eq!(ledger.claim_request(&new("removes", 61), hour).await?, Claimed::New);
    assert_eq!(ledger.claim_request(&new("not so old", 61), Duration::MAX).await?, answered(200, "not so old"));
    assert_eq!(ledger.claim_request(&new("old", 61), Duration::MAX).await?, Claimed::New);
    let gone = ledger.claim_request(&new("in no time", 62), Duration::ZERO).await?;
    assert_eq!((gone, ledger.claim_request(&new("old", 63), Duration::ZERO).await?), (Claimed::New, Claimed::UnderWay));
    Ok(())
}

pub(super) async fn what_was_not_claimed_has_no_answer(ledger: &Ledger) -> Case {
    let refused = ledger.answer_request("ann", "never claimed", 200, "").await;
    assert!(matches!(refused, Err(LedgerError::UnknownRequest)), "{refused:?}");
    ledger.release_request("ann", "never claimed").await?;
    assert_eq!(ledger.claim_request(&new("status", 0), DAY).await?, Claimed::New);
    for status in [0, 99, 600] {
        let refused = ledger.answer_request("ann", "status", status, "").await;
        assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{status}: {refused:?}");
    }
    Ok(())
}

pub(super) async fn a_request_that_lacks_something_is_refused(ledger: &Ledger) -> Case {
    let good = new(&"é".repeat(255), 0);
    let refused = [
        NewRequest { actor: String::new(), ..good.clone() },
        NewRequest { key: String::new(), ..good.clone() },
        NewRequest { key: "k".repeat(256), ..good.clone() },
        NewRequest { request: String::new(), ..good.clone() },
        NewRequest { request: "POST /tokens".to_owned(), ..good.clone() },
    ];
    for new in refused {
        let answer = ledger.claim_request(&new, DAY).await;
        assert!(matches!(answer, Err(LedgerError::Invalid { .. })), "{new:?}: {answer:?}");
    }
    assert_eq!(ledger.claim_request(&good, DAY).await?, Claimed::New);
    Ok(())
}
