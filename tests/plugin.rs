//! `plugin.yaml` at the root is what Helm 4 accepts: it skips a plugin with a key that it does not know.
#![allow(clippy::disallowed_methods, reason = "a test reads the repository")]

use serde_json::{Value, json};

fn definition() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/plugin.yaml");
    let text = std::fs::read_to_string(path).expect("plugin.yaml is at the root");
    serde_saphyr::from_str(&text).expect("plugin.yaml is YAML")
}

#[test]
fn the_version_of_the_plugin_is_that_of_the_program() {
    assert_eq!(definition()["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_plugin_is_a_post_renderer_by_the_name_of_the_program() {
    let plugin = definition();
    let expected = json!({
        "apiVersion": "v1", "type": "postrenderer/v1", "name": "pullcreds", "runtime": "subprocess",
        "version": plugin["version"], "runtimeConfig": {"platformCommand": [{"command": "pullcreds"}]},
    });
    // No `config` and no `sourceURL` to maintain; no `args`, so that both majors of Helm take the same command line.
    assert_eq!(plugin, expected);
}
