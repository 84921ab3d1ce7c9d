//! The ledger's schema: migrations that are built in, run when a ledger is opened, and never change once merged.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One migration file.
struct File {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

const SQLITE: &[File] = &[
    File { version: 1, name: "ledger", sql: include_str!("../migrations/sqlite/0001_ledger.sql") },
    File { version: 2, name: "steering", sql: include_str!("../migrations/sqlite/0002_steering.sql") },
    File { version: 3, name: "access", sql: include_str!("../migrations/sqlite/0003_access.sql") },
    File { version: 4, name: "stores", sql: include_str!("../migrations/sqlite/0004_stores.sql") },
];

const POSTGRES: &[File] = &[
    File { version: 1, name: "ledger", sql: include_str!("../migrations/postgres/0001_ledger.sql") },
    File { version: 2, name: "steering", sql: include_str!("../migrations/postgres/0002_steering.sql") },
    File { version: 3, name: "access", sql: include_str!("../migrations/postgres/0003_access.sql") },
    File { version: 4, name: "stores", sql: include_str!("../migrations/postgres/0004_stores.sql") },
];

/// The migrations for SQLite.
pub(crate) fn sqlite() -> Migrator {
    migrator(SQLITE)
}

/// The migrations for PostgreSQL: the same tables and columns, under the same numbers.
pub(crate) fn postgres() -> Migrator {
    migrator(POSTGRES)
}

fn migrator(files: &[File]) -> Migrator {
    let migration = |file: &File| {
        Migration::new(file.version, Cow::Borrowed(file.name), MigrationType::Simple, file.sql.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(files.iter().map(migration).collect());
    // Whoever migrates holds a lock of ours already.
    migrator.set_locking(false);
    migrator
}

/// The highest schema that this program knows.
pub(crate) fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests (SHA-384) of the merged migrations. A line is added with a new migration, and never changed: a ledger that
    /// went through the old text would be refused by a program with another one.
    const MERGED: &[(i64, &str)] = &[
        (1, "78834f87fa006ac96759e1b2f01c905911e43568e22af55a691c4748c024e93d620ce4a435fdeb3ebe19ae077b91b848"),
        (2, "5e127ea2bf6ad20c47bd0745011b25f2a662011046c0331040c0d46953b93383746fb28cf7f82b4616681cde72e4715f"),
        (3, "f7525e410c5bf571e9543a40d22aceb618ad86bacb8579a68c74fcf4b785ed79f4ad779e24555dc5b02092676cf1dfc9"),
        (4, "2d2c841e476d0de73cdbd4c11b89c303ed10b96b44baad6ffd33427976e29e65f64bde1399ffe0a0be99eacfb08534bb"),
    ];

    /// The same for PostgreSQL.
    const MERGED_POSTGRES: &[(i64, &str)] = &[
        (1, "82b8ff366f5a4b4f4c4a94f991fc80ca9fa4ddf51fd25f30b391805b3561ef5f91df8bb5cf47e019d76c010c650fdec0"),
        (2, "8aed4557c0361d0f77fee42c698a3c012673882a4b777831f9508a4dfba6ae388a741585560cd6ad9c62986eac6a6791"),
        (3, "0ca7e7a00192af37272d8d3ea1467c6d5c55b0271687e970de2a8a68871ce8c72f245febbcab9e50b919f28d7b4569bd"),
        (4, "eb041cc70e2c0d1d1665c59c2a1e85e56290b72583759781650bc9f984c9cb0eb6c0bf4e11bc90d376a499f4ebea87d6"),
    ];

    #[test]
    fn merged_migrations_are_immutable() {
        for (migrator, merged) in [(sqlite(), MERGED), (postgres(), MERGED_POSTGRES)] {
            let digests: Vec<_> =
                migrator.iter().map(|migration| (migration.version, hex(&migration.checksum))).collect();
            let merged: Vec<_> = merged.iter().map(|(version, digest)| (*version, (*digest).to_owned())).collect();
            assert_eq!(digests, merged, "a merged migration was changed, or a new one lacks its line in MERGED");
        }
    }

    #[test]
    fn every_file_in_the_folders_is_built_in() {
        for (folder, files) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let entries = std::fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            let built_in: Vec<_> = files.iter().map(|file| format!("{:04}_{}.sql", file.version, file.name)).collect();
            assert_eq!(names, built_in);
        }
    }

    #[test]
    fn both_databases_have_the_same_versions() {
        let names = |files: &'static [File]| files.iter().map(|file| (file.version, file.name)).collect::<Vec<_>>();
        assert_eq!(names(SQLITE), names(POSTGRES));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
