//! Adviezen.

use chrono::NaiveDate;
use rand_chacha::ChaCha8Rng;

use super::common::{aard, optional, rol, vorm};
use super::{Draft, Generator};
use crate::calendar::{Day, date};
use crate::calibration::Maat;
use crate::chance::{Purpose, happens, stream};
use crate::ids::{IdKind, of_month};
use crate::records::Advies;

/// Per mille of adviezen whose gemeente is not known (assumption, low enough for the veiligheidsregios that share a VT to have figures).
const GEMEENTE_UNKNOWN: u32 = 25;

/// Per mille of chats that are with a citizen (assumption).
const CHAT_BURGER: u32 = 850;

impl Draft<'_> {
    pub(super) fn adviezen(&self) -> Vec<Advies> {
        let mut rng = stream(self.generator.seed, Purpose::Adviezen, self.region, self.month);
        let days = self.each(Maat::Adviezen).take_while(|(_, day)| *day <= self.knowledge.through);
        days.map(|(index, day)| self.unripe_advies(index, self.advies(&mut rng, index, day))).collect()
    }

    /// Advies number `index` of the month. Adviezen are drawn in order from one stream.
    pub(crate) fn advies(&self, rng: &mut ChaCha8Rng, index: usize, day: Day) -> Advies {
        let Generator { shares, places, .. } = self.generator;
        let startdatum = date(day);
        let kanaal = shares.kanaal.draw(rng);
        let chat = happens(rng, shares.chat) && startdatum >= chat_begins();
        let organisatie = shares.advies.organisatie.draw(rng);
        let organisatie = if happens(rng, CHAT_BURGER) && chat { "burger" } else { organisatie };
        let gemeente = places.draw(rng, self.region, day);
        Advies {
            advies_id: self.ids.id(IdKind::Advies, of_month(self.month, index)),
            startdatum,
            kanaal: if chat { "chat" } else { kanaal },
            rol: rol(organisatie),
            organisatie,
            aard: aard(rng, &shares.advies),
            vorm: vorm(rng, &shares.advies, day),
            duur_geweld: optional(rng, &shares.advies.duur, day),
            gm_code: (!happens(rng, GEMEENTE_UNKNOWN)).then(|| gemeente.to_owned()),
        }
    }

    /// What a delivery that is corrected later still lacks.
    fn unripe_advies(&self, index: usize, mut advies: Advies) -> Advies {
        if self.unfilled(Purpose::Adviezen, index, 0) {
            advies.vorm.clear();
        }
        if self.unfilled(Purpose::Adviezen, index, 1) {
            advies.gm_code = None;
        }
        advies
    }
}

/// The chat began in May 2020: code list `kanaal`.
fn chat_begins() -> NaiveDate {
    // Unwrap safety: 1-5-2020 exists.
    NaiveDate::from_ymd_opt(2020, 5, 1).unwrap()
}
