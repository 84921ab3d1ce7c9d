//! What a reader must know of a column beside its title, in one text: description, constraints, where its codes stand.

use vt_domain::snapshot::{Column, ColumnCodes, Language, Words};

/// Description and constraints of a column; empty when there is nothing to say.
pub(crate) fn explain(column: &Column, language: Language) -> String {
    let described = column.description.map(|words| words.of(language).to_owned());
    let multiple = column.multiple_of.map(|base| {
        let nl = format!("Een veelvoud van {base}.");
        let en = format!("A multiple of {base}.");
        pick(language, nl, en)
    });
    let bounds = column.minimum.map(|minimum| bounds(minimum, column.maximum, language));
    let codes = match column.codes {
        Some(ColumnCodes::Explained(place)) => {
            let words =
                Words::new("De codes staan in toelichting.json, bij", "The codes stand in toelichting.json, at");
            Some(format!("{} `{place}`.", words.of(language)))
        }
        Some(ColumnCodes::Listed(_) | ColumnCodes::Among(_)) | None => None,
    };
    let all: Vec<String> = [described, multiple, bounds, codes].into_iter().flatten().collect();
    all.join(" ")
}

fn bounds(minimum: i64, maximum: Option<i64>, language: Language) -> String {
    match maximum {
        Some(maximum) => {
            pick(language, format!("Van {minimum} tot en met {maximum}."), format!("From {minimum} to {maximum}."))
        }
        None => pick(language, format!("Ten minste {minimum}."), format!("At least {minimum}.")),
    }
}

fn pick(language: Language, nl: String, en: String) -> String {
    match language {
        Language::Nl => nl,
        Language::En => en,
    }
}
