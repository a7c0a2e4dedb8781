//! Names tasks by their place in the tree of forks instead of by their number.

use trace::Kind;

use super::Entry;

/// A task was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Birth {
    /// Time since the first event of the run, ns.
    pub time_ns: u64,
    /// The task that created it.
    pub parent: i32,
    /// The new task's number.
    pub pid: i32,
    /// Whether it is a thread of the same process.
    pub thread: bool,
}

impl Birth {
    /// The birth that an event reports, if any.
    pub(super) fn of(entry: &Entry) -> Option<Birth> {
        let Kind::NewTask { pid, thread } = entry.kind else { return None };
        Some(Birth { time_ns: entry.time_ns, parent: entry.pid, pid, thread })
    }
}

/// The tasks of a run, each with its name.
///
/// The first task that PID 1 creates is `program`. Its children are `child 1`, `child 2`,
/// in order of birth. A child of the second is `child 2.1`. A thread is `thread 1` or
/// `child 2 thread 1`. PID 1 is `init`, task 0 is `idle`.
///
/// Another task is a `kernel thread`. Only kthreadd makes these: what one of them makes
/// itself is the beginning of a program that the kernel starts, `helper 1`, `helper 2`.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// In order of birth.
    tasks: Vec<Task>,
}

#[derive(Debug, Clone)]
struct Task {
    born_ns: u64,
    pid: i32,
    name: String,
    children: usize,
    threads: usize,
}

/// The length at which names stop growing, bytes. Descendants of a task with a longer
/// name share that name, so an endless chain of children does not fill the host's memory.
const LONGEST: usize = 200;

/// PID 1.
const INIT: i32 = 1;

/// The task that makes all kernel threads.
const KTHREADD: i32 = 2;

impl Roles {
    /// Names the tasks of a run. `births` must be in order.
    pub fn new(births: &[Birth]) -> Roles {
        Roles::with_root("program", births)
    }

    /// Like `new`, with another name for the first task that PID 1 creates.
    pub fn with_root(root: &str, births: &[Birth]) -> Roles {
        let mut tasks: Vec<Task> = Vec::new();
        let mut helpers = 0;
        for birth in births {
            // The number may have belonged to another task before.
            let parent = tasks.iter().rposition(|task| task.pid == birth.parent);
            let name = match parent {
                Some(parent) => tasks[parent].bear(birth.thread),
                None if tasks.is_empty() && birth.parent == INIT => root.to_owned(),
                None if matches!(birth.parent, INIT | KTHREADD) => continue,
                None => {
                    helpers += 1;
                    format!("helper {helpers}")
                }
            };
            let (born_ns, pid) = (birth.time_ns, birth.pid);
            tasks.push(Task { born_ns, pid, name, children: 0, threads: 0 });
        }
        Roles { tasks }
    }

    /// Renames the tree so that this task is `program` and its descendants are named
    /// after it.
    pub fn seen_from(mut self, pid: i32, time_ns: u64) -> Roles {
        let Some(root) = self.in_tree(pid, time_ns).map(str::to_owned) else { return self };
        for task in &mut self.tasks {
            match task.name.strip_prefix(&root) {
                Some("") => task.name = "program".to_owned(),
                Some(rest) if rest.starts_with('.') => task.name = format!("child {}", &rest[1..]),
                Some(rest) if rest.starts_with(' ') => task.name = rest[1..].to_owned(),
                _ => {}
            }
        }
        self
    }

    /// The name of the task that had this number at this time. `None` if it descends
    /// neither from the first task nor from a kernel thread.
    pub fn in_tree(&self, pid: i32, time_ns: u64) -> Option<&str> {
        let task = self.tasks.iter().rev().find(|t| t.pid == pid && t.born_ns <= time_ns)?;
        Some(&task.name)
    }

    /// The name of any task.
    pub fn name(&self, pid: i32, time_ns: u64) -> &str {
        match pid {
            0 => "idle",
            INIT => "init",
            _ => self.in_tree(pid, time_ns).unwrap_or("kernel thread"),
        }
    }
}

impl Task {
    /// The name of the next task that this one creates.
    fn bear(&mut self, thread: bool) -> String {
        if self.name.len() > LONGEST {
            return self.name.clone();
        }
        let (kind, number) = if thread {
            self.threads += 1;
            ("thread", self.threads)
        } else {
            self.children += 1;
            ("child", self.children)
        };
        match self.name.as_str() {
            name if !name.contains(' ') => format!("{kind} {number}"),
            // The last word of a name says whether the task is a child or a thread.
            name if !thread && !name.contains("thread") => format!("{name}.{number}"),
            name => format!("{name} {kind} {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth(time_ns: u64, parent: i32, pid: i32, thread: bool) -> Birth {
        Birth { time_ns, parent, pid, thread }
    }

    #[test]
    fn a_task_is_named_by_its_place_in_the_tree() {
        let births = [
            birth(1, 2, 19, false), // a kernel thread, created by kthreadd
            birth(2, 1, 20, false),
            birth(3, 20, 21, false),
            birth(4, 20, 22, true),
            birth(5, 21, 23, false),
            birth(6, 23, 24, false),
            birth(7, 21, 25, true),
            birth(8, 22, 26, false),
            birth(9, 1, 27, false),  // not the program
            birth(9, 19, 28, false), // a program that the kernel starts
            birth(9, 28, 29, false),
            birth(9, 19, 30, false),
        ];
        let roles = Roles::new(&births);
        for (pid, name) in [
            (0, "idle"),
            (1, "init"),
            (7, "kernel thread"),
            (19, "kernel thread"),
            (20, "program"),
            (21, "child 1"),
            (22, "thread 1"),
            (23, "child 1.1"),
            (24, "child 1.1.1"),
            (25, "child 1 thread 1"),
            (26, "thread 1 child 1"),
            (27, "kernel thread"),
            (28, "helper 1"),
            (29, "helper 1.1"),
            (30, "helper 2"),
        ] {
            assert_eq!(roles.name(pid, 10), name, "{pid}");
        }
        assert_eq!((roles.in_tree(20, 10), roles.in_tree(1, 10)), (Some("program"), None));
    }

    #[test]
    fn names_do_not_grow_without_end() {
        let births: Vec<Birth> = (1..1000).map(|n| birth(1, n, n + 1, false)).collect();
        let roles = Roles::new(&births);
        let longest = (1..1000).map(|pid| roles.name(pid, 1).len()).max();
        assert!(longest.is_some_and(|len| (200..210).contains(&len)), "{longest:?}");
    }

    #[test]
    fn a_number_belongs_to_whoever_has_it_at_the_time() {
        let births = [birth(1, 1, 20, false), birth(2, 20, 21, false), birth(5, 20, 21, false)];
        let roles = Roles::new(&births);
        assert_eq!(roles.name(21, 1), "kernel thread");
        assert_eq!((roles.name(21, 4), roles.name(21, 5)), ("child 1", "child 2"));
    }
}
