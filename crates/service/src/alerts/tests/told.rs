//! Once at the beginning, once at the end, reminders in between; whatever is repeated, restarted or muted.

use chrono::TimeDelta;

use super::*;

#[tokio::test]
async fn it_is_told_once_when_it_begins_and_once_when_it_ends() {
    let world = World::with(&smtp(25)).await;
    assert_eq!(world.look(&[late("VT07")]).await, Changed { begun: 1, ended: 0, queued: 2 });
    assert_eq!(world.messages().await, ["Begun mail", "Begun mail VT07"]);
    for _ in 0..3 {
        assert_eq!(world.look(&[late("VT07")]).await, Changed::default(), "again, also by another instance");
    }
    world.all_sent().await;
    assert_eq!(world.look(&[]).await, Changed { begun: 0, ended: 1, queued: 2 });
    assert_eq!(world.look(&[]).await, Changed::default());
    assert_eq!(world.messages().await[2..], ["Ended mail", "Ended mail VT07"]);
    assert_eq!(world.look(&[late("VT07")]).await.begun, 1, "what comes back is another alert");
}

#[tokio::test]
async fn only_the_region_itself_is_told_and_of_disks_only_operators() {
    let world = World::with(&smtp(25)).await;
    world.look(&[late("VT08")]).await;
    assert_eq!(world.messages().await, ["Begun mail", "Begun mail VT08"]);
    world.look(&[late("VT08"), disk()]).await;
    assert_eq!(world.messages().await, ["Begun mail"]);
    world.look(&[late("VT08"), disk(), late("VT09")]).await;
    assert_eq!(world.messages().await, ["Begun mail"], "VT09 has no address");
}

#[tokio::test]
async fn it_reminds_at_its_pace_and_not_of_what_did_not_go_out() {
    let world = World::with(&smtp(25)).await;
    world.look(&[disk()]).await;
    world.pass_hours(24);
    assert_eq!(world.look(&[disk()]).await.queued, 0, "the first message has not gone out");
    world.all_sent().await;
    assert_eq!(world.look(&[disk()]).await.queued, 1, "24 hours after the beginning");
    world.all_sent().await;
    world.pass_hours(23);
    assert_eq!(world.look(&[disk()]).await.queued, 0);
    world.pass_hours(1);
    assert_eq!(world.look(&[disk()]).await.queued, 1);
    assert_eq!(world.messages().await, ["Begun mail", "Reminder mail", "Reminder mail"]);
    assert_eq!(world.ledger.open_alerts().await.unwrap()[0].reminded_at, Some(world.now()));
}

#[tokio::test]
async fn without_a_pace_nobody_is_reminded() {
    let world = World::with(&format!("{}[[rule]]\nname = \"disk_low\"\nremind_hours = 0\n", smtp(25))).await;
    world.look(&[disk()]).await;
    world.all_sent().await;
    world.pass_hours(1000);
    assert_eq!(world.look(&[disk()]).await.queued, 0);
}

#[tokio::test]
async fn what_is_muted_is_kept_and_told_when_the_mute_is_over() {
    let world = World::with(&smtp(25)).await;
    let until = world.now() + TimeDelta::hours(5);
    let mute = world.ledger.mute_alerts(Some("disk_low"), None, until, &world.change()).await.unwrap();
    assert_eq!(world.look(&[disk()]).await, Changed { begun: 1, ended: 0, queued: 0 });
    assert_eq!(world.look(&[disk(), late("VT07")]).await.queued, 2, "others are told");
    world.pass_hours(6);
    assert_eq!(world.look(&[disk(), late("VT07")]).await.queued, 1, "it goes on after the mute");
    let again = world.now() + TimeDelta::hours(5);
    world.ledger.mute_alerts(None, Some("private"), again, &world.change()).await.unwrap();
    assert_eq!(world.look(&[late("VT07")]).await, Changed { begun: 0, ended: 1, queued: 0 }, "not its end either");
    let log = world.ledger.audit_log(&vt_ledger::AuditFilter { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(
        (log.len(), log[1].action.as_str(), log[1].subject.clone()),
        (2, "alert.mute", format!("mute {}", mute.id))
    );
}

#[tokio::test]
async fn who_was_not_told_of_the_beginning_is_not_told_of_the_end() {
    let world = World::with("").await;
    world.look(&[disk()]).await;
    assert_eq!(world.look(&[]).await, Changed { begun: 0, ended: 1, queued: 0 });
}

#[tokio::test]
async fn a_crash_between_two_writes_is_made_up_for() {
    let world = World::with(&smtp(25)).await;
    let it = disk();
    // It had begun, and nothing was queued.
    let _ = world.ledger.begin_alert(&it.rule, &it.subject, &it.text, world.now()).await.unwrap();
    assert_eq!(world.look(&[disk()]).await, Changed { begun: 0, ended: 0, queued: 1 });
    // Its end was queued, and it had not ended.
    let alert = world.ledger.open_alerts().await.unwrap().remove(0);
    let _ =
        world.ledger.queue_message(alert.id, vt_ledger::AlertMessageKind::Ended, "mail", world.now()).await.unwrap();
    world.pass_hours(1);
    assert_eq!(world.look(&[]).await, Changed { begun: 0, ended: 1, queued: 0 });
    assert_eq!(world.messages().await, ["Begun mail", "Ended mail"]);
}

#[tokio::test]
async fn what_nobody_can_tell_goes_on_as_it_was() {
    let world = World::with(&smtp(25)).await;
    world.look(&[late("VT07"), disk()]).await;
    let facts = crate::alerts::facts::Facts::default();
    let judgement = crate::alerts::judge::judge(&world.alerting.rules, &facts);
    let changed = reconcile(&world.ledger, &world.alerting, &judgement, world.now()).await.unwrap();
    assert_eq!(changed.ended, 1, "no disk is looked at any more; deliveries are not known");
    assert_eq!(world.ledger.open_alerts().await.unwrap()[0].rule, "delivery_late");
}

#[tokio::test]
async fn another_text_replaces_the_former_one_and_is_not_told_anew() {
    let world = World::with(&smtp(25)).await;
    world.look(&[disk()]).await;
    let reworded = Condition { text: "Anders. Wat te doen: iets.".into(), ..disk() };
    assert_eq!(world.look(&[reworded]).await, Changed::default());
    assert_eq!(world.ledger.open_alerts().await.unwrap()[0].text, "Anders. Wat te doen: iets.");
}

#[tokio::test]
async fn a_mute_of_a_region_is_of_its_months_too() {
    let world = World::with(&smtp(25)).await;
    let until = world.now() + TimeDelta::hours(5);
    world.ledger.mute_alerts(None, Some("VT07"), until, &world.change()).await.unwrap();
    let rejected =
        |vt: &str| Condition { rule: "delivery_rejected".into(), subject: format!("{vt} 2020-07"), ..late(vt) };
    assert_eq!(world.look(&[late("VT07"), rejected("VT07")]).await, Changed { begun: 2, ended: 0, queued: 0 });
    assert_eq!(world.look(&[late("VT07"), rejected("VT07"), rejected("VT08")]).await.queued, 2);
}

#[tokio::test]
async fn months_that_join_or_leave_are_one_alert_that_goes_on() {
    let world = World::with(&smtp(25)).await;
    let of = |months: &str| Condition { text: format!("Te laat over {months}. Oorzaak: niets."), ..late("VT07") };
    assert_eq!(world.look(&[of("juni 2020")]).await, Changed { begun: 1, ended: 0, queued: 2 });
    world.all_sent().await;
    assert_eq!(world.look(&[of("juni en juli 2020")]).await, Changed::default());
    world.pass_hours(72);
    assert_eq!(world.look(&[of("juli 2020")]).await, Changed { begun: 0, ended: 0, queued: 2 }, "at its pace");
    world.all_sent().await;
    assert_eq!(world.look(&[]).await, Changed { begun: 0, ended: 1, queued: 2 });
}
