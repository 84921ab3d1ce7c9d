//! What a test needs of an S3 server beside objects: buckets, and what uploads were left unfinished.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer, AwsCredential};
use object_store::client::{HttpRequest, HttpRequestBody};
use url::Url;

use crate::http::{Answer, ask};

/// How a server is reached, and by whom.
#[derive(Debug, Clone)]
pub struct S3Access {
    /// Its address, such as `http://127.0.0.1:8333`.
    pub endpoint: Url,
    /// The name of the key.
    pub access_key_id: String,
    /// The key: of a test, so no secret.
    pub secret_access_key: String,
    /// The region that requests are signed for.
    pub region: String,
}

impl S3Access {
    /// How the server is reached, as `[store.s3]` of a configuration says it; the key is written into `folder`, and the text names that file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn settings(&self, folder: &Path) -> Result<String> {
        let Self { endpoint, access_key_id, secret_access_key, region } = self;
        let key = folder.join("s3-key");
        // Whole at any moment: others may be reading it.
        let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
        fresh.write_all(secret_access_key.as_bytes())?;
        fresh.persist(&key)?;
        let secret = format!("{{ file = \"{}\" }}", key.display());
        Ok(format!(
            "endpoint = \"{endpoint}\"\nregion = \"{region}\"\naccess_key_id = \"{access_key_id}\"\nsecret_access_key = {secret}\n"
        ))
    }

    /// Makes a bucket; one that is there already is fine.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create_bucket(&self, bucket: &str) -> Result<()> {
        let answer = self.ask("PUT", bucket, None)?;
        match answer.status {
            200 | 409 => Ok(()),
            status => bail!("bucket {bucket}: {status} {}", answer.body),
        }
    }

    /// The keys of uploads in parts that were neither finished nor given up.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn unfinished_uploads(&self, bucket: &str) -> Result<Vec<String>> {
        let Answer { status, body, .. } = self.ask("GET", bucket, Some("uploads="))?;
        if status != 200 {
            bail!("uploads of {bucket}: {status} {body}");
        }
        let keys = body.split("<Upload>").skip(1).filter_map(|upload| upload.split("<Key>").nth(1)?.split('<').next());
        Ok(keys.map(str::to_owned).collect())
    }

    /// The headers that stand beside an object, as a reader over HTTP gets them: names in small letters.
    ///
    /// # Errors
    /// When the server does not know the object.
    pub fn headers(&self, bucket: &str, key: &str) -> Result<Vec<(String, String)>> {
        let answer = self.ask("GET", &format!("{bucket}/{key}"), None)?;
        if answer.status != 200 {
            bail!("{key}: {} {}", answer.status, answer.body);
        }
        Ok(answer.headers)
    }

    /// A store on a bucket, straight from the library.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn store(&self, bucket: &str) -> Result<AmazonS3> {
        let builder = AmazonS3Builder::new()
            .with_endpoint(self.endpoint.as_str().trim_end_matches('/'))
            .with_allow_http(true)
            .with_region(&self.region)
            .with_bucket_name(bucket)
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(&self.secret_access_key);
        Ok(builder.build()?)
    }

    fn ask(&self, method: &str, path: &str, query: Option<&str>) -> Result<Answer> {
        let credential = AwsCredential {
            key_id: self.access_key_id.clone(),
            secret_key: self.secret_access_key.clone(),
            token: None,
        };
        let mut url = self.endpoint.join(path)?;
        url.set_query(query);
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = method.parse()?;
        *request.uri_mut() = url.as_str().parse()?;
        AwsAuthorizer::new(&credential, "s3", &self.region).authorize(&mut request, None);
        let headers = request.headers().iter().filter(|(name, _)| *name != "host");
        let headers = headers.map(|(name, value)| Ok((name.as_str(), value.to_str()?))).collect::<Result<Vec<_>>>()?;
        ask(method, &url, &headers)
    }
}
