//! The shape of what is published.
