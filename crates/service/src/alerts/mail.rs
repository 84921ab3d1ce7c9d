//! Mail over SMTP.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::config::{Smtp, SmtpTls};
use super::letter::Letter;
use super::sender::SendError;

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(10);
/// How long the whole delivery may take.
const WHOLE: Duration = Duration::from_secs(30);

/// Sends a letter.
///
/// # Errors
/// [`SendError`] says whether another attempt can help; it holds no address and no word of the server.
pub async fn send(smtp: &Smtp, to: &[Mailbox], letter: &Letter, at: DateTime<Utc>) -> Result<(), SendError> {
    let message = message(smtp, to, letter, at)?;
    let transport = transport(smtp)?;
    match tokio::time::timeout(WHOLE, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(told(&error)),
        Err(_) => Err(SendError::again("the mail server does not answer in time")),
    }
}

fn message(smtp: &Smtp, to: &[Mailbox], letter: &Letter, at: DateTime<Utc>) -> Result<Message, SendError> {
    let id = format!("<{}@{}>", letter.id, smtp.from.email.domain());
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let mut builder = Message::builder()
        .from(smtp.from.clone())
        .date(SystemTime::from(at))
        .message_id(Some(id))
        .raw_header(automatic)
        .header(ContentType::TEXT_PLAIN)
        .subject(letter.subject.as_str());
    for mailbox in to {
        builder = builder.to(mailbox.clone());
    }
    builder.body(letter.text.clone()).map_err(|_| SendError::refused("no mail can be made of it: is there an address?"))
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
    let builder = match smtp.tls {
        SmtpTls::Required => AsyncSmtpTransport::<Tokio1Executor>::relay(&smtp.host),
        SmtpTls::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&smtp.host),
        SmtpTls::NoneLoopbackOnly => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host.as_str())),
    };
    let unusable = |_| SendError::again("TLS can't be used with the mail server's name or this system's authorities");
    let mut builder = builder.map_err(unusable)?.port(smtp.port).timeout(Some(SILENCE));
    if let Some((name, password)) = &smtp.login {
        // Read afresh, so that a rotated one is taken up without a restart.
        let password = password.read().map_err(|error| SendError::again(error.to_string()))?;
        builder = builder.credentials(Credentials::new(name.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

/// What failed. The error's own text is not passed on: it holds addresses and whatever the server said.
fn told(error: &lettre::transport::smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        let why = format!("the mail server answers {code}");
        return if error.is_permanent() { SendError::refused(why) } else { SendError::again(why) };
    }
    SendError::again(match (error.is_timeout(), error.is_tls()) {
        (true, _) => "the mail server does not answer in time",
        (_, true) => "the TLS connection to the mail server is not trusted or failed",
        _ => "the mail server can't be reached, or does not speak as agreed",
    })
}
