//! The two reports, and their description for regions.

use vt_intake::report::{Kwaliteitsrapport, Spiegelrapport};

use crate::case::Case;

#[tokio::test]
async fn the_spiegelrapport_says_how_fields_are_filled() {
    let kept = Case::with(|case| {
        case.meldingen()[1].insert("n_betrokkenen".into(), "x".into());
        case.meldingen()[2].insert("n_betrokkenen".into(), "12".into());
    })
    .run()
    .await;
    let spiegel = kept.report.spiegelrapport.unwrap();
    let field =
        |file: usize, name: &str| spiegel.bestanden[file].velden.iter().find(|f| f.veld == name).unwrap().clone();
    let count = field(1, "n_betrokkenen");
    assert_eq!((count.gevuld, count.leeg, count.ongeldig), (2, 0, 1));
    assert_eq!((count.laagste.as_deref(), count.hoogste.as_deref()), (Some("3"), Some("12")));
    let aard = field(0, "aard");
    let codes: Vec<(&str, u64)> = aard.codes.iter().map(|c| (c.code.as_str(), c.aantal)).filter(|c| c.1 > 0).collect();
    assert_eq!(codes, [("kindermishandeling", 3), ("partnergeweld", 3)]);
    assert_eq!(aard.codes.len(), 8);
    let eind = field(2, "eind");
    assert_eq!((eind.gevuld, eind.leeg, eind.laagste.as_deref()), (1, 1, Some("2020-07-15")));
    assert_eq!(field(0, "startdatum").hoogste.as_deref(), Some("2020-07-31"));
    assert_eq!(field(0, "vorm").leeg, 3);
}

#[tokio::test]
async fn the_kwaliteitsrapport_has_its_form() {
    let kept = Case::with(|case| _ = case.meldingen()[1].insert("gm_code".into(), "GM9998".into())).run().await;
    insta::assert_json_snapshot!(kept.report.kwaliteitsrapport, @r#"
    {
      "formaat": 1,
      "levering": {
        "vt": "VT07",
        "maand": "2020-07",
        "nr": 1
      },
      "oordeel": "geaccepteerd",
      "aantallen": [
        {
          "bestand": "advies",
          "gelezen": 3,
          "behouden": 3,
          "geweigerd": 0
        },
        {
          "bestand": "melding",
          "gelezen": 3,
          "behouden": 3,
          "geweigerd": 0
        },
        {
          "bestand": "vervolgdienst",
          "gelezen": 2,
          "behouden": 2,
          "geweigerd": 0
        }
      ],
      "bevindingen": [
        {
          "controle": "R030",
          "naam": "Gemeente bestaat",
          "ernst": "waarschuwing",
          "niveau": "record",
          "bestand": "melding",
          "veld": "gm_code",
          "aantal": 1,
          "melding": "`gm_code` noemt een gemeente die niet in het register staat; het record telt bij gemeente onbekend.",
          "herstel": "Controleer de code bij CBS.",
          "voorbeelden": [
            {
              "regel": 3,
              "id": "M2"
            }
          ]
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn both_are_in_the_store_as_they_were_given() {
    let kept = Case::new().run().await;
    let id = kept.record.id();
    let read = |bytes: Option<bytes::Bytes>| bytes.unwrap();
    let spiegel: Spiegelrapport =
        serde_json::from_slice(&read(kept.vault.report(&id, "spiegelrapport").await.unwrap())).unwrap();
    let kwaliteit: Kwaliteitsrapport =
        serde_json::from_slice(&read(kept.vault.report(&id, "kwaliteitsrapport").await.unwrap())).unwrap();
    assert_eq!(Some(spiegel), kept.report.spiegelrapport);
    assert_eq!(kwaliteit, kept.report.kwaliteitsrapport);
}

#[test]
fn the_examples_for_regions_are_reports() {
    let page = include_str!("../../../../docs/levering/rapporten.md");
    let mut examples = page.split("```json").skip(1).map(|rest| rest.split("```").next().unwrap());
    let spiegel: Spiegelrapport = serde_json::from_str(examples.next().unwrap()).unwrap();
    let kwaliteit: Kwaliteitsrapport = serde_json::from_str(examples.next().unwrap()).unwrap();
    assert_eq!(examples.next(), None);
    assert!(!spiegel.bestanden.is_empty() && !kwaliteit.bevindingen.is_empty());
    let catalogue = vt_intake::checks::Catalogue::builtin();
    for found in &kwaliteit.bevindingen {
        let spec = catalogue.check(&found.controle).unwrap();
        assert_eq!((&found.naam, found.ernst, &found.herstel), (&spec.naam, spec.severity, &spec.herstel));
    }
}
