//! An interrupt handler and what happens in it.

use trace::{Context, Kind};

use super::{Cause, Why};
use crate::timeline::Entry;

/// The function that calls a device's handlers (kernel/irq/handle.c). It is called from
/// another file, so no compiler removes it. Timer interrupts do not come through it.
const DEVICE: &str = "handle_irq_event";

/// A handler that may be running.
struct Running {
    irq: i32,
    name: String,
    since: usize,
}

/// There is one processor, so a handler runs from its entry to its exit, and at the latest
/// until a task is seen to run again. Not every run records exits. Then an event belongs
/// to a handler if its stack shows a device's interrupt and just one handler may be
/// running, or just one whose module is on the stack.
pub(super) fn find(entries: &[Entry]) -> Vec<Cause> {
    let exits = entries.iter().any(|entry| matches!(entry.kind, Kind::IrqExit { .. }));
    let mut running: Vec<Running> = Vec::new();
    let mut causes = Vec::new();
    for (to, entry) in entries.iter().enumerate() {
        if entry.context != Context::Hardirq {
            running.clear();
            continue;
        }
        match &entry.kind {
            Kind::IrqEntry { irq, name } => {
                // A line is masked while its handler runs, so an earlier one has returned,
                // unless several drivers share the line.
                running.retain(|other| other.irq != *irq || other.name != *name);
                running.push(Running { irq: *irq, name: name.clone(), since: to });
            }
            Kind::IrqExit { irq, .. } => {
                // The handlers of a line run one after the other.
                let last = running.iter().rposition(|handler| handler.irq == *irq);
                if let Some(handler) = last.map(|at| running.remove(at)) {
                    causes.push(Cause { from: handler.since, to, why: Why::Interrupt });
                }
            }
            _ => {
                let from = its_handler(&running, entry, exits);
                causes.extend(from.map(|from| Cause { from, to, why: Why::Interrupt }));
            }
        }
    }
    causes
}

/// The handler that an event belongs to, if only one fits.
fn its_handler(running: &[Running], entry: &Entry, exits: bool) -> Option<usize> {
    let on_stack = |name: &str| {
        let mut modules = entry.stack.iter().filter_map(|frame| frame.symbol.as_ref());
        modules.any(|symbol| symbol.module.as_deref() == Some(name))
    };
    let is_device = entry.stack.iter().any(|frame| frame.name() == DEVICE);
    if !is_device && (!exits || !entry.stack.is_empty()) {
        return None;
    }
    match running {
        [] => None,
        [only] => Some(only.since),
        several => {
            let mut fits = several.iter().filter(|handler| on_stack(&handler.name));
            let first = fits.next()?;
            fits.next().is_none().then_some(first.since)
        }
    }
}
