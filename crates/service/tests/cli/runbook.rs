//! The runbook has a place for everything that an operator can meet, and names no command that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory;
use vt_monitor::cli::Cli;

use crate::api::{SETTINGS, Served};
use crate::program::expect;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The headings of the runbook.
fn headings() -> Vec<String> {
    file("docs/RUNBOOK.md").lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect()
}

fn assert_headings_for(what: &str, names: impl IntoIterator<Item = String>) {
    let headings = headings();
    let names: Vec<String> = names.into_iter().collect();
    assert!(!names.is_empty(), "no {what} was found");
    let missing: Vec<_> = names.iter().filter(|name| !headings.iter().any(|heading| heading.contains(*name))).collect();
    assert!(missing.is_empty(), "docs/RUNBOOK.md has no heading for {what} {missing:?}");
}

#[test]
fn every_rule_of_ours_and_of_prometheus_is_a_symptom() {
    let built_in: toml::Table = file("crates/service/src/alerts/rules.toml").parse().unwrap();
    let rules = built_in["rule"].as_array().unwrap().iter();
    assert_headings_for("rule", rules.map(|rule| format!("`{}`", rule["kind"].as_str().unwrap())));
    let prometheus = file("deploy/prometheus/vt-monitor.rules.yml");
    let alerts = prometheus.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    assert_headings_for("alert", alerts.map(|name| format!("`{name}`")));
}

#[test]
fn every_exit_code_is_a_symptom() {
    let help = expect(0, &["--help"]);
    let codes = help.split_once("Exit codes:").unwrap().1.lines();
    let codes: Vec<u8> = codes.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert!(codes.len() > 8, "{codes:?}");
    assert_headings_for("exit code", codes.iter().filter(|code| **code != 0).map(|code| format!("Exit code {code}:")));
}

#[test]
fn every_part_that_can_be_wrong_is_a_symptom() {
    let served = Served::new(SETTINGS);
    let ready: serde_json::Value = serde_json::from_str(&served.ask("", "/health/ready")).unwrap();
    let parts = ready["parts"].as_object().unwrap().keys();
    assert_headings_for("part", parts.map(|part| format!("`{part}`")));
}

/// Commands that stand in the text, without what follows the first option: `vt-monitor backup make`.
fn commands(text: &str) -> BTreeSet<Vec<String>> {
    let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
    let named = text.split("vt-monitor ").skip(1);
    let words = named.map(|rest| {
        let rest = rest.split(['`', '\n', '|', ';', ')']).next().unwrap_or_default();
        rest.split_whitespace().take_while(is_word).map(str::to_owned).collect::<Vec<_>>()
    });
    words.filter(|words| !words.is_empty()).collect()
}

#[test]
fn every_command_that_the_runbook_names_is_there() {
    // In running text the program's name is followed by other words: only what stands as code counts.
    let text = file("docs/RUNBOOK.md");
    let code: String = text.split('`').skip(1).step_by(2).flat_map(|code| [code, "\n"]).collect();
    // On a machine with the package it is called by the wrapper of that.
    let all = commands(&code.replace("vtm ", "vt-monitor "));
    assert!(all.len() > 20, "{all:?}");
    for words in all {
        let mut command = Cli::command();
        let mut place = &mut command;
        for word in &words {
            if !place.has_subcommands() {
                break;
            }
            let known = place.find_subcommand_mut(word);
            place = known.unwrap_or_else(|| panic!("docs/RUNBOOK.md names `vt-monitor {}`", words.join(" ")));
        }
    }
}
