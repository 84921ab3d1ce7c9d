use chrono::{DateTime, Utc};

use super::{Case, at, run_of};
use crate::{Ledger, LedgerError, RunId, RunLine, RunOutcome};

pub(super) fn logged(minute: i64, text: &str) -> (DateTime<Utc>, String, String) {
    (at(minute), "info".to_owned(), text.to_owned())
}

fn line(seq: i64, minute: i64, text: &str) -> RunLine {
    RunLine { seq, at: at(minute), level: "info".to_owned(), text: text.to_owned() }
}

async fn many(ledger: &Ledger, run: RunId, lines: usize) -> Case {
    let lines: Vec<_> = (0..lines).map(|n| logged(1, &format!("line {n}"))).collect();
    ledger.append_lines(run, &lines).await
}

pub(super) async fn lines_are_numbered_within_their_run(ledger: &Ledger) -> Case {
    let (run, other) = (run_of(ledger, "lines").await?, run_of(ledger, "other lines").await?);
    ledger.append_lines(run, &[logged(1, "one"), logged(1, "two")]).await?;
    ledger.append_lines(other, &[logged(1, "elsewhere")]).await?;
    ledger.append_lines(run, &[]).await?;
    ledger.append_lines(run, &[logged(0, "three")]).await?;
    let all = [line(1, 1, "one"), line(2, 1, "two"), line(3, 0, "three")];
    assert_eq!(ledger.lines_of(run, 0, 9).await?, all);
    assert_eq!(ledger.lines_of(run, 1, 1).await?, all[1..2]);
    assert_eq!(ledger.lines_of(run, 3, 9).await?, []);
    assert_eq!(ledger.newest_lines_of(run, 2).await?, all[1..]);
    assert_eq!(ledger.newest_lines_of(run, 9).await?, all);
    assert_eq!(ledger.lines_of(other, 0, 9).await?, [line(1, 1, "elsewhere")]);
    assert_eq!(ledger.lines_of(RunId(1 << 40), 0, 9).await?, []);
    Ok(())
}

pub(super) async fn a_line_is_one_line_of_limited_length(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "long lines").await?;
    let long = (at(1), "warn\n".to_owned(), format!("  two\nlines\u{1b}{}", "é".repeat(2000)));
    ledger.append_lines(run, &[long]).await?;
    let kept = ledger.lines_of(run, 0, 9).await?.remove(0);
    assert_eq!((kept.level.as_str(), kept.text.chars().count()), ("warn", 1000));
    assert!(kept.text.starts_with("  two lines éé"), "{}", kept.text);
    Ok(())
}

pub(super) async fn lines_of_an_unknown_run_are_refused(ledger: &Ledger) -> Case {
    let refused = ledger.append_lines(RunId(1 << 40), &[logged(1, "one")]).await;
    assert!(matches!(refused, Err(LedgerError::UnknownRun(id)) if id == 1 << 40), "{refused:?}");
    Ok(())
}

pub(super) async fn beyond_the_limit_one_last_line_says_so(ledger: &Ledger) -> Case {
    let at_once = run_of(ledger, "too many lines").await?;
    many(ledger, at_once, 5002).await?;
    let bit_by_bit = run_of(ledger, "too many lines").await?;
    for lines in [4999, 1, 1, 2] {
        many(ledger, bit_by_bit, lines).await?;
    }
    for run in [at_once, bit_by_bit] {
        many(ledger, run, 1).await?;
        let end = ledger.lines_of(run, 4999, 9).await?;
        assert_eq!(end.iter().map(|line| line.seq).collect::<Vec<_>>(), [5000, 5001]);
        assert!(end[0].text.starts_with("line "));
        assert_eq!((end[1].at, end[1].level.as_str()), (at(1), "warn"));
        assert!(end[1].text.starts_with("More was logged and left out"));
    }
    let full = run_of(ledger, "just enough lines").await?;
    many(ledger, full, 5000).await?;
    assert_eq!(ledger.lines_of(full, 4999, 9).await?.len(), 1, "nothing was left out");
    Ok(())
}

pub(super) async fn lines_of_runs_that_ended_before_are_forgotten(ledger: &Ledger) -> Case {
    // Before all other cases, so that only these are forgotten.
    let long_ago = -1_000_000;
    let mut runs = Vec::new();
    for command in ["ended before", "ended then", "goes on"] {
        let run = run_of(ledger, command).await?;
        ledger.append_lines(run, &[logged(1, "one"), logged(1, "two")]).await?;
        runs.push(run);
    }
    ledger.finish_run(runs[0], at(long_ago - 1), RunOutcome::Failed).await.map(drop)?;
    ledger.finish_run(runs[1], at(long_ago), RunOutcome::Failed).await.map(drop)?;
    assert_eq!(ledger.forget_lines(at(long_ago)).await?, 2);
    assert_eq!(ledger.forget_lines(at(long_ago)).await?, 0);
    for (run, lines) in runs.into_iter().zip([0, 2, 2]) {
        assert_eq!(ledger.lines_of(run, 0, 9).await?.len(), lines);
    }
    Ok(())
}
