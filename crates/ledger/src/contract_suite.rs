//! What every database under the ledger must do: one suite, run against each.
//!
//! Each case works on regions, periods and names of its own, so that all of them can follow each other in one database.

use crate::error::LedgerError;
use crate::ledger::Ledger;

mod alert_messages;
mod alerts;
mod arrangements;
mod audit;
mod backfill_courses;
mod backfills;
mod cadence;
mod deliveries;
mod given;
mod leases;
mod lines;
mod mutes;
mod publications;
mod pulls;
mod requests;
mod rivals;
mod runs;
mod sessions;
mod steps;
mod stores;
mod tokens;

use given::{at, audit_of, change, digest, month, period, run_of};

/// What a case gives: an error of the ledger that the case did not ask for.
type Case = Result<(), LedgerError>;

macro_rules! suite {
    ($($module:ident { $($case:ident),+ $(,)? })+; rivals { $($rival:ident),+ $(,)? }) => {
        /// Runs all cases, one after another.
        ///
        /// # Errors
        /// An error of the ledger that no case asks for; other failures are panics.
        pub async fn all(ledger: &Ledger) -> Result<(), LedgerError> {
            $($(Box::pin($module::$case(ledger)).await?;)+)+
            Ok(())
        }

        /// Runs the cases in which two handles on one database get in each other's way.
        ///
        /// # Errors
        /// As [`all`].
        pub async fn between(one: &Ledger, other: &Ledger) -> Result<(), LedgerError> {
            $(Box::pin(rivals::$rival(one, other)).await?;)+
            Ok(())
        }

        #[cfg(test)]
        mod on_sqlite {
            use crate::ledger::Ledger;

            async fn open(folder: &tempfile::TempDir) -> Ledger {
                Ledger::open(folder.path().join("ledger.sqlite").to_str().unwrap()).await.unwrap()
            }

            $(mod $module {
                $(#[tokio::test]
                async fn $case() {
                    let folder = tempfile::tempdir().unwrap();
                    crate::contract_suite::$module::$case(&super::open(&folder).await).await.unwrap();
                })+
            })+

            mod rivals {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $rival() {
                    let folder = tempfile::tempdir().unwrap();
                    let (one, other) = (super::open(&folder).await, super::open(&folder).await);
                    crate::contract_suite::rivals::$rival(&one, &other).await.unwrap();
                })+
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn all_cases_follow_each_other_in_one_ledger() {
                let folder = tempfile::tempdir().unwrap();
                let (one, other) = (open(&folder).await, open(&folder).await);
                super::all(&one).await.unwrap();
                super::between(&one, &other).await.unwrap();
            }
        }
    };
}

suite! {
    runs {
        a_run_is_begun_once,
        a_run_ends_once,
        an_unknown_run_can_not_end,
        the_latest_runs_come_first,
        runs_come_page_by_page,
        a_run_is_found_by_its_number,
        a_run_whose_process_is_gone_is_interrupted,
        a_run_of_a_living_process_goes_on,
        a_run_that_can_not_be_looked_up_goes_by_its_sign_of_life,
    }
    steps {
        a_step_is_recorded_as_it_goes_on,
        the_same_step_again_changes_nothing,
        steps_come_by_subject_and_in_their_order,
        every_step_and_outcome_can_be_recorded,
        a_step_of_an_unknown_run_is_refused,
    }
    deliveries {
        a_delivery_is_recorded_once,
        what_was_decided_stands,
        a_number_never_gets_other_files,
        a_failed_delivery_is_tried_again,
        deliveries_are_filtered,
        findings_are_kept_without_examples,
        findings_of_a_delivery_are_replaced,
        findings_need_their_delivery,
    }
    pulls {
        failures_of_a_pull_are_counted_until_it_works,
        a_pull_is_recorded_whole_and_once,
        a_pull_that_works_clears_its_failures,
        when_a_pull_came_to_its_end_is_known,
        a_pull_that_conflicts_leaves_nothing,
        a_pull_without_its_lease_leaves_nothing,
    }
    publications {
        an_issue_is_reserved_and_published_once,
        another_manifest_is_refused,
        a_void_issue_stays_void,
        a_published_issue_is_never_void,
        a_publication_without_its_reservation_is_recorded,
        publications_come_by_cadence_in_order,
        what_holds_an_issue_back_is_told_until_it_is_published,
    }
    stores {
        stores_are_remembered_once,
    }
    leases {
        a_lease_has_one_holder,
        a_lease_that_ran_out_is_taken_over,
        a_renewed_lease_is_held_longer,
        a_released_lease_is_free_and_gone_for_its_holder,
        held_leases_are_listed,
        a_lease_longer_than_any_calendar_is_held,
    }
    audit {
        an_entry_is_kept_and_follows_the_one_before,
        an_entry_needs_an_actor_and_an_action,
        entries_are_filtered_newest_first,
        the_whole_log_is_checked,
        no_entry_is_changed_or_deleted,
    }
    cadence {
        a_decision_is_kept_with_its_entry,
        a_decision_that_makes_another_void_says_so_in_its_entry,
        the_same_decision_again_changes_nothing,
        a_decision_needs_a_reason,
        no_decision_is_changed_or_deleted,
    }
    arrangements {
        each_kind_is_kept_with_its_entry,
        the_same_terms_again_give_the_same_arrangement,
        an_arrangement_ends_once,
        an_unknown_arrangement_can_not_end,
        terms_that_lack_something_are_refused,
    }
    backfills {
        a_backfill_is_begun_with_its_items,
        the_same_plan_again_gives_the_same_backfill,
        a_reason_in_one_place_counts_for_both,
        a_backfill_that_overlaps_is_refused_and_named,
        of_many_shared_orders_five_are_named,
        an_order_is_free_when_its_backfill_has_ended,
        items_are_closed_once,
        an_item_is_closed_under_a_lease_only_while_it_is_held,
        what_is_unknown_is_named,
        a_pull_closes_its_item_with_it,
        a_pull_that_fails_closes_its_item_with_its_fault,
        a_pull_that_is_refused_leaves_its_item_open,
        the_latest_backfills_come_first,
    }
    backfill_courses {
        a_backfill_is_paused_resumed_and_cancelled,
        every_other_turn_is_refused,
        a_turn_needs_an_actor,
        a_backfill_ends_when_all_is_pulled_and_published,
        a_backfill_with_failures_ends_partial_and_is_tried_again,
        a_backfill_whose_publications_failed_ends_partial_and_is_tried_again,
        a_retry_sets_a_paused_backfill_going,
        a_retry_without_failures_changes_nothing,
        what_has_ended_is_not_tried_again_over_another_backfill,
        publications_are_made_after_the_last_item,
        an_item_under_way_when_cancelled_may_still_be_done,
    }
    tokens {
        a_token_is_kept_with_its_entry,
        tokens_come_by_number,
        the_same_token_again_is_the_one_that_there_is,
        a_token_that_lacks_something_is_refused,
        a_token_is_found_by_its_digest_until_it_expires,
        a_use_is_noted_once_a_minute,
        a_token_is_revoked_once,
        an_unknown_token_can_not_be_revoked,
        a_revoked_token_ends_its_sessions_and_no_other,
    }
    sessions {
        a_session_is_kept_until_it_expires,
        a_session_counts_as_long_as_its_token,
        a_session_begun_with_a_revoked_token_is_none,
        a_session_needs_its_token,
        a_session_ends_once,
        sessions_that_count_are_listed,
        all_sessions_of_somebody_end_with_an_entry,
        the_same_session_again_changes_nothing,
        a_new_session_removes_those_that_expired,
        a_session_that_lacks_something_is_refused,
    }
    requests {
        a_request_is_done_once_and_its_answer_given_again,
        a_key_is_that_of_one_request,
        a_request_under_way_for_ten_minutes_is_new_again,
        an_answer_stands,
        a_released_request_is_new_again,
        old_requests_are_removed,
        what_was_not_claimed_has_no_answer,
        a_request_that_lacks_something_is_refused,
    }
    lines {
        lines_are_numbered_within_their_run,
        a_line_is_one_line_of_limited_length,
        lines_of_an_unknown_run_are_refused,
        beyond_the_limit_one_last_line_says_so,
        lines_of_runs_that_ended_before_are_forgotten,
    }
    alerts {
        an_alert_is_kept,
        one_alert_of_a_rule_and_subject_is_open,
        an_alert_that_is_not_there_can_not_end,
        a_reminder_is_noted_while_the_alert_is_open,
        the_latest_alerts_come_first,
        an_alert_with_a_message_is_told,
    }
    alert_messages {
        a_message_waits_to_be_sent,
        a_message_is_queued_once,
        messages_are_sent_oldest_first,
        a_message_is_sent_once,
        what_is_unknown_can_not_be_told,
    }
    mutes {
        a_mute_is_kept_with_its_entry,
        a_mute_runs_out,
        the_same_mute_again_is_the_one_that_there_is,
        a_mute_ends_once,
        a_mute_that_lacks_something_is_refused,
        an_unknown_mute_can_not_end,
    };
    rivals {
        entries_of_two_writers_are_one_chain,
        of_two_backfills_that_overlap_exactly_one_begins,
        a_plan_that_two_begin_is_one_backfill,
        of_two_ends_of_an_arrangement_one_stands,
        of_many_claims_exactly_one_wins,
        of_two_decisions_one_stands,
        a_cadence_that_two_decide_is_one_decision,
        no_record_of_two_writers_is_lost,
        a_key_that_two_claim_is_new_for_one,
        a_lost_request_that_two_take_up_is_new_for_one,
        an_alert_that_two_begin_is_one,
        a_message_that_two_queue_is_one,
        of_two_revocations_one_stands,
        lines_of_two_writers_are_numbered_without_a_gap,
    }
}
