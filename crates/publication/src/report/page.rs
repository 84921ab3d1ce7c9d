//! What the pages share: their frame, tables, figures with the table behind them.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The look of all pages.
const STYLE: &str = include_str!("style.css");

/// Nothing is loaded and nothing is run: the page is read as it is, from a disk or a mail too.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A whole page. `generator` names the program, where the page is not part of a snapshot.
pub(super) fn page(title: &str, generator: Option<&str>, header: &Markup, main: &Markup, footer: &Markup) -> Vec<u8> {
    page_with("", title, generator, header, main, footer)
}

/// The same, with rules of its own for how it looks.
pub(super) fn page_with(
    style: &str,
    title: &str,
    generator: Option<&str>,
    header: &Markup,
    main: &Markup,
    footer: &Markup,
) -> Vec<u8> {
    let markup = html! {
        (DOCTYPE)
        html lang="nl" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(generator) = generator { meta name="generator" content=(generator); }
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                a.skip href="#inhoud" { "Direct naar de inhoud" }
                header.top { (header) }
                main #inhoud tabindex="-1" { (main) }
                footer { (footer) }
            }
        }
    };
    let mut bytes = markup.into_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    title: String,
    number: bool,
}

impl Column {
    /// With words.
    pub(super) fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: false }
    }

    /// With numbers.
    pub(super) fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: true }
    }
}

/// A table; the first column names the row. It scrolls by itself where it is wider than the page.
pub(super) fn table(caption: &str, columns: &[Column], rows: &[Vec<String>]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for column in columns { th scope="col" class=[column.number.then_some("n")] { (column.title) } }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, (cell, column)) in row.iter().zip(columns).enumerate() {
                                @if place == 0 {
                                    th scope="row" { (cell) }
                                } @else {
                                    td class=[column.number.then_some("n")] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A table that opens on demand.
pub(super) fn folded(summary: &str, table: &Markup) -> Markup {
    html! { details { summary { (summary) } (table) } }
}

/// A picture with its title, what it says, and the table behind it.
pub(super) struct Picture<'a> {
    /// Its id in the page.
    pub(super) id: &'a str,
    /// What it shows.
    pub(super) title: &'a str,
    /// The measure, where the heading above says it already: a part of the title for those who hear it only.
    pub(super) within: Option<&'a str>,
    /// The picture itself.
    pub(super) picture: Markup,
    /// What a reader must know of it.
    pub(super) note: Markup,
    /// The figures behind it.
    pub(super) table: Markup,
}

impl Picture<'_> {
    /// The figure.
    pub(super) fn markup(&self) -> Markup {
        let heading = format!("{}-kop", self.id);
        html! {
            figure #(self.id) aria-labelledby=(heading) {
                @match self.within {
                    Some(measure) => h4 #(heading) { span.verborgen { (measure) ": " } (self.title) },
                    None => h3 #(heading) { (self.title) },
                }
                (self.picture)
                figcaption { (self.note) }
                (folded("Toon de cijfers als tabel", &self.table))
            }
        }
    }
}

/// A part of the page with its heading.
pub(super) fn section(id: &str, title: &str, body: &Markup) -> Markup {
    let heading = format!("{id}-titel");
    html! {
        section #(id) aria-labelledby=(heading) {
            h2 #(heading) { (title) }
            (body)
        }
    }
}
