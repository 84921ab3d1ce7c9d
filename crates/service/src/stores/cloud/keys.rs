//! Credentials of the configuration. Those of S3 are read afresh for each request, so that rotated ones are taken up without a restart.

use std::sync::Arc;

use anyhow::Result;
use object_store::aws::AwsCredential;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::{CredentialProvider, Error};
use vt_intake::secret::{SecretError, SecretRef};

use crate::config::{AzureConfig, Named, S3Config};

/// The keys of a store that speaks S3, where they stand.
#[derive(Debug)]
pub(super) struct S3Keys {
    id: Named,
    key: SecretRef,
    token: Option<SecretRef>,
}

impl S3Keys {
    /// Those of the configuration; nothing when it names none.
    pub(super) fn of(options: &S3Config) -> Option<Self> {
        let (id, key) = (options.access_key_id.clone()?, options.secret_access_key.clone()?);
        Some(Self { id, key, token: options.session_token.clone() })
    }

    pub(super) fn read(&self) -> Result<AwsCredential, SecretError> {
        let token = self.token.as_ref().map(SecretRef::read).transpose()?;
        Ok(AwsCredential {
            key_id: self.id.read()?,
            secret_key: self.key.read()?.expose().to_owned(),
            token: token.map(|token| token.expose().to_owned()),
        })
    }
}

#[async_trait::async_trait]
impl CredentialProvider for S3Keys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        self.read().map(Arc::new).map_err(|error| Error::Generic { store: "S3", source: error.into() })
    }
}

/// The same of Azure, read once: the library renews what it gets with them.
pub(super) fn of_azure(builder: MicrosoftAzureBuilder, options: &AzureConfig) -> Result<MicrosoftAzureBuilder> {
    let mut builder = builder;
    if let Some(key) = &options.access_key {
        builder = builder.with_access_key(key.read()?.expose());
    }
    if let Some(token) = &options.sas_token {
        builder = builder.with_config(AzureConfigKey::SasKey, token.read()?.expose());
    }
    if let (Some(client), Some(secret), Some(tenant)) = (&options.client_id, &options.client_secret, &options.tenant_id)
    {
        builder = builder.with_client_secret_authorization(client, secret.read()?.expose(), tenant);
    }
    Ok(builder)
}
