//! Traces over OTLP (HTTP, protobuf), when the environment names where to: `OTEL_EXPORTER_OTLP_ENDPOINT` or
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, by OpenTelemetry's own rules. Without either there is nothing of it at work.

use anyhow::{Context, Result, bail};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

/// Where traces go to; for all signals, or for traces alone.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Turns all of it off, whatever else is set.
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// The traces of a process; what is left of them is handed over at its end.
#[derive(Default)]
pub struct Traces {
    provider: Option<SdkTracerProvider>,
}

impl Traces {
    /// The traces that the environment asks for.
    ///
    /// # Errors
    /// When it asks for what can't be.
    pub fn of_environment() -> Result<Self> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        if set(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self::default());
        }
        let Some((name, address)) = ENDPOINTS.iter().find_map(|name| Some((*name, set(name)?))) else {
            return Ok(Self::default());
        };
        if !(address.starts_with("http://") || address.starts_with("https://")) {
            bail!("{name}: `{address}` is no http or https address, such as http://127.0.0.1:4318");
        }
        for name in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
            if let Some(protocol) = set(name).filter(|protocol| protocol != "http/protobuf") {
                bail!("{name}: `{protocol}` is not spoken here, only http/protobuf (port 4318 of most collectors)");
            }
        }
        let exporter = SpanExporter::builder().with_http().build();
        Ok(Self::to(exporter.with_context(|| format!("{name}: traces can't be sent there"))?))
    }

    /// Traces to one address, such as `http://127.0.0.1:4318/v1/traces`.
    ///
    /// # Errors
    /// When it is no address.
    pub fn to_address(address: &str) -> Result<Self> {
        Ok(Self::to(SpanExporter::builder().with_http().with_endpoint(address).build()?))
    }

    fn to(exporter: SpanExporter) -> Self {
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let mut resource = Resource::builder().with_attribute(version);
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("vt-monitor");
        }
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build());
        Self { provider: Some(provider.build()) }
    }

    /// What makes traces; nothing when none are asked for.
    pub fn tracer(&self) -> Option<SdkTracer> {
        self.provider.as_ref().map(|provider| provider.tracer("vt-monitor"))
    }

    /// Hands over what was not yet: at the end of the process. A collector that can't be reached costs some seconds, and no work.
    pub fn hand_over(&self) {
        if let Some(Err(error)) = self.provider.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::warn!("the last traces were not handed over: {error}");
        }
    }
}
