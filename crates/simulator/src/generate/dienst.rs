//! Vervolgdiensten: those that began or ended in the month.

use super::Draft;
use crate::calendar::date;
use crate::chance::{Purpose, below, says};
use crate::ids::{IdKind, of_month};
use crate::records::Vervolgdienst;
use crate::services::{Service, Soort};

/// Per mille of services that are registered 10 to 40 days late, in months that are corrected (assumption).
const REGISTERED_LATE: u32 = 80;

impl Draft<'_> {
    pub(super) fn vervolgdiensten(&self) -> Vec<Vervolgdienst> {
        let generator = self.generator;
        let services = generator.services.of_month(self.region, self.month, generator.ground());
        services.into_iter().filter(|service| self.delivered(*service)).map(|service| self.dienst(service)).collect()
    }

    /// Whether a service that begins or ends in the month is in the delivery: it lies in the days covered, and it was registered.
    fn delivered(&self, service: Service) -> bool {
        let first_day = self.generator.calendar.days_of(self.month).start;
        let covered = first_day..self.knowledge.through + 1;
        let inside = covered.contains(&service.start) || covered.contains(&service.eind);
        let bits = self.generator.services.bits(self.region, service, Purpose::Knowledge);
        let event = if service.start >= first_day { service.start } else { service.eind };
        let late = says(bits, REGISTERED_LATE) && !self.known(event + 10 + below((bits >> 32) as u32, 31) as usize);
        inside && (self.knowledge.settled || !late)
    }

    /// A service as known by the day of the delivery.
    pub(crate) fn dienst(&self, service: Service) -> Vervolgdienst {
        let Service { origin, soort, start, eind } = service;
        let number = of_month(origin.month, origin.index);
        let bits = self.generator.services.bits(self.region, service, Purpose::Meldingen);
        let ended = self.known(eind);
        let shares = &self.generator.shares;
        let uitkomst = ended && soort == Soort::Onderzoek;
        let overdracht = ended && soort != Soort::Monitor;
        Vervolgdienst {
            dienst_id: self.ids.id(IdKind::Dienst, (number << 2) | soort as u64),
            melding_id: self.ids.id(IdKind::Melding, number),
            soort: soort.code(),
            start: date(start),
            eind: ended.then(|| date(eind)),
            uitkomst: uitkomst.then(|| shares.uitkomst.pick(bits as u32)).into_iter().collect(),
            overdracht: overdracht.then(|| shares.overdracht.pick((bits >> 32) as u32)).into_iter().collect(),
        }
    }
}
