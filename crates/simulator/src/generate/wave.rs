//! What a correction wave does to the records of a month. Which record is struck follows from its id, so that a later wave, or a
//! usual correction that comes after it, shows the same changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::{Casussen, Draft, Knowledge};
use crate::calendar::{Day, date, day};
use crate::calibration::Maat;
use crate::chance::{Purpose, below, hash, stream};
use crate::config::CorrectionWave;
use crate::ids::{IdKind, of_month};
use crate::records::{Advies, Melding, Records, Vervolgdienst};
use crate::services::{Origin, Soort};
use crate::waves::Waves;

/// So many draws are tried for a characteristic that differs.
const ATTEMPTS: usize = 32;

/// The besluit of a melding that a service follows: what was decided there stays, and the melding too.
const FOLLOWED: &str = "vervolg_vt";

/// Letters of an id that do not depend on its kind or marker.
const LETTERS: usize = 10;

/// What becomes of a record in a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Changes,
    Withdrawn,
}

/// A wave over one region's month.
struct Correction<'a> {
    /// Draws what is new, with what is known on the day of the wave.
    draft: Draft<'a>,
    number: usize,
    wave: CorrectionWave,
}

impl Draft<'_> {
    /// The records of the month after a wave.
    pub(super) fn corrected(&self, number: usize, records: Records) -> Records {
        let Some(wave) = self.generator.waves.get(number).copied() else { return records };
        let Some(as_of) = day(wave.on) else { return records };
        let draft = Self { knowledge: Knowledge { as_of, settled: true, ..self.knowledge }, ..*self };
        Correction { draft, number, wave }.apply(records)
    }
}

impl Correction<'_> {
    fn apply(&self, records: Records) -> Records {
        let adviezen = self.adviezen(records.adviezen);
        let origins = self.origins();
        let meldingen = self.meldingen(records.meldingen, &origins);
        let vervolgdiensten = self.vervolgdiensten(records.vervolgdiensten, &meldingen, &origins);
        Records { adviezen, meldingen, vervolgdiensten }
    }

    fn adviezen(&self, before: Vec<Advies>) -> Vec<Advies> {
        let late = self.late(IdKind::Advies, Maat::Adviezen, before.len());
        let mut after = Vec::with_capacity(before.len() + late.len());
        for advies in before {
            match self.fate(IdKind::Advies, &advies.advies_id) {
                (Fate::Stays, _) => after.push(advies),
                (Fate::Changes, bits) => after.push(self.changed_advies(advies, bits)),
                (Fate::Withdrawn, _) => {}
            }
        }
        let mut rng = self.stream(self.bits(IdKind::Advies, 1));
        after.extend(late.into_iter().map(|(index, day)| self.draft.advies(&mut rng, index, day)));
        after
    }

    fn meldingen(&self, before: Vec<Melding>, origins: &BTreeMap<String, Origin>) -> Vec<Melding> {
        let late = self.late(IdKind::Melding, Maat::Meldingen, before.len());
        let mut after = Vec::with_capacity(before.len() + late.len());
        for melding in before {
            let origin = origins.get(&melding.melding_id);
            match self.fate(IdKind::Melding, &melding.melding_id) {
                (Fate::Changes, bits) => after.push(self.changed_melding(melding, origin, bits)),
                (Fate::Withdrawn, _) if origin.is_some_and(|origin| self.is_free(&melding, *origin)) => {}
                _ => after.push(melding),
            }
        }
        let mut rng = self.stream(self.bits(IdKind::Melding, 1));
        let mut casussen = Casussen::default();
        after.extend(late.into_iter().map(|(index, day)| self.draft.melding(&mut rng, &mut casussen, index, day)));
        after
    }

    fn vervolgdiensten(
        &self,
        before: Vec<Vervolgdienst>,
        meldingen: &[Melding],
        origins: &BTreeMap<String, Origin>,
    ) -> Vec<Vervolgdienst> {
        let late = self.late_services(&before, meldingen, origins);
        let mut after = Vec::with_capacity(before.len() + late.len());
        for dienst in before {
            match self.fate(IdKind::Dienst, &dienst.dienst_id) {
                (Fate::Stays, _) => after.push(dienst),
                (Fate::Changes, bits) => after.push(self.changed_dienst(dienst, bits)),
                (Fate::Withdrawn, _) => {}
            }
        }
        after.extend(late);
        after
    }

    /// One characteristic of an advies drawn anew until it differs.
    fn changed_advies(&self, advies: Advies, bits: u64) -> Advies {
        let Some(day) = day(advies.startdatum) else { return advies };
        differing(advies, &mut self.stream(bits), |changed, rng| {
            let other = self.draft.advies(rng, 0, day);
            match below(rng.next_u32(), 6) {
                0 => changed.kanaal = other.kanaal,
                1 => (changed.rol, changed.organisatie) = (other.rol, other.organisatie),
                2 => changed.aard = other.aard,
                3 => changed.vorm = other.vorm,
                4 => changed.duur_geweld = other.duur_geweld,
                _ => changed.gm_code = other.gm_code,
            }
        })
    }

    /// The same for a melding. Its besluit changes only where no service follows, and is taken where there was none yet.
    fn changed_melding(&self, melding: Melding, origin: Option<&Origin>, bits: u64) -> Melding {
        let Some(day) = day(melding.ontvangstdatum) else { return melding };
        let index = origin.map_or(0, |origin| origin.index);
        let open = origin.is_some() && melding.besluit != FOLLOWED;
        differing(melding, &mut self.stream(bits), |changed, rng| {
            let other = self.draft.melding(rng, &mut Casussen::default(), index, day);
            match below(rng.next_u32(), if open { 8 } else { 7 }) {
                0 => {
                    (changed.rol, changed.organisatie) = (other.rol, other.organisatie);
                    changed.politie_overdracht = other.politie_overdracht;
                }
                1 => changed.aard = other.aard,
                2 => changed.vorm = other.vorm,
                3 => changed.duur_geweld = other.duur_geweld,
                4 => changed.gm_code = other.gm_code,
                5 => changed.veiligheidstaxatie = other.veiligheidstaxatie,
                6 => changed.hermelding = other.hermelding,
                _ => (changed.besluit, changed.besluitdatum) = (other.besluit, other.besluitdatum),
            }
        })
    }

    /// A service that ended in the month ended on another day of it; one that ended was handed over elsewhere, or had another outcome.
    fn changed_dienst(&self, dienst: Vervolgdienst, bits: u64) -> Vervolgdienst {
        let days = self.days();
        let shares = &self.draft.generator.shares;
        differing(dienst, &mut self.stream(bits), |changed, rng| match (below(rng.next_u32(), 3), changed.eind) {
            (0, Some(eind)) if days.contains(&eind) => {
                let first = changed.start.max(*days.start());
                changed.eind = Some(some_day(rng, first, *days.end()));
            }
            (1, _) if !changed.overdracht.is_empty() => changed.overdracht = vec![shares.overdracht.draw(rng)],
            (2, _) if !changed.uitkomst.is_empty() => changed.uitkomst = vec![shares.uitkomst.draw(rng)],
            _ => {}
        })
    }

    /// Services registered late: voorwaarden en vervolg that began and ended within the month, on a melding of the month that was to be
    /// followed and has no service yet. So its melding is in the same delivery, and no other month's needs to know of it.
    fn late_services(
        &self,
        before: &[Vervolgdienst],
        meldingen: &[Melding],
        origins: &BTreeMap<String, Origin>,
    ) -> Vec<Vervolgdienst> {
        let served: BTreeSet<&str> = before.iter().map(|dienst| dienst.melding_id.as_str()).collect();
        let days = self.days();
        let begun = |melding: &Melding| melding.besluitdatum.filter(|day| days.contains(day) && day < days.end());
        let mut free: Vec<(u64, &Melding, NaiveDate)> = meldingen
            .iter()
            .filter(|melding| melding.besluit == FOLLOWED && !served.contains(melding.melding_id.as_str()))
            .filter(|melding| origins.get(&melding.melding_id).is_none_or(|origin| !self.is_followed(*origin)))
            .filter_map(|melding| {
                Some((self.record_bits(IdKind::Casus, &melding.melding_id), melding, begun(melding)?))
            })
            .collect();
        free.sort_unstable_by_key(|(rank, ..)| *rank);
        free.truncate(self.share(IdKind::Dienst, before.len()));
        let each = free.into_iter().enumerate();
        each.map(|(n, (rank, melding, start))| self.late_service(n, melding, start, &mut self.stream(rank))).collect()
    }

    fn late_service(&self, n: usize, melding: &Melding, start: NaiveDate, rng: &mut ChaCha8Rng) -> Vervolgdienst {
        let number = of_month(self.draft.month, Waves::late_index(self.number, n));
        Vervolgdienst {
            dienst_id: self.draft.ids.id(IdKind::Dienst, (number << 2) | Soort::Voorwaarden as u64),
            melding_id: melding.melding_id.clone(),
            soort: Soort::Voorwaarden.code(),
            start,
            eind: Some(some_day(rng, start + Days::new(1), *self.days().end())),
            uitkomst: Vec::new(),
            overdracht: vec![self.draft.generator.shares.overdracht.draw(rng)],
        }
    }

    /// Registrations that are late: number within the month, day. They fall on days as those in time do.
    fn late(&self, kind: IdKind, maat: Maat, before: usize) -> Vec<(usize, Day)> {
        let days: Vec<Day> = self.draft.each(maat).map(|(_, day)| day).collect();
        let wanted = if days.is_empty() { 0 } else { self.share(kind, before) };
        let mut rng = self.stream(self.bits(kind, 2));
        let some_day = |rng: &mut ChaCha8Rng| days[below(rng.next_u32(), days.len() as u32) as usize];
        (0..wanted).map(|n| (Waves::late_index(self.number, n), some_day(&mut rng))).collect()
    }

    /// How many records of a kind are new: the share of those before, a fraction of one by chance.
    fn share(&self, kind: IdKind, before: usize) -> usize {
        let chance = below(self.bits(kind, 0) as u32, 1000) as usize;
        (before * self.wave.new_per_mille as usize + chance) / 1000
    }

    /// What becomes of a record, and what a change of it is drawn from.
    fn fate(&self, kind: IdKind, id: &str) -> (Fate, u64) {
        let bits = self.record_bits(kind, id);
        let drawn = below(bits as u32, 1000);
        let CorrectionWave { withdrawn_per_mille: withdrawn, changed_per_mille: changed, .. } = self.wave;
        let fate = match drawn {
            drawn if drawn < withdrawn => Fate::Withdrawn,
            drawn if drawn < withdrawn.saturating_add(changed) => Fate::Changes,
            _ => Fate::Stays,
        };
        (fate, bits)
    }

    /// Bits for a record in this wave, the same whatever stands before it.
    fn record_bits(&self, kind: IdKind, id: &str) -> u64 {
        let letters = &id.as_bytes()[id.len().saturating_sub(LETTERS)..];
        let record = letters.iter().fold(0, |key: u64, letter| (key << 5) | u64::from(letter & 31));
        hash(self.seed(), Purpose::Waves, self.key(kind), self.draft.region as u64, record | 1 << 63)
    }

    /// Whether nothing hangs on a melding: no service follows, and none was decided on.
    fn is_free(&self, melding: &Melding, origin: Origin) -> bool {
        melding.besluit != FOLLOWED && !self.is_followed(origin)
    }

    fn is_followed(&self, origin: Origin) -> bool {
        let generator = self.draft.generator;
        generator.services.first(self.draft.region, origin, generator.ground()).is_some()
    }

    /// The meldingen that came in in time, by id.
    fn origins(&self) -> BTreeMap<String, Origin> {
        let id = |index| self.draft.ids.id(IdKind::Melding, of_month(self.draft.month, index));
        let each = self.draft.each(Maat::Meldingen);
        each.map(|(index, day)| (id(index), self.draft.origin(index, day))).collect()
    }

    /// The first and the last day of the month.
    fn days(&self) -> std::ops::RangeInclusive<NaiveDate> {
        let days = self.draft.days();
        date(days.start)..=date(days.end - 1)
    }

    fn seed(&self) -> u64 {
        self.draft.generator.seed
    }

    fn key(&self, kind: IdKind) -> u64 {
        ((self.number as u64) << 8) | kind as u64
    }

    fn bits(&self, kind: IdKind, turn: u64) -> u64 {
        let place = ((self.draft.region as u64) << 8) | self.draft.month as u64;
        hash(self.seed(), Purpose::Waves, self.key(kind) | 1 << 32, place, turn)
    }

    fn stream(&self, bits: u64) -> ChaCha8Rng {
        stream(bits, Purpose::Waves, self.draft.region, self.draft.month)
    }
}

/// A record after a change that is tried until it makes a difference.
fn differing<R: Clone + PartialEq>(record: R, rng: &mut ChaCha8Rng, change: impl Fn(&mut R, &mut ChaCha8Rng)) -> R {
    for _ in 0..ATTEMPTS {
        let mut changed = record.clone();
        change(&mut changed, rng);
        if changed != record {
            return changed;
        }
    }
    record
}

/// One of the days from `first` to `last`.
fn some_day(rng: &mut ChaCha8Rng, first: NaiveDate, last: NaiveDate) -> NaiveDate {
    let span = (last - first).num_days().max(0) as u32;
    first + Days::new(below(rng.next_u32(), span + 1).into())
}

#[cfg(test)]
mod tests;
