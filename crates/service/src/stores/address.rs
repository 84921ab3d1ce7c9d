//! Addresses of stores, and what they mean.

use std::path::PathBuf;

use object_store::path::Path;
use url::Url;

/// What an address means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A directory.
    Folder(PathBuf),
    /// What stands under a prefix of a bucket or container.
    Bucket {
        /// Who keeps it.
        kind: Kind,
        /// Its name.
        bucket: String,
        /// The prefix.
        prefix: Path,
    },
}

/// Who keeps a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whoever speaks S3.
    S3,
    /// Azure.
    Azure,
    /// Google Cloud.
    Gcs,
}

impl Kind {
    /// The table of the configuration.
    pub fn table(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Azure => "azure",
            Self::Gcs => "gcs",
        }
    }
}

const FORMS: &str = "must be a folder, file:///folder, s3://bucket/prefix, az://container/prefix or gs://bucket/prefix";
const BARE: &str = "must hold no credentials and no options: these have tables of their own, such as [store.s3]";

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// The rule that it breaks; it repeats nothing of the address, which may hold a secret.
    pub fn parse(address: &str) -> Result<Self, &'static str> {
        if !address.contains("://") {
            return Ok(Self::Folder(PathBuf::from(address)));
        }
        let url = Url::parse(address).map_err(|_| FORMS)?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(BARE);
        }
        let kind = match url.scheme() {
            "file" => return url.to_file_path().map(Self::Folder).map_err(|()| FORMS),
            "s3" => Kind::S3,
            "az" | "azure" => Kind::Azure,
            "gs" => Kind::Gcs,
            _ => return Err(FORMS),
        };
        let bucket = url.host_str().filter(|bucket| !bucket.is_empty() && url.port().is_none()).ok_or(FORMS)?;
        let prefix =
            Path::from_url_path(url.path()).map_err(|_| "its prefix can't be used: no empty parts, `.` or `..`")?;
        Ok(Self::Bucket { kind, bucket: bucket.to_owned(), prefix })
    }

    /// The directory, when it is one.
    pub fn folder(self) -> Option<PathBuf> {
        match self {
            Self::Folder(path) => Some(path),
            Self::Bucket { .. } => None,
        }
    }

    /// As one path, by which places are compared.
    pub(super) fn as_place(&self) -> PathBuf {
        match self {
            Self::Folder(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            Self::Bucket { kind, bucket, prefix } => PathBuf::from(format!("{}://{bucket}/{prefix}", kind.table())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_path_without_slashes_at_its_ends() {
        let of = |address: &str| match Address::parse(address) {
            Ok(Address::Bucket { bucket, prefix, .. }) => (bucket, prefix.to_string()),
            other => panic!("{other:?}"),
        };
        assert_eq!(of("s3://bucket/a/b/"), ("bucket".into(), "a/b".into()));
        assert_eq!(of("s3://bucket"), ("bucket".into(), String::new()));
        assert_eq!(of("gs://bucket/met%20spatie"), ("bucket".into(), "met spatie".into()));
        assert!(Address::parse("s3://bucket:9000/a").is_err());
    }
}
