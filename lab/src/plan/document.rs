//! A plan for other programs.

use builder::guest::kmods::module_file;
use builder::kernel::{Kind, fragment_files};
use host::QEMU;
use serde_json::{Value, json};
use vm::command;

use super::{BuildStep, Plan};

impl Plan {
    /// One JSON document with all that the plan says to people:
    ///
    /// ```json
    /// {"version": 1, "lesson": "sigchld", "title": "…",
    ///  "build": [{"what": "program", "name": "sigchld", "from": ["guest-programs/sigchld"]}],
    ///  "emulator": {"program": "qemu-system-x86_64",
    ///               "flags": [{"words": ["-m", "64"], "reason": "…"}]},
    ///  "kernel_parameters": [{"parameter": "quiet", "reason": "…"}],
    ///  "payload": ["job.json", "sigchld"],
    ///  "guest": {"modules": [{"file": "lab_edu.ko", "params": ""}],
    ///            "events": [{"event": "signal/signal_generate", "filter": "", "stack": true}],
    ///            "program": "sigchld", "timeout_ms": 10000, "looks_for_lost_memory": false},
    ///  "facts": 5}
    /// ```
    pub fn to_json(&self) -> Value {
        let flags = self.command_line().into_iter();
        let parameters = command::kernel_parameters(self.options.accel, self.start()).into_iter();
        let kmods = self.experiment.kmods.iter().map(|kmod| module_file(kmod).to_string());
        let files = [protocol::JOB_FILE.to_owned(), self.job.program.to_string()];
        json!({
            "version": 1,
            "lesson": self.lesson.name.as_str(),
            "title": self.lesson.title,
            "build": self.build.iter().map(BuildStep::to_json).collect::<Vec<_>>(),
            "emulator": {
                "program": QEMU,
                "flags": flags
                    .map(|flag| json!({"words": flag.words, "reason": flag.reason}))
                    .collect::<Vec<_>>(),
            },
            "kernel_parameters": parameters
                .map(|(parameter, reason)| json!({"parameter": parameter, "reason": reason}))
                .collect::<Vec<_>>(),
            "payload": files.into_iter().chain(kmods).collect::<Vec<_>>(),
            "guest": {
                "modules": self.job.modules.iter()
                    .map(|module| json!({"file": module.file, "params": module.params}))
                    .collect::<Vec<_>>(),
                "events": self.job.trace.iter()
                    .map(|traced| json!({
                        "event": traced.event, "filter": traced.filter, "stack": traced.stack,
                    }))
                    .collect::<Vec<_>>(),
                "program": self.job.program,
                "timeout_ms": self.job.timeout_ms,
                "looks_for_lost_memory": self.options.kernel == Kind::Debug,
            },
            "facts": self.lesson.expect.len(),
        })
    }
}

impl BuildStep {
    fn to_json(&self) -> Value {
        let (what, name, from) = match self {
            BuildStep::Kernel { kind, with } => {
                let files = fragment_files(*kind, with);
                let from = files.iter().map(|file| format!("images/{file}")).collect();
                ("kernel", json!(kind), from)
            }
            BuildStep::Init => ("init", Value::Null, vec!["guest-programs/init".to_owned()]),
            BuildStep::Program { package } => {
                ("program", json!(package), vec![format!("guest-programs/{package}")])
            }
            BuildStep::Module { kmod } => {
                ("module", json!(module_file(kmod)), vec![format!("kmods/{kmod}")])
            }
            BuildStep::Checkpoint => ("checkpoint", Value::Null, Vec::new()),
        };
        json!({"what": what, "name": name, "from": from})
    }
}
