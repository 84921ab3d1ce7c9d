use super::*;
use vt_domain::month::Month;
use vt_domain::period::PeriodKind;
use vt_publication::gate::RegionCoverage;

use crate::arrangements::Arrangements;
use crate::cadence::CadencePlan;
use crate::config::ScheduleConfig;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}T05:30:00Z").parse().unwrap()
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// A world with one region: every month is delivered on the fifth of the next, as number 1.
struct World {
    schedule: ScheduleConfig,
    cadence: CadencePlan,
    arrangements: Arrangements,
    issues: Issues,
    now: DateTime<Utc>,
    tried: BTreeMap<(Period, u32), DateTime<Utc>>,
    /// Corrections: the month, when number 2 was judged.
    corrected: BTreeMap<Month, DateTime<Utc>>,
    /// The last month that is delivered.
    until: Month,
    removed: BTreeSet<DeliveryId>,
    holding: BTreeSet<Period>,
}

impl World {
    fn new(cadence: PeriodKind, first_month: &str, today: &str) -> Self {
        let now = at(today);
        Self {
            schedule: ScheduleConfig { first_month: first_month.parse().unwrap(), ..ScheduleConfig::default() },
            cadence: CadencePlan::constant(cadence),
            arrangements: Arrangements::default(),
            issues: Issues::default(),
            now,
            tried: BTreeMap::new(),
            corrected: BTreeMap::new(),
            until: Month::of(local_date(now)).previous(),
            removed: BTreeSet::new(),
            holding: BTreeSet::new(),
        }
    }

    fn delivery(&self, maand: Month) -> Input {
        let levering_nr = if self.corrected.get(&maand).is_some_and(|at| *at <= self.now) { 2 } else { 1 };
        Input { regio: "VT07".into(), maand, levering_nr, kenmerk: "00".into() }
    }

    fn input(&self, period: Period) -> PeriodInput {
        let months: Vec<Month> =
            period.months().filter(|month| *month <= self.until && *month >= self.schedule.first_month).collect();
        let covered = period.each_day().filter(|day| months.contains(&Month::of(*day))).count();
        let counting: BTreeMap<_, _> =
            months.into_iter().map(|month| (("VT07".to_owned(), month), self.delivery(month))).collect();
        let digest = format!("{counting:?}");
        let coverage = RegionCoverage {
            vt: "VT07".into(),
            dagen: period.days(),
            dagen_gedekt: u32::try_from(covered).unwrap(),
            ontbreekt: Vec::new(),
            onvolledig: Vec::new(),
            tussentijds: Vec::new(),
        };
        let peildatum = local_date(self.now);
        PeriodInput { period, peildatum, counting, earlier: BTreeMap::new(), coverage: vec![coverage], digest }
    }

    fn judged(&self, input: &Input) -> Option<DateTime<Utc>> {
        if input.levering_nr == 2 {
            return self.corrected.get(&input.maand).copied();
        }
        Some(at(&(input.maand.next().first_day() + chrono::Days::new(4)).to_string()))
    }

    /// Publishes periods now, as they are.
    fn publish(&mut self, periods: &[&str]) {
        for text in periods {
            let period = period(text);
            let parts: Vec<Period> = match self.tiling_way(period) {
                Way::Sum(tiles) => tiles,
                _ => Vec::new(),
            };
            let parts = parts.into_iter().map(|part| (part, self.issues.next(part) - 1)).collect();
            let issued = self.issued(period, parts);
            self.issues.add(period, issued, true);
        }
    }

    fn tiling_way(&self, period: Period) -> Way {
        let rounded = self.issues.rounded();
        Tiling { cadence: &self.cadence, rounded: &rounded }.way(period)
    }

    fn issued(&self, period: Period, parts: BTreeMap<Period, u32>) -> Issued {
        let input = self.input(period);
        Issued {
            issue: self.issues.next(period),
            at: self.now,
            invoer: input.counting.values().cloned().collect(),
            earlier: BTreeSet::new(),
            digest: input.digest.clone(),
            lacked: lacks(&input.coverage),
            parts,
            statuses: crate::issues::statuses(period, &input.coverage, local_date(self.now)),
            key: "k".into(),
            register: "r".into(),
        }
    }

    fn go_to(&mut self, today: &str) {
        self.now = at(today);
        self.until = Month::of(local_date(self.now)).previous();
    }

    fn ask<T>(&self, ask: impl FnOnce(&Agenda<'_>) -> T) -> T {
        let terms = Terms {
            schedule: &self.schedule,
            cadence: &self.cadence,
            arrangements: &self.arrangements,
            today: local_date(self.now),
        };
        ask(&Agenda {
            terms,
            now: self.now,
            issues: &self.issues,
            tried: &self.tried,
            input: &|period| self.input(period),
            judged: &|input| self.judged(input),
            removed: &self.removed,
            holding: &self.holding,
        })
    }

    fn due(&self) -> Vec<String> {
        let states = self.ask(|agenda| agenda.states());
        states.into_iter().filter(|(_, state)| state.due()).map(|(period, _)| period.to_string()).collect()
    }

    fn state(&self, text: &str) -> PeriodState {
        self.ask(|agenda| agenda.state(period(text)))
    }

    /// Publishes what is due, as a run does: rounded periods, then the sums that follow.
    fn run(&mut self) -> Vec<String> {
        let mut done = self.due();
        self.publish(&done.iter().map(String::as_str).collect::<Vec<_>>());
        let sums = self.ask(|agenda| agenda.sums());
        let sums: Vec<String> =
            sums.into_iter().filter(|(_, state)| state.due()).map(|(period, _)| period.to_string()).collect();
        self.publish(&sums.iter().map(String::as_str).collect::<Vec<_>>());
        done.extend(sums);
        done
    }
}

#[test]
fn a_correction_waits_for_the_next_publication_day_and_is_published_once() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-06", "2020-08-14");
    assert_eq!(world.run(), ["2020W407"]);
    world.corrected.insert("2020-07".parse().unwrap(), at("2020-08-20"));
    world.go_to("2020-08-21");
    assert_eq!(world.due(), Vec::<String>::new());
    assert_eq!(world.state("2020W407"), PeriodState::ChangedWaits { issue: 1 });
    world.go_to("2020-09-11");
    assert_eq!(world.due(), ["2020W407", "2020W408"]);
    let occasion = Occasion::NextPeriod;
    assert!(
        matches!(world.ask(|agenda| agenda.states())[&period("2020W407")], PeriodState::RevisionDue { issue: 2, occasion: o } if o == occasion)
    );
    world.run();
    assert_eq!(world.due(), Vec::<String>::new(), "the same day again");
    world.go_to("2020-09-12");
    assert_eq!(world.due(), Vec::<String>::new(), "the day after");
    assert_eq!(world.state("2020W407"), PeriodState::Published { issue: 2 });
}

#[test]
fn a_first_issue_that_is_held_up_makes_no_publication_day() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-06", "2020-08-14");
    world.run();
    world.corrected.insert("2020-07".parse().unwrap(), at("2020-08-20"));
    world.go_to("2020-09-11");
    world.holding = [period("2020W408")].into();
    let states = world.ask(|agenda| agenda.states());
    assert_eq!(states[&period("2020W407")], PeriodState::ChangedWaits { issue: 1 });
}

#[test]
fn the_iso_year_follows_its_last_period_and_a_part_that_is_revised() {
    let mut world = World::new(PeriodKind::FourWeeks, "2019-12", "2021-01-15");
    let done = world.run();
    assert_eq!(done.len(), 13, "2019W413 to 2020W412; the last one needs January: {done:?}");
    let waits = PeriodState::WaitsForParts { parts: vec![period("2020W413")] };
    assert_eq!(world.state("2020ISO"), waits);
    assert!(waits.text().contains("2020W413"));
    world.go_to("2021-02-12");
    // The second half-year closed on 21 January: its periods are definitief now, and say so in an issue of their own.
    let closed = ["2020W407", "2020W408", "2020W409", "2020W410", "2020W411", "2020W412"];
    assert_eq!(world.run(), [&closed[..], &["2020W413", "2021W401", "2020ISO"]].concat());
    world.corrected.insert("2020-12".parse().unwrap(), at("2021-02-20"));
    world.go_to("2021-03-12");
    assert_eq!(world.run(), ["2020W413", "2021W402", "2020ISO"]);
    assert_eq!(world.state("2020ISO"), PeriodState::Published { issue: 2 });
}

#[test]
fn a_sum_gets_one_issue_a_day_too() {
    let mut world = World::new(PeriodKind::FourWeeks, "2019-12", "2021-01-15");
    world.run();
    world.corrected.insert("2020-06".parse().unwrap(), at("2021-01-20"));
    world.go_to("2021-02-12");
    // An operator has the year published before the revised part is.
    world.publish(&["2020W413", "2020ISO", "2020W407"]);
    assert_eq!(world.state("2020ISO"), PeriodState::ChangedWaits { issue: 1 });
    world.go_to("2021-02-13");
    assert_eq!(world.state("2020ISO"), PeriodState::RevisionDue { issue: 2, occasion: Occasion::Part });
}

#[test]
fn a_year_that_begins_before_the_first_month_does_not_come_out() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-01", "2021-02-12");
    world.run();
    let states = world.ask(|agenda| agenda.states());
    assert_eq!(states[&period("2020W401")], PeriodState::BeforeFirstMonth, "and waits for no region");
    assert_eq!(states[&period("2020ISO")], PeriodState::BeforeFirstMonth);
    assert_eq!(world.state("2019W413"), PeriodState::BeforeFirstMonth, "all of it lies before");
    assert_eq!(world.state("2019W214"), PeriodState::BeforeFirstMonth);
}

#[test]
fn what_has_not_begun_does_not_run() {
    let world = World::new(PeriodKind::FourWeeks, "2020-01", "2020-04-20");
    assert_eq!(world.state("2020W405"), PeriodState::Running);
    for later in ["2020W406", "2020W413", "2021ISO"] {
        assert_eq!(world.state(later), PeriodState::NotBegun, "{later}");
    }
}

#[test]
fn weeks_bring_two_weeks_and_four_weeks_with_them() {
    let mut world = World::new(PeriodKind::Week, "2020-06", "2020-07-10");
    let done = world.run();
    assert_eq!(done[..4], ["2020W123", "2020W124", "2020W125", "2020W126"]);
    assert_eq!(done[4..], ["2020W212", "2020W213"], "of 2020W406 a week lies before the first month");
    world.go_to("2020-08-14");
    let done = world.run();
    // The weeks of June became definitief on 21 July.
    let definitive = ["2020W123", "2020W124", "2020W125", "2020W126"];
    assert_eq!(done[..8], [&definitive[..], &["2020W127", "2020W128", "2020W129", "2020W130"]].concat());
    assert!(done.contains(&"2020W214".to_owned()), "{done:?}");
    assert!(done.contains(&"2020W407".to_owned()), "{done:?}");
}

#[test]
fn from_four_weeks_to_weeks_in_the_middle_of_a_period() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-06", "2020-08-14");
    world.run();
    world.cadence = CadencePlan::constant(PeriodKind::Week);
    world.go_to("2020-09-11");
    assert_eq!(world.state("2020W127"), PeriodState::PartOf { longer: period("2020W407") });
    let done = world.run();
    // Of 2020W406, too early for a four-week period, two weeks were delivered.
    assert_eq!(done[..4], ["2020W123", "2020W124", "2020W129", "2020W130"], "not the weeks of 2020W407");
    assert!(done.contains(&"2020W408".to_owned()) && !done.contains(&"2020W407".to_owned()), "{done:?}");
}

#[test]
fn from_weeks_to_four_weeks_in_the_middle_of_a_period() {
    let mut world = World::new(PeriodKind::Week, "2020-06", "2020-07-10");
    world.run();
    // 2020W407 was begun: its weeks 25 and 26 are out.
    world.cadence = CadencePlan::constant(PeriodKind::FourWeeks);
    world.go_to("2020-08-14");
    assert_eq!(world.state("2020W127"), PeriodState::ComesOutAs { longer: period("2020W214") });
    // The weeks of June became definitief on 21 July, and the sums of them follow.
    let definitive = ["2020W123", "2020W124", "2020W125", "2020W126"];
    assert_eq!(world.run(), [&definitive[..], &["2020W214", "2020W212", "2020W213", "2020W407"]].concat());
    world.go_to("2020-09-11");
    assert_eq!(world.run(), ["2020W408"]);
}

#[test]
fn what_was_summed_under_another_cadence_is_summed_again_when_a_part_changes() {
    let mut world = World::new(PeriodKind::Week, "2020-06", "2020-07-10");
    world.run();
    world.cadence = CadencePlan::constant(PeriodKind::FourWeeks);
    world.corrected.insert("2020-06".parse().unwrap(), at("2020-07-20"));
    world.go_to("2020-08-14");
    let done = world.run();
    for text in ["2020W125", "2020W126", "2020W213", "2020W214", "2020W407"] {
        assert!(done.contains(&text.to_owned()), "{text}: {done:?}");
    }
    assert_eq!(world.state("2020W213"), PeriodState::Published { issue: 2 });
}

#[test]
fn the_turn_of_a_year_with_week_53_has_no_gap() {
    let mut world = World::new(PeriodKind::Week, "2020-11", "2021-02-10");
    let done = world.run();
    for text in ["2020W153", "2021W101", "2020W226", "2020W413"] {
        assert!(done.contains(&text.to_owned()), "{text}: {done:?}");
    }
    assert_eq!(world.state("2020ISO"), PeriodState::BeforeFirstMonth);
}

#[test]
fn a_first_issue_that_could_not_be_protected_is_not_tried_at_every_wake() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-06", "2020-08-14");
    world.tried.insert((period("2020W407"), 1), world.now);
    world.go_to("2020-08-17");
    assert_eq!(world.state("2020W407"), PeriodState::HeldBack { issue: 1, tried: at("2020-08-14") });
    assert_eq!(world.due(), Vec::<String>::new());
    world.corrected.insert("2020-07".parse().unwrap(), at("2020-08-20"));
    world.go_to("2020-08-20");
    assert_eq!(world.due(), ["2020W407"], "something was delivered");
    world.corrected.clear();
    world.go_to("2020-09-11");
    assert_eq!(world.due(), ["2020W407", "2020W408"], "with the next period");
}

#[test]
fn a_reservation_without_a_manifest_is_finished_first_and_a_void_one_never() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-06", "2020-08-14");
    let issued = world.issued(period("2020W407"), BTreeMap::new());
    world.issues.add(period("2020W407"), issued, false);
    assert_eq!(world.state("2020W407"), PeriodState::Interrupted { issue: 1 });
    world.issues.add_void(period("2020W407"), 1);
    assert_eq!(world.state("2020W407"), PeriodState::Complete, "as issue 2");
    assert_eq!(world.issues.next(period("2020W407")), 2);
}

#[test]
fn a_void_revision_leaves_the_published_issue_and_its_sum_waits() {
    let mut world = World::new(PeriodKind::FourWeeks, "2019-12", "2021-01-15");
    world.run();
    let part = period("2020W405");
    let issued = world.issued(part, BTreeMap::new());
    world.issues.add(part, issued, false);
    world.issues.add_void(part, 2);
    assert_eq!(world.state("2020W405"), PeriodState::Published { issue: 1 });
    world.go_to("2021-02-12");
    world.run();
    assert_eq!(world.state("2020ISO"), PeriodState::WaitsForParts { parts: vec![part] });
}

#[test]
fn what_was_removed_after_its_term_is_not_tried_again() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-01", "2020-03-06");
    world.run();
    assert_eq!(world.state("2020W402"), PeriodState::Published { issue: 1 });
    world.removed.insert(world.delivery("2020-02".parse().unwrap()).id());
    assert_eq!(world.state("2020W402"), PeriodState::Published { issue: 1 }, "nothing changed");
    // A correction of January: the registrations of February, of which the period has days too, are gone.
    world.corrected.insert("2020-01".parse().unwrap(), at("2020-03-10"));
    world.go_to("2020-03-20");
    assert_eq!(world.state("2020W402"), PeriodState::TermOver { issue: Some(1) });
    world.removed.clear();
    assert_eq!(world.state("2020W402"), PeriodState::ChangedWaits { issue: 1 });
    world.issues.close(2020);
    assert_eq!(world.state("2020W402"), PeriodState::TermOver { issue: Some(1) });
    assert_eq!(world.state("2020W404"), PeriodState::NotBegun);
    world.go_to("2021-05-10");
    assert_eq!(world.state("2020W404"), PeriodState::TermOver { issue: None });
    assert!(world.due().iter().all(|period| !period.starts_with("2020")), "{:?}", world.due());
}

#[test]
fn what_is_retracted_is_said_so_and_no_sum_is_made_of_it() {
    let mut world = World::new(PeriodKind::FourWeeks, "2019-12", "2021-02-12");
    world.publish(&[
        "2020W401", "2020W402", "2020W403", "2020W404", "2020W405", "2020W406", "2020W407", "2020W408", "2020W409",
        "2020W410", "2020W411", "2020W412", "2020W413",
    ]);
    assert_eq!(world.state("2020ISO"), PeriodState::PartsPublished);
    world.issues.retract(period("2020W407"), 1);
    assert_eq!(world.state("2020W407"), PeriodState::Retracted { issue: 1 });
    assert_eq!(world.state("2020ISO"), PeriodState::WaitsForParts { parts: vec![period("2020W407")] });
    world.go_to("2021-02-13");
    assert!(!world.run().contains(&"2020W407".to_owned()), "an operator decides whether it gets another issue");
    world.publish(&["2020W407"]);
    assert_eq!(world.state("2020W407"), PeriodState::Published { issue: 2 });
    assert_eq!(world.run(), ["2020ISO"]);
    world.issues.retract(period("2020ISO"), 1);
    assert_eq!(world.state("2020ISO"), PeriodState::Retracted { issue: 1 });
}

#[test]
fn a_cadence_from_a_day_on_leaves_earlier_days_as_they_were() {
    let mut world = World::new(PeriodKind::FourWeeks, "2020-06", "2020-07-20");
    // Decided in the middle of 2020W408, while 2020W407 waits for July.
    world.cadence =
        CadencePlan::constant(PeriodKind::FourWeeks).with(day("2020-07-20"), PeriodKind::Week, day("2020-07-20"));
    world.go_to("2020-08-14");
    let done = world.run();
    assert!(done.contains(&"2020W407".to_owned()), "four weeks that ended before are published as they were: {done:?}");
    assert!(done.contains(&"2020W129".to_owned()), "the running ones from their first week on: {done:?}");
    assert!(!done.iter().any(|period| period.starts_with("2020W12") && period < &"2020W129".to_owned()), "{done:?}");
}

#[test]
fn a_cadence_that_ends_within_four_weeks_finishes_them_in_weeks() {
    let mut world = World::new(PeriodKind::Week, "2020-06", "2020-07-20");
    world.cadence =
        CadencePlan::constant(PeriodKind::Week).with(day("2020-07-20"), PeriodKind::FourWeeks, day("2020-07-18"));
    world.go_to("2020-09-14");
    let done = world.run();
    for text in ["2020W129", "2020W132", "2020W408"] {
        assert!(done.contains(&text.to_owned()), "{text}: {done:?}");
    }
    assert!(!done.contains(&"2020W133".to_owned()), "{done:?}");
    world.go_to("2020-10-14");
    assert!(world.run().contains(&"2020W409".to_owned()));
}

#[test]
fn weeks_have_a_deadline_of_their_own() {
    let mut world = World::new(PeriodKind::Week, "2020-06", "2020-07-20");
    world.until = "2020-06".parse().unwrap();
    let terms_at = |world: &World, today: &str| {
        let terms = Terms {
            schedule: &world.schedule,
            cadence: &world.cadence,
            arrangements: &world.arrangements,
            today: day(today),
        };
        (terms.period_due(period("2020W128")), terms.deadline(period("2020W128")))
    };
    // Week 28 ends on Sunday 12 July.
    assert_eq!(terms_at(&world, "2020-07-20"), (day("2020-07-14"), day("2020-07-21")));
    // Asked for only on the 16th, it can't be due before.
    world.cadence =
        CadencePlan::constant(PeriodKind::FourWeeks).with(day("2020-06-15"), PeriodKind::Week, day("2020-07-16"));
    assert_eq!(terms_at(&world, "2020-07-20"), (day("2020-07-20"), day("2020-07-27")));
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
