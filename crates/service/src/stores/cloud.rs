//! Opens buckets. Of the environment only what names a server, a region or credentials is taken: nothing there turns off what commits
//! rest on.

mod keys;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, Certificate, ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use self::keys::S3Keys;
use super::address::Kind;
use crate::belonging::Store;
use crate::config::{AzureConfig, ConnectionConfig, Encryption, GcsConfig, Parted, S3Config, StoreConfig};

/// As whom a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// With the credentials of configuration, environment or machine.
    Configured,
    /// Without any.
    Anybody,
}

/// Credentials and what goes with them, as AWS's own tools know them.
const AWS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_region",
    "aws_default_region",
    "aws_web_identity_token_file",
    "aws_role_arn",
    "aws_role_session_name",
    "aws_endpoint_url_sts",
    "aws_container_credentials_relative_uri",
    "aws_container_credentials_full_uri",
    "aws_container_authorization_token_file",
    "aws_metadata_endpoint",
    "aws_skip_signature",
];

const AZURE: &[&str] = &[
    "azure_storage_account_name",
    "azure_storage_account_key",
    "azure_storage_sas_token",
    "azure_storage_use_emulator",
    "azure_client_id",
    "azure_client_secret",
    "azure_tenant_id",
    "azure_authority_host",
    "azure_federated_token_file",
    "azure_identity_endpoint",
    "azure_msi_endpoint",
    "azure_skip_signature",
];

const GOOGLE: &[&str] = &[
    "google_service_account",
    "google_service_account_path",
    "google_service_account_key",
    "google_application_credentials",
    "google_skip_signature",
];

/// Opens a bucket.
pub(super) fn open(
    config: &StoreConfig,
    store: Store,
    kind: Kind,
    bucket: &str,
    who: Who,
) -> Result<Arc<dyn ObjectStore>> {
    let connection = &config.connection;
    match kind {
        Kind::S3 => s3(&config.s3.of(store), connection, bucket, who),
        Kind::Azure => azure(&config.azure.of(store), connection, bucket, who),
        Kind::Gcs => gcs(&config.gcs.of(store), connection, bucket, who),
    }
}

fn s3(options: &S3Config, connection: &ConnectionConfig, bucket: &str, who: Who) -> Result<Arc<dyn ObjectStore>> {
    let named = environment(AWS).into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value)));
    let mut builder = named
        .fold(AmazonS3Builder::new(), |builder, (key, value): (AmazonS3ConfigKey, _)| builder.with_config(key, value));
    let endpoint = match &options.endpoint {
        Some(endpoint) => Some(endpoint.clone()),
        None => server(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])?,
    };
    let path_style = options.path_style.unwrap_or(endpoint.is_some());
    builder = builder.with_virtual_hosted_style_request(!path_style);
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(with_bucket(endpoint, bucket, path_style)?);
    }
    if let Some(region) = &options.region {
        builder = builder.with_region(region);
    }
    builder = match options.encryption {
        None => builder,
        Some(Encryption::Aes256) => builder.with_config(setting("aws_server_side_encryption")?, "AES256"),
        Some(Encryption::Kms) => {
            let builder = builder.with_config(setting("aws_server_side_encryption")?, "aws:kms");
            match &options.kms_key_id {
                Some(key) => builder.with_sse_kms_encryption(key),
                None => builder,
            }
        }
    };
    if who == Who::Anybody {
        builder = builder.with_skip_signature(true);
    } else if let Some(keys) = S3Keys::of(options) {
        keys.read()?;
        builder = builder.with_skip_signature(false).with_credentials(Arc::new(keys));
    }
    let store = builder
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_client_options(client(connection, endpoint.as_ref())?)
        .with_retry(retry(connection, who))
        .build()
        .context("the bucket can't be opened with these settings (store.s3)")?;
    Ok(Arc::new(store))
}

fn azure(
    options: &AzureConfig,
    connection: &ConnectionConfig,
    container: &str,
    who: Who,
) -> Result<Arc<dyn ObjectStore>> {
    let named = environment(AZURE).into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value)));
    let mut builder = named.fold(MicrosoftAzureBuilder::new(), |builder, (key, value): (AzureConfigKey, _)| {
        builder.with_config(key, value)
    });
    let endpoint = match &options.endpoint {
        Some(endpoint) => Some(endpoint.clone()),
        None => server(&["AZURE_STORAGE_ENDPOINT"])?,
    };
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned());
    }
    if let Some(account) = &options.account {
        builder = builder.with_account(account);
    }
    if who == Who::Anybody {
        builder = builder.with_skip_signature(true);
    } else {
        builder = keys::of_azure(builder, options)?;
    }
    let store = builder
        .with_container_name(container)
        .with_client_options(client(connection, endpoint.as_ref())?)
        .with_retry(retry(connection, who))
        .build()
        .context("the container can't be opened with these settings (store.azure)")?;
    Ok(Arc::new(store))
}

fn gcs(options: &GcsConfig, connection: &ConnectionConfig, bucket: &str, who: Who) -> Result<Arc<dyn ObjectStore>> {
    let named = environment(GOOGLE).into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value)));
    let mut builder = named.fold(GoogleCloudStorageBuilder::new(), |builder, (key, value): (GoogleConfigKey, _)| {
        builder.with_config(key, value)
    });
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_base_url(endpoint.as_str().trim_end_matches('/'));
    }
    if who == Who::Anybody {
        builder = builder.with_skip_signature(true);
    } else if let Some(account) = &options.service_account {
        builder = builder.with_service_account_key(account.read()?.expose());
    }
    let store = builder
        .with_bucket_name(bucket)
        .with_client_options(client(connection, options.endpoint.as_ref())?)
        .with_retry(retry(connection, who))
        .build();
    // What the library says may repeat a piece of the key.
    let store = store.map_err(|_| {
        anyhow!("the bucket can't be opened with these settings (store.gcs): is service_account the JSON of a key?")
    })?;
    Ok(Arc::new(store))
}

/// What the environment says of these, with their names in small letters.
fn environment(names: &[&str]) -> Vec<(String, String)> {
    let variables = std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
    variables.filter(|(name, value)| names.contains(&name.as_str()) && !value.is_empty()).collect()
}

/// The address of a server that the environment names, by the first of these variables that is set.
fn server(names: &[&str]) -> Result<Option<Url>> {
    let found = names.iter().find_map(|name| Some((name, std::env::var(name).ok().filter(|value| !value.is_empty())?)));
    let Some((name, value)) = found else { return Ok(None) };
    Ok(Some(value.parse().with_context(|| format!("environment variable {name} is no address"))?))
}

/// The address of a bucket: within the path of the server's, or before its host.
fn with_bucket(endpoint: &Url, bucket: &str, path_style: bool) -> Result<String> {
    let mut address = endpoint.clone();
    if !path_style {
        let host = endpoint.host_str().unwrap_or_default();
        let hosted = address.set_host(Some(&format!("{bucket}.{host}")));
        hosted.context("store.s3: with path_style = false the endpoint needs a name for a host")?;
    }
    Ok(address.as_str().trim_end_matches('/').to_owned())
}

fn setting(name: &str) -> Result<AmazonS3ConfigKey> {
    Ok(name.parse()?)
}

fn client(connection: &ConnectionConfig, endpoint: Option<&Url>) -> Result<ClientOptions> {
    if let Some(rule) = endpoint.and_then(|endpoint| connection.refuses(endpoint)) {
        bail!("the address of the store's server {rule}");
    }
    let mut client = ClientOptions::new()
        .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.scheme() == "http"))
        .with_connect_timeout(Duration::from_secs(connection.connect_timeout_seconds))
        .with_timeout(Duration::from_secs(connection.request_timeout_seconds));
    let ca_file = connection.ca_file.clone().or_else(|| std::env::var_os("AWS_CA_BUNDLE").map(Into::into));
    if let Some(path) = ca_file {
        let wrong = || format!("store.connection.ca_file: `{}` can't be read as certificates (PEM)", path.display());
        let authorities =
            Certificate::from_pem_bundle(&std::fs::read(&path).with_context(wrong)?).with_context(wrong)?;
        if authorities.is_empty() {
            bail!(wrong());
        }
        client = authorities.into_iter().fold(client, ClientOptions::with_root_certificate);
    }
    Ok(client)
}

fn retry(connection: &ConnectionConfig, who: Who) -> RetryConfig {
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() };
    let max_retries = if who == Who::Anybody { 0 } else { connection.retries };
    RetryConfig { backoff, max_retries, retry_timeout: Duration::from_secs(connection.retry_timeout_seconds) }
}

#[cfg(test)]
mod tests;
