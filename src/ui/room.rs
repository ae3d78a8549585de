//! Room for what stands in a column: who gets how many lines. Used by the layouts of panes.

use ratatui::layout::Rect;

use super::pane::Page;

/// Draws what wants room below each other in a part of the page. `need`: its lines of each step and its rank, as
/// [`share`] has them; what got no room is not drawn.
pub(super) fn stack<W, const STEPS: usize>(
    page: &mut Page<'_>,
    area: Rect,
    wants: &[W],
    need: impl Fn(&W) -> ([u16; STEPS], u8),
    draw: impl Fn(&mut Page<'_>, &W),
) {
    let lines = share(area.height, wants.iter().map(need));
    let mut y = area.y;
    for (want, lines) in wants.iter().zip(lines) {
        let place = Rect::new(area.x, y, area.width, lines);
        y += lines;
        if lines == 0 {
            continue;
        }
        page.within(place, |part| draw(part, want));
    }
}

/// Lines of each: the least of all that fit, then what they would like, step by step, by rank, the least first. What
/// got no room in the first step gets none. `wants` are the lines of each step and the rank.
fn share<const STEPS: usize>(height: u16, wants: impl IntoIterator<Item = ([u16; STEPS], u8)>) -> Vec<u16> {
    let wants: Vec<_> = wants.into_iter().collect();
    let mut given = vec![0; wants.len()];
    let mut left = height;
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by_key(|at| wants[*at].1);
    for (step, at) in (0..STEPS).flat_map(|step| order.iter().map(move |at| (step, *at))) {
        let wanted = wants[at].0[step];
        let more = match step {
            0 if wanted <= left => wanted,
            0 => 0,
            _ if given[at] == 0 => 0,
            _ => wanted.saturating_sub(given[at]).min(left),
        };
        given[at] += more;
        left -= more;
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_by_rank_are_there_and_grow_first() {
        let wants = [([3, 5, 9], 1), ([4, 6, 6], 0), ([8, 8, 8], 2)];
        for (height, expected) in [
            (0, [0, 0, 0]),
            (3, [3, 0, 0]),
            (4, [0, 4, 0]),
            (9, [3, 6, 0]),
            (10, [4, 6, 0]),
            (15, [3, 4, 8]),
            (18, [4, 6, 8]),
            (23, [9, 6, 8]),
            (99, [9, 6, 8]),
        ] {
            assert_eq!(share(height, wants), expected, "{height}");
        }
    }
}
