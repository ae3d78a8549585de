//! Files the screen is written to: whole or not there, and what is in the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use storj_monitor::cli::tui::save;
use storj_monitor::ui::export::{Content, Form, NotSaved, Save};

#[test]
fn files_are_whole_and_what_is_in_the_way_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let save = |path: &str, replace: bool, text: &str| {
        save::write(&Save {
            id: 1,
            path: folder.path().join(path).to_str().unwrap().to_owned(),
            replace,
            form: Form::Text,
            content: Content::Text(text.to_owned()),
        })
    };
    let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    assert!(save("a.txt", false, "one").is_ok());
    assert_eq!(save("a.txt", false, "two"), Err(NotSaved::Exists));
    assert_eq!(read("a.txt"), "one");
    assert!(save("a.txt", true, "two").is_ok());
    assert_eq!(read("a.txt"), "two");
    let why = |path: &str| match save(path, true, "x") {
        Err(NotSaved::Failed(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(
        why("not/here.txt").starts_with("there is no folder "),
        "{}",
        why("not/here.txt")
    );
    assert!(why("a.txt/b.txt").contains("is no folder"), "{}", why("a.txt/b.txt"));
    std::fs::create_dir(folder.path().join("d.txt")).unwrap();
    assert!(why("d.txt").contains("is a folder"));
    assert!(why(&format!("{}.txt", "n".repeat(300))).contains("too long"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("a.txt"), folder.path().join("link.txt")).unwrap();
        assert!(save("link.txt", true, "three").is_ok());
        assert_eq!(read("a.txt"), "three", "what the link leads to");
        assert!(folder.path().join("link.txt").is_symlink());
        std::os::unix::fs::symlink(folder.path().join("gone.txt"), folder.path().join("lost.txt")).unwrap();
        assert!(why("lost.txt").contains("leads nowhere"), "{}", why("lost.txt"));
        assert!(folder.path().join("lost.txt").is_symlink());
    }
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing half is left");
}
