//! The kernel's path to an event, in one line.

use trace::{Context, Frame};

/// Functions that are on every stack of a kind and tell nothing: the entry into the
/// kernel (arch/x86/entry), the way from any interrupt to any handler
/// (kernel/irq/handle.c), and the tracer itself, which is innermost. Functions that say
/// how the interrupt was signalled (`handle_level_irq`, `handle_edge_irq`) stay.
const GENERIC: &[&str] = &[
    "do_syscall_64",
    "entry_SYSCALL_64_after_hwframe",
    "x64_sys_call",
    "do_int80_emulation",
    "do_fast_syscall_32",
    "__do_fast_syscall_32",
    "entry_SYSENTER_compat_after_hwframe",
    "entry_SYSCALL_compat_after_hwframe",
    "ia32_sys_call",
    "irqentry_exit",
    "syscall_exit_to_user_mode",
    "syscall_exit_to_user_mode_prepare",
    "common_interrupt",
    "__common_interrupt",
    "handle_irq_event",
    "handle_irq_event_percpu",
    "__handle_irq_event_percpu",
    "trace_event_buffer_commit",
    "trace_sched_waking",
];
/// Prefixes of more such functions: assembly entries, functions that only hold the body
/// of a system call or interrupt vector with nearly the same name, and the tracer.
const GENERIC_PREFIXES: &[&str] =
    &["asm_", "__do_sys_", "__se_sys_", "__sysvec_", "trace_event_raw_event_", "__traceiter_"];
/// Steps that are the same for every sender of a signal (kernel/signal.c) and every waker
/// of a wait queue (kernel/sched/wait.c). An ellipsis replaces them.
const PLUMBING: &[&str] = &[
    "kill_pid_info_type",
    "group_send_sig_info",
    "do_send_sig_info",
    "send_signal_locked",
    "__wake_up_common",
    "__wake_up_locked_key",
    "autoremove_wake_function",
    "default_wake_function",
];

/// The functions of a stack, outermost first, joined by arrows. Empty if no function is
/// worth telling.
pub(super) fn path(context: Context, stack: &[Frame]) -> String {
    let told = own(context, stack).iter().rev().map(Frame::name).filter(|name| !is_generic(name));
    let mut told: Vec<&str> =
        told.map(|name| if PLUMBING.contains(&name) { "…" } else { name }).collect();
    told.dedup_by(|a, b| *a == "…" && a == b);
    told.join(" → ")
}

/// The part of a stack that belongs to its context. In an interrupt, the functions
/// outside its entry belong to the task that happened to run.
pub fn own(context: Context, stack: &[Frame]) -> &[Frame] {
    match stack.iter().position(|frame| is_entry(context, frame.name())) {
        Some(entry) => &stack[..=entry],
        None => stack,
    }
}

/// Whether this function is where a context begins.
fn is_entry(context: Context, function: &str) -> bool {
    match context {
        Context::Process => false,
        Context::Softirq => function == "handle_softirqs",
        Context::Hardirq | Context::Nmi => function.starts_with("asm_"),
    }
}

fn is_generic(function: &str) -> bool {
    GENERIC.contains(&function) || GENERIC_PREFIXES.iter().any(|p| function.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Symbol;

    fn stack(names: &str) -> Vec<Frame> {
        let frame = |name: &str| {
            let symbol = Symbol { name: name.to_owned(), offset: 1, module: None };
            Frame { address: 1, symbol: (name != "?").then_some(symbol) }
        };
        names.split_whitespace().map(frame).collect()
    }

    #[test]
    fn the_tracer_and_the_entry_are_left_out() {
        let stack = stack(
            "trace_event_buffer_commit trace_event_raw_event_signal_generate \
             __send_signal_locked ? __x64_sys_kill x64_sys_call do_syscall_64 \
             entry_SYSCALL_64_after_hwframe",
        );
        assert_eq!(path(Context::Process, &stack), "__x64_sys_kill → ? → __send_signal_locked");
    }

    #[test]
    fn plumbing_is_an_ellipsis() {
        let stack = stack(
            "__send_signal_locked send_signal_locked do_send_sig_info group_send_sig_info \
             kill_pid_info_type kill_pid_info __do_sys_kill __x64_sys_kill",
        );
        assert_eq!(
            path(Context::Process, &stack),
            "__x64_sys_kill → kill_pid_info → … → __send_signal_locked"
        );
    }

    #[test]
    fn the_interrupted_task_is_left_out() {
        let stack = stack(
            "kill_pid lab_isr __handle_irq_event_percpu handle_irq_event handle_level_irq \
             __common_interrupt common_interrupt asm_common_interrupt vfs_write __x64_sys_write \
             do_syscall_64",
        );
        assert_eq!(path(Context::Hardirq, &stack), "handle_level_irq → lab_isr → kill_pid");
        // The same functions on a task's own stack.
        assert_eq!(
            path(Context::Process, &stack),
            "__x64_sys_write → vfs_write → handle_level_irq → lab_isr → kill_pid"
        );
    }

    #[test]
    fn no_stack_is_no_path() {
        assert_eq!(path(Context::Process, &[]), "");
    }
}
