//! The catalogue as a page for suppliers: `docs/levering/controles.md`.

use std::fmt::Write;

use vt_domain::finding::{Scope, Severity};

use super::catalogue::{Catalogue, CheckSpec};

const INTRO: &str = "\
# Controles op een levering

Deze pagina is gemaakt uit `crates/intake/data/controles.toml`; een test houdt beide gelijk.

Elke levering wordt gecontroleerd op vier niveaus: bestand, record, levering en reeks. De ernst zegt wat er gebeurt:

| ernst | gevolg |
|---|---|
| fout | bij een record: het record telt niet mee en staat in het kwaliteitsrapport; anders: de levering is afgekeurd |
| waarschuwing | de levering telt; de regio krijgt bericht |
| signaal | ter informatie |

Het kwaliteitsrapport noemt per controle het aantal en hoogstens 20 records, met regelnummer en eigen kenmerk. De inhoud van een
veld staat er nooit in. Bij een tijdelijke uitzondering (laatste kolom) wordt een fout een waarschuwing en een waarschuwing een
signaal; een uitzondering heeft een eigenaar, een reden en een einddatum.
";

impl Catalogue {
    /// The page for suppliers, in Dutch.
    pub fn to_markdown(&self) -> String {
        let mut page = INTRO.to_owned();
        let scopes = [
            (Scope::Bestand, "Bestand"),
            (Scope::Record, "Record"),
            (Scope::Levering, "Levering"),
            (Scope::Reeks, "Reeks: vergeleken met eerdere maanden van de eigen regio"),
        ];
        for (scope, title) in scopes {
            // Unwrap safety: writing to a String never fails.
            write!(page, "\n## {title}\n\n| controle | ernst | melding | herstel | drempel | uitzondering |\n|---|---|---|---|---|---|\n")
                .unwrap();
            self.iter().filter(|spec| spec.scope == scope).for_each(|spec| page.push_str(&line(spec)));
        }
        page
    }
}

fn line(spec: &CheckSpec) -> String {
    let severity = match spec.severity {
        Severity::Fout => "fout",
        Severity::Waarschuwing => "waarschuwing",
        Severity::Signaal => "signaal",
    };
    let mut threshold = spec.drempel.as_ref().map_or_else(String::new, ToString::to_string);
    if spec.historie > 0 {
        write!(threshold, ", vanaf {} eerdere maanden", spec.historie).unwrap_or_default();
    }
    let exception = if spec.uitzondering { "mogelijk" } else { "nee" };
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| **{}** {} | {severity} | {} | {} | {threshold} | {exception} |\n",
        spec.check.id(),
        cell(&spec.naam),
        cell(&spec.melding),
        cell(&spec.herstel),
    )
}
