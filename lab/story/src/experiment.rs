//! An experiment: what a run is given, and what it records.
//!
//! Lessons and exercises are both experiments. Their files declare it among their other
//! keys, and this module reads those keys.

use protocol::TraceEvent;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, Deserializer, Error};

/// The keys of a file that declare an experiment. This structure documents the format.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Guest time after which the program is killed, ms. Default: 10 seconds, and 5
    /// seconds in an exercise.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Size of the trace's ring buffer, KiB. Default: 1 MiB, enough for some ten thousand
    /// events.
    #[serde(default = "default_trace_buffer_kib")]
    pub trace_buffer_kib: u32,
    /// Devices of the machine.
    #[serde(default)]
    pub devices: Vec<Device>,
    /// Folders in `kmods/` whose modules the payload contains.
    #[serde(default)]
    pub kmods: Vec<String>,
    /// Modules that PID 1 loads before the program starts, in this order.
    #[serde(default)]
    pub load: Vec<Load>,
    /// Trace events to record.
    #[serde(default)]
    pub trace: Vec<TraceEvent>,
}

/// The fields of [`Experiment`].
const KEYS: [&str; 6] = ["timeout_ms", "trace_buffer_kib", "devices", "kmods", "load", "trace"];

fn default_timeout_ms() -> u64 {
    10_000
}

fn default_trace_buffer_kib() -> u32 {
    1024
}

/// A device that only some experiments have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// QEMU's educational PCI device.
    Edu,
    /// Host access to the guest's memory. When the program says that it is ready, the
    /// host makes edu interrupt, at a time that differs from run to run.
    HostAccess,
    /// Not a device, but a log of the kernel's reads and writes of all device registers.
    RegisterLog,
}

/// A module to load before the program starts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// The module's folder in `kmods/`.
    pub kmod: String,
    /// Module parameters: `name=value name=value`.
    #[serde(default)]
    pub params: String,
}

impl Experiment {
    /// Whether `key` belongs to the declaration of an experiment.
    fn has_key(key: &str) -> bool {
        KEYS.contains(&key)
    }

    /// Reads an experiment from a file, and the file's other keys as a `T`.
    pub fn read_with<T: DeserializeOwned>(text: &str) -> Result<(Experiment, T), Error> {
        let table = DeTable::parse(text)?;
        let span = table.span();
        let (own, rest): (DeTable<'_>, DeTable<'_>) =
            table.into_inner().into_iter().partition(|(key, _)| Experiment::has_key(key.get_ref()));
        let read = |table| Deserializer::from(Spanned::new(span.clone(), table));
        let both = Experiment::deserialize(read(own))
            .and_then(|experiment| Ok((experiment, T::deserialize(read(rest))?)));
        both.map_err(|mut error| {
            error.set_input(Some(text));
            error
        })
    }

    /// A module that is to be loaded but is not in `kmods`.
    pub fn not_carried(&self) -> Option<&str> {
        let stray = self.load.iter().find(|load| !self.kmods.contains(&load.kmod));
        stray.map(|load| load.kmod.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rest {
        title: String,
    }

    fn read(text: &str) -> Result<(Experiment, Rest), String> {
        Experiment::read_with(text).map_err(|e| e.to_string())
    }

    #[test]
    fn each_key_goes_where_it_belongs() {
        let (experiment, rest) = read(
            "title = \"t\"\ntimeout_ms = 1\ntrace_buffer_kib = 2\ndevices = [\"edu\"]\n\
             kmods = [\"k\"]\nload = [{ kmod = \"k\" }]\n[[trace]]\nevent = \"a/b\"\n",
        )
        .unwrap();
        assert_eq!(rest.title, "t");
        let Experiment { timeout_ms, trace_buffer_kib, devices, kmods, load, trace } = experiment;
        assert_eq!((timeout_ms, trace_buffer_kib, devices), (1, 2, vec![Device::Edu]));
        assert_eq!((kmods, load[0].kmod.as_str(), trace[0].name()), (vec!["k".into()], "k", "b"));
    }

    #[test]
    fn defaults_are_filled_in() {
        let (experiment, _) = read("title = \"t\"\n").unwrap();
        assert_eq!((experiment.timeout_ms, experiment.trace_buffer_kib), (10_000, 1024));
        assert!(experiment.devices.is_empty() && experiment.trace.is_empty());
    }

    #[test]
    fn errors_of_both_parts_have_their_lines() {
        for (text, line, problem) in [
            ("title = \"t\"\ndevices = [\"edo\"]\n", 2, "unknown variant `edo`"),
            ("title = \"t\"\n\ncolour = 1\n", 3, "unknown field `colour`"),
            ("timeout_ms = 1\n", 1, "missing field `title`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(&format!("at line {line},")), "{error}");
            assert!(error.contains(problem), "{error}");
        }
    }
}
