//! What is said of an event, and in which lane.

use super::path::path;
use super::{Cell, Lane};
use crate::trace::names::{self, DefaultAction};
use crate::trace::{Event, Fields, Kind};

/// What is said of one event.
pub(super) fn cells(event: &Event) -> Vec<Cell> {
    let cell = |lane, lines| Cell { lane, lines };
    let kernel = |text: String| {
        // Where it happened comes first, as it does in time.
        let path = path(event.context, &event.stack);
        let lines = if path.is_empty() { vec![text] } else { vec![format!("{path}:"), text] };
        cell(Lane::Kernel, lines)
    };
    match &event.kind {
        Kind::Mark { text } => vec![cell(Lane::User, vec![text.clone()])],
        Kind::IrqEntry { irq, name } => {
            let device = format!("{} ▶ irq {irq}", device(name));
            vec![cell(Lane::Device, vec![device]), kernel(name.clone())]
        }
        kind => vec![kernel(in_kernel(kind, &event.fields))],
    }
}

/// The device behind a handler. The lab's modules name their handlers after
/// themselves, `lab_…`, and the device they drive is QEMU's `edu`.
fn device(handler: &str) -> &str {
    if handler.starts_with("lab_") { "edu" } else { handler }
}

fn in_kernel(kind: &Kind, fields: &Fields) -> String {
    match kind {
        Kind::Mark { text } | Kind::KernelMark { function: None, text } => text.clone(),
        Kind::KernelMark { function: Some(function), text } => format!("{function}: {text}"),
        Kind::Step { what, value } => format!("{what} {value}"),
        Kind::SignalGenerate { sig, errno, code, pid, group, result, .. } => {
            let to = if *group { "" } else { "thread " };
            let info = siginfo(*sig, *errno, *code);
            format!("{} to {to}{pid}, {info}{}", signal(*sig), outcome(*result))
        }
        Kind::SignalDeliver { sig, errno, code, sa_handler, .. } => {
            format!(
                "delivers {}{}",
                siginfo_delivered(*sig, *errno, *code),
                effect(*sig, *sa_handler)
            )
        }
        Kind::Fork { child_pid, .. } => format!("forks {child_pid}"),
        Kind::Exec { filename, .. } => format!("executes {filename}"),
        Kind::Exit { .. } => "exits".to_owned(),
        Kind::IrqEntry { name, .. } => name.clone(),
        Kind::IrqExit { irq, handled: true } => format!("irq {irq} handled"),
        Kind::IrqExit { irq, handled: false } => format!("irq {irq} not handled"),
        Kind::SysEnter { id, .. } => format!("enters {}", syscall(*id)),
        Kind::SysExit { id, ret } => {
            format!("{} returns {}", syscall(*id), names::return_value(*ret))
        }
        Kind::Waking { pid, .. } => format!("wakes {pid}"),
        Kind::Wakeup { pid, .. } => format!("{pid} is awake"),
        Kind::Other { name } => fields
            .iter()
            .fold(name.clone(), |text, (field, value)| format!("{text} {field}={value}")),
    }
}

/// A signal's name; a real-time signal's number too, which is what programs
/// that do not use glibc know it by.
fn signal(sig: i32) -> String {
    let name = names::signal(sig);
    if name.starts_with("SIGRT") { format!("{name} ({sig})") } else { name }
}

fn siginfo(sig: i32, errno: i32, code: i32) -> String {
    let code = names::si_code(sig, code).map_or_else(|| format!("si_code {code}"), str::to_owned);
    match errno {
        0 => code,
        n => format!("{code}, {}", names::errno(n).unwrap_or_else(|| format!("si_errno {n}"))),
    }
}

fn siginfo_delivered(sig: i32, errno: i32, code: i32) -> String {
    const SIGKILL: i32 = 9;
    // A dying process is told of a SIGKILL without siginfo, whoever sent it
    // (`get_signal`, kernel/signal.c): its code 0 says nothing.
    if sig == SIGKILL {
        signal(sig)
    } else {
        format!("{}, {}", signal(sig), siginfo(sig, errno, code))
    }
}

/// What became of a signal that was sent; nothing to say if it was queued.
fn outcome(result: i32) -> String {
    match names::result(result.into()) {
        Some("delivered") => String::new(),
        Some("ignored") => ": ignored, dropped".to_owned(),
        Some("already-pending") => ": already pending, dropped".to_owned(),
        Some("overflow-fail") => ": queue full, refused".to_owned(),
        Some("lose-info") => ": queue full, sent without its siginfo".to_owned(),
        _ => format!(": result {result}"),
    }
}

/// What a delivered signal does.
fn effect(sig: i32, sa_handler: u64) -> &'static str {
    match (sa_handler, names::default_action(sig)) {
        (0, DefaultAction::Terminate) => ": by default, terminates",
        (0, DefaultAction::DumpCore) => ": by default, terminates with a core dump",
        (0, DefaultAction::Ignore) => ": by default, nothing",
        (0, DefaultAction::Stop) => ": by default, stops",
        (0, DefaultAction::Continue) => ": by default, continues",
        (1, _) => ": ignored by SIG_IGN",
        _ => ", to its handler",
    }
}

fn syscall(id: i64) -> String {
    names::syscall(id).map_or_else(|| format!("system call {id}"), str::to_owned)
}
