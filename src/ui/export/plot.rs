//! The lines of a chart as a table: the time, and a column for each line. Called by the model.

use std::collections::BTreeMap;

use super::super::chart::{Chart, ChartState, Points, Series};
use super::super::table::copy::Masks;
use super::measure::decimal;
use super::{Sheet, unique};
use crate::api::table::Value;
use crate::domain::currency::Currency;
use crate::domain::money::Micro;

/// The lines a chart shows, kept while it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    series: Vec<Series>,
    unit: String,
    /// The seconds shown: from, and the last one.
    window: (i64, i64),
    /// Values are shown so many times what they are in a file.
    factor: f64,
}

impl Plot {
    /// Of a chart that has lines.
    pub fn of(chart: &Chart<'_>, state: &ChartState) -> Option<Self> {
        let has_lines = !chart.series.is_empty();
        has_lines.then(|| Self {
            series: chart.series.to_vec(),
            unit: chart.unit.to_owned(),
            window: state.seen(chart.now),
            factor: 1.0,
        })
    }

    /// Of money: drawn in the person's own, written in dollars.
    pub fn dollars(self, currency: &Currency) -> Self {
        Self {
            unit: "usd".to_owned(),
            factor: currency.own(Micro(1_000_000)).dollars(),
            ..self
        }
    }

    /// How many lines it has.
    pub fn lines(&self) -> usize {
        self.series.len()
    }
}

/// As a table; what is not known at a time is empty. Lines named after one of these nodes are masked as nodes are. `of`:
/// all lines are of this node.
pub fn plot(plot: &Plot, (nodes, of): (&[String], Option<&str>), masks: &mut Masks<'_>) -> Sheet {
    let mut lines: BTreeMap<i64, Vec<Option<f64>>> = BTreeMap::new();
    let (from, to) = plot.window;
    for (n, series) in plot.series.iter().enumerate() {
        for (second, value) in points(&series.points) {
            if (from..=to).contains(&second) {
                let line = lines.entry(second).or_insert_with(|| vec![None; plot.series.len()]);
                let known = value.filter(|value| value.is_finite());
                line[n] = known.map(|value| match plot.factor == 1.0 {
                    true => value,
                    false => (value / plot.factor * 1e6).round() / 1e6,
                });
            }
        }
    }
    let named: Vec<String> = plot
        .series
        .iter()
        .map(|series| {
            let name = match nodes.contains(&series.name) {
                true => masks.apply("node", &series.name).into_owned(),
                false => series.name.clone(),
            };
            format!("{name} {}", plot.unit).trim().replace(char::is_control, " ")
        })
        .collect();
    let of = of.map(|node| masks.apply("node", node).into_owned());
    let first = ["time".to_owned()]
        .into_iter()
        .chain(of.as_ref().map(|_| "node".to_owned()));
    let columns = unique(first.chain(named));
    let rows: Vec<Vec<Value>> = lines
        .into_iter()
        .map(|(second, line)| {
            let values = line.into_iter().map(|value| value.map_or(Value::Null, decimal));
            let time = Value::Time(second.saturating_mul(1000));
            let of = of.clone().map(Value::Text);
            std::iter::once(time).chain(of).chain(values).collect()
        })
        .collect();
    Sheet {
        name: "chart".to_owned(),
        markdown: markdown(&columns, &rows),
        columns,
        rows,
    }
}

/// The begin of each stretch, or the moment of each sample, with its value.
fn points(points: &Points) -> Vec<(i64, Option<f64>)> {
    match points {
        Points::Samples(samples) => samples.clone(),
        Points::Buckets { begin, width, values } => {
            let width = (*width).max(1);
            let times = (0..).map(|n: i64| begin.saturating_add(n.saturating_mul(width)));
            times.zip(values.iter().copied()).collect()
        }
    }
}

fn markdown(columns: &[String], rows: &[Vec<Value>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns.iter().map(|name| safe(name)).collect());
    let sides = (0..columns.len()).map(|at| if at == 0 { "---" } else { "---:" });
    text += &line(sides.map(str::to_owned).collect());
    for row in rows {
        text += &line(row.iter().map(written).collect());
    }
    text
}

fn safe(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
    text.replace(char::is_control, " ")
}

fn written(value: &Value) -> String {
    match value {
        Value::Time(ms) => jiff::Timestamp::from_millisecond(*ms).map_or_else(|_| String::new(), |t| t.to_string()),
        Value::Amount(number) => number.to_string(),
        Value::Score(number) => number.to_string(),
        Value::Text(text) => safe(text),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table::copy;
    use super::*;

    #[test]
    fn gaps_are_empty_and_what_is_not_shown_is_left_out() {
        let buckets = Points::Buckets {
            begin: 0,
            width: 60,
            values: vec![Some(9.0), Some(1.5), None, Some(0.0)],
        };
        let samples = Points::Samples(vec![(60, Some(2.0)), (90, Some(f64::NAN))]);
        let shown = Plot {
            series: vec![Series::new("barn", 0, buckets), Series::new("all", 1, samples)],
            unit: "MB/s".to_owned(),
            window: (30, 150),
            factor: 1.0,
        };
        let mut masks = Masks::none().column("node", copy::numbered("node"));
        let of_all = plot(&shown, (&["barn".to_owned()], Some("dock")), &mut masks);
        assert_eq!(of_all.columns, ["time", "node", "node1 MB/s", "all MB/s"]);
        assert_eq!(of_all.rows[0][1], Value::Text("node2".to_owned()));
        let sheet = plot(&shown, (&["barn".to_owned()], None), &mut masks);
        assert_eq!(sheet.columns, ["time", "node1 MB/s", "all MB/s"]);
        assert_eq!(
            sheet.rows,
            [
                [Value::Time(60_000), Value::Score(1.5), Value::Amount(2)],
                [Value::Time(90_000), Value::Null, Value::Null],
                [Value::Time(120_000), Value::Null, Value::Null],
            ]
        );
        assert!(
            sheet.markdown.contains("| 1970-01-01T00:01:00Z | 1.5 | 2 |"),
            "{}",
            sheet.markdown
        );
        let canadian = Currency {
            symbol: "$".to_owned(),
            factor: 1.37,
        };
        let sheet = plot(&shown.dollars(&canadian), (&[], None), &mut Masks::none());
        assert_eq!(sheet.columns, ["time", "barn usd", "all usd"]);
        assert_eq!(sheet.rows[0][2], Value::Score(1.459_854));
    }
}
