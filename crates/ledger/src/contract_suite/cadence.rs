use chrono::NaiveDate;
use serde_json::json;
use vt_domain::PeriodKind;

use super::{Case, at, audit_of, change};
use crate::{CadenceDecision, Ledger, LedgerError};

fn day(text: &str) -> NaiveDate {
    // Unwrap safety: the cases name days that exist.
    text.parse().expect("a day")
}

pub(super) async fn a_decision_is_kept_with_its_entry(ledger: &Ledger) -> Case {
    let from = day("2020-09-28");
    let first = ledger
        .decide_cadence(from, PeriodKind::TwoWeeks, Some(PeriodKind::FourWeeks), &change(1, "the second wave"))
        .await?;
    let expected = CadenceDecision {
        id: first.id,
        from,
        cadence: PeriodKind::TwoWeeks,
        decided_at: at(1),
        actor: "ann".to_owned(),
        reason: "the second wave".to_owned(),
    };
    assert_eq!(first, expected);
    let entry = audit_of(ledger, "cadence").await?.remove(0);
    assert_eq!((entry.action.as_str(), entry.at, entry.actor.as_str()), ("cadence.set", at(1), "ann"));
    assert_eq!(entry.reason, "the second wave");
    let (before, after) = (entry.before.unwrap_or_default(), entry.after.unwrap_or_default());
    assert_eq!((&before["cadence"], &before["from"]), (&json!("four_weeks"), &json!("2020-09-28")));
    let decisions = json!([{ "from": "2020-09-28", "cadence": "two_weeks" }]);
    assert_eq!(after, json!({ "cadence": "two_weeks", "from": "2020-09-28", "decisions": decisions }));

    let second = ledger.decide_cadence(from, PeriodKind::Week, None, &change(2, "it goes on")).await?;
    assert!(second.id > first.id);
    assert_eq!(audit_of(ledger, "cadence").await?[0].before, None);
    assert!(ledger.cadence_decisions().await?.ends_with(&[first, second]));
    Ok(())
}

pub(super) async fn a_decision_that_makes_another_void_says_so_in_its_entry(ledger: &Ledger) -> Case {
    let (planned, sooner) = (day("2022-05-20"), day("2022-05-10"));
    ledger.decide_cadence(planned, PeriodKind::TwoWeeks, None, &change(1, "planned")).await?;
    let before = Some(PeriodKind::FourWeeks);
    ledger.decide_cadence(sooner, PeriodKind::Week, before, &change(2, "sooner")).await?;
    let entry = audit_of(ledger, "cadence").await?.remove(0);
    let listed =
        |value: Option<serde_json::Value>| value.map(|value| value["decisions"].to_string()).unwrap_or_default();
    let (stood, stands) = (listed(entry.before), listed(entry.after));
    assert!(stood.contains("2022-05-20") && !stood.contains("2022-05-10"), "{stood}");
    assert!(!stands.contains("2022-05-20") && stands.contains("2022-05-10"), "{stands}");
    let all = ledger.cadence_decisions().await?;
    assert_eq!(crate::standing(&all).last().map(|it| it.from), Some(sooner));
    Ok(())
}

pub(super) async fn the_same_decision_again_changes_nothing(ledger: &Ledger) -> Case {
    let decide = async |cadence, minute| {
        ledger.decide_cadence(day("2020-11-02"), cadence, None, &change(minute, "a reason")).await
    };
    let first = decide(PeriodKind::Week, 1).await?;
    let entries = audit_of(ledger, "cadence").await?.len();
    assert_eq!(decide(PeriodKind::Week, 2).await?, first);
    assert_eq!(audit_of(ledger, "cadence").await?.len(), entries);
    let other = decide(PeriodKind::FourWeeks, 3).await?;
    let back = decide(PeriodKind::Week, 4).await?;
    assert!(first.id < other.id && other.id < back.id);
    assert!(ledger.cadence_decisions().await?.ends_with(&[first, other, back]));
    Ok(())
}

pub(super) async fn a_decision_needs_a_reason(ledger: &Ledger) -> Case {
    let before = (ledger.cadence_decisions().await?, audit_of(ledger, "cadence").await?);
    let nobody = crate::Change { actor: String::new(), ..change(1, "a reason") };
    for refused in [change(1, " \n"), nobody] {
        let answer = ledger.decide_cadence(day("2020-12-28"), PeriodKind::Week, None, &refused).await;
        assert!(matches!(answer, Err(LedgerError::Invalid { .. })), "{answer:?}");
    }
    assert_eq!((ledger.cadence_decisions().await?, audit_of(ledger, "cadence").await?), before);
    Ok(())
}

pub(super) async fn no_decision_is_changed_or_deleted(ledger: &Ledger) -> Case {
    let decision = ledger.decide_cadence(day("2021-01-04"), PeriodKind::TwoWeeks, None, &change(1, "stands")).await?;
    for sql in
        ["UPDATE cadence_decisions SET cadence = 'week' WHERE id = $1", "DELETE FROM cadence_decisions WHERE id = $1"]
    {
        assert!(sqlx::query(sql).bind(decision.id).execute(&ledger.pool).await.is_err(), "{sql}");
    }
    assert!(ledger.cadence_decisions().await?.ends_with(&[decision]));
    Ok(())
}
