//! `regions`: the regions on a day, with the veiligheidsregio's that they lie in.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use vt_domain::Clock;
use vt_domain::atoms::AtomLayout;
use vt_domain::register::{AreaRef, Register};

use crate::app;
use crate::cli::RegionsArgs;
use crate::config::{Config, FILES};
use crate::exit::Exit;
use crate::output::{Output, table};

#[derive(Serialize)]
struct Region {
    vt: String,
    naam: String,
    organisatie: String,
    veiligheidsregios: Vec<String>,
    gemeenten: usize,
    inwoners: Option<u64>,
    inwoners_jaar: Option<i32>,
}

pub(super) fn run(args: &RegionsArgs, output: Output, directory: &Path, clock: &dyn Clock) -> Result<Exit> {
    let day = args.on.unwrap_or_else(|| clock.today());
    // The register is built in: a configuration is looked at only when there is one.
    let register = if directory.join(FILES[0]).is_file() {
        app::register(&Config::load(directory)?.register, directory)?
    } else {
        Register::builtin().clone()
    };
    let layout = AtomLayout::on(&register, day);
    let regions: Vec<Region> = register
        .vt_regions(day)
        .into_iter()
        .map(|vt| {
            let population = register.population_on(AreaRef::Vt(&vt.code), day);
            let vrs = layout.atoms.iter().filter(|atom| atom.vt == vt.code && !atom.code.vr_unknown());
            Region {
                vt: vt.code.clone(),
                naam: vt.naam.clone(),
                organisatie: vt.organisatie.clone(),
                veiligheidsregios: vrs.map(|atom| atom.vr.clone()).collect(),
                gemeenten: register.gemeenten(day).filter(|gemeente| gemeente.vt == vt.code).count(),
                inwoners: population.as_ref().map(|p| p.value),
                inwoners_jaar: population.as_ref().map(|p| p.reference_year),
            }
        })
        .collect();
    output.answer(&regions, |regions| text(regions))?;
    Ok(Exit::Done)
}

fn text(regions: &[Region]) -> String {
    table(
        ["region", "name", "organisation", "veiligheidsregio", "gemeenten", "inhabitants"],
        regions.iter().map(|region| {
            [
                region.vt.clone(),
                region.naam.clone(),
                region.organisatie.clone(),
                region.veiligheidsregios.join(" "),
                region.gemeenten.to_string(),
                match (region.inwoners, region.inwoners_jaar) {
                    (Some(value), Some(year)) => format!("{value} ({year})"),
                    _ => "-".into(),
                },
            ]
        }),
    )
}
