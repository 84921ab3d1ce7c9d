//! Who may do what: tokens, and the caller that a token stands for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use vt_ledger::{Role, Token};

use crate::problem::Problem;

/// What every token begins with, so that one that leaked is recognised by those who look for such things.
const PREFIX: &str = "vtm_";

/// The secret of a token. Shown once, when it is made; kept nowhere.
pub struct Secret(String);

impl Secret {
    /// A new one: 32 random bytes.
    ///
    /// # Errors
    /// When the machine has no randomness.
    #[expect(clippy::disallowed_methods, reason = "a token has to be random; no figure follows from it")]
    pub fn new() -> anyhow::Result<Self> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The text that its bearer shows.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> String {
        digest(&self.0)
    }
}

/// What is kept of a secret: its SHA-256, in hex. With 256 random bits there is nothing to guess, so that no slow hash is needed.
pub fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// Somebody who has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name, for the audit log.
    pub actor: String,
    /// What it may do.
    pub role: Role,
    /// The region of [`Role::Regio`].
    pub regio: Option<String>,
}

/// Somebody who comes in by what was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who, and what it may do.
    pub caller: Caller,
    /// The number of our token; none for one of an OIDC issuer.
    pub token: Option<i64>,
    /// Until when what was shown counts.
    pub expires_at: DateTime<Utc>,
}

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// What was shown does not count: a failed log-in.
    Unknown,
    /// It is the issuer's, but gives no role here, or two regions.
    NoRole,
    /// The issuer could not be asked for its keys.
    NoKeys,
}

impl Refusal {
    /// As it is told.
    pub fn problem(self) -> Problem {
        match self {
            Self::Unknown => Problem::new(401, "give a token that counts: `Authorization: Bearer …`"),
            Self::NoRole => Problem::new(403, "this account has no role here, or more than one region"),
            Self::NoKeys => {
                Problem::new(503, "the issuer of this token can't be asked for its keys now; try again later")
            }
        }
    }
}

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody who has come in.
    Anyone,
    /// To read what is about all regions.
    Read,
    /// To read what is about one region: that region too. Nothing in it counts records but for that region and operators.
    ReadRegion,
    /// The region itself, and operators: counts of its records.
    OwnRegion,
    /// To steer the work.
    Steer,
    /// To give others access.
    Manage,
}

/// All roles, from least to most.
pub const ROLES: [Role; 4] = [Role::Regio, Role::Lezer, Role::Operator, Role::Beheerder];

impl Need {
    /// Whether a role has it; `own`: whether what is asked for is about the role's own region.
    pub fn met_by(self, role: Role, own: bool) -> bool {
        match (self, role) {
            (Self::Anyone, _) | (_, Role::Beheerder) => true,
            (Self::ReadRegion | Self::OwnRegion, Role::Regio) => own,
            (Self::OwnRegion | Self::Read | Self::ReadRegion | Self::Steer, Role::Operator) => true,
            (Self::Read | Self::ReadRegion, Role::Lezer) => true,
            _ => false,
        }
    }

    /// Who has it, as the API's description says.
    pub fn roles(self) -> Vec<&'static str> {
        ROLES.into_iter().filter(|role| self.met_by(*role, true)).map(name).collect()
    }
}

impl Caller {
    /// Who bears a token. Several may have one name: the number tells them apart, in the audit log and wherever one must not get
    /// what another asked for.
    pub fn of(token: &Token) -> Self {
        let actor = format!("{} (token {})", token.name, token.id);
        Self { actor, role: token.role, regio: token.regio.clone() }
    }

    /// Whether it may see what failures say: they may name sizes, by which records can be counted.
    pub fn may_see_details(&self) -> bool {
        Need::Steer.met_by(self.role, false)
    }

    /// Whether it may see how many records there are, of a region.
    pub fn may_count(&self, vt: &str) -> bool {
        Need::OwnRegion.met_by(self.role, self.regio.as_deref() == Some(vt))
    }
}

/// The name of a role, as in the ledger and the configuration.
pub fn name(role: Role) -> &'static str {
    match role {
        Role::Lezer => "lezer",
        Role::Operator => "operator",
        Role::Beheerder => "beheerder",
        Role::Regio => "regio",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_recognisable_and_kept_as_a_digest() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert!(one.reveal().starts_with("vtm_") && one.reveal().len() == 47);
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!((one.digest().len(), one.digest()), (64, digest(one.reveal())));
    }

    #[test]
    fn each_need_is_met_by_these_roles_and_no_other() {
        let roles = |need: Need| need.roles().join(" ");
        assert_eq!(roles(Need::Anyone), "regio lezer operator beheerder");
        assert_eq!(roles(Need::Read), "lezer operator beheerder");
        assert_eq!(roles(Need::ReadRegion), "regio lezer operator beheerder");
        assert_eq!(roles(Need::OwnRegion), "regio operator beheerder");
        assert_eq!(roles(Need::Steer), "operator beheerder");
        assert_eq!(roles(Need::Manage), "beheerder");
        assert!(!Need::ReadRegion.met_by(Role::Regio, false) && !Need::OwnRegion.met_by(Role::Regio, false));
    }

    #[test]
    fn readers_see_no_count_of_records() {
        let caller = |role, regio: Option<&str>| Caller { actor: "a".into(), role, regio: regio.map(str::to_owned) };
        assert!(!caller(Role::Lezer, None).may_count("VT07"));
        assert!(caller(Role::Operator, None).may_count("VT07"));
        assert!(caller(Role::Regio, Some("VT07")).may_count("VT07"));
        assert!(!caller(Role::Regio, Some("VT08")).may_count("VT07"));
    }
}
