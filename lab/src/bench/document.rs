//! The results of a benchmark, for people and for programs.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};
use vm::command::Accel;

use super::Samples;

/// Everything that was measured, and the host that it was measured on.
#[derive(Debug, Clone)]
pub struct Document {
    /// The processor's name.
    pub cpu: String,
    pub cores: usize,
    /// QEMU's name and version, in its own words.
    pub qemu: String,
    pub accel: Accel,
    /// The number of samples of a row that gives no other number.
    pub runs: usize,
    pub rows: Vec<Row>,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub what: String,
    pub unit: Unit,
    /// The maximum for the median, or the target number of identical runs. `None` for a
    /// row without a bar.
    pub bar: Option<f64>,
    pub measured: Measured,
}

/// The result of a row.
#[derive(Debug, Clone)]
pub enum Measured {
    Samples(Samples),
    /// How many runs were the same, out of all.
    Same {
        same: usize,
        of: usize,
        /// That of the runs that were the same.
        fingerprint: String,
        /// The folder with one text per version.
        texts: PathBuf,
    },
    /// Nothing was measured. `reason` is the argument that would measure it, or what
    /// prevented it.
    Not {
        reason: String,
    },
}

/// The unit of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Mebibytes,
    Runs,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "s",
            Unit::Mebibytes => "MiB",
            Unit::Runs => "runs",
        }
    }

    /// Shows milliseconds for times below ten seconds.
    fn show(self, value: f64) -> String {
        match self {
            Unit::Seconds if value < 10.0 => format!("{value:.3}"),
            Unit::Seconds | Unit::Mebibytes | Unit::Runs => format!("{value:.1}"),
        }
    }
}

impl Row {
    /// A row of times.
    pub fn seconds(what: &str, bar: Option<f64>, seconds: Vec<f64>) -> Row {
        let measured = Measured::Samples(Samples::new(seconds));
        Row { what: what.to_owned(), unit: Unit::Seconds, bar, measured }
    }

    /// Whether the bar is met. `None` if there is no bar or nothing was measured.
    pub fn met(&self) -> Option<bool> {
        match (&self.measured, self.bar) {
            (Measured::Samples(samples), Some(bar)) => Some(samples.median() <= bar),
            (Measured::Same { same, of, .. }, _) => Some(same == of),
            (Measured::Samples(_) | Measured::Not { .. }, _) => None,
        }
    }
}

/// One line per row for people, with the bar next to the result.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Document { cpu, cores, qemu, runs, .. } = self;
        writeln!(f, "{cpu}, {cores} cores\n{qemu}, {}\n{runs} runs a row\n", self.accel.name())?;
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        writeln!(f, "  {:width$}  {:>9}  {:>9}  lowest … highest", "", "bar", "median")?;
        for row in &self.rows {
            let mark = match row.met() {
                Some(true) => "✓",
                Some(false) => "✗",
                None => " ",
            };
            write!(f, "{mark} {:width$}  ", row.what)?;
            row.fmt_numbers(f)?;
        }
        Ok(())
    }
}

impl Row {
    fn fmt_numbers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bar = self.bar.map_or(String::new(), |bar| format!("{bar} {}", self.unit.name()));
        write!(f, "{bar:>9}  ")?;
        match &self.measured {
            Measured::Samples(samples) => {
                let (lowest, highest) = samples.spread();
                let [median, lowest, highest] =
                    [samples.median(), lowest, highest].map(|value| self.unit.show(value));
                write!(f, "{median:>9}  {lowest} … {highest}")?;
                writeln!(f, "{}", if samples.all().len() == 1 { " (once)" } else { "" })
            }
            Measured::Same { same, of, fingerprint, .. } if same == of => {
                writeln!(f, "{same:>9}  {fingerprint}")
            }
            Measured::Same { same, of, texts, .. } => {
                writeln!(f, "{same:>9}  of {of}; each version's text: {}", texts.display())
            }
            Measured::Not { reason } => writeln!(f, "not measured: {reason}"),
        }
    }
}

impl Document {
    /// The document as JSON:
    ///
    /// ```json
    /// {"version": 1, "cpu": "…", "cores": 2, "qemu": "QEMU emulator version …",
    ///  "accel": "tcg", "runs": 10, "rows": [
    ///   {"what": "run sigchld, whole process", "unit": "s", "bar": 0.5,
    ///    "median": 0.28, "lowest": 0.27, "highest": 0.31, "samples": [0.27],
    ///    "fingerprint": null, "texts": null, "met": true, "not_measured": null}]}
    /// ```
    ///
    /// `unit` is `s`, `MiB` or `runs`. For `runs`, `bar` is the number of runs, `median` how
    /// many of them were the same, `fingerprint` theirs, and `texts` the folder with one
    /// text per version. `bar` and `met` are null if there is no
    /// bar. For a row that was not measured, `not_measured` is the argument that would
    /// measure it or what prevented it, and `median` to `met` are null.
    pub fn to_json(&self) -> Value {
        json!({
            "version": 1,
            "cpu": self.cpu,
            "cores": self.cores,
            "qemu": self.qemu,
            "accel": self.accel.name(),
            "runs": self.runs,
            "rows": self.rows.iter().map(Row::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let mut row = json!({
            "what": self.what, "unit": self.unit.name(), "bar": self.bar, "median": null, "lowest": null,
            "highest": null, "samples": null, "fingerprint": null, "texts": null,
            "met": self.met(), "not_measured": null,
        });
        match &self.measured {
            Measured::Samples(samples) => {
                let (lowest, highest) = samples.spread();
                row["median"] = json!(samples.median());
                row["lowest"] = json!(lowest);
                row["highest"] = json!(highest);
                row["samples"] = json!(samples.all());
            }
            Measured::Same { same, fingerprint, texts, .. } => {
                row["median"] = json!(same);
                row["fingerprint"] = json!(fingerprint);
                row["texts"] = json!(texts.to_string_lossy());
            }
            Measured::Not { reason } => row["not_measured"] = json!(reason),
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(same: usize) -> Row {
        Row {
            what: "identical runs".to_owned(),
            unit: Unit::Runs,
            bar: Some(100.0),
            measured: Measured::Same {
                same,
                of: 100,
                fingerprint: "0123456789".to_owned(),
                texts: PathBuf::from("cache/repeat/k"),
            },
        }
    }

    fn document() -> Document {
        Document {
            cpu: "A processor".to_owned(),
            cores: 2,
            qemu: "QEMU emulator version 7.2.22".to_owned(),
            accel: Accel::TCG,
            runs: 3,
            rows: vec![
                Row {
                    what: "kernel".to_owned(),
                    unit: Unit::Seconds,
                    bar: Some(180.0),
                    measured: Measured::Not { reason: "--kernel".to_owned() },
                },
                Row::seconds("run", Some(0.5), vec![0.3, 0.28, 0.9]),
                Row::seconds("all lessons", Some(10.0), vec![11.3]),
                Row::seconds("beside", None, vec![0.25]),
                same(100),
                same(99),
            ],
        }
    }

    #[test]
    fn a_table_for_people() {
        insta::assert_snapshot!(document().to_string(), @r"
        A processor, 2 cores
        QEMU emulator version 7.2.22, tcg
        3 runs a row

                                bar     median  lowest … highest
          kernel              180 s  not measured: --kernel
        ✓ run                 0.5 s      0.300  0.280 … 0.900
        ✗ all lessons          10 s       11.3  11.3 … 11.3 (once)
          beside                         0.250  0.250 … 0.250 (once)
        ✓ identical runs   100 runs        100  0123456789
        ✗ identical runs   100 runs         99  of 100; each version's text: cache/repeat/k
        ");
    }

    #[test]
    fn a_document_for_machines() {
        let json = document().to_json();
        assert_eq!(json["version"], 1);
        assert_eq!(json["accel"], "tcg");
        let rows = json["rows"].as_array().unwrap();
        let met: Vec<&Value> = rows.iter().map(|row| &row["met"]).collect();
        let (yes, no) = (&json!(true), &json!(false));
        assert_eq!(met, [&Value::Null, yes, no, &Value::Null, yes, no]);
        assert_eq!(rows[0]["not_measured"], "--kernel");
        assert_eq!(rows[1]["median"], 0.3);
        assert_eq!(rows[1]["samples"], json!([0.28, 0.3, 0.9]));
        assert_eq!((&rows[5]["unit"], &rows[5]["median"]), (&json!("runs"), &json!(99)));
        assert_eq!(rows[5]["fingerprint"], "0123456789");
        assert_eq!(rows[5]["texts"], "cache/repeat/k");
    }
}
