//! The forms by which an operator decides about a region.

use maud::{Markup, html};

use crate::views::ArrangementView;
use crate::web::forms::{Form, Input, REASON, Tried};
use crate::web::frame::csrf;
use crate::web::session::Visit;

/// To pull a region no more, or again.
pub fn pause() -> Form {
    Form::new("pauze", &[REASON])
}

/// That a region is out of service.
pub fn outage() -> Form {
    Form::new("storing", &[("from", "Vanaf"), ("until", "Tot en met"), ("owner", "Wie bij de regio"), REASON])
}

/// That a month may come later.
pub fn extension() -> Form {
    Form::new("uitstel", &[("maand", "Maand"), ("until", "Tot en met"), ("owner", "Wie bij de regio"), REASON])
}

/// To end what was agreed before its time.
pub fn end(id: i64) -> Form {
    Form::new(format!("einde-{id}"), &[("reason", "Reden om te beëindigen")])
}

/// What an operator decides about a region.
pub fn steering(visit: &Visit, vt: &str, arrangements: &[&ArrangementView], tried: &Tried) -> Markup {
    let is_paused = arrangements.iter().any(|it| it.kind == "pause");
    let (action, title, button) = match is_paused {
        true => ("hervat", "Hervatten", "Haal deze regio weer op"),
        false => ("pauze", "Pauzeren", "Haal deze regio niet op"),
    };
    let (pause, outage, extension) = (tried.of(pause()), tried.of(outage()), tried.of(extension()));
    html! {
        section aria-labelledby="besluiten" {
            h2 #besluiten { "Besluiten" }
            div.kaarten {
                form.kaart id=(pause.form()) method="post" action={ "/regio/" (vt) "/" (action) } {
                    h3 { (title) }
                    (csrf(visit))
                    (pause.reason())
                    button { (button) }
                }
                form.kaart id=(outage.form()) method="post" action={ "/regio/" (vt) "/storing" } {
                    h3 { "Buiten gebruik melden" }
                    (csrf(visit))
                    (outage.input("from", &Input::day()))
                    (outage.input("until", &Input::day().required()))
                    (outage.input("owner", &Input::text(100)))
                    (outage.reason())
                    button { "Leg storing vast" }
                }
                form.kaart id=(extension.form()) method="post" action={ "/regio/" (vt) "/uitstel" } {
                    h3 { "Uitstel geven" }
                    (csrf(visit))
                    (extension.input("maand", &Input::month().required()))
                    (extension.input("until", &Input::day().required()))
                    (extension.input("owner", &Input::text(100)))
                    (extension.reason())
                    button { "Geef uitstel" }
                }
            }
        }
    }
}

/// The form, on one line, that ends what was agreed.
pub fn ending(visit: &Visit, id: i64, tried: &Tried) -> Markup {
    let form = tried.of(end(id));
    html! {
        form.regel id=(form.form()) method="post" action={ "/afspraken/" (id) "/einde" } {
            (csrf(visit))
            span.verborgen { (form.label("reason")) }
            (form.bare("reason", &Input::text(300).required().hint("reden")))
            button.stil { "Beëindig" }
        }
        (form.wrong("reason"))
    }
}
