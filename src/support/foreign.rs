//! Characters of foreign text that may not reach a terminal, a mail or a page. The one list of them.

/// Whether a character steers the terminal, shows nothing, or turns the direction of what follows.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_show_and_tricks_do_not() {
        assert!(!"aZ é 漢 🙂 –…▲".chars().any(is_hidden));
        assert!(
            "\u{1b}\u{7f}\u{9b}\n\t\u{200b}\u{202e}\u{2066}\u{feff}\u{e0041}\u{ad}"
                .chars()
                .all(is_hidden)
        );
    }
}
