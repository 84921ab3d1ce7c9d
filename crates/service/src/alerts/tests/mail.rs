//! Mail, against a small SMTP server on this machine.

use std::sync::Mutex;

use chrono::TimeDelta;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A mail that came in.
#[derive(Debug, Default, Clone)]
struct Mail {
    to: Vec<String>,
    data: String,
}

impl Mail {
    /// The text with soft line ends of quoted-printable undone.
    fn text(&self) -> String {
        self.data.replace("=\r\n", "").replace("=3D", "=")
    }

    fn header(&self, name: &str) -> String {
        let head = format!("{name}: ");
        self.data.lines().find_map(|line| line.strip_prefix(&head)).unwrap_or_default().to_owned()
    }
}

#[derive(Default)]
struct Server {
    mails: Mutex<Vec<Mail>>,
    /// Recipients that are refused.
    refused: Mutex<Vec<&'static str>>,
    /// Whether it is busy.
    busy: Mutex<bool>,
}

impl Server {
    /// Listens, and gives its port.
    async fn start() -> (Arc<Self>, u16) {
        let server = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let listens = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&listens);
                tokio::spawn(async move { server.talk(stream).await });
            }
        });
        (server, port)
    }

    async fn talk(&self, stream: TcpStream) -> Option<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 mail.example.nl ESMTP\r\n").await.ok()?;
        let mut mail = Mail::default();
        while let Some(line) = lines.next_line().await.ok()? {
            let answer = self.answer(&line, &mut mail);
            write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
            if line == "DATA" {
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    mail.data += &format!("{line}\r\n");
                }
                self.mails.lock().unwrap().push(std::mem::take(&mut mail));
                write.write_all(b"250 taken\r\n").await.ok()?;
            }
        }
        Some(())
    }

    fn answer(&self, line: &str, mail: &mut Mail) -> &'static str {
        match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-mail.example.nl\r\n250 8BITMIME",
            "MAIL" if *self.busy.lock().unwrap() => "451 later",
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                if self.refused.lock().unwrap().contains(&address) {
                    return "550 nobody here";
                }
                mail.to.push(address.to_owned());
                "250 fine"
            }
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        }
    }

    /// The only mail to an address.
    fn only_to(&self, address: &str) -> Mail {
        let mails = self.mails.lock().unwrap();
        let to: Vec<&Mail> = mails.iter().filter(|mail| mail.to.iter().any(|it| it == address)).collect();
        assert_eq!(to.len(), 1, "to {address}: {to:?}");
        to[0].clone()
    }
}

#[tokio::test]
async fn each_region_reads_of_itself_only_and_operators_read_all_in_one() {
    let (server, port) = Server::start().await;
    let world = World::with(&smtp(port)).await;
    world.look(&[late("VT07"), late("VT08"), disk()]).await;
    assert_eq!(world.send(&mut Sender::default()).await, Sent { sent: 5, failed: 0 });
    assert_eq!(server.mails.lock().unwrap().len(), 3);
    let (gooi, groningen) = (server.only_to("gooi@example.nl"), server.only_to("groningen@example.nl"));
    assert_eq!((gooi.to.len(), groningen.to.len()), (1, 1));
    assert!(gooi.text().contains("VT07 over juli 2020") && !gooi.data.contains("VT08"), "{}", gooi.data);
    assert!(groningen.text().contains("VT08 over juli 2020") && !groningen.data.contains("VT07"), "{}", groningen.data);
    assert!(gooi.text().contains("Levering te laat") && gooi.text().contains("Wat te doen: lever alsnog"));
    assert_eq!(gooi.header("Subject"), "[vt-monitor] levering te laat, VT07");
    assert_eq!(gooi.header("Auto-Submitted"), "auto-generated");
    let operators = server.only_to("ops@example.nl");
    assert_eq!(operators.header("Subject"), "[vt-monitor] 3 alarmen");
    assert!(operators.text().contains("VT07") && operators.text().contains("VT08"));
    assert!(operators.text().contains("vraag de regio") && !operators.text().contains("lever alsnog"));
    assert_ne!(operators.header("Message-ID"), gooi.header("Message-ID"));
}

#[tokio::test]
async fn a_busy_server_gets_it_later_under_the_same_id() {
    let (server, port) = Server::start().await;
    let world = World::with(&smtp(port)).await;
    let mut sender = Sender::default();
    *server.busy.lock().unwrap() = true;
    world.look(&[disk()]).await;
    assert_eq!(world.send(&mut sender).await, Sent { sent: 0, failed: 1 });
    let kept = world.ledger.unsent_messages(10).await.unwrap().remove(0);
    assert_eq!(kept.last_error.as_deref(), Some("the mail server answers 451"));
    *server.busy.lock().unwrap() = false;
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.send(&mut sender).await, Sent { sent: 1, failed: 0 });
    let id = format!("<alert-{}@example.nl>", kept.id);
    assert_eq!(server.only_to("ops@example.nl").header("Message-ID"), id);
}

#[tokio::test]
async fn one_address_that_is_refused_keeps_nobody_else_from_reading() {
    let (server, port) = Server::start().await;
    let world = World::with(&smtp(port)).await;
    server.refused.lock().unwrap().push("gooi@example.nl");
    world.look(&[late("VT07"), late("VT08")]).await;
    assert_eq!(world.send(&mut Sender::default()).await, Sent { sent: 3, failed: 1 });
    server.only_to("groningen@example.nl");
    let kept = world.ledger.unsent_messages(10).await.unwrap().remove(0);
    assert_eq!((kept.channel.as_str(), kept.last_error.as_deref()), ("mail VT07", Some("the mail server answers 550")));
}

#[tokio::test]
async fn the_end_is_told_to_whom_the_beginning_was_told() {
    let (server, port) = Server::start().await;
    let world = World::with(&smtp(port)).await;
    let mut sender = Sender::default();
    world.look(&[late("VT07")]).await;
    world.send(&mut sender).await;
    server.mails.lock().unwrap().clear();
    world.pass_hours(2);
    world.look(&[]).await;
    assert_eq!(world.send(&mut sender).await, Sent { sent: 2, failed: 0 });
    let mail = server.only_to("gooi@example.nl");
    assert_eq!(mail.header("Subject"), "[vt-monitor] Voorbij: levering te laat, VT07");
    assert!(mail.text().contains("van 10-8-2020 06:30 tot 10-8-2020 08:30"), "{}", mail.data);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let world = World::with(&smtp(port)).await;
    world.look(&[disk()]).await;
    assert_eq!(world.send(&mut Sender::default()).await, Sent { sent: 0, failed: 1 });
    let kept = world.ledger.unsent_messages(10).await.unwrap().remove(0);
    assert_eq!(kept.last_error.as_deref(), Some("the mail server can't be reached, or does not speak as agreed"));
}
