//! What needs attention: one line for each region, with its cause, and what each role sees of it.

use vt_domain::delivery::{DeliveryHeader, DeliveryId, DeliveryKind};
use vt_domain::finding::{Finding, Scope, Severity};
use vt_ledger::{Fault, NewRun, Step, StepName};
use vt_vault::{DeliveryRecord, Verdict};

use super::Browser;
use crate::api::tests::Desk;
use crate::ops::{self, Arrange, ArrangeKind};

fn finding(check: &str, scope: Scope) -> Finding {
    Finding {
        check: check.into(),
        severity: Severity::Fout,
        scope,
        bestand: None,
        veld: None,
        aantal: 1234,
        voorbeelden: Vec::new(),
        melding: "1234 keer".into(),
    }
}

/// In September: July of VT07 was rejected, that of VT19 can't be pulled, nothing came of the rest; alerts of all kinds are open.
async fn faulty() -> Desk {
    let desk = Desk::new().await;
    let (app, now) = (&desk.api.app, desk.api.app.clock.now());
    let maand = "2020-07".parse().unwrap();
    let kop = DeliveryHeader {
        protocol_versie: "1".into(),
        vt_code: "VT07".into(),
        leveringsmaand: maand,
        levering_nr: 1,
        soort: DeliveryKind::Volledig,
        tot_en_met: "2020-07-31".parse().unwrap(),
        aangemaakt_op: now,
        bronsysteem: "proef".into(),
    };
    let record = DeliveryRecord {
        formaat: 1,
        kop,
        verdict: Verdict::Afgekeurd,
        bestanden: Vec::new(),
        kenmerk: "0".repeat(64),
        beoordeeld_op: now,
        bevindingen: vec![finding("R007", Scope::Record), finding("L014", Scope::Levering)],
        samenvatting: None,
    };
    app.vault.commit_delivery(&record).await.unwrap();
    let delivery = vt_ledger::Delivery {
        id: DeliveryId { vt: "VT07".into(), maand, nr: 1 },
        soort: DeliveryKind::Volledig,
        tot_en_met: "2020-07-31".parse().unwrap(),
        status: vt_ledger::DeliveryStatus::Rejected,
        first_seen: now,
        decided_at: Some(now),
        records: None,
        dropped: 0,
        listing_digest: "0".repeat(64),
    };
    let _ = app.ledger.record_delivery(&delivery).await.unwrap();
    let run = app.ledger.begin_run(&NewRun::of_this_process("serve: again", "0.1.0", now)).await.unwrap();
    let fault = Fault::new("status", "VT19 2020-07, listing: HTTP 500: the region's server fails");
    let step = Step::of_pull("VT19", maand, StepName::Fetch, now).failed(now, fault.clone());
    let _ = app.ledger.record_steps(run, &[step]).await.unwrap();
    let _ = app.ledger.record_failed_pull("VT19", maand, now, &fault).await.unwrap();
    let lines = [(now, "info".into(), "the oldest line".into()), (now, "info".into(), "the newest line".into())];
    app.ledger.append_lines(run, &lines).await.unwrap();
    for (rule, subject) in [
        ("delivery_late", "VT07"),
        ("delivery_rejected", "VT07 2020-07"),
        ("pulls_failing", "VT19"),
        ("coverage_low", "2020W405"),
        ("coverage_low", "2020W406"),
        ("clock_skew", "store"),
    ] {
        let _ = app.ledger.begin_alert(rule, subject, "Er is iets. Wat te doen: niets.", now).await.unwrap();
    }
    desk
}

#[tokio::test]
async fn each_region_has_one_line_with_its_cause() {
    let desk = faulty().await;
    let page = Browser::of(&desk, "operator").await.get("/overzicht").await.text;
    let (attention, grid) = page.split_once("<table class=\"rooster\">").unwrap();
    assert_eq!(attention.matches("<tr class=\"erg\">").count(), 26, "{attention}");
    for told in [
        "levering 1 afgekeurd: L014 Geweigerde records binnen de tolerantie; R007 Code bekend",
        "href=\"/regio/VT07/levering/2020-07/1\"",
        "het leverpunt antwoordt met een fout (HTTP 500), 1 poging",
        "href=\"/runs/1\"",
        "niets ontvangen",
        "lage dekking (2020W405, 2020W406)",
        ": Er is iets.</li>",
    ] {
        assert!(attention.contains(told), "{told}: {attention}");
    }
    assert_eq!(attention.matches("<a href=\"/alarmen\">Alarm</a>").count(), 2, "{attention}");
    let place = |text: &str| grid.find(text).unwrap_or_else(|| panic!("{text}: {grid}"));
    assert!(place("aug<br>") < place("jul<br>"), "the newest month comes first");
    assert!(grid.contains("title=\"Gooi en Vechtstreek\">VT07<span class=\"lang\"> Gooi en Vechtstreek</span>"));
}

#[tokio::test]
async fn a_reader_sees_the_kind_of_cause_and_not_what_was_found() {
    let desk = faulty().await;
    let reader = Browser::of(&desk, "lezer").await;
    for path in ["/overzicht", "/regio/VT07", "/regio/VT19"] {
        let page = reader.get(path).await.text;
        for hidden in ["L014", "HTTP 500", "/levering/2020-07/1", "\"/runs/1\"", "1234", "server fails"] {
            assert!(!page.contains(hidden), "{path}: {hidden} in {page}");
        }
    }
    let page = reader.get("/overzicht").await.text;
    assert!(page.contains("levering 1 afgekeurd") && page.contains("het leverpunt antwoordt met een fout, 1 poging"));
}

#[tokio::test]
async fn a_region_reads_on_its_page_why_it_is_late_and_what_to_do() {
    let desk = faulty().await;
    let seven = Browser::of(&desk, "regio:VT07").await.get("/regio/VT07").await.text;
    for told in [
        "Wat er mis is",
        "jul 2020: te laat, sinds ",
        "R007 Code bekend",
        "href=\"/regio/VT07/levering/2020-07/1\"",
        "Wat te doen: ",
        "zie rapport",
    ] {
        assert!(seven.contains(told), "{told}: {seven}");
    }
    let nineteen = Browser::of(&desk, "regio:VT19").await.get("/regio/VT19").await.text;
    assert!(nineteen.contains("Ophalen lukt niet: het leverpunt antwoordt met een fout (HTTP 500)"), "{nineteen}");
    assert!(nineteen.contains("logboek van het leverpunt") && !nineteen.contains("/runs/"), "{nineteen}");
    assert!(!nineteen.contains("server fails"), "what the system says may name our own files");
    let operator = Browser::of(&desk, "operator").await.get("/regio/VT19").await.text;
    assert!(operator.contains("href=\"/runs/1\"") && operator.contains("server fails"), "{operator}");
}

#[tokio::test]
async fn why_something_was_agreed_is_for_operators() {
    let desk = Desk::new().await;
    let asked = Arrange {
        kind: ArrangeKind::Outage,
        vt: "VT07".into(),
        maand: None,
        from: None,
        until: "2020-09-25".parse().unwrap(),
        owner: Some("Jo de Vries".into()),
        reason: "zelfde storing als elders".into(),
    };
    let now = desk.api.app.clock.now();
    let change = vt_ledger::Change { at: now, actor: "de beslisser".into(), reason: asked.reason.clone() };
    ops::arrange(&desk.api.app, &asked, &change).await.unwrap();
    let secrets = ["zelfde storing", "Jo de Vries", "de beslisser"];
    for (role, sees) in [("regio:VT07", false), ("lezer", false), ("operator", true)] {
        let token = desk.token(role).await;
        let mut seen = vec![Browser::of(&desk, role).await.get("/regio/VT07").await.text];
        seen.push(desk.ask("GET", "/v1/regions/VT07", Some(&token), None).await.text);
        assert!(seen[0].contains("buiten gebruik, vanaf 14-9-2020 t/m 25-9-2020"), "{}", seen[0]);
        if role != "regio:VT07" {
            seen.push(desk.ask("GET", "/v1/arrangements", Some(&token), None).await.text);
        }
        for text in &seen {
            assert!(text.contains("VT07"), "{text}");
            assert_eq!(secrets[..2].iter().all(|secret| text.contains(secret)), sees, "{role}: {text}");
            assert!(sees || !secrets.iter().any(|secret| text.contains(secret)), "{role}: {text}");
        }
    }
}

#[tokio::test]
async fn the_newest_line_of_a_log_comes_first() {
    let desk = faulty().await;
    let page = Browser::of(&desk, "operator").await.get("/runs/1").await.text;
    assert!(page.find("the newest line").unwrap() < page.find("the oldest line").unwrap(), "{page}");
    for told in ["ronde, opnieuw", "binnenhalen", "het leverpunt antwoordt met een fout"] {
        assert!(page.contains(told), "{told}: {page}");
    }
}
