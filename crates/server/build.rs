//! Sees to it that the folder of the built web pages is there, and that a release is built anew when they were.
//!
//! Without them the server still builds, and says on its pages how to build them.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the pages from the disk at run time: it need not be built anew.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
        // A folder that is not there would count as changed each time. Where it cannot be made, that is all it costs.
        let _ = std::fs::create_dir_all(&built);
        println!("cargo::rerun-if-changed={}", built.display());
    }
}
