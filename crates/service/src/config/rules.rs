//! The rules of a configuration that need no network and no clock.

use vt_domain::period::PeriodKind;

use super::{Config, ConfigError, RegistrationsBy};
use crate::alerts::Alerting;
use crate::schedule::LocalCron;
use crate::stores::{local, overlap};

impl Config {
    /// All rules that are broken; empty when it is right.
    pub fn broken_rules(&self) -> Vec<ConfigError> {
        [self.of_places(), self.of_time_and_work(), self.of_service()].into_iter().flatten().collect()
    }

    fn of_places(&self) -> Vec<ConfigError> {
        let mut broken = Vec::new();
        let mut rule = |field: &str, rule: String| broken.push(ConfigError::Rule { field: field.into(), rule });
        let places = [
            ("store.published", &self.store.published),
            ("store.private", &self.store.private),
            ("ledger.url", &self.ledger.url),
        ];
        for (field, _) in places.iter().filter(|(_, place)| place.trim().is_empty()) {
            let variable = super::read::variable(field);
            rule(field, format!("is empty: give a folder, a file or an address (is {variable} set to nothing?)"));
        }
        let published = self.store.published.as_str();
        // An empty place is said above; it lies in every other one.
        if places.iter().any(|(_, place)| place.trim().is_empty()) {
            return broken;
        }
        for (field, text) in self.of_cluster() {
            rule(field, text.into());
        }
        for (field, text) in self.store.broken_rules() {
            rule(&field, text);
        }
        if overlap(published, &self.store.private) {
            rule(
                "store",
                "published and private must be different places, neither within the other: analysts read the first"
                    .into(),
            );
        }
        if let Some((field, text)) = self.ledger.broken_rule() {
            rule(field, text);
        }
        if self.ledger.file().is_some_and(|file| overlap(&file.to_string_lossy(), published)) {
            rule("ledger.url", READ.into());
        }
        for (field, file) in self.secret_files() {
            if overlap(&file.to_string_lossy(), published) {
                rule(&field, READ.into());
            }
        }
        broken
    }

    /// What a cluster needs of the private store, and whether registrations are left to somebody who encrypts them.
    fn of_cluster(&self) -> Vec<(&'static str, &'static str)> {
        let folder = local(&self.store.private).is_some();
        let encryption = self.store.encryption.as_ref();
        let left = encryption.is_some_and(|it| it.registrations == RegistrationsBy::Bucket);
        let mut broken: Vec<_> = self.engine.broken_rule().into_iter().collect();
        if left && folder {
            broken.push((
                "store.encryption.registrations",
                "is \"bucket\", and the private store is a folder: nobody would encrypt them there",
            ));
        }
        if self.engine.scheduler_url.is_some() {
            if folder {
                broken.push((
                    "engine.scheduler_url",
                    "executors on other machines can't read a folder of this one: store.private must be a bucket, such as s3://bucket/prefix",
                ));
            }
            if encryption.is_some() && !left {
                broken.push((
                    "engine.scheduler_url",
                    "registrations are encrypted with the keys of [store.encryption], and executors have none: leave scheduler_url out, or \
                     leave registrations to the encryption of the bucket with `registrations = \"bucket\"` in [store.encryption]",
                ));
            }
        }
        broken
    }

    fn of_time_and_work(&self) -> Vec<ConfigError> {
        let mut broken = Vec::new();
        let mut rule = |field: &str, rule: String| broken.push(ConfigError::Rule { field: field.into(), rule });
        if self.key.file.is_some() == self.key.env.is_some() {
            rule("key", "give `file` or `env`, one of the two".into());
        }
        if self.store.encryption.as_ref().is_some_and(|store| store.file.is_some() == store.env.is_some()) {
            rule("store.encryption", "give `file` or `env`, one of the two".into());
        }
        if let Err(error) = LocalCron::parse(&self.schedule.wake) {
            rule("schedule.wake", error.to_string());
        }
        let attack = &self.disclosure.attack;
        if attack.time_limit_seconds == 0 || attack.max_solves == 0 || attack.max_nodes == 0 {
            rule("disclosure.attack", "limits are at least 1: without an attack nothing is published".into());
        }
        if !(1..=15).contains(&self.schedule.delivery_due_working_day) {
            rule("schedule.delivery_due_working_day", "from 1 to 15".into());
        }
        if self.schedule.period_deadline_working_days > 60 {
            rule("schedule.period_deadline_working_days", "at most 60".into());
        }
        if self.schedule.month_to_date_due_working_days > 15 || self.schedule.reminder_working_days_before > 15 {
            rule("schedule", "month_to_date_due_working_days and reminder_working_days_before are at most 15".into());
        }
        if self.schedule.cadence == PeriodKind::IsoYear {
            rule("schedule.cadence", "week, two_weeks or four_weeks; the ISO year follows from them".into());
        }
        if self.pull.regions_at_once == 0 || self.pull.threads_per_delivery == 0 {
            rule("pull", "regions_at_once and threads_per_delivery are at least 1".into());
        }
        if self.schedule.periods_per_round == 0 {
            rule("schedule.periods_per_round", "at least 1".into());
        }
        if self.backfill.regions_at_once == 0 || self.backfill.months_per_minute == 0 {
            rule("backfill", "regions_at_once and months_per_minute are at least 1".into());
        }
        broken
    }

    fn of_service(&self) -> Vec<ConfigError> {
        let mut broken = Vec::new();
        let mut rule = |field: &str, rule: String| broken.push(ConfigError::Rule { field: field.into(), rule });
        let service = &self.service;
        if !(3..=3600).contains(&service.lease_seconds) || !(1..=60).contains(&service.poll_seconds) {
            rule("service", "lease_seconds from 3 to 3600, poll_seconds from 1 to 60".into());
        }
        if let Some(text) = self.api.broken_rule() {
            rule("api.listen", text.into());
        }
        if let Err(wrong) = Alerting::of(&self.alerts) {
            rule(&wrong.field, wrong.rule);
        }
        if let Some((field, text)) = self.api.oidc.as_ref().and_then(|oidc| oidc.broken_rule()) {
            rule(field, text.into());
        }
        if service.retry_minutes == 0 {
            rule("service.retry_minutes", "at least 1".into());
        }
        if let Some((field, text)) = self.retention.broken_rule() {
            rule(field, text);
        }
        for (i, region) in self.regions.iter().enumerate() {
            if self.regions[..i].iter().any(|other| other.vt == region.vt) {
                rule("region", format!("{} stands twice", region.vt));
            }
        }
        broken
    }
}

/// Why nothing secret lies in the published store.
const READ: &str = "must not lie in the published store: analysts read all that is there";
