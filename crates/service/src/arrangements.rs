//! What was agreed with regions: a month that may come later, a system that is out of service, a region that is not pulled.

use chrono::{Days, NaiveDate};
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_ledger::{Arrangement, ArrangementKind};

/// All that was agreed, ended or not.
#[derive(Debug, Clone, Default)]
pub struct Arrangements(Vec<Arrangement>);

impl Arrangements {
    /// These.
    pub fn new(all: Vec<Arrangement>) -> Self {
        Self(all)
    }

    /// Those that are in force on a day, as was known then.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Arrangement> {
        self.known(day).filter(move |it| it.from <= day && it.until.is_none_or(|until| day <= until))
    }

    /// Why a region is not pulled on a day: it is paused, or out of service.
    pub fn keeps_out(&self, vt: &str, day: NaiveDate) -> Option<&Arrangement> {
        self.on(day).find(|it| it.vt == vt && it.kind != ArrangementKind::Extension)
    }

    /// The first day from `day` on on which a region is asked for deliveries, as is known on another day; nothing while it is paused,
    /// for nobody knows when that ends.
    pub fn asked_from(&self, vt: &str, day: NaiveDate, known: NaiveDate) -> Option<NaiveDate> {
        let out_on = |day: NaiveDate| {
            let in_force = move |it: &&Arrangement| it.from <= day && it.until.is_none_or(|until| day <= until);
            self.keeping_out(known).filter(|it| it.vt == vt).find(in_force)
        };
        let mut day = day;
        while let Some(it) = out_on(day) {
            day = it.until? + Days::new(1);
        }
        Some(day)
    }

    /// The outages and pauses that are known on a day, also those that begin later.
    pub fn keeping_out(&self, known: NaiveDate) -> impl Iterator<Item = &Arrangement> {
        self.known(known).filter(|it| it.kind != ArrangementKind::Extension)
    }

    /// The day until which a region may take for a month, when it was given longer.
    pub fn extended(&self, vt: &str, month: Month, today: NaiveDate) -> Option<NaiveDate> {
        self.extensions(month, today).filter(|it| it.vt == vt).filter_map(|it| it.until).max()
    }

    /// The last day until which any region may take for a month.
    pub fn longest_extension(&self, month: Month, today: NaiveDate) -> Option<NaiveDate> {
        self.extensions(month, today).filter_map(|it| it.until).max()
    }

    fn extensions(&self, month: Month, today: NaiveDate) -> impl Iterator<Item = &Arrangement> {
        let extends = move |it: &&Arrangement| it.kind == ArrangementKind::Extension && it.maand == Some(month);
        self.known(today).filter(extends)
    }

    /// Those that were made by a day and had not ended before it.
    fn known(&self, day: NaiveDate) -> impl Iterator<Item = &Arrangement> {
        let stands = move |it: &&Arrangement| it.ended_at.is_none_or(|ended| local_date(ended) > day);
        self.0.iter().filter(move |it| local_date(it.made_at) <= day).filter(stands)
    }
}
