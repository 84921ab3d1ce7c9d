use super::*;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// 2020W407 ends on 12 July; published on 14 August, and one delivery of it was corrected on the 20th.
fn corrected() -> Revisable {
    let instant = at("2020-08-20T05:30");
    Revisable {
        period: "2020W407".parse().unwrap(),
        issued: at("2020-08-14T05:30"),
        lacked: false,
        lacks: false,
        change: Change::Counting { since: instant, until: instant },
        matures: false,
        tried: None,
    }
}

fn occasion(of: &Revisable, days: &[&str], today: &str) -> Option<Occasion> {
    of.occasion(&PublicationDays::new(days.iter().map(|text| at(text))), day(today))
}

#[test]
fn a_change_waits_for_the_next_period() {
    let period = corrected();
    assert_eq!(occasion(&period, &["2020-08-14T05:30"], "2020-08-20"), None);
    assert_eq!(occasion(&period, &["2020-08-14T05:30"], "2020-09-10"), None);
    let with_next = ["2020-08-14T05:30", "2020-09-11T05:30"];
    assert_eq!(occasion(&period, &with_next, "2020-09-11"), Some(Occasion::NextPeriod));
    // Missed that day (the process was down), it is made up for.
    assert_eq!(occasion(&period, &with_next, "2020-09-14"), Some(Occasion::NextPeriod));
}

#[test]
fn what_came_after_the_publication_day_waits_for_the_following_one() {
    let late = at("2020-09-11T09:00");
    let period = Revisable { change: Change::Counting { since: late, until: late }, ..corrected() };
    assert_eq!(occasion(&period, &["2020-08-14T05:30", "2020-09-11T05:30"], "2020-09-12"), None);
    let days = ["2020-09-11T05:30", "2020-10-09T05:30"];
    assert_eq!(occasion(&period, &days, "2020-10-09"), Some(Occasion::NextPeriod));
}

#[test]
fn there_is_one_issue_a_day_at_most() {
    let again = Revisable { issued: at("2020-09-11T05:30"), ..corrected() };
    assert_eq!(occasion(&again, &["2020-09-11T07:00"], "2020-09-11"), None);
    // A local day: 22:30 UTC on the 10th is the 11th in Amsterdam.
    let late = Revisable { issued: at("2020-09-10T22:30"), ..corrected() };
    assert_eq!(occasion(&late, &["2020-09-11T07:00"], "2020-09-11"), None);
}

#[test]
fn what_was_not_changed_is_never_due() {
    let same = Revisable { change: Change::None, lacked: true, ..corrected() };
    assert_eq!(occasion(&same, &["2021-03-01T05:30"], "2021-03-01"), None);
}

#[test]
fn figures_that_become_definitief_get_an_issue_though_nothing_was_delivered() {
    let same = Revisable { change: Change::None, matures: true, ..corrected() };
    assert_eq!(occasion(&same, &["2020-12-01T05:30"], "2021-01-20"), None);
    assert_eq!(occasion(&same, &[], "2021-01-21"), Some(Occasion::Definitief));
    let unripe = Revisable { matures: false, ..same };
    assert_eq!(occasion(&unripe, &[], "2021-01-21"), None);
    let issued = Revisable { issued: at("2021-01-21T05:30"), ..same };
    assert_eq!(occasion(&issued, &[], "2021-01-22"), None);
}

#[test]
fn the_last_missing_delivery_is_an_occasion_of_its_own() {
    let complete = Revisable { lacked: true, ..corrected() };
    assert_eq!(occasion(&complete, &[], "2020-08-20"), Some(Occasion::NaderVoorlopig));
    let still = Revisable { lacks: true, ..complete };
    assert_eq!(occasion(&still, &[], "2020-08-20"), None);
}

#[test]
fn a_change_is_published_when_the_half_year_closes() {
    // July to December 2020 closes on 21 January 2021.
    assert_eq!(occasion(&corrected(), &[], "2021-01-20"), None);
    assert_eq!(occasion(&corrected(), &[], "2021-01-21"), Some(Occasion::Definitief));
    let after = Revisable { issued: at("2021-01-21T05:30"), ..corrected() };
    assert_eq!(occasion(&after, &[], "2021-01-22"), None);
}

#[test]
fn deliveries_of_earlier_months_alone_wait_until_the_half_year_closes() {
    let earlier = Revisable { change: Change::Earlier, lacked: true, ..corrected() };
    assert_eq!(occasion(&earlier, &["2020-09-11T05:30"], "2020-09-11"), None);
    assert_eq!(occasion(&earlier, &[], "2021-01-21"), Some(Occasion::Definitief));
}

#[test]
fn what_was_held_back_is_tried_again_at_the_next_occasion_and_not_before() {
    let held = Revisable { tried: Some(at("2020-09-11T05:31")), ..corrected() };
    let with_next = ["2020-09-11T05:30"];
    assert_eq!(occasion(&held, &with_next, "2020-09-11"), None);
    assert_eq!(occasion(&held, &with_next, "2020-09-14"), None);
    assert_eq!(occasion(&held, &["2020-09-11T05:30", "2020-10-09T05:30"], "2020-10-09"), Some(Occasion::NextPeriod));
    let held_at_close = Revisable { tried: Some(at("2021-01-21T05:31")), ..corrected() };
    assert_eq!(occasion(&held_at_close, &[], "2021-01-22"), None);
    let lacked = Revisable { lacked: true, ..held };
    assert_eq!(occasion(&lacked, &[], "2020-09-14"), None);
}

#[test]
fn what_was_held_back_is_tried_again_when_something_was_delivered_since() {
    let change = Change::Counting { since: at("2020-08-20T05:30"), until: at("2020-09-15T05:30") };
    let held = Revisable { tried: Some(at("2020-09-11T05:31")), change, ..corrected() };
    assert_eq!(occasion(&held, &["2020-09-11T05:30"], "2020-09-15"), Some(Occasion::NextPeriod));
}
