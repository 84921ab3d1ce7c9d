//! libFuzzer on one target, named by `VT_FUZZ_TARGET`: built and run by `tests/fuzz/run`.
#![no_main]

use std::sync::LazyLock;

use vt_fuzz::{Target, target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("VT_FUZZ_TARGET").unwrap_or_default();
    target(&name).unwrap_or_else(|| panic!("VT_FUZZ_TARGET: `{name}` is no target of this build"))
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| (TARGET.run)(input));
