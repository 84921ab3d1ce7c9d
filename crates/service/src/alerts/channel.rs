//! Channels: over what who is told.

use super::config::Alerting;
use super::rule::{Audience, Rule};

/// Over what somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The operators' program.
    Webhook,
    /// The operators' mail.
    Mail,
    /// A region's mail.
    Region(String),
}

impl Channel {
    /// The channel of a name, as the ledger keeps it.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "webhook" => Some(Self::Webhook),
            "mail" => Some(Self::Mail),
            _ => name.strip_prefix("mail ").map(|vt| Self::Region(vt.to_owned())),
        }
    }

    /// The region that reads it.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Region(vt) => Some(vt),
            Self::Webhook | Self::Mail => None,
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Webhook => f.write_str("webhook"),
            Self::Mail => f.write_str("mail"),
            Self::Region(vt) => write!(f, "mail {vt}"),
        }
    }
}

impl Alerting {
    /// All channels that are configured.
    pub fn all_channels(&self) -> Vec<Channel> {
        let mut channels = self.operators();
        channels.extend(self.regions.keys().cloned().map(Channel::Region));
        channels
    }

    /// Whom a rule tells, about a region or not. A region only ever hears of itself.
    pub fn channels(&self, rule: &Rule, region: Option<&str>) -> Vec<Channel> {
        let mut channels = if rule.to.contains(&Audience::Operators) { self.operators() } else { Vec::new() };
        let own = region.filter(|vt| rule.to.contains(&Audience::Region) && self.regions.contains_key(*vt));
        channels.extend(own.map(|vt| Channel::Region(vt.to_owned())));
        channels
    }

    fn operators(&self) -> Vec<Channel> {
        let webhook = self.webhook.as_ref().map(|_| Channel::Webhook);
        let mail = self.smtp.as_ref().filter(|smtp| !smtp.to.is_empty()).map(|_| Channel::Mail);
        webhook.into_iter().chain(mail).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_one_name() {
        for channel in [Channel::Webhook, Channel::Mail, Channel::Region("VT07".into())] {
            assert_eq!(Channel::of(&channel.to_string()), Some(channel));
        }
        assert_eq!(Channel::of("pigeon"), None);
    }
}
