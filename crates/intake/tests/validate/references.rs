//! Services that refer to a melding nobody knows.

use vt_domain::contract::RecordType::Vervolgdienst;
use vt_domain::delivery::DeliveryKind;
use vt_intake::keep::keep;
use vt_vault::{DeliveryRecord, Vault};

use crate::case::{Case, dienst, melding, memory_vault};

/// April, May and June, each with one melding named after it.
async fn three_months(vault: &Vault) -> Vec<DeliveryRecord> {
    let mut history = Vec::new();
    for month in ["2020-04", "2020-05", "2020-06"] {
        let mut case = Case::new();
        case.move_to("VT07", month);
        *case.meldingen() = vec![melding(&format!("M-{month}"), &format!("{month}-09"))];
        case.diensten().clear();
        let now = case.kop.aangemaakt_op;
        history.push(keep(vault, case.judged(vault).await, now).await.unwrap());
        assert!(history.iter().all(DeliveryRecord::accepted));
    }
    history
}

fn referring_to(meldingen: &[&str], history: Vec<DeliveryRecord>) -> Case {
    Case::with(|case| {
        *case.diensten() = meldingen
            .iter()
            .enumerate()
            .map(|(nr, melding)| dienst(&format!("D{nr}"), melding, "2020-07-06", ""))
            .collect();
        case.history = history;
    })
}

async fn unknown(case: &Case, vault: &Vault) -> u64 {
    let outcome = case.judged(vault).await;
    assert!(outcome.is_accepted());
    outcome.findings().iter().filter(|finding| finding.check == "L015").map(|finding| finding.aantal).sum()
}

#[tokio::test]
async fn meldingen_of_this_month_and_the_three_before_are_known() {
    let vault = memory_vault();
    let history = three_months(&vault).await;
    assert_eq!(
        unknown(&referring_to(&["M1", "M-2020-04", "M-2020-05", "M-2020-06"], history.clone()), &vault).await,
        0
    );
    assert_eq!(unknown(&referring_to(&["M1", "M-2020-06", "M-weg", "M-weg", "M-kwijt"], history), &vault).await, 3);
}

#[tokio::test]
async fn a_service_that_started_earlier_was_looked_up_then() {
    let vault = memory_vault();
    let history = three_months(&vault).await;
    let mut case = referring_to(&["M1"], history);
    case.diensten().push(dienst("D9", "M-weg", "2020-03-06", "2020-07-09"));
    assert_eq!(unknown(&case, &vault).await, 0);
}

#[tokio::test]
async fn with_a_month_missing_nobody_can_tell() {
    let vault = memory_vault();
    let mut history = three_months(&vault).await;
    history.remove(1);
    assert_eq!(unknown(&referring_to(&["M-weg"], history.clone()), &vault).await, 0);
    assert_eq!(unknown(&referring_to(&["M-weg"], Vec::new()), &vault).await, 0);
    let mut partial = three_months(&memory_vault()).await;
    partial[2].kop.soort = DeliveryKind::Tussentijds;
    partial[2].kop.tot_en_met = "2020-06-15".parse().unwrap();
    assert_eq!(unknown(&referring_to(&["M-weg"], partial), &vault).await, 0);
}

#[tokio::test]
async fn earlier_registrations_that_cannot_be_read_are_an_error_and_no_finding() {
    let history = three_months(&memory_vault()).await;
    let (case, empty) = (referring_to(&["M-weg"], history), memory_vault());
    let raw = case.fetched(&empty).await;
    let parsed = vt_intake::parse::parse(&empty, raw, &case.limits).await.unwrap();
    let hasher = crate::case::hasher();
    let ctx = vt_intake::validate::ValidationContext {
        asked_vt: &case.vt,
        asked_month: case.month,
        register: vt_domain::register::Register::builtin(),
        codes: vt_domain::codes::CodeLists::builtin(),
        catalogue: vt_intake::checks::Catalogue::builtin(),
        exceptions: &[],
        history: &case.history,
        hasher: &hasher,
        today: case.today,
        limits: &case.limits,
        threads: 1,
    };
    let error = vt_intake::validate::validate(&empty, parsed, &ctx).await.unwrap_err();
    assert!(error.to_string().contains("registrations/melding/VT07/2020-06/1.parquet"), "{error}");
}

#[tokio::test]
async fn the_finding_names_the_file_and_the_field() {
    let vault = memory_vault();
    let case = referring_to(&["M-weg"], three_months(&vault).await);
    let outcome = case.judged(&vault).await;
    let found = &outcome.report().kwaliteitsrapport.bevindingen;
    let found = found.iter().find(|found| found.controle == "L015").unwrap();
    assert_eq!((found.bestand, found.veld.as_deref()), (Some(Vervolgdienst), Some("melding_id")));
    assert!(found.melding.contains("3 maanden"), "{}", found.melding);
}
