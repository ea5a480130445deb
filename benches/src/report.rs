//! What a benchmark says: a page for the reader, and the same as JSON for keeping.

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use serde::Serialize;

use crate::hiccups::Hiccups;
use crate::host::{Host, load_average, package_folder};
use crate::measurement::{Figure, Ratio, Row, Table};

/// One benchmark on one machine at one commit.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The benchmark, and the stem of the file it is kept in.
    pub name: &'static str,
    /// Machine, commit, command.
    pub host: Host,
    /// Load average when all was done.
    pub load_average_at_end: String,
    /// What the machine did to a bare spin loop just before.
    pub hiccups: Vec<Hiccups>,
    /// Sizes and seeds.
    pub settings: serde_json::Value,
    /// The figures.
    pub tables: Vec<Table>,
    /// What a reader has to know beside the figures.
    pub notes: Vec<String>,
    /// The figures in the few numbers that others read; null when there are none such.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub summary: serde_json::Value,
    /// Whether the summary is printed instead of the page.
    #[serde(skip)]
    pub prints_summary: bool,
}

impl Report {
    /// A report of tables that were just measured on `host`.
    #[must_use]
    pub fn new(name: &'static str, host: Host, hiccups: Vec<Hiccups>) -> Self {
        let mut notes = Vec::new();
        if host.load_average.split(' ').any(|load| !load.starts_with("0.")) {
            notes.push(SHARED.to_owned());
        }
        Self {
            name,
            host,
            load_average_at_end: String::new(),
            hiccups,
            settings: serde_json::Value::Null,
            tables: Vec::new(),
            notes,
            summary: serde_json::Value::Null,
            prints_summary: false,
        }
    }

    /// Prints the report, and keeps it as `results/<name>.json` of this package when `is_kept`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn publish(mut self, is_kept: bool) -> io::Result<()> {
        self.load_average_at_end = load_average();
        if self.prints_summary {
            println!("{}", self.summary);
        } else {
            print!("{self}");
        }
        if is_kept {
            let file = self.keep_in(package_folder().join("results"))?;
            eprintln!("kept as benches/results/{file}");
        }
        Ok(())
    }

    fn keep_in(&self, folder: PathBuf) -> io::Result<String> {
        std::fs::create_dir_all(&folder)?;
        let file = format!("{}.json", self.name);
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        std::fs::write(folder.join(&file), json)?;
        Ok(file)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Host { cpu_model, cpu_count, kernel, clock_source, rustc, .. } = &self.host;
        writeln!(formatter, "{}", self.name)?;
        writeln!(formatter, "  machine   {cpu_model}, {cpu_count} processors, Linux {kernel}")?;
        writeln!(formatter, "  clock     {clock_source}")?;
        writeln!(formatter, "  compiler  {rustc}, profile {}", self.host.profile)?;
        let changes = if self.host.has_uncommitted_changes { " with changes" } else { "" };
        writeln!(formatter, "  commit    {}{changes}", self.host.commit)?;
        writeln!(formatter, "  command   {}", self.host.command)?;
        let (start, end) = (&self.host.load_average, &self.load_average_at_end);
        writeln!(formatter, "  load      {start} at the start, {end} at the end")?;
        for hiccups in &self.hiccups {
            writeln!(formatter, "  stalls    {}", stalls(hiccups))?;
        }
        writeln!(formatter, "  settings  {}", self.settings)?;
        for table in &self.tables {
            write_table(formatter, table)?;
        }
        for note in &self.notes {
            writeln!(formatter, "\n{note}")?;
        }
        Ok(())
    }
}

fn stalls(hiccups: &Hiccups) -> String {
    format!(
        "processor {}: {} a second above 10 µs ({} to 100 µs, {} to 1 ms, {} to 10 ms, {} above, \
         in {} ms), worst {} µs, {} of 1000 lost",
        hiccups.cpu,
        hiccups.stalls_per_second,
        hiccups.count_10_to_100_us,
        hiccups.count_100_us_to_1_ms,
        hiccups.count_1_to_10_ms,
        hiccups.count_above_10_ms,
        hiccups.duration_ns / 1_000_000,
        hiccups.worst_ns / 1000,
        hiccups.lost_permille,
    )
}

fn write_table(formatter: &mut fmt::Formatter<'_>, table: &Table) -> fmt::Result {
    let rounds = table.rows.first().map_or(0, |row| row.figures[0].values.len());
    writeln!(formatter, "\n{} (median of {rounds} rounds, least to most)", table.title)?;
    let width = table.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    for row in &table.rows {
        writeln!(formatter, "  {:width$}  {}", row.name, figures(row))?;
    }
    for ratio in &table.ratios {
        writeln!(formatter, "  {}", comparison(ratio))?;
    }
    Ok(())
}

fn figures(row: &Row) -> String {
    let mut text = String::new();
    for Figure { name, median, minimum, maximum, .. } in &row.figures {
        let [median, minimum, maximum] = [median, minimum, maximum].map(|value| grouped(*value));
        let _ = write!(text, "{name} {median:>11} ({minimum} to {maximum})   ");
    }
    if row.disturbed_round_count > 0 {
        let _ = write!(text, "[{} rounds preempted]", row.disturbed_round_count);
    }
    text.trim_end().to_owned()
}

fn comparison(ratio: &Ratio) -> String {
    let Ratio { figure, of, to, permille } = ratio;
    let [median, minimum, maximum] =
        [permille.median, permille.minimum, permille.maximum].map(thousandths);
    format!("{figure}: {of} / {to} = {median} ({minimum} to {maximum})")
}

/// A number with its digits in threes.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn thousandths(permille: u64) -> String {
    format!("{}.{:03}", permille / 1000, permille % 1000)
}

const SHARED: &str = "Others were at work on this machine (see the load average): take ratios \
     before figures, and figures of rounds that were not preempted before others.";

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::measurement::{Contender, Rounds, Run};

    fn report() -> Report {
        let contender = |name, value| {
            let figures = vec![("records_per_second", value)];
            let run = Run { figures, preemption_count: 1 };
            Contender::new(name, move || Ok::<_, Infallible>(run.clone()))
        };
        let rounds = Rounds { count: 3, attempts_max: 1 };
        let mut contenders = [contender("ours", 12_345_678), contender("theirs", 6_000_000)];
        let mut table = Table::measure("rate", rounds, &mut contenders).unwrap();
        table.compare("records_per_second", "ours", "theirs");
        let mut report = Report::new("test", Host::read(), vec![Hiccups::default()]);
        report.tables.push(table);
        report
    }

    #[test]
    fn a_page_has_medians_spread_disturbance_and_ratios() {
        let page = report().to_string();
        let expected = "records_per_second  12,345,678 (12,345,678 to 12,345,678)   \
                        [3 rounds preempted]";
        assert!(page.contains(expected), "{page}");
        let expected = "records_per_second: ours / theirs = 2.057 (2.057 to 2.057)";
        assert!(page.contains(expected), "{page}");
    }

    #[test]
    fn a_kept_report_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = report().keep_in(folder.path().join("results")).unwrap();
        assert_eq!(file, "test.json");
        let text = std::fs::read_to_string(folder.path().join("results/test.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let figure = &json["tables"][0]["rows"][0]["figures"][0];
        assert_eq!(figure["median"], 12_345_678);
        assert_eq!(figure["values"].as_array().unwrap().len(), 3);
        assert_eq!(json["host"]["commit"], Host::read().commit);
    }

    #[test]
    fn digits_stand_in_threes() {
        let texts = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }
}
