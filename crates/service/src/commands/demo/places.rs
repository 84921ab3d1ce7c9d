//! Where a demo keeps what it makes: all in its folder, unless other places are given.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cli::DemoArgs;
use crate::config::{ConfigError, FILES, LedgerConfig, StoreConfig};
use crate::exit::Usage;
use crate::stores::{Address, local};

/// Places other than the demo's folder.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Both stores, and how they are reached.
    pub store: Option<StoreConfig>,
    /// How they are reached, as the configuration writes it.
    tables: toml::Table,
    /// The ledger.
    pub ledger: Option<LedgerConfig>,
}

impl Places {
    /// Those of a command line; `directory` is that of a configuration whose `[store.…]` tables say how stores are reached.
    pub(super) fn of(args: &DemoArgs, directory: &Path) -> Result<Self> {
        let ledger = args.ledger.clone().map(LedgerConfig::at);
        let Some(address) = &args.store else { return Ok(Self { ledger, ..Self::default() }) };
        Address::parse(address).map_err(|rule| Usage(format!("--store {rule}")))?;
        let mut tables = tables(directory)?;
        tables.retain(|name, _| name != "published" && name != "private");
        Ok(Self { ledger, ..Self::at(address, tables)? })
    }

    /// Both stores under one address, reached as these tables of `[store]` say.
    ///
    /// # Errors
    /// When a table is wrong.
    pub fn at(address: &str, tables: toml::Table) -> Result<Self> {
        let address = address.trim_end_matches('/');
        let mut whole = tables.clone();
        whole.insert("published".into(), format!("{address}/published").into());
        whole.insert("private".into(), format!("{address}/private").into());
        let wrong = |reason: String| ConfigError::Invalid { place: "[store]".into(), reason };
        let store =
            StoreConfig::deserialize(toml::Value::Table(whole)).map_err(|error| wrong(error.message().to_owned()))?;
        Ok(Self { store: Some(store), tables, ledger: None })
    }

    /// The stores of a demo in a folder.
    pub fn store(&self, out: &Path) -> StoreConfig {
        let text = |name: &str| out.join(name).to_string_lossy().into_owned();
        self.store.clone().unwrap_or_else(|| StoreConfig::at(text("published"), text("private")))
    }

    /// The ledger of a demo in a folder.
    pub fn ledger(&self, out: &Path) -> LedgerConfig {
        self.ledger.clone().unwrap_or_else(|| LedgerConfig::at(out.join("ledger.sqlite").to_string_lossy()))
    }

    /// Where analysts read.
    pub(super) fn published(&self, out: &Path) -> String {
        self.store(out).published
    }

    /// The same for a configuration.
    pub(super) fn store_toml(&self, out: &Path) -> Result<String> {
        let StoreConfig { published, private, .. } = self.store(out);
        let mut table = self.tables.clone();
        for (name, address) in [("published", published), ("private", private)] {
            let address = match local(&address) {
                Some(folder) => std::path::absolute(folder)?.to_string_lossy().into_owned(),
                None => address,
            };
            table.insert(name.to_owned(), address.into());
        }
        Ok(toml::to_string(&toml::Table::from_iter([("store".to_owned(), toml::Value::Table(table))]))?)
    }
}

/// What `[store]` of a configuration says, when there is one.
fn tables(directory: &Path) -> Result<toml::Table> {
    let file = directory.join(FILES[0]);
    if !file.is_file() {
        return Ok(toml::Table::new());
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("`{}` can't be read", file.display()))?;
    let wrong = |reason: String| ConfigError::Invalid { place: file.display().to_string(), reason };
    let whole: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    Ok(whole.get("store").and_then(|store| store.as_table().cloned()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_that_a_demo_writes_reaches_the_same_stores() {
        let tables =
            toml::from_str("[s3]\nendpoint = \"https://s3.example.nl\"\nsecret_access_key = { env = \"K\" }\n")
                .unwrap();
        let places = Places::at("s3://bucket/demo/", tables).unwrap();
        let out = Path::new("demo");
        assert_eq!(places.published(out), "s3://bucket/demo/published");
        #[derive(Deserialize)]
        struct Whole {
            store: StoreConfig,
        }
        let whole: Whole = toml::from_str(&places.store_toml(out).unwrap()).unwrap();
        assert_eq!(format!("{:?}", whole.store), format!("{:?}", places.store(out)));
        let here: Whole = toml::from_str(&Places::default().store_toml(out).unwrap()).unwrap();
        assert!(here.store.published.starts_with('/') && here.store.published.ends_with("demo/published"));
        assert!(Places::at("s3://bucket", toml::from_str("[s3]\nregio = \"x\"").unwrap()).is_err());
    }
}
