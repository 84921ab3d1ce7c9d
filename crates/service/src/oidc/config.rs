//! The configuration of log-in by an issuer's tokens.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;
use vt_ledger::Role;

use crate::access::ROLES;
use crate::address::is_safe;
use crate::views::of_code;

/// `[api.oidc]`: whose tokens count, and what they may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The issuer, exactly as it stands in its tokens; its discovery document is found below it.
    pub issuer: String,
    /// Whom its tokens must be meant for: the name under which the issuer knows this service.
    pub audience: String,
    /// The claim that says what somebody may do: a text, or a list of texts.
    pub role_claim: String,
    /// The role for a value of that claim: `lezer`, `operator`, `beheerder` or `regio:VT07`.
    pub roles: BTreeMap<String, Grant>,
}

/// What a value of the role claim gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The region of [`Role::Regio`].
    pub regio: Option<String>,
}

impl TryFrom<String> for Grant {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_vt =
            |vt: &str| matches!(vt.as_bytes(), [b'V', b'T', one, two] if one.is_ascii_digit() && two.is_ascii_digit());
        if let Some(vt) = text.strip_prefix("regio:").filter(|vt| is_vt(vt)) {
            return Ok(Self { role: Role::Regio, regio: Some(vt.to_owned()) });
        }
        match of_code(&text) {
            Some(Role::Regio) | None => {
                Err(format!("`{text}` is no role: give lezer, operator, beheerder, or regio:VT07"))
            }
            Some(role) => Ok(Self { role, regio: None }),
        }
    }
}

impl Grant {
    /// Its place among the roles, from least to most.
    fn rank(&self) -> Option<usize> {
        ROLES.iter().position(|role| *role == self.role)
    }
}

impl OidcConfig {
    /// The rule that is broken, if any: field and rule.
    pub fn broken_rule(&self) -> Option<(&'static str, &'static str)> {
        let broken = |field, rule| Some((field, rule));
        let Ok(issuer) = Url::parse(&self.issuer) else {
            return broken("api.oidc.issuer", "is no address");
        };
        if !is_safe(&issuer) {
            return broken(
                "api.oidc.issuer",
                "give an https address: without TLS anybody on the way could give us keys",
            );
        }
        let bare = issuer.query().is_none() && issuer.fragment().is_none();
        if !bare || !issuer.username().is_empty() || issuer.password().is_some() {
            return broken("api.oidc.issuer", "has no query, no fragment and no password");
        }
        if self.audience.trim().is_empty() {
            return broken(
                "api.oidc.audience",
                "say for whom tokens are: without it those for any other service would count",
            );
        }
        if self.role_claim.trim().is_empty() {
            return broken("api.oidc.role_claim", "name the claim that says what somebody may do");
        }
        if self.roles.is_empty() {
            return broken("api.oidc.roles", "give at least one value of the role claim its role");
        }
        None
    }

    /// What values of the role claim give: the most of it; nothing when that is two different regions.
    pub fn granted(&self, values: &[String]) -> Option<&Grant> {
        let grants: Vec<&Grant> = values.iter().filter_map(|value| self.roles.get(value)).collect();
        let most = grants.iter().copied().max_by_key(|grant| grant.rank())?;
        let another = |grant: &&Grant| grant.role == most.role && grant.regio != most.regio;
        if grants.iter().any(another) { None } else { Some(most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "issuer = \"https://id.example.nl/realm\"\naudience = \"vt-monitor\"\nrole_claim = \"groups\"\n\
        roles = { \"LOT-C\" = \"lezer\", ops = \"operator\", \"a.b/seven\" = \"regio:VT07\", eight = \"regio:VT08\", too = \"regio:VT07\" }\n";

    fn read(text: &str) -> Result<OidcConfig, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn the_highest_role_wins_and_two_regions_are_refused() {
        let config = read(GOOD).unwrap();
        assert_eq!(config.broken_rule(), None);
        let granted = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            config.granted(&values).map(|grant| (grant.role, grant.regio.clone()))
        };
        assert_eq!(granted(&["LOT-C", "ops", "a.b/seven"]), Some((Role::Operator, None)));
        assert_eq!(granted(&["other", "a.b/seven", "too"]), Some((Role::Regio, Some("VT07".into()))));
        assert_eq!(granted(&["a.b/seven", "eight"]), None);
        assert_eq!(granted(&["a.b/seven", "eight", "ops"]), Some((Role::Operator, None)));
        assert_eq!((granted(&["lot-c"]), granted(&[])), (None, None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for role in ["admin", "regio", "regio:", "regio:VT7", "regio:XX07", "Operator"] {
            let error = read(&GOOD.replace("\"operator\"", &format!("\"{role}\""))).unwrap_err();
            assert!(error.to_string().contains("is no role"), "{role}: {error}");
        }
        assert!(read(&format!("{GOOD}more = 1\n")).is_err() && read(&GOOD.replace("audience", "aud")).is_err());
        let broken =
            |from: &str, to: &str| read(&GOOD.replace(from, to)).unwrap().broken_rule().map(|(field, _)| field);
        assert_eq!(broken("https://id", "http://id"), Some("api.oidc.issuer"));
        assert_eq!(broken("https://id", "id"), Some("api.oidc.issuer"));
        assert_eq!(broken("/realm", "/?realm=1"), Some("api.oidc.issuer"));
        assert_eq!(broken("https://id", "https://me:secret@id"), Some("api.oidc.issuer"));
        assert_eq!(broken("\"vt-monitor\"", "\"\""), Some("api.oidc.audience"));
        assert_eq!(broken("\"groups\"", "\" \""), Some("api.oidc.role_claim"));
    }
}
