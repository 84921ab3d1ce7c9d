//! Addresses that may carry secrets, or what is trusted.

use url::{Host, Url};

/// Whether nobody on the way reads or changes what is sent there: https, or this machine itself.
pub fn is_safe(address: &Url) -> bool {
    let loopback = match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    address.scheme() == "https" || (address.scheme() == "http" && loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_safe() {
        let safe = |text: &str| is_safe(&text.parse().unwrap());
        assert!(safe("https://monitor.example.nl") && safe("http://127.0.0.1:8471") && safe("http://[::1]/"));
        assert!(safe("http://localhost:1") && !safe("http://monitor.example.nl") && !safe("http://192.0.2.1"));
        assert!(!safe("file:///etc/passwd") && !safe("http://localhost.example.nl"));
    }
}
