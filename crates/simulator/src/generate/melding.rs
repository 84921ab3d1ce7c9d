//! Meldingen.

use std::collections::VecDeque;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use vt_domain::codes::ONBEKEND;

use super::common::{aard, optional, rol, vorm};
use super::{Draft, Generator};
use crate::calendar::{Day, date, weekday};
use crate::calibration::Maat;
use crate::chance::{Purpose, below, happens, hash, stream};
use crate::ids::{IdKind, of_month};
use crate::records::Melding;
use crate::services::Origin;

/// Per mille of meldingen whose gemeente is not known (assumption).
const GEMEENTE_UNKNOWN: u32 = 12;

/// Per mille of meldingen from others that are from the police after all on a Saturday or Sunday (assumption: others are closed).
const POLITIE_IN_WEEKEND: u32 = 500;

/// Per mille of police meldingen that are a handover (assumption).
const OVERDRACHT: u32 = 970;

/// Per mille without casus, and per mille in the casus of an earlier melding of the month (assumption).
const CASUS_NONE: u32 = 50;
const CASUS_SHARED: u32 = 130;

/// 3-6-2020: police context data arrives automatically (series break, DESIGN §2); until then minors are more often not given.
const POLICE_CONTEXT_FROM: Day = 884;

impl Draft<'_> {
    pub(super) fn meldingen(&self) -> Vec<Melding> {
        let mut rng = stream(self.generator.seed, Purpose::Meldingen, self.region, self.month);
        let mut casussen = Casussen::default();
        let days = self.each(Maat::Meldingen).take_while(|(_, day)| *day <= self.knowledge.through);
        days.map(|(index, day)| {
            let melding = self.melding(&mut rng, &mut casussen, index, day);
            self.unripe_melding(index, melding)
        })
        .collect()
    }

    /// Melding number `index` of the month, as known by the day of the delivery. Meldingen are drawn in order from one stream.
    pub(crate) fn melding(&self, rng: &mut ChaCha8Rng, casussen: &mut Casussen, index: usize, day: Day) -> Melding {
        let Generator { shares, places, .. } = self.generator;
        let organisatie = self.melder(rng, day);
        let gemeente = places.draw(rng, self.region, day);
        let (casus, shared) = casussen.draw(rng, index);
        let aard = aard(rng, &shares.melding);
        let n_betrokkenen = shares.betrokkenen.draw(rng);
        let besluit_on = self.generator.services.besluit(self.region, self.origin(index, day), self.generator.ground());
        let judged = self.known(besluit_on);
        Melding {
            melding_id: self.ids.id(IdKind::Melding, of_month(self.month, index)),
            casus_id: (!happens(rng, CASUS_NONE)).then(|| self.ids.id(IdKind::Casus, of_month(self.month, casus))),
            ontvangstdatum: date(day),
            rol: rol(organisatie),
            organisatie,
            vorm: vorm(rng, &shares.melding, day),
            duur_geweld: optional(rng, &shares.melding.duur, day),
            politie_overdracht: happens(rng, OVERDRACHT) && organisatie == "politie",
            gm_code: if happens(rng, GEMEENTE_UNKNOWN) { ONBEKEND.to_owned() } else { gemeente.to_owned() },
            n_betrokkenen,
            n_minderjarig: minors(rng, &aard, n_betrokkenen, organisatie == "politie" && day < POLICE_CONTEXT_FROM),
            veiligheidstaxatie: self.taxatie(rng, judged),
            besluit: self.besluit(rng, index, day, judged),
            besluitdatum: judged.then(|| date(besluit_on)),
            hermelding: self.hermelding(rng, day, shared),
            aard,
        }
    }

    pub(crate) fn origin(&self, index: usize, day: Day) -> Origin {
        Origin { month: self.month, index, day }
    }

    /// Who reports: by share, with some regions a little above and others below, and more police in weekends.
    fn melder(&self, rng: &mut ChaCha8Rng, day: Day) -> &'static str {
        let Generator { shares, seed, .. } = self.generator;
        let organisatie = shares.melding.organisatie.draw(rng);
        let bits = hash(*seed, Purpose::Region, self.region as u64, 2, 0);
        let drawn = below(rng.next_u32(), 1000);
        let more = below(bits as u32, 100) + if weekday(day) >= 5 { POLITIE_IN_WEEKEND } else { 0 };
        let fewer = below((bits >> 32) as u32, 50);
        match organisatie {
            "politie" if drawn < fewer => "burger",
            "politie" => organisatie,
            _ if drawn < more => "politie",
            _ => organisatie,
        }
    }

    fn taxatie(&self, rng: &mut ChaCha8Rng, judged: bool) -> Vec<&'static str> {
        let code = self.generator.shares.taxatie.draw(rng);
        let early = happens(rng, 400);
        match code {
            _ if !judged && !early => vec![ONBEKEND],
            "beide" => vec!["acuut", "structureel"],
            code => vec![code],
        }
    }

    /// What was decided: a service at VT when one follows, else by share; nothing before the day of the besluit.
    fn besluit(&self, rng: &mut ChaCha8Rng, index: usize, day: Day, judged: bool) -> &'static str {
        let other = self.generator.shares.besluit.draw(rng);
        let follows =
            || self.generator.services.first(self.region, self.origin(index, day), self.generator.ground()).is_some();
        match judged {
            false => "nog_niet_beoordeeld",
            true if follows() => "vervolg_vt",
            true => other,
        }
    }

    fn hermelding(&self, rng: &mut ChaCha8Rng, day: Day, shared: bool) -> Option<&'static str> {
        let code = optional(rng, &self.generator.shares.hermelding, day);
        if shared && code == Some("geen") { Some("tijdens_veiligheidsbeoordeling") } else { code }
    }

    /// What a delivery that is corrected later still lacks.
    fn unripe_melding(&self, index: usize, mut melding: Melding) -> Melding {
        if self.unfilled(Purpose::Meldingen, index, 0) {
            melding.vorm.clear();
        }
        if self.unfilled(Purpose::Meldingen, index, 1) {
            melding.gm_code = ONBEKEND.to_owned();
        }
        if self.unfilled(Purpose::Meldingen, index, 2) {
            melding.hermelding = None;
        }
        melding
    }
}

/// The casussen of the last meldingen, which a next melding can belong to.
#[derive(Debug, Default)]
pub(crate) struct Casussen(VecDeque<usize>);

impl Casussen {
    /// How many are remembered, so that a file of any size can be drawn.
    const REMEMBERED: usize = 256;

    /// The number that names the casus of a melding, and whether that is an earlier one.
    fn draw(&mut self, rng: &mut ChaCha8Rng, index: usize) -> (usize, bool) {
        let (wanted, bits) = (happens(rng, CASUS_SHARED), rng.next_u32());
        let earlier = self.0.get(below(bits, self.0.len() as u32) as usize).copied().filter(|_| wanted);
        let casus = earlier.unwrap_or(index);
        self.0.push_front(casus);
        self.0.truncate(Self::REMEMBERED);
        (casus, earlier.is_some())
    }
}

fn minors(rng: &mut ChaCha8Rng, aard: &[&str], n_betrokkenen: u32, seldom_given: bool) -> Option<u32> {
    let missing = happens(rng, if seldom_given { 350 } else { 100 });
    let n = below(rng.next_u32(), n_betrokkenen);
    let n = if aard.contains(&"kindermishandeling") { n.max(1) } else { n };
    (!missing).then_some(n)
}
