//! Days in the life of a node, made from real lines: what is told of each, and when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::scenario::Scenario;
use common::{corpus, files};

#[test]
fn days_in_the_life_of_a_node_are_told_as_they_are() {
    let Some(corpus) = corpus() else { return };
    let scenarios = files(Path::new("tests/scenarios"), |name| name.ends_with(".toml"));
    std::thread::scope(|scope| {
        for path in &scenarios {
            let name = path.file_stem().unwrap().to_string_lossy();
            let corpus = &corpus;
            scope.spawn(move || Scenario::read(path).check(&name, corpus));
        }
    });
}
