//! Nodes that were found before, kept where who told of them is silent now. Used by `discover` for a program that runs.

use std::collections::BTreeSet;

use super::{Found, Look, Source, name};

/// Whether both are of the same node, whatever they are called.
fn same(a: &Found, b: &Found) -> bool {
    fn both<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.is_some() && a == b
    }
    let log = |found: &'_ Found| found.log.as_ref().map(|log| log.spec.clone());
    both(a.config_dir.as_ref(), b.config_dir.as_ref())
        || both(a.node_id.as_ref(), b.node_id.as_ref())
        || both(a.api.as_ref(), b.api.as_ref())
        || both(a.data.as_ref(), b.data.as_ref())
        || both(log(a).as_ref(), log(b).as_ref())
}

impl Look {
    /// The nodes of this look, and those found before that a source told of that is silent now: not to see a node is
    /// not to see it go. All of them keep the names they had.
    pub fn beside(self, before: &[Found]) -> Vec<Found> {
        let Self { nodes, silent } = self;
        let is_untold = |known: &&Found| known.sources.iter().any(|source| silent.contains(source));
        // One of which its API alone tells is silent while it starts anew.
        let is_mute = |known: &&Found| known.sources.is_empty() && !nodes.iter().any(|node| same(node, known));
        let kept: Vec<Found> = before
            .iter()
            .filter(|known| is_untold(known) || is_mute(known))
            .cloned()
            .collect();
        if kept.is_empty() {
            return nodes;
        }
        let mut taken: BTreeSet<String> = before.iter().map(|known| known.name.clone()).collect();
        // What is left of the evidence knows less of them.
        let others = nodes
            .into_iter()
            .filter(|node| !kept.iter().any(|known| same(node, known)));
        let mut all: Vec<Found> = others
            .map(|node| Found {
                name: match before.iter().find(|known| same(&node, known)) {
                    Some(known) => known.name.clone(),
                    None => name::unique(&node.name, &mut taken),
                },
                ..node
            })
            .collect();
        all.extend(kept);
        all.sort_by_cached_key(|found| {
            let dir = &found.config_dir;
            (dir.is_none(), dir.clone(), found.api.clone(), found.name.clone())
        });
        all
    }
}

/// Who tells of a node whose evidence is of these kinds.
pub(super) fn sources(group: &super::sighting::Group) -> Vec<Source> {
    use super::sighting::Rank;
    let mut sources: Vec<Source> = Vec::new();
    for seen in &group.sightings {
        let source = match seen.rank {
            Rank::Process => Source::Processes,
            Rank::Container => Source::Docker,
            Rank::Unit | Rank::Config => Source::Files,
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, api: &str, sources: &[Source]) -> Found {
        Found {
            name: name.to_owned(),
            api: Some(api.to_owned()),
            sources: sources.to_vec(),
            ..Found::default()
        }
    }

    fn names(look: Look, before: &[Found]) -> Vec<(String, String)> {
        let all = look.beside(before).into_iter();
        all.map(|found| (found.name, found.api.unwrap_or_default())).collect()
    }

    #[test]
    fn who_is_silent_takes_no_node_away_and_who_answers_does() {
        let before = [
            found("storagenode", "h:1", &[Source::Docker]),
            found("storagenode2", "h:2", &[Source::Files]),
            found("attic", "h:3", &[Source::Files]),
            found("node", "h:4", &[]),
        ];
        let pair = |name: &str, api: &str| (name.to_owned(), api.to_owned());
        // Without docker, what the files tell of is called otherwise, and the first one is seen by its API alone.
        let now = vec![found("storagenode", "h:2", &[Source::Files]), found("node", "h:1", &[])];
        let look = |silent: &[Source]| Look {
            nodes: now.clone(),
            silent: silent.to_vec(),
        };
        let kept = [
            pair("storagenode", "h:1"),
            pair("storagenode2", "h:2"),
            pair("node", "h:4"),
        ];
        assert_eq!(names(look(&[Source::Docker]), &before), kept);
        let without = names(look(&[]), &before);
        assert!(
            !without.contains(&pair("attic", "h:3")),
            "the files tell that it is gone"
        );
        assert_eq!(names(look(&[Source::Docker]), &[]).len(), 2, "nothing was known");
        let same = Look {
            nodes: before.to_vec(),
            silent: Vec::new(),
        };
        assert_eq!(same.beside(&before), before);
    }
}
