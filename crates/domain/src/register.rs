//! The register of regions and gemeenten.
