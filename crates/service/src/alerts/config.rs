//! `[alerts]` in `service.toml`: how often is looked, over what is told, and to which addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use lettre::message::Mailbox;
use serde::Deserialize;
use url::{Host, Url};
use vt_intake::secret::SecretRef;

use super::rule::{Rule, RuleConfig, rules};

/// How alerts are found and told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// How often is looked, besides after each round.
    pub check_minutes: u32,
    /// An address whose `Date` is held against the machine's clock.
    pub clock_url: Option<Url>,
    /// Rules that change those built in, or come beside them.
    #[serde(rename = "rule")]
    pub rules: Vec<RuleConfig>,
    /// A program of the operators.
    pub webhook: Option<WebhookConfig>,
    /// Mail.
    pub smtp: Option<SmtpConfig>,
    /// Where each region reads its mail.
    pub region_addresses: BTreeMap<String, String>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            check_minutes: 5,
            clock_url: None,
            rules: Vec::new(),
            webhook: None,
            smtp: None,
            region_addresses: BTreeMap::new(),
        }
    }
}

/// A program of the operators that is told over HTTP.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Its address: https, or http on this machine only.
    pub url: Url,
    /// The secret with which messages are signed.
    pub secret: SecretRef,
}

/// The path of an address often is a secret of its own.
impl std::fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookConfig").field("host", &self.url.host_str()).field("secret", &self.secret).finish()
    }
}

/// The mail server, and who writes to whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name.
    pub host: String,
    /// Its port: 465, 587 or 25 when not given, by `tls`.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Our name there.
    pub username: Option<String>,
    /// Our password there.
    pub password: Option<SecretRef>,
    /// Who writes.
    pub from: String,
    /// The operators.
    #[serde(default)]
    pub to: Vec<String>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// TLS from the first byte.
    #[default]
    Required,
    /// TLS after STARTTLS, and nothing without it.
    Starttls,
    /// None: to a server on this machine only.
    NoneLoopbackOnly,
}

impl SmtpTls {
    fn port(self) -> u16 {
        match self {
            Self::Required => 465,
            Self::Starttls => 587,
            Self::NoneLoopbackOnly => 25,
        }
    }
}

/// Mail, checked.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Our name and password there.
    pub login: Option<(String, SecretRef)>,
    /// Who writes.
    pub from: Mailbox,
    /// The operators.
    pub to: Vec<Mailbox>,
}

/// How alerts are found and told, checked.
#[derive(Debug, Clone)]
pub struct Alerting {
    /// How often is looked, besides after each round.
    pub check_minutes: u32,
    /// An address whose `Date` is held against the machine's clock.
    pub clock_url: Option<Url>,
    /// The rules that count.
    pub rules: Vec<Rule>,
    /// A program of the operators.
    pub webhook: Option<WebhookConfig>,
    /// Mail.
    pub smtp: Option<Smtp>,
    /// Where each region reads its mail.
    pub regions: BTreeMap<String, Mailbox>,
}

/// A setting of `[alerts]` breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("configuration, {field}: {rule}")]
pub struct BrokenRule {
    /// The field.
    pub field: String,
    /// The rule.
    pub rule: String,
}

fn broken(field: impl Into<String>, rule: impl Into<String>) -> BrokenRule {
    BrokenRule { field: field.into(), rule: rule.into() }
}

impl Alerting {
    /// Checks a configuration.
    ///
    /// # Errors
    /// [`BrokenRule`] names the field and the rule.
    pub fn of(config: &AlertsConfig) -> Result<Self, BrokenRule> {
        if !(1..=1440).contains(&config.check_minutes) {
            return Err(broken("alerts.check_minutes", "from 1 to 1440"));
        }
        if let Some(url) = &config.clock_url {
            check_url("alerts.clock_url", url)?;
        }
        if let Some(webhook) = &config.webhook {
            check_url("alerts.webhook.url", &webhook.url)?;
        }
        let rules = rules(&config.rules).map_err(|(name, rule)| broken(format!("alerts.rule `{name}`"), rule))?;
        let smtp = config.smtp.as_ref().map(smtp).transpose()?;
        let regions = config.region_addresses.iter().map(|(vt, address)| region(vt, address));
        let regions = regions.collect::<Result<BTreeMap<_, _>, _>>()?;
        if smtp.is_none() && !regions.is_empty() {
            return Err(broken("alerts.region_addresses", "give [alerts.smtp]: without it no mail is sent"));
        }
        let (check_minutes, clock_url, webhook) =
            (config.check_minutes, config.clock_url.clone(), config.webhook.clone());
        Ok(Self { check_minutes, clock_url, rules, webhook, smtp, regions })
    }

    /// Where the secrets of the channels are.
    pub fn secrets(&self) -> Vec<&SecretRef> {
        let login = self.smtp.as_ref().and_then(|smtp| smtp.login.as_ref()).map(|(_, password)| password);
        self.webhook.as_ref().map(|webhook| &webhook.secret).into_iter().chain(login).collect()
    }

    /// The rule of a name; none when it was taken away since.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

fn check_url(field: &str, url: &Url) -> Result<(), BrokenRule> {
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(broken(field, "names no host")),
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(broken(field, "must be https; http goes to this machine only"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(broken(field, "holds no user and password"));
    }
    Ok(())
}

fn smtp(config: &SmtpConfig) -> Result<Smtp, BrokenRule> {
    let loopback = config.host == "localhost" || config.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if config.host.trim().is_empty() {
        return Err(broken("alerts.smtp.host", "names no host"));
    }
    if config.tls == SmtpTls::NoneLoopbackOnly && !loopback {
        return Err(broken("alerts.smtp.tls", "none-loopback-only goes to a server on this machine only"));
    }
    let login = match (&config.username, &config.password) {
        (Some(name), Some(password)) => Some((name.clone(), password.clone())),
        (None, None) => None,
        _ => return Err(broken("alerts.smtp", "give username and password, or neither")),
    };
    let mut to = Vec::new();
    for address in &config.to {
        to.push(mailbox("alerts.smtp.to", address)?);
    }
    let from = mailbox("alerts.smtp.from", &config.from)?;
    let port = config.port.unwrap_or_else(|| config.tls.port());
    Ok(Smtp { host: config.host.clone(), port, tls: config.tls, login, from, to })
}

/// A region's code in capitals, for names from the environment come in small letters; and its address.
fn region(vt: &str, address: &str) -> Result<(String, Mailbox), BrokenRule> {
    let vt = vt.to_ascii_uppercase();
    let field = format!("alerts.region_addresses.{vt}");
    let digits = vt.strip_prefix("VT").filter(|digits| digits.len() == 2);
    if !digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(broken(field, "a region is VT and two digits, such as VT07"));
    }
    Ok((vt, mailbox(&field, address)?))
}

fn mailbox(field: &str, address: &str) -> Result<Mailbox, BrokenRule> {
    address.parse().map_err(|_| broken(field, format!("`{address}` is no mail address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Alerting, BrokenRule> {
        Alerting::of(&toml::from_str(text).unwrap())
    }

    const SMTP: &str = "[smtp]\nhost = \"mail.example.nl\"\nfrom = \"VT-monitor <vt@example.nl>\"\n";

    #[test]
    fn nothing_configured_is_right_and_tells_nobody() {
        let alerting = Alerting::of(&AlertsConfig::default()).unwrap();
        assert!(alerting.smtp.is_none() && alerting.webhook.is_none() && alerting.rules.len() == 9);
    }

    #[test]
    fn addresses_are_read_and_ports_follow_from_tls() {
        let alerting =
            of(&format!("{SMTP}to = [\"ops@example.nl\"]\n[region_addresses]\nvt07 = \"vt@gooi.nl\"\n")).unwrap();
        assert_eq!(alerting.smtp.unwrap().port, 465);
        assert_eq!(alerting.regions["VT07"].email.to_string(), "vt@gooi.nl");
        assert_eq!(of(&format!("{SMTP}tls = \"starttls\"\n")).unwrap().smtp.unwrap().port, 587);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let webhook = |url: &str| format!("[webhook]\nurl = \"{url}\"\nsecret = {{ env = \"S\" }}\n");
        for (text, field, said) in [
            ("check_minutes = 0".to_owned(), "alerts.check_minutes", "1440"),
            ("clock_url = \"http://tijd.nl\"".to_owned(), "alerts.clock_url", "https"),
            (webhook("http://hook.nl"), "alerts.webhook.url", "https"),
            (webhook("https://u:p@hook.nl"), "alerts.webhook.url", "no user"),
            (format!("{SMTP}tls = \"none-loopback-only\"\n"), "alerts.smtp.tls", "this machine"),
            (format!("{SMTP}username = \"u\"\n"), "alerts.smtp", "or neither"),
            (format!("{SMTP}to = [\"nobody\"]\n"), "alerts.smtp.to", "no mail address"),
            (format!("{SMTP}[region_addresses]\nVT7 = \"a@b.nl\"\n"), "alerts.region_addresses.VT7", "two digits"),
            ("[region_addresses]\nVT07 = \"a@b.nl\"\n".to_owned(), "alerts.region_addresses", "[alerts.smtp]"),
            ("[[rule]]\nname = \"other\"\n".to_owned(), "alerts.rule `other`", "its kind"),
        ] {
            let error = of(&text).unwrap_err();
            assert_eq!(error.field, field, "{text}");
            assert!(error.rule.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn unknown_fields_and_secrets_in_the_open_are_refused() {
        for text in ["pace = 3", "[webhook]\nurl = \"https://a.nl\"\nsecret = \"GEHEIM\"\n", "[smtp]\nhos = \"a\"\n"] {
            let error = toml::from_str::<AlertsConfig>(text).unwrap_err();
            assert!(!error.message().contains("GEHEIM"), "{error}");
        }
    }

    #[test]
    fn the_sample_is_right() {
        let sample = include_str!("../../../../config/service.toml");
        let section = sample.split("[alerts]\n").nth(1).unwrap().split("\n[engine]").next().unwrap();
        let text: String =
            section.lines().map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n").collect();
        let text = text.replace("[alerts.", "[").replace("[[alerts.", "[[");
        let alerting = of(&text).unwrap();
        assert_eq!(alerting.all_channels().len(), 3);
        assert_eq!((alerting.rules.len(), alerting.secrets().len()), (9, 2));
    }

    #[test]
    fn debug_shows_no_path_of_the_webhook() {
        let config: AlertsConfig =
            toml::from_str("[webhook]\nurl = \"https://hook.nl/T0KEN\"\nsecret = { env = \"S\" }\n").unwrap();
        assert!(!format!("{config:?}").contains("T0KEN"));
    }
}
