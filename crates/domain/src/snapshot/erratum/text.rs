//! What the text of an erratum may say: no number, whatever it is written in (DESIGN §6).

use crate::period::Period;
use crate::register::AreaRef;

/// Longest text, in characters.
const MAX_TEXT: usize = 600;

/// Why the text of an erratum is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextRefused {
    /// Nothing, too much, or no plain line.
    #[error("the text is one line of 1 to {MAX_TEXT} characters")]
    Form,
    /// A character that Dutch needs not: hidden ones and those of other scripts could spell a number unseen.
    #[error(
        "the text holds a character (place {place}) that is no Dutch letter, space or punctuation mark: write it without"
    )]
    Character {
        /// Which character, counted from 1: the text itself is not repeated.
        place: usize,
    },
    /// A number stands in it: a true count would undo the rounding of every issue.
    #[error(
        "the text states a number (word {word}): an erratum is read by all who read the figures, and a true count would undo \
         their protection. Codes of regions and periods, such as VT07 and 2020W407, may stand in it"
    )]
    Number {
        /// Which word, counted from 1: the text itself is not repeated.
        word: usize,
    },
}

/// Checks that a text states no number, in digits or in words. Whole codes of regions and periods may stand in it.
///
/// # Errors
/// [`TextRefused`] says which word.
pub fn check_text(text: &str) -> Result<(), TextRefused> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(TextRefused::Form);
    }
    // Words are counted as a reader does, though a sign within one parts it.
    for (place, word) in text.split_whitespace().enumerate() {
        let stated = |part: &str| !is_code(part) && states_number(part);
        if word.contains(['%', '‰']) || word.split(|c: char| !c.is_alphanumeric()).any(stated) {
            return Err(TextRefused::Number { word: place + 1 });
        }
    }
    match text.chars().position(|c| !is_plain(c)) {
        Some(place) => Err(TextRefused::Character { place: place + 1 }),
        None => Ok(()),
    }
}

/// What Dutch is written with.
fn is_plain(c: char) -> bool {
    const ACCENTED: &str = "áàâäãåéèêëíìîïóòôöõúùûüçñ";
    const MARKS: &str = " .,;:'\"()?!&/-–—‘’“”„…";
    c.is_ascii_alphanumeric() || MARKS.contains(c) || c.to_lowercase().all(|lower| ACCENTED.contains(lower))
}

/// Whole codes of regions and periods say nothing of a count.
fn is_code(word: &str) -> bool {
    let region = matches!(AreaRef::parse(word), Some(area) if !matches!(area, AreaRef::Gm(_)));
    region || word.parse::<Period>().is_ok()
}

fn states_number(word: &str) -> bool {
    word.chars().any(char::is_numeric) || is_number_word(&word.to_lowercase()) || is_roman(word)
}

/// Words that are a count by themselves, beside those composed of [`STEMS`].
const WORDS: &str = "één half halve helft kwart driekwart anderhalf anderhalve procent promille percent dubbel dubbele \
    enkeling eentje paar paartje beide beiden allebei dozijn dozijnen dozijntje tiental tientallen twintigtal vijftigtal \
    honderdtal honderden duizenden duizendtal eenmaal verdubbeld verdubbeling gehalveerd halvering \
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen \
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million once twice thrice half double triple \
    couple pair both dozen quarter third \
    zwei drei fünf sechs sieben neun zehn elf zwölf hundert tausend hälfte";

/// Stems of Dutch numbers, longer ones before those they begin with.
const STEMS: &str = "zeventien veertien dertien vijftien zestien achttien negentien honderd duizend miljoen miljard twintig \
    dertig veertig vijftig zestig zeventig tachtig negentig twaalf tiende elfde tweede derde vierde vijfde zesde zevende \
    achtste negende zeven negen twee drie vier vijf acht tien elf zes nul één";

/// What joins stems, and is no number without one.
const JOINTS: &str = "een voud voudig voudige keer maal tal tallen tje tjes ste de en ën";

/// Verbs of a number: `verdrievoudigd`.
const VERBS: &str = "voudigd voudigde voudigt voudigen voudiging";

/// Whether a word is a number, or is made wholly of stems of numbers and what joins them.
fn is_number_word(word: &str) -> bool {
    let verb = |end| composed(word.strip_prefix("ver")?.strip_suffix(end)?).then_some(());
    WORDS.split_whitespace().any(|known| known == word)
        || composed(word)
        || VERBS.split_whitespace().any(|end| verb(end).is_some())
}

/// Whether a word is stems of numbers and what joins them, with a stem among them. Each place in it is looked at once: taken apart one way
/// after the other, a word such as `tiendetiende…` has more ways than can be tried.
fn composed(word: &str) -> bool {
    // Of each place, whether parts lead up to it without a stem among them, and with one.
    let mut reached = vec![[false; 2]; word.len() + 1];
    reached[0][0] = true;
    for place in 0..word.len() {
        let [without, with] = reached[place];
        if !without && !with {
            continue;
        }
        let ends = |parts: &'static str| parts.split_whitespace().filter(|part| word[place..].starts_with(part));
        for stem in ends(STEMS) {
            reached[place + stem.len()][1] = true;
        }
        for joint in ends(JOINTS) {
            let [to_without, to_with] = &mut reached[place + joint.len()];
            *to_without |= without;
            *to_with |= with;
        }
    }
    reached[word.len()][1]
}

/// Roman numerals of two letters and more, written in capitals.
fn is_roman(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| "IVXLCDM".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_numbers_is_accepted() {
        for text in [
            "De levering van VT07 over 2020W407 was niet volledig; gebruik de volgende uitgave.",
            "In een van de regio's is een verkeerde code gebruikt, en de verdeling naar aard klopt daarom niet.",
            "De eerste uitgave is ingetrokken: VR14 en VT20 zijn verwisseld.",
            "Bij het keren van de steden keerde de steen eenden.",
        ] {
            assert_eq!(check_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_text_that_states_a_number_is_refused_and_not_repeated() {
        for text in [
            "Het aantal moet 3 zijn",
            "er is één melding te veel",
            "twee meldingen",
            "drieëntwintig",
            "tweehonderdvijf adviezen",
            "een derde ervan",
            "de helft",
            "veel (ongeveer ⅓) minder",
            "٣ meldingen",
            "5% lager",
            "tientallen",
            "GM0363",
            "MM VT7",
            "XII meldingen",
            "2020-07",
            "three",
            "VT07: 12",
            "Twintig",
            "het dubbele",
            "vierde",
            "drie-vier",
            "aantal:twaalf",
            "twaalf,dertien",
            "twaalf.dertien",
            "twaalf_dertien",
            "enkele honderd+twintig",
            "anderhalf maal",
            "driekwart",
            "een paar",
            "een dozijntje",
            "eentje",
            "beide",
            "verviervoudigd",
            "drietjes",
            "eleven",
            "hundred",
            "zwölf",
        ] {
            let refused = check_text(text);
            assert!(matches!(refused, Err(TextRefused::Number { .. })), "{text}: {refused:?}");
            let said = refused.unwrap_err().to_string();
            assert!(!said.contains(text), "{said}");
        }
    }

    #[test]
    fn a_long_word_of_many_readings_is_judged_at_once() {
        let begun = std::time::Instant::now();
        assert_eq!(check_text(&format!("{}x", "tiende".repeat(99))), Ok(()));
        assert!(matches!(check_text(&"tiende".repeat(100)), Err(TextRefused::Number { .. })));
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_text_is_one_line() {
        for text in ["", "  ", "a\nb", &"x".repeat(601)] {
            assert_eq!(check_text(text), Err(TextRefused::Form));
        }
    }

    #[test]
    fn hidden_and_foreign_characters_are_refused() {
        for (text, place) in [
            ("vijf\u{2011}tig", 5),
            ("vi\u{200b}jf", 3),
            ("ｔｗｅｅ", 1),
            ("dri\u{65}\u{301}", 5),
            ("тwee", 1),
            ("a\u{a0}b", 2),
        ] {
            let refused = check_text(text).unwrap_err();
            let number = matches!(refused, TextRefused::Number { .. });
            assert!(number || refused == TextRefused::Character { place }, "{text}: {refused:?}");
        }
        assert_eq!(check_text("Coördinatie “kan” beter: zie VT07, zo’n regio…"), Ok(()));
    }
}
