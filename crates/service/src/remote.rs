//! A service far away, as the command line speaks to it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::exit::Usage;
use crate::problem::Problem;

/// How long an answer may take: a plan with cells counts years of registrations.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a token is, when it is in the environment.
pub const TOKEN: &str = "VT_MONITOR_TOKEN";

/// A service far away.
pub struct Remote {
    base: Url,
    token: String,
    client: reqwest::Client,
}

impl Remote {
    /// A service at an address, such as `https://monitor.example.nl`, with the token of the environment.
    ///
    /// # Errors
    /// [`Usage`] when the address is none, would show the token to anybody on the way, or there is no token.
    pub fn new(server: &str) -> Result<Self> {
        let base: Url = server.parse().map_err(|_| Usage(format!("--server `{server}` is no address")))?;
        if !crate::address::is_safe(&base) {
            return Err(Usage(
                "--server: give an https address; without TLS anybody on the way reads the token".into(),
            )
            .into());
        }
        let token = std::env::var(TOKEN).map_err(|_| Usage(format!("--server: put a token into {TOKEN}")))?;
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("the HTTP client")?;
        Ok(Self { base, token: token.trim().to_owned(), client })
    }

    /// Asks for something, with a query.
    ///
    /// # Errors
    /// [`Problem`] as the service tells it; when it can't be reached.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T> {
        let request = self.client.get(self.address(path)?).query(query);
        self.answer(request).await
    }

    /// Asks for every page of a list, up to so many rows.
    ///
    /// # Errors
    /// As [`Remote::get`].
    pub async fn rows<T: DeserializeOwned + utoipa::ToSchema>(
        &self,
        path: &str,
        query: &[(&str, String)],
        most: usize,
    ) -> Result<Vec<T>> {
        let mut rows: Vec<T> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = query.to_vec();
            query.push(("limit", (most - rows.len()).min(500).to_string()));
            query.extend(after.take().map(|after| ("after", after)));
            let page: crate::views::Page<T> = self.get(path, &query).await?;
            rows.extend(page.items);
            match page.next {
                Some(next) if rows.len() < most => after = Some(next),
                _ => return Ok(rows),
            }
        }
    }

    /// Changes something.
    ///
    /// # Errors
    /// As [`Remote::get`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let request = self.client.post(self.address(path)?).json(body);
        self.answer(request).await
    }

    fn address(&self, path: &str) -> Result<Url> {
        let base = self.base.as_str().trim_end_matches('/');
        Ok(format!("{base}{path}").parse()?)
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T> {
        let host = self.base.host_str().unwrap_or_default();
        let answer = request.bearer_auth(&self.token).send().await;
        let answer = answer.map_err(|error| error.without_url()).with_context(|| format!("{host} does not answer"))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| error.without_url())?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .with_context(|| format!("{host} answers something else; is it another version?"));
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(for_command_line(problem).into()),
            Err(_) => bail!("{host} answers {status}, and not as this program does"),
        }
    }
}

/// The problem as who typed a command can act on it: a token comes from the environment.
fn for_command_line(problem: Problem) -> Problem {
    match problem.status {
        401 => Problem::new(401, format!("the token in {TOKEN} does not count here: wrong, expired or revoked")),
        _ => problem,
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_does_not_count_is_named_by_where_it_comes_from() {
        let said = for_command_line(crate::access::Refusal::Unknown.problem());
        assert!(said.to_string().contains("VT_MONITOR_TOKEN") && !said.to_string().contains("Bearer"), "{said}");
        assert_eq!(for_command_line(Problem::new(403, "not this")).to_string(), "not this");
    }
}
