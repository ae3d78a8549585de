//! The value axis: bounds that do not jump with every sample, round ticks, their text. Called by the drawing.

/// Bounds below this are zero: powers of ten must stay above the smallest number there is.
const TINY: f64 = 1e-290;

/// Smallest and largest of the values in view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    low: f64,
    high: f64,
    positive: f64,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            positive: f64::INFINITY,
        }
    }
}

impl Extent {
    /// Counts a value in. It must be finite.
    pub fn add(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        if value > TINY {
            self.positive = self.positive.min(value);
        }
    }

    /// Counts all values of another in.
    pub fn join(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.positive = self.positive.min(other.positive);
    }

    fn is_empty(&self) -> bool {
        self.low > self.high
    }
}

/// The bounds of the value axis, kept from frame to frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scale {
    bounds: Option<(f64, f64)>,
    log: bool,
    floor: Option<f64>,
    ceiling: Option<f64>,
}

impl Scale {
    /// For values that have natural ends (0 to 100 %): the axis does not go beyond unless a value does.
    pub fn within(floor: Option<f64>, ceiling: Option<f64>) -> Self {
        Self {
            floor,
            ceiling,
            ..Self::default()
        }
    }

    /// Lowest and highest value of the axis.
    pub fn bounds(&self) -> (f64, f64) {
        self.bounds.unwrap_or((0.0, 1.0))
    }

    /// The scale for what is in view now. It grows at once, and shrinks only when less than half of it is
    /// needed. Doing it twice changes nothing. Without a value above zero, `log` is not possible.
    #[must_use]
    pub fn fitted(self, extent: &Extent, log: bool) -> Self {
        if extent.is_empty() {
            return self;
        }
        let log = log && extent.positive.is_finite() && extent.high > TINY;
        let want = if log { decades(extent) } else { self.linear(extent) };
        if let Some(have) = self.bounds.filter(|_| self.log == log) {
            let low = if log { extent.positive } else { extent.low };
            let inside = low >= have.0 && extent.high <= have.1;
            if inside && size(want, log) * 2.0 > size(have, log) {
                return self;
            }
        }
        Self {
            bounds: Some(want),
            log,
            ..self
        }
    }

    /// Zero belongs to the axis unless the values vary by less than half of their height.
    fn linear(&self, extent: &Extent) -> (f64, f64) {
        let (mut low, mut high) = (extent.low, extent.high);
        let most = low.abs().max(high.abs());
        if most < TINY {
            return (0.0, 1.0);
        }
        let flat = high - low <= most * 1e-9;
        if low > 0.0 && (flat || low <= high * 0.5) {
            low = 0.0;
        }
        if high < 0.0 && (flat || high >= low * 0.5) {
            high = 0.0;
        }
        let room = (high - low) * 0.05;
        let step = round_up((high - low) / 4.0);
        if high != 0.0 {
            high += room;
        }
        if low != 0.0 {
            low -= room;
        }
        let bounds = ((low / step).floor() * step, (high / step).ceil() * step);
        self.clipped(bounds, extent)
    }

    fn clipped(&self, (mut low, mut high): (f64, f64), extent: &Extent) -> (f64, f64) {
        if let Some(floor) = self.floor.filter(|f| *f <= extent.low && *f < high) {
            low = low.max(floor);
        }
        if let Some(ceiling) = self.ceiling.filter(|c| *c >= extent.high && *c > low) {
            high = high.min(ceiling);
        }
        (low, high)
    }

    /// Where a value stands between the bounds: 0 at the bottom, 1 at the top. What lies outside is drawn at
    /// the edge; so is zero on a logarithmic axis.
    pub fn place(&self, value: f64) -> f64 {
        let (low, high) = self.bounds();
        let share = if self.log {
            (value.max(low) / low).log10() / (high / low).log10()
        } else {
            (value - low) / (high - low)
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// Round values to be labelled on an axis of so many rows: 3 to 6 from 5 rows on,
    /// in fewer rows what has room.
    pub fn ticks(&self, rows: u16) -> Vec<f64> {
        let most = (rows / 2 + 1).clamp(3, 6).min(rows.max(1));
        if self.log {
            return self.log_ticks(usize::from(most));
        }
        let (low, high) = self.bounds();
        let mut step = round_up((high - low) / f64::from(most) * 0.5);
        let mut found = multiples(low, high, step);
        while found.len() > usize::from(most) {
            step = round_up(step * 1.5);
            let fewer = multiples(low, high, step);
            if fewer.len() < 3 && found.len() <= usize::from(rows.min(6)) {
                break;
            }
            // Two are too few to read a line from. Every other one may do; zero stays among them.
            let zero = found.iter().position(|tick| *tick == 0.0).unwrap_or(0) % 2;
            let other: Vec<f64> = found.iter().skip(zero).step_by(2).copied().collect();
            if fewer.len() < 3 && (3..=usize::from(rows.min(6))).contains(&other.len()) {
                return other;
            }
            found = fewer;
        }
        found
    }

    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let (low, high) = self.bounds();
        let (first, last) = (low.log10().round() as i32, high.log10().round() as i32);
        if last - first == 1 && most >= 4 {
            return [1.0, 2.0, 5.0, 10.0].map(|n| n * low).to_vec();
        }
        let count = (last - first).unsigned_abs() as usize + 1;
        let stride = count.div_ceil(most.max(1));
        (first..=last).step_by(stride).map(|e| 10f64.powi(e)).collect()
    }

    /// How the labels of these ticks are written.
    pub fn format(&self, ticks: &[f64]) -> Format {
        let (low, high) = self.bounds();
        let most = low.abs().max(high.abs());
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(most, f64::min);
        let mut format = Format::of(most, step, self.log);
        // Ticks need not be multiples of their step: 2.5, 3.5, 4.5 are not 2, 4, 4.
        let off = |format: &Format| ticks.iter().any(|tick| format.error(*tick) > step * 0.01);
        while !self.log && format.decimals < 6 && off(&format) {
            format.decimals += 1;
        }
        format
    }
}

/// How numbers of an axis are written: the same decimals and the same thousands for all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Format {
    divisor: f64,
    suffix: &'static str,
    decimals: usize,
    scientific: bool,
    each: bool,
}

/// The least of what is written with so many decimals: `0.01` of `0.00`.
fn smallest(text: &str) -> String {
    match text.rfind('0') {
        Some(at) => format!("{}1{}", &text[..at], &text[at + 1..]),
        None => text.to_owned(),
    }
}

impl Format {
    fn of(most: f64, step: f64, each: bool) -> Self {
        let (divisor, suffix) = match most {
            m if m >= 2e12 => (1e12, "T"),
            m if m >= 2e9 => (1e9, "G"),
            m if m >= 2e6 => (1e6, "M"),
            m if m >= 2e4 => (1e3, "k"),
            _ => (1.0, ""),
        };
        let places = -((step / divisor).log10() + 1e-6).floor();
        Self {
            divisor,
            suffix,
            decimals: if places.is_finite() {
                places.clamp(0.0, 6.0) as usize
            } else {
                0
            },
            scientific: !(1e-4..1e16).contains(&most),
            each,
        }
    }

    /// How far what is written is from the value.
    fn error(&self, value: f64) -> f64 {
        let places = 10f64.powi(self.decimals as i32) / self.divisor;
        ((value * places).round() / places - value).abs()
    }

    /// The label of a tick.
    pub fn label(&self, value: f64) -> String {
        self.write(value, 0)
    }

    /// A value between ticks: one decimal more.
    pub fn value(&self, value: f64) -> String {
        let text = self.write(value, 1);
        let is_zero = |text: &str| text.chars().all(|c| !c.is_ascii_digit() || c == '0');
        // What is there is not nothing.
        match value != 0.0 && !self.scientific && is_zero(&text) {
            true if value > 0.0 => format!("<{}", smallest(&text)),
            _ => text,
        }
    }

    fn write(&self, value: f64, more: usize) -> String {
        if value == 0.0 {
            return format!(
                "{:.*}{}",
                if self.scientific || self.each {
                    0
                } else {
                    self.decimals + more
                },
                0.0,
                ""
            );
        }
        if self.scientific {
            return format!("{value:.more$e}");
        }
        if self.each {
            // Twice: alone, 1M needs no second figure to be read.
            let own = Self::of(value.abs() * 2.0, value.abs(), false);
            return if own.scientific {
                format!("{value:.more$e}")
            } else {
                own.write(value, more)
            };
        }
        let text = format!("{:.*}", self.decimals + more, value / self.divisor);
        // A value that rounds to zero has no sign.
        let text = if text.trim_start_matches(['-', '0', '.']).is_empty() {
            text.trim_start_matches('-')
        } else {
            &text
        };
        format!("{text}{}", self.suffix)
    }
}

fn size((low, high): (f64, f64), log: bool) -> f64 {
    if log { (high / low).log10() } else { high - low }
}

fn decades(extent: &Extent) -> (f64, f64) {
    let low = extent.positive.log10().floor() as i32;
    let high = (extent.high.log10().ceil() as i32).max(low + 1);
    (10f64.powi(low), 10f64.powi(high))
}

/// The next of 1, 2, 5, 10, 20 … that is not smaller.
fn round_up(value: f64) -> f64 {
    let value = value.max(TINY);
    let power = 10f64.powi(value.log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0];
    let found = steps.iter().find(|n| value <= **n * power * (1.0 + 1e-9));
    found.map_or(power * 10.0, |n| n * power)
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-6).ceil();
    let count = ((high / step + 1e-6).floor() - first + 1.0).clamp(0.0, 64.0) as usize;
    (0..count).map(|n| (first + n as f64) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(values: &[f64]) -> Extent {
        let mut extent = Extent::default();
        values.iter().for_each(|value| extent.add(*value));
        extent
    }

    #[test]
    fn what_is_less_than_the_figures_show_is_not_zero() {
        let format = |most| Format::of(most, most / 2.0, false);
        let told = |most, value| format(most).value(value);
        assert_eq!(
            [told(2.0, 0.004), told(2.0, 0.0), told(2.0, 0.06)],
            ["<0.1", "0.0", "0.1"]
        );
        assert_eq!([told(0.2, 0.004), told(0.2, -0.004)], ["<0.01", "0.00"]);
        assert_eq!(told(4e6, 9.0), "<0.1M");
    }

    #[test]
    fn ticks_are_round_in_order_and_inside() {
        let cases: [(&[f64], bool, u16, &str); 12] = [
            (&[1.0, 19.0], false, 9, "0 5 10 15 20"),
            (&[1.0, 19.0], false, 3, "0 10 20"),
            (&[0.988, 1.0], false, 9, "0.985 0.990 0.995 1.000 1.005"),
            (&[5.0, 5.0], false, 9, "0 2 4 6"),
            (&[0.0], false, 9, "0.0 0.5 1.0"),
            (&[-3.0, -1.0], false, 9, "-4 -3 -2 -1 0"),
            (&[-5.0, 80.0], false, 9, "-50 0 50 100"),
            (&[0.0, 131_072.0], false, 9, "0 50k 100k 150k"),
            (&[1e-5, 3e-5], false, 5, "0 2e-5 4e-5"),
            (&[2.0, 9.0], true, 9, "1 2 5 10"),
            (&[0.0, 0.02, 900_000.0], true, 12, "0.01 1 100 10k 1M"),
            (&[-5.0, 0.0], true, 9, "-6 -4 -2 0"),
        ];
        for (values, log, rows, expected) in cases {
            let scale = Scale::default().fitted(&extent(values), log);
            let ticks = scale.ticks(rows);
            let format = scale.format(&ticks);
            let labels: Vec<String> = ticks.iter().map(|tick| format.label(*tick)).collect();
            assert_eq!(labels.join(" "), expected, "{values:?}");
        }
    }

    #[test]
    fn no_two_ticks_have_the_same_label() {
        let halves = Scale {
            bounds: Some((2.5, 4.5)),
            ..Scale::default()
        };
        let ticks = halves.ticks(4);
        let format = halves.format(&ticks);
        let labels: Vec<String> = ticks.iter().map(|tick| format.label(*tick)).collect();
        assert_eq!(labels, ["2.5", "3.5", "4.5"]);
        for (n, high) in (1..200).map(|n| (n, f64::from(n) * 0.17)) {
            for rows in 2..12 {
                let scale = Scale::default().fitted(&extent(&[high * 0.6, high]), false);
                let ticks = scale.ticks(rows);
                let format = scale.format(&ticks);
                let mut labels: Vec<String> = ticks.iter().map(|tick| format.label(*tick)).collect();
                labels.dedup();
                assert_eq!(labels.len(), ticks.len(), "{n} {rows}: {ticks:?} {labels:?}");
            }
        }
    }

    #[test]
    fn there_are_three_to_six_ticks_wherever_they_fit() {
        for exponent in -80..160 {
            for (n, rows) in [1.0, 1.3, 2.7, 4.9, 7.7]
                .into_iter()
                .flat_map(|n| (5..40).map(move |rows| (n, rows)))
            {
                let high = n * 10f64.powf(f64::from(exponent) / 8.0);
                for low in [0.0, high * 0.9, -high * 0.3, -high] {
                    let scale = Scale::default().fitted(&extent(&[low, high]), false);
                    let ticks = scale.ticks(rows);
                    assert!((3..=6).contains(&ticks.len()), "{low} {high} {rows}: {ticks:?}");
                    assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
                    assert!(scale.place(high) > scale.place(low));
                }
            }
        }
    }

    #[test]
    fn the_scale_grows_at_once_and_shrinks_late() {
        let first = Scale::default().fitted(&extent(&[0.0, 18.0]), false);
        assert_eq!(first.bounds(), (0.0, 20.0));
        for high in [19.9, 14.0, 11.0] {
            assert_eq!(first.fitted(&extent(&[0.0, high]), false), first, "{high}");
        }
        let grown = first.fitted(&extent(&[0.0, 20.1]), false);
        assert_eq!(grown.bounds(), (0.0, 30.0));
        let shrunk = first.fitted(&extent(&[0.0, 7.0]), false);
        assert_eq!(shrunk.bounds(), (0.0, 8.0));
        for scale in [first, grown, shrunk] {
            assert_eq!(scale.fitted(&Extent::default(), false), scale, "without data it stays");
        }
        let percent = Scale::within(Some(0.0), Some(100.0));
        assert_eq!(percent.fitted(&extent(&[3.0, 99.0]), false).bounds(), (0.0, 100.0));
        assert!(percent.fitted(&extent(&[3.0, 130.0]), false).bounds().1 > 130.0);
    }

    #[test]
    fn values_have_one_decimal_more_and_no_sign_at_zero() {
        let scale = Scale::default().fitted(&extent(&[-1.0, 18.0]), false);
        let format = scale.format(&scale.ticks(9));
        assert_eq!(format.value(7.91), "7.9");
        assert_eq!(format.value(-0.01), "0.0");
        assert_eq!(format.value(-0.06), "-0.1");
    }
}
