//! Sets of events that belong to one question.

/// Several events under one name.
pub struct Set {
    pub name: &'static str,
    pub about: &'static str,
    pub events: &'static [&'static str],
}

/// The sets, as the help shows them.
pub const SETS: &[Set] = &[
    Set {
        name: "signals",
        about: "who sends which signal to whom, and what it does there",
        events: &["signal/signal_generate", "signal/signal_deliver"],
    },
    Set {
        name: "wakeups",
        about: "who wakes whom, and who is awake then",
        events: &["sched/sched_waking", "sched/sched_wakeup", "sched/sched_wakeup_new"],
    },
    Set {
        name: "irqs",
        about: "devices' interrupts and the softirqs after them",
        events: &[
            "irq/irq_handler_entry",
            "irq/irq_handler_exit",
            "irq/softirq_entry",
            "irq/softirq_exit",
        ],
    },
    Set {
        name: "processes",
        about: "which processes and threads begin, execute a program and exit",
        events: &["task/task_newtask", "sched/sched_process_exec", "sched/sched_process_exit"],
    },
    Set {
        name: "syscalls",
        about: "system calls of the program and its children, with arguments and results; \
                those before execve prepare its process",
        events: &["raw_syscalls/sys_enter", "raw_syscalls/sys_exit"],
    },
];
