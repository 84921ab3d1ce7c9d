use super::*;

fn complete() -> String {
    page_of(&made_up::made_up(&case("2020W407"), "2019W401"))
}

/// The part of a page with an id.
fn part<'p>(page: &'p str, id: &str) -> &'p str {
    let from = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no part {id}"));
    page[from..].split("</section>").next().unwrap()
}

#[test]
fn each_region_of_both_divisions_has_its_four_key_figures() {
    let page = page_of(&with_history());
    assert!(page.contains("href=\"#regios\""));
    let regions = part(&page, "regios");
    for kind in ["VT", "VR"] {
        assert_eq!(count(regions, &format!("<th scope=\"row\">{kind}")), 26, "{kind}");
    }
    assert_eq!(count(regions, "<td"), 52 * 5);
    let row = |code: &str| regions.split("<th scope=\"row\">").find(|row| row.starts_with(code)).unwrap();
    assert_eq!(count(row("VT12"), "niet geleverd"), 4);
    assert_eq!(count(row("VT07"), "niet volledig geleverd"), 4);
    assert_eq!((count(row("VR01"), "\u{a0}±\u{a0}9"), count(row("VR01"), "definitief")), (4, 1));
}

#[test]
fn margins_are_not_torn_from_their_sign() {
    let pages = [complete(), page_of(&with_history()), page_of(&made_up::made_up(&case("2021W401"), "2020W401"))];
    assert!(pages.iter().all(|page| !page.contains("± ") && page.contains("±\u{a0}9")));
}

#[test]
fn on_paper_the_map_names_its_regions_and_no_page_is_forced() {
    let page = page_of(&with_history());
    assert_eq!(count(&page, "<ul class=\"namen op-papier\">"), 2);
    let map = part(&page, "kaart");
    assert_eq!(count(map, "<li><span>VT12 Kennemerland</span> <span>niet geleverd</span></li>"), 2);
    assert_eq!(count(map, "<li><span>VT"), 52);
    assert!(!page.contains("break-before:page"));
}

#[test]
fn the_maps_say_where_names_are_and_that_scales_differ() {
    let page = complete();
    assert!(part(&page, "kaart").contains("Elke kaart heeft een eigen schaal"));
    assert_eq!(count(&page, "De namen van de regio's staan in de tabel hieronder."), 2);
}

#[test]
fn an_iso_year_is_compared_once_and_has_no_time_of_year() {
    let page = page_of(&made_up::made_up(&case("2020ISO"), "2019ISO"));
    assert!(page.contains("<span>ISO-jaar 2020</span>") && page.contains("<dd>per ISO-jaar</dd>"));
    assert_eq!(count(part(&page, "kerncijfers"), "(2019ISO)"), 4);
    assert_eq!(count(part(&page, "toelichting"), "<td>2019ISO</td>"), 1);
    assert!(!page.contains("Wat valt op") && !page.contains("#opvallend") && complete().contains("#opvallend"));
}

#[test]
fn a_series_of_one_period_has_no_charts() {
    let page = page_of(&made_up::made_up(&case("2020W407"), "2020W407"));
    let trends = part(&page, "verloop");
    assert!(trends.contains("het verloop begint bij deze periode") && !trends.contains("<svg"));
    assert_eq!((count(trends, "<table>"), count(trends, "<th scope=\"row\">")), (1, 2));
    assert!(part(&complete(), "verloop").contains("<svg"));
}

#[test]
fn counts_of_periods_of_unequal_length_are_not_set_side_by_side() {
    let made = made_up::made_up(&case("2021W401"), "2020W401");
    let page = page_of(&made);
    let changes = part(&page, "wijzigingen");
    assert!(!changes.contains("cijfers zijn anders") && !changes.contains(">Eerder<"));
    assert!(changes.contains("Deze periode telt 28 dagen en 2020W413 telt er 35"));
    assert_eq!(count(changes, "<th scope=\"row\">"), 4 + 52);
    assert!(part(&complete(), "wijzigingen").contains("cijfers zijn anders"));
}

#[test]
fn what_is_compared_with_the_previous_period_is_said() {
    let said = "Met de vorige periode zijn alleen totalen en de verdelingen van Nederland vergeleken";
    assert!(part(&complete(), "wijzigingen").contains(said));
}

#[test]
fn a_difference_in_status_is_said_in_words_and_explained() {
    let page = complete();
    assert!(part(&page, "kerncijfers").contains("de vergeleken perioden hebben niet dezelfde status"));
    assert!(!page.contains("rijpheid verschilt"));
    assert!(part(&page, "toelichting").contains("<dt>Niet dezelfde status</dt>"));
}

#[test]
fn a_break_in_a_region_brings_the_like_for_like_change_to_the_card() {
    let mut made = made_up::made_up(&case("2020W407"), "2019W401");
    let like = |made: &MadeUp| count(part(&page_of(made), "kerncijfers"), "gelijke regio's: ");
    made.remark("verandering_jaar_eerder", None);
    assert_eq!(like(&made), 0);
    let break_in = "in VT06 ligt een reeksbreuk tussen de perioden: zie verandering_jaar_eerder_gelijke_regios";
    made.remark("verandering_jaar_eerder", Some(break_in));
    assert_eq!(like(&made), 4);
    assert!(page_of(&made).contains("<span class=\"opmerking\">in VT06 ligt een reeksbreuk tussen de perioden</span>"));
    made.remark("verandering_jaar_eerder_gelijke_regios", None);
    assert_eq!(like(&made), 0, "over the same regions it says nothing new");
}

#[test]
fn numbers_of_breaks_stand_above_all_lines() {
    let page = complete();
    let from = page.find("aria-labelledby=\"verloop-nl-gestarte_adviezen-breed-t").unwrap();
    let chart = page[from..].split("</svg>").next().unwrap();
    let of = |tag: &str, attribute: &str| -> Vec<i32> {
        let marks = chart.split(tag).skip(1).filter(|mark| mark.split('>').next().unwrap().contains("#9A4B00"));
        let value = |mark: &str| mark.split(&format!("{attribute}=\"")).nth(1)?.split('"').next()?.parse().ok();
        marks.filter_map(value).collect()
    };
    let (numbers, lines) = (of("<text ", " y"), of("<line ", "y2"));
    assert!(numbers.len() >= 4 && lines.len() == 2 * numbers.len(), "{numbers:?} {lines:?}");
    assert!(numbers.iter().max() < lines.iter().min(), "{numbers:?} {lines:?}");
}

#[test]
fn sources_and_licence_are_stated() {
    let page = complete();
    let notes = part(&page, "toelichting");
    assert!(notes.contains("Licentie van de cijfers: Creative Commons Naamsvermelding 4.0"));
    assert!(notes.contains("CBS, CC BY 4.0 (register") && notes.contains("Telt naar de einddatum van de dienst."));
}
