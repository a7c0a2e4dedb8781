use std::path::Path;

use clap::Args;
use host::{Distribution, Finding, State, Wanted};
use serde::Serialize;
use vm::accel::{KVM, probe_kvm};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show what the host has of the things that the lab needs, and how to get the rest
///
/// Changes nothing. Exits with 69 if something is missing.
///
/// Example: cargo xtask doctor
#[derive(Args)]
pub struct Doctor {
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// The document of `doctor --json`.
#[derive(Serialize)]
struct Document {
    /// The version of this format: 1.
    version: u32,
    distribution: String,
    /// Whether everything is there except optional things.
    ready: bool,
    /// Installs what is missing. Absent if nothing is.
    command: Option<String>,
    /// Why KVM does not work. Absent if it works.
    no_kvm: Option<String>,
    needs: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    purpose: &'static str,
    optional: bool,
    /// The commands that want it, if it is optional.
    commands: Vec<&'static str>,
    /// `found`, `too-old` or `missing`.
    state: &'static str,
    place: Option<String>,
    /// The version found, in the program's own words.
    found: Option<String>,
    /// The oldest version that is accepted.
    minimum: Option<String>,
    /// The package that provides it, for apt.
    package: &'static str,
}

impl Doctor {
    pub fn run(self, _context: &Context) -> Result {
        let mut findings = host::examine();
        findings.retain(|finding| finding.need.is_wanted_in(builder::host::kit()));
        let missing: Vec<_> = host::missing(&findings).map(|finding| finding.need).collect();
        let distribution = Distribution::here();
        let command = (!missing.is_empty())
            .then(|| distribution.command(&distribution.packages(missing.iter().copied())));
        let document = Document {
            version: 1,
            distribution: distribution.name.clone(),
            ready: missing.is_empty(),
            command,
            no_kvm: probe_kvm(Path::new(KVM)).err().map(|no_kvm| no_kvm.reason),
            needs: findings.iter().map(Line::new).collect(),
        };
        if self.json {
            outln!("{}", serde_json::to_string_pretty(&document).expect("it is plain data"));
        } else {
            print(&document);
        }
        Ok(if document.ready { Outcome::SUCCESS } else { Outcome::UNAVAILABLE })
    }
}

impl Line {
    fn new(finding: &Finding) -> Line {
        let (state, place, found) = match &finding.state {
            State::Found { place, version } => ("found", Some(place), version.clone()),
            State::TooOld { place, version } => ("too-old", Some(place), Some(version.clone())),
            State::Missing => ("missing", None, None),
        };
        let need = finding.need;
        Line {
            name: need.name,
            purpose: need.purpose,
            optional: need.wanted != Wanted::ByAll,
            commands: need.commands(),
            state,
            place: place.map(|place| place.display().to_string()),
            found,
            minimum: need.minimum.map(|version| version.to_string()),
            package: need.packages.apt,
        }
    }
}

fn print(document: &Document) {
    outln!("{}", document.distribution);
    for line in &document.needs {
        let state = match (line.state, line.optional) {
            ("found", _) => "ok",
            ("missing", true) => "absent",
            (other, _) => other,
        };
        outln!("{state:<8} {:<20} {}", line.name, line.found.as_deref().unwrap_or_default());
        if line.state != "found" {
            let minimum = line.minimum.as_ref().map(|minimum| format!(", {minimum} or newer"));
            let minimum = minimum.unwrap_or_default();
            outln!("{:8} {} ({}{minimum})", "", line.purpose, line.package);
            if line.optional {
                outln!("{:8} optional: for {}", "", line.commands.join(", "));
            }
        }
    }
    match &document.no_kvm {
        None => outln!("ok       KVM"),
        Some(reason) => outln!("absent   KVM: {reason}\n         emulation is used instead"),
    }
    match &document.command {
        None => outln!("everything is there"),
        Some(command) => outln!("to install what is missing: {command}"),
    }
}
