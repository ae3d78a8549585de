//! The colours of the themes, one table each. Called by the themes only.

use super::depth::Rgb;

/// A colour for each meaning; ordinary text has the terminal's own.
#[derive(Debug)]
pub struct Palette {
    /// As written in the configuration.
    pub name: &'static str,
    /// Of less weight; old news has the same, in italics.
    pub muted: Rgb,
    /// What the eye finds first.
    pub accent: Rgb,
    /// As it should be.
    pub good: Rgb,
    /// Wants a look.
    pub warn: Rgb,
    /// Danger.
    pub bad: Rgb,
    /// A key that can be pressed.
    pub key: Rgb,
    /// Text and background under the cursor.
    pub selected: (Rgb, Rgb),
    /// Lines of a chart.
    pub series: [Rgb; 6],
}

const fn rgb(hex: u32) -> Rgb {
    let [_, red, green, blue] = hex.to_be_bytes();
    (red, green, blue)
}

/// All themes with colours.
pub const PALETTES: [Palette; 4] = [DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND];

/// For dark backgrounds.
pub const DARK: Palette = Palette {
    name: "dark",
    muted: rgb(0x8a8f98),
    accent: rgb(0x5fd7ff),
    good: rgb(0x5fd75f),
    warn: rgb(0xffd75f),
    bad: rgb(0xff6b6b),
    key: rgb(0x5fd7d7),
    selected: (rgb(0xffffff), rgb(0x2f4a6b)),
    series: [
        rgb(0x5fd7d7),
        rgb(0xffd75f),
        rgb(0xd787ff),
        rgb(0x87d75f),
        rgb(0x7fa7ff),
        rgb(0xff7f7f),
    ],
};

/// For light backgrounds.
const LIGHT: Palette = Palette {
    name: "light",
    muted: rgb(0x686c74),
    accent: rgb(0x005f87),
    good: rgb(0x007a1f),
    warn: rgb(0x7a5f00),
    bad: rgb(0xb3001b),
    key: rgb(0x005faf),
    selected: (rgb(0x000000), rgb(0xc6dcff)),
    series: [
        rgb(0x006d75),
        rgb(0x7a5f00),
        rgb(0x8700af),
        rgb(0x007a1f),
        rgb(0x0057d0),
        rgb(0xb3001b),
    ],
};

/// For dark backgrounds and tired eyes: nothing below seven to one.
const HIGH_CONTRAST: Palette = Palette {
    name: "high_contrast",
    muted: rgb(0xd0d0d0),
    accent: rgb(0x00ffff),
    good: rgb(0x5fff5f),
    warn: rgb(0xffff00),
    bad: rgb(0xff9f9f),
    key: rgb(0x00ffff),
    selected: (rgb(0x000000), rgb(0xffff5f)),
    series: [
        rgb(0x00ffff),
        rgb(0xffff00),
        rgb(0xffafff),
        rgb(0x5fff5f),
        rgb(0xafc7ff),
        rgb(0xff9f9f),
    ],
};

/// For dark backgrounds, of the set of Okabe and Ito; well is blue, danger vermillion, lightened a little.
const COLOUR_BLIND: Palette = Palette {
    name: "colour_blind",
    muted: rgb(0x949494),
    accent: rgb(0xcc79a7),
    good: rgb(0x56b4e9),
    warn: rgb(0xf0e442),
    bad: rgb(0xe8671a),
    key: rgb(0xcc79a7),
    selected: (rgb(0x000000), rgb(0xe69f00)),
    series: [
        rgb(0x56b4e9),
        rgb(0xe69f00),
        rgb(0x00a77a),
        rgb(0xcc79a7),
        rgb(0xf0e442),
        rgb(0xe8671a),
    ],
};

#[cfg(test)]
mod tests {
    use super::super::depth::linear;
    use super::*;

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let light = |c: Rgb| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2) + 0.05;
        let (a, b) = (light(a), light(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn every_tone_can_be_read_on_the_backgrounds_it_is_made_for() {
        for palette in PALETTES {
            let (grounds, least) = match palette.name {
                "light" => ([0xffffff, 0xf5f5f5], 4.5),
                "high_contrast" => ([0x000000, 0x1e1e1e], 7.0),
                _ => ([0x000000, 0x1e1e1e], 4.5),
            };
            let tones = [
                palette.muted,
                palette.accent,
                palette.good,
                palette.warn,
                palette.bad,
                palette.key,
            ];
            for ground in grounds {
                for tone in tones.iter().chain(&palette.series) {
                    let found = contrast(*tone, rgb(ground));
                    assert!(found >= least, "{}: {tone:?} on {ground:06x}: {found:.2}", palette.name);
                }
            }
            assert!(
                contrast(palette.selected.0, palette.selected.1) >= 7.0,
                "{}",
                palette.name
            );
        }
    }
}
