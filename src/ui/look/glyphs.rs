//! Marks and lines in their two sets, and which one a terminal can show. Called where the screen starts.

/// Marks and lines, in one of two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Before what is critical, a warning, well, not judged, information.
    pub critical: &'static str,
    /// See [`Glyphs::critical`].
    pub warning: &'static str,
    /// See [`Glyphs::critical`].
    pub good: &'static str,
    /// See [`Glyphs::critical`].
    pub unknown: &'static str,
    /// See [`Glyphs::critical`].
    pub note: &'static str,
    /// A horizontal and a vertical line.
    pub rule: &'static str,
    /// See [`Glyphs::rule`].
    pub bar: &'static str,
    /// A filled and an empty part of a gauge.
    pub full: &'static str,
    /// See [`Glyphs::full`].
    pub empty: &'static str,
    /// Where text was cut.
    pub more: &'static str,
    /// Whether block and braille characters may be used.
    pub unicode: bool,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        critical: "▲",
        warning: "!",
        good: "●",
        unknown: "○",
        note: "·",
        rule: "─",
        bar: "│",
        full: "█",
        empty: "░",
        more: "…",
        unicode: true,
    };
    /// For all others.
    pub const ASCII: Self = Self {
        critical: "^",
        warning: "!",
        good: "*",
        unknown: "o",
        note: ".",
        rule: "-",
        bar: "|",
        full: "#",
        empty: ".",
        more: "~",
        unicode: false,
    };

    /// The set for a terminal: the plain one if `ascii` wishes it, on the Linux console (its font has 512
    /// characters) and where the locale does not say UTF-8. `env` answers for environment variables.
    pub fn detect(ascii: bool, env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let poor = matches!(set("TERM").as_deref(), Some("linux" | "dumb"));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name));
        let utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        if ascii || poor || !utf8 {
            Self::ASCII
        } else {
            Self::UNICODE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::depth::tests::env;
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[("LANG", "en_US.UTF-8")], true),
            (&[("LANG", "C.utf8"), ("TERM", "xterm")], true),
            (&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], false),
            (&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")], true),
            (&[("LC_CTYPE", "UTF-8"), ("LANG", "C")], true),
            (&[("LANG", "de_DE.ISO-8859-1")], false),
            (&[("LANG", "en_US.UTF-8"), ("TERM", "linux")], false),
            (&[("LANG", "en_US.UTF-8"), ("TERM", "dumb")], false),
            (&[], false),
        ];
        for (variables, unicode) in cases {
            assert_eq!(Glyphs::detect(false, env(variables)).unicode, unicode, "{variables:?}");
            assert!(!Glyphs::detect(true, env(variables)).unicode, "{variables:?}");
        }
    }

    #[test]
    fn every_mark_is_one_column_and_the_plain_set_is_plain() {
        for set in [Glyphs::UNICODE, Glyphs::ASCII] {
            let marks = [
                set.critical,
                set.warning,
                set.good,
                set.unknown,
                set.note,
                set.rule,
                set.bar,
                set.full,
                set.empty,
                set.more,
            ];
            for mark in marks {
                assert_eq!(mark.width(), 1, "{mark}");
                assert!(set.unicode || mark.is_ascii(), "{mark}");
            }
            let states = &marks[..5];
            for (at, mark) in states.iter().enumerate() {
                assert!(!states[..at].contains(mark), "{mark} means two things");
            }
        }
    }
}
