//! The wakes of four years against a walk over every minute, by a rule of summer time of its own.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc, Weekday};

use super::LocalCron;

/// The last Sunday of a month, at 01:00 UTC: when clocks change all over the European Union.
fn change(year: i32, month: u32) -> NaiveDateTime {
    let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap();
    let sunday = last - Days::new(u64::from(last.weekday().num_days_from_sunday()));
    sunday.and_hms_opt(1, 0, 0).unwrap()
}

/// Hours by which Amsterdam is ahead of UTC.
fn ahead(utc: NaiveDateTime) -> i64 {
    if change(utc.year(), 3) <= utc && utc < change(utc.year(), 10) { 2 } else { 1 }
}

/// Every instant from `from` to `until` at which a local minute fires that matches, each once.
fn walk(from: &str, until: &str, matches: &dyn Fn(NaiveDateTime) -> bool) -> Vec<DateTime<Utc>> {
    let (from, until): (DateTime<Utc>, DateTime<Utc>) = (from.parse().unwrap(), until.parse().unwrap());
    let mut fires = Vec::new();
    let mut utc = from.naive_utc();
    while utc < until.naive_utc() {
        let local = utc + TimeDelta::hours(ahead(utc));
        let is_second_pass = utc.hour() == 1 && utc.date() == change(utc.year(), 10).date();
        let ends_gap = utc == change(utc.year(), 3);
        let in_gap = || (1..=60).any(|minutes| matches(local - TimeDelta::minutes(minutes)));
        if !is_second_pass && (matches(local) || ends_gap && in_gap()) {
            fires.push(utc.and_utc());
        }
        utc += TimeDelta::minutes(1);
    }
    fires
}

#[test]
fn four_years_of_wakes_agree_with_a_walk_over_every_minute() {
    let weekday = |local: NaiveDateTime| !matches!(local.weekday(), Weekday::Sat | Weekday::Sun);
    type Rule = Box<dyn Fn(NaiveDateTime) -> bool>;
    let expressions: [(&str, Rule); 8] = [
        ("0 30 6 * * Mon-Fri", Box::new(move |local| weekday(local) && (local.hour(), local.minute()) == (6, 30))),
        ("0 30 2 * * *", Box::new(|local| (local.hour(), local.minute()) == (2, 30))),
        (
            "0 0 2 * * Sun",
            Box::new(|local| local.weekday() == Weekday::Sun && (local.hour(), local.minute()) == (2, 0)),
        ),
        (
            "0 59 2 * * Sun,Mon",
            Box::new(|local| {
                matches!(local.weekday(), Weekday::Sun | Weekday::Mon) && (local.hour(), local.minute()) == (2, 59)
            }),
        ),
        ("0 0 3 * * *", Box::new(|local| (local.hour(), local.minute()) == (3, 0))),
        ("0 */20 * * * *", Box::new(|local| local.minute() % 20 == 0)),
        (
            "0 15,45 1-3 * 3,10 *",
            Box::new(|local| {
                matches!(local.minute(), 15 | 45) && (1..=3).contains(&local.hour()) && matches!(local.month(), 3 | 10)
            }),
        ),
        ("0 5 0 29 2 *", Box::new(|local| (local.month(), local.day(), local.hour(), local.minute()) == (2, 29, 0, 5))),
    ];
    let (from, until) = ("2018-12-31T22:59:00Z", "2023-01-02T00:00:00Z");
    let end: DateTime<Utc> = until.parse().unwrap();
    for (expression, matches) in expressions {
        let cron = LocalCron::parse(expression).unwrap();
        // The walk's first minute is the first after this instant.
        let start: DateTime<Utc> = from.parse::<DateTime<Utc>>().unwrap() - TimeDelta::seconds(1);
        let found: Vec<_> = cron.after(start).take_while(|at| *at < end).collect();
        let expected = walk(from, until, &matches);
        assert!(!expected.is_empty() && found == expected, "{expression}: {:?}", first_difference(&found, &expected));
    }
}

fn first_difference(found: &[DateTime<Utc>], expected: &[DateTime<Utc>]) -> Option<[Option<DateTime<Utc>>; 2]> {
    let longest = found.len().max(expected.len());
    (0..longest).map(|i| [found.get(i).copied(), expected.get(i).copied()]).find(|[one, other]| one != other)
}
