//! What the proxy does to connections.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use vt_servers::{Proxy, Weather};

/// A server that says everything twice; its port.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut byte = [0];
                while let Ok(1) = stream.read(&mut byte) {
                    if stream.write_all(&[byte[0]; 2]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    stream
}

fn ask(stream: &mut TcpStream) -> std::io::Result<[u8; 2]> {
    stream.write_all(b"x")?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[test]
fn everything_passes_until_it_is_cut() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = connect(&proxy);
    assert_eq!(ask(&mut stream).unwrap(), *b"xx");
    proxy.cut();
    assert!(ask(&mut stream).is_err());
    assert_eq!(ask(&mut connect(&proxy)).unwrap(), *b"xx");
    proxy.set(Weather::Refuse);
    assert!(ask(&mut connect(&proxy)).is_err());
}

#[test]
fn an_answer_that_is_cut_off_was_asked_for() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = connect(&proxy);
    proxy.cut_after(3);
    assert_eq!(ask(&mut stream).unwrap(), *b"xx");
    assert!(ask(&mut stream).is_err());
    assert!(!proxy.take_back_cut());
    proxy.cut_after(100);
    assert!(proxy.take_back_cut());
}

#[test]
fn a_black_hole_takes_and_gives_nothing_until_it_clears() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = connect(&proxy);
    ask(&mut stream).unwrap();
    proxy.set(Weather::BlackHole);
    let error = ask(&mut stream).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer, and no end either");
    proxy.set(Weather::Forward);
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut late = [0; 2];
    stream.read_exact(&mut late).unwrap();
    assert_eq!(late, *b"xx");
}

#[test]
fn slow_weather_is_slow() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = connect(&proxy);
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    for weather in [Weather::Delay(Duration::from_millis(60)), Weather::Drip(Duration::from_millis(60))] {
        proxy.set(weather);
        let began = Instant::now();
        ask(&mut stream).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(100), "{weather:?}: {:?}", began.elapsed());
    }
}
