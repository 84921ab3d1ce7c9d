//! What to do, in Dutch: to a region what it can do itself, to operators what they can.

use vt_ledger::Alert;

use super::config::Alerting;
use super::rule::{Audience, Rule, RuleKind};

impl RuleKind {
    /// What who reads it has to do.
    pub fn advice(self, to: Audience) -> &'static str {
        match (self, to) {
            (Self::DeliveryLate, Audience::Region) => {
                "lever alsnog wat ontbreekt; lukt dat niet, vraag dan de beheerder van de monitor om uitstel of meld een storing. \
                 Onder 'Mijn regio' in de monitor staat wat binnen is."
            }
            (Self::DeliveryLate, Audience::Operators) => {
                "vraag de regio wanneer zij levert, en leg uitstel of een storing vast op haar pagina (of met `vt-monitor region`)."
            }
            (Self::DeliveryRejected, Audience::Region) => {
                "bekijk onder 'Mijn regio' in de monitor het kwaliteitsrapport van deze levering, herstel de bevindingen in de bron \
                 en lever de maand opnieuw onder een hoger nummer."
            }
            (Self::DeliveryRejected, Audience::Operators) => {
                "bekijk de bevindingen op de pagina van de regio (of met `vt-monitor findings`) en ga na of zij opnieuw levert."
            }
            (Self::PullsFailing, Audience::Region) => {
                "ga na of uw leverpunt bereikbaar is, of het certificaat geldt en of de monitor nog toegang heeft; de monitor probeert \
                 het vanzelf opnieuw."
            }
            (Self::PullsFailing, Audience::Operators) => {
                "bekijk de laatste poging bij Runs (of met `vt-monitor status`), ga na of adres en toegang hier kloppen, en vraag \
                 anders de regio haar leverpunt te herstellen."
            }
            (Self::PublicationFailed, _) => {
                "bekijk de oorzaak bij Publicaties (of met `vt-monitor status`) en neem haar weg; de dienst probeert het opnieuw."
            }
            (Self::PublicationBlocked, _) => {
                "bekijk de reden bij Publicaties (of met `vt-monitor status`) en handel zoals docs/OPERATING.md zegt."
            }
            (Self::CoverageLow, _) => "vraag deze regio's om hun levering; NL blijft leeg tot alle compleet zijn.",
            (Self::StoreUnreachable, _) => "ga adres, rechten en netwerk na met `vt-monitor doctor`.",
            (Self::DiskLow, _) => {
                "maak ruimte vrij of vergroot de schijf; `vt-monitor housekeeping --dry-run` toont wat over zijn termijn is."
            }
            (Self::ClockSkew, _) => "stel de tijdsynchronisatie (NTP) in orde.",
        }
    }
}

impl Alerting {
    /// What a rule is called in Dutch; its name when it is configured no more.
    pub fn title(&self, name: &str) -> String {
        self.rule(name).map_or_else(|| name.to_owned(), Rule::title)
    }

    /// What is wrong and what to do, for who reads it.
    pub fn told(&self, alert: &Alert, to: Audience) -> String {
        match self.rule(&alert.rule) {
            Some(rule) => format!("{} Wat te doen: {}", alert.text, rule.kind.advice(to)),
            None => alert.text.clone(),
        }
    }
}
