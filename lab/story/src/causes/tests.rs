//! Runs made by hand, in which one event causes another, or only seems to.

use trace::{Context, Event, Fields, Frame, Symbol, Symbols, Value};

use super::{Why, of};
use crate::timeline::Timeline;

/// An event of task `pid`.
fn event(pid: i32, name: &str, fields: &[(&str, i64)]) -> Event {
    let value = |field: &str, n: i64| match field {
        "clone_flags" | "sa_handler" | "sa_flags" => Value::Uint(n.cast_unsigned()),
        _ => Value::Int(n),
    };
    let mut fields: Fields =
        fields.iter().map(|&(field, n)| (field.to_owned(), value(field, n))).collect();
    for text in ["comm", "parent_comm", "child_comm", "name", "what", "filename"] {
        fields.entry(text.to_owned()).or_insert(Value::Text("x".to_owned()));
    }
    fields.insert("args".to_owned(), Value::List(vec![0; 6]));
    let mut event = Event::new(name, fields, &Symbols::default()).unwrap();
    event.pid = pid;
    event
}

fn enters(pid: i32, id: i64) -> Event {
    event(pid, "sys_enter", &[("id", id)])
}

fn returns(pid: i32, id: i64, ret: i64) -> Event {
    event(pid, "sys_exit", &[("id", id), ("ret", ret)])
}

fn sends(pid: i32, sig: i64, to: i64, group: i64, result: i64) -> Event {
    let fields = [
        ("sig", sig),
        ("errno", 0),
        ("code", 0),
        ("pid", to),
        ("group", group),
        ("result", result),
    ];
    event(pid, "signal_generate", &fields)
}

fn delivers(pid: i32, sig: i64, handler: i64) -> Event {
    let fields =
        [("sig", sig), ("errno", 0), ("code", 0), ("sa_handler", handler), ("sa_flags", 0)];
    event(pid, "signal_deliver", &fields)
}

fn wakes(pid: i32, woken: i64) -> Event {
    event(pid, "sched_waking", &[("pid", woken)])
}

fn makes(pid: i32, child: i64, thread: bool) -> Event {
    let flags = if thread { 0x0001_0000 } else { 0 };
    event(pid, "task_newtask", &[("pid", child), ("clone_flags", flags)])
}

/// The event in an interrupt. `stack` are functions and their modules, innermost first.
fn hardirq(mut event: Event, stack: &[(&str, Option<&str>)]) -> Event {
    event.context = Context::Hardirq;
    let frame = |&(name, module): &(&str, Option<&str>)| {
        let (name, module) = (name.to_owned(), module.map(str::to_owned));
        Frame { address: 0, symbol: Some(Symbol { name, offset: 0, module }) }
    };
    event.stack = stack.iter().map(frame).collect();
    event
}

fn irq(irq: i64, name: &str) -> Event {
    let mut entry = event(20, "irq_handler_entry", &[("irq", irq)]);
    let trace::Kind::IrqEntry { name: named, .. } = &mut entry.kind else { unreachable!() };
    *named = name.to_owned();
    hardirq(entry, &[])
}

fn irq_over(irq: i64) -> Event {
    hardirq(event(20, "irq_handler_exit", &[("irq", irq), ("ret", 1)]), &[])
}

/// The arrows of a run, as `(from, to, why)`.
fn arrows(events: &[Event]) -> Vec<(usize, usize, Why)> {
    let causes = of(&Timeline::new(events));
    causes.iter().map(|cause| (cause.from, cause.to, cause.why)).collect()
}

const KILL: i64 = 62;
const POLL: i64 = 7;
const WAIT4: i64 = 61;
const WRITE: i64 = 1;

#[test]
fn a_write_wakes_a_poll() {
    let run = [
        enters(20, POLL),
        enters(21, WRITE),
        wakes(21, 20),
        returns(21, WRITE, 1),
        returns(20, POLL, 1),
    ];
    use Why::{Call, Return, WakeUp};
    let expected = [(1, 2, Call), (1, 3, Return), (0, 4, Return), (2, 4, WakeUp)];
    assert_eq!(arrows(&run), expected);
}

#[test]
fn a_call_whose_return_was_not_seen_causes_nothing_later() {
    let run = [enters(20, POLL), enters(20, WRITE), returns(20, POLL, 0), wakes(20, 21)];
    assert_eq!(arrows(&run), []);
    let run = [enters(20, WRITE), wakes(20, 21)];
    assert_eq!(arrows(&run), []);
}

#[test]
fn what_interrupts_a_task_is_not_its_doing() {
    let timer = &[("try_to_wake_up", None), ("sysvec_apic_timer_interrupt", None)];
    let run = [enters(20, WRITE), hardirq(wakes(20, 21), timer), returns(20, WRITE, 1)];
    assert_eq!(arrows(&run), [(0, 2, Why::Return)]);
}

const DEVICE: (&str, Option<&str>) = ("handle_irq_event", None);

#[test]
fn an_interrupt_causes_what_its_handler_does() {
    let isr = &[("isr", Some("lab_a")), DEVICE];
    let run = [
        irq(11, "lab_a"),
        hardirq(sends(20, 10, 21, 1, 0), isr),
        // A task runs again, so the handler has returned.
        wakes(20, 30),
        hardirq(wakes(20, 31), isr),
    ];
    assert_eq!(arrows(&run), [(0, 1, Why::Interrupt)]);
}

#[test]
fn a_timer_that_follows_a_device_is_not_its_doing() {
    let timer = &[("hrtimer_interrupt", None), ("sysvec_apic_timer_interrupt", None)];
    assert_eq!(arrows(&[irq(11, "lab_a"), hardirq(wakes(20, 21), timer)]), []);
}

#[test]
fn two_interrupts_one_in_the_other_are_told_apart_by_their_exits() {
    let run = [
        irq(11, "lab_a"),
        irq(24, "lab_b"),
        hardirq(wakes(20, 21), &[("b", Some("lab_b")), DEVICE, ("a", Some("lab_a")), DEVICE]),
        irq_over(24),
        hardirq(wakes(20, 22), &[("a", Some("lab_a")), DEVICE]),
        irq_over(11),
    ];
    use Why::Interrupt;
    // Both modules are on the first stack, so either may have woken 21.
    assert_eq!(arrows(&run), [(1, 3, Interrupt), (0, 4, Interrupt), (0, 5, Interrupt)]);
}

#[test]
fn two_interrupts_without_exits_are_told_apart_by_their_modules() {
    let run = [
        irq(11, "lab_a"),
        irq(24, "lab_b"),
        hardirq(wakes(20, 21), &[("b", Some("lab_b")), DEVICE]),
        hardirq(wakes(20, 22), &[("a", Some("lab_a")), DEVICE]),
        hardirq(wakes(20, 23), &[DEVICE]),
    ];
    assert_eq!(arrows(&run), [(1, 2, Why::Interrupt), (0, 3, Why::Interrupt)]);
}

#[test]
fn the_same_interrupt_again_means_that_the_first_is_over() {
    let run = [irq(11, "lab_a"), irq(11, "lab_a"), hardirq(wakes(20, 21), &[DEVICE])];
    assert_eq!(arrows(&run), [(1, 2, Why::Interrupt)]);
}

#[test]
fn a_signal_that_was_dropped_is_not_delivered() {
    const ALREADY_PENDING: i64 = 2;
    let run = [sends(21, 10, 20, 1, 0), sends(22, 10, 20, 1, ALREADY_PENDING), delivers(20, 10, 0)];
    assert_eq!(arrows(&run), [(0, 2, Why::Signal)]);
}

#[test]
fn a_signal_that_was_read_is_not_delivered() {
    // The second is queued, so the first is not pending any more.
    let run = [sends(21, 10, 20, 1, 0), sends(22, 10, 20, 1, 0), delivers(20, 10, 0)];
    assert_eq!(arrows(&run), [(1, 2, Why::Signal)]);
}

#[test]
fn real_time_signals_keep_their_order_if_all_are_delivered() {
    let sent = [sends(21, 40, 20, 1, 0), sends(21, 40, 20, 1, 0)];
    let both = [sent.as_slice(), &[delivers(20, 40, 0), delivers(20, 40, 0)]].concat();
    assert_eq!(arrows(&both), [(0, 2, Why::Signal), (1, 3, Why::Signal)]);
    // One of them may have been read before.
    let one = [sent.as_slice(), &[delivers(20, 40, 0)]].concat();
    assert_eq!(arrows(&one), []);
}

#[test]
fn a_thread_takes_its_own_signals_and_its_process_s() {
    let run = [
        makes(20, 21, true),
        sends(30, 10, 20, 1, 0),
        sends(30, 12, 20, 0, 0),
        delivers(21, 12, 0),
        delivers(21, 10, 0),
    ];
    use Why::{Fork, Signal};
    // Signal 12 was for thread 20 alone.
    assert_eq!(arrows(&run), [(0, 3, Fork), (1, 4, Signal)]);
    // Both queues have one: either may be the one that is delivered.
    let run = [sends(30, 10, 20, 1, 0), sends(30, 10, 20, 0, 0), delivers(20, 10, 0)];
    assert_eq!(arrows(&run), []);
}

/// A delivery to a handler, with what comes after it.
fn handled(after: &[Event]) -> Vec<(usize, usize, Why)> {
    handler_arrows(&[&[delivers(20, 10, HANDLER)], after].concat())
}

/// The arrows from deliveries to what handlers do.
fn handler_arrows(run: &[Event]) -> Vec<(usize, usize, Why)> {
    let mut arrows = arrows(run);
    arrows.retain(|(.., why)| *why == Why::Handler);
    arrows
}

const HANDLER: i64 = 0x40_0000;

/// A handler ends.
fn sigreturns(pid: i32) -> Event {
    enters(pid, 15)
}

#[test]
fn what_a_handler_does_comes_before_it_returns() {
    let over = [enters(20, WRITE), returns(20, WRITE, 1), sigreturns(20)];
    assert_eq!(handled(&over), [(0, 1, Why::Handler)]);
    // What the program does afterwards, or another task, is not the handler's.
    let silent = [enters(21, WRITE), sigreturns(20), enters(20, WRITE)];
    assert_eq!(handled(&silent), []);
    assert_eq!(handled(&[sigreturns(20), sigreturns(20)]), []);
}

#[test]
fn without_its_return_nothing_tells_a_handler_from_the_program() {
    // A handler that only sets a flag leaves just this trace, and so does one that writes.
    assert_eq!(handled(&[enters(20, WRITE), returns(20, WRITE, 1)]), []);
    // It may also have left by siglongjmp(3), or the program may have ended.
    let exit = event(20, "sched_process_exit", &[("pid", 20)]);
    assert_eq!(handled(&[enters(20, WRITE), exit.clone(), sigreturns(20)]), []);
    let exec = [("pid", 20), ("old_pid", 20)];
    let exec = event(20, "sched_process_exec", &exec);
    assert_eq!(handled(&[enters(20, WRITE), exec, sigreturns(20)]), []);
    // A task that has the number later is another one.
    let other = [makes(19, 20, false), sigreturns(20)];
    assert_eq!(handled(&[&[enters(20, WRITE), exit], other.as_slice()].concat()), []);
}

#[test]
fn the_way_to_a_handler_is_not_what_it_does() {
    // The kernel lets another task run, and tells it of that, before user space has begun.
    let run = [wakes(20, 21), event(20, "other", &[]), enters(20, WRITE), sigreturns(20)];
    assert_eq!(handled(&run), [(0, 3, Why::Handler)]);
    // An interrupt is not the handler's doing.
    let run = [hardirq(wakes(20, 21), &[]), enters(20, WRITE), sigreturns(20)];
    assert_eq!(handled(&run), [(0, 2, Why::Handler)]);
}

#[test]
fn the_innermost_handler_acts() {
    // The second is delivered while the first one runs.
    let run = [
        enters(20, WRITE),
        delivers(20, 12, HANDLER),
        enters(20, KILL),
        sigreturns(20),
        enters(20, POLL),
        sigreturns(20),
    ];
    assert_eq!(handled(&run), [(0, 1, Why::Handler), (2, 3, Why::Handler)]);
    // Two at once: the second one's handler runs first, on top of the other's frame.
    let run = [
        delivers(20, 12, HANDLER),
        enters(20, WRITE),
        sigreturns(20),
        enters(20, KILL),
        sigreturns(20),
    ];
    assert_eq!(handled(&run), [(1, 2, Why::Handler), (0, 4, Why::Handler)]);
    // A signal that is ignored or kills has no handler.
    let run = [delivers(20, 12, 1), enters(20, WRITE), sigreturns(20)];
    assert_eq!(handled(&run), [(0, 2, Why::Handler)]);
}

#[test]
fn a_handler_that_may_have_been_left_hides_which_one_returned() {
    // Either the first one was left by siglongjmp(3), and the second acts and returns; or
    // the second was, and the first acts and returns.
    let run = [delivers(20, 12, HANDLER), enters(20, WRITE), sigreturns(20)];
    assert_eq!(handled(&run), []);
}

#[test]
fn a_call_that_is_restarted_is_not_the_handlers() {
    const ERESTARTSYS: i64 = -512;
    const READ: i64 = 0;
    let call = |after: &[Event]| {
        let before = [enters(20, READ), returns(20, READ, ERESTARTSYS), delivers(20, 10, HANDLER)];
        handler_arrows(&[&before, after].concat())
    };
    // SA_RESTART: the program enters read(2) again when its handler has returned.
    assert_eq!(call(&[sigreturns(20), enters(20, READ)]), []);
    assert_eq!(call(&[enters(20, READ)]), []);
    let reads = [enters(20, READ), returns(20, READ, 1), sigreturns(20), enters(20, READ)];
    assert_eq!(call(&reads), [(2, 3, Why::Handler)]);
}

#[test]
fn a_return_without_a_delivery_shows_that_the_trace_lacks_some() {
    // The write may be that of a handler whose delivery a filter left out.
    let run = [enters(20, WRITE), sigreturns(20), sigreturns(20)];
    assert_eq!(handled(&run), []);
    // Other tasks have their own.
    let other = [delivers(21, 10, HANDLER), enters(21, WRITE), sigreturns(21)];
    assert_eq!(handled(&[&run, other.as_slice()].concat()), [(4, 5, Why::Handler)]);
}

#[test]
fn a_task_that_was_woken_twice_has_no_known_waker() {
    assert_eq!(arrows(&[wakes(21, 20), wakes(22, 20), enters(20, POLL)]), []);
}

#[test]
fn a_child_is_born_exits_and_is_reaped() {
    let run = [
        makes(20, 21, false),
        event(20, "sched_process_fork", &[("parent_pid", 20), ("child_pid", 21)]),
        enters(20, WAIT4),
        event(21, "sched_process_exit", &[("pid", 21)]),
        sends(21, 17, 20, 1, 0),
        wakes(21, 20),
        returns(20, WAIT4, 21),
    ];
    use Why::{Exit, Fork, Reap, Return, WakeUp};
    let expected =
        [(1, 3, Fork), (3, 4, Exit), (3, 5, Exit), (2, 6, Return), (3, 6, Reap), (5, 6, WakeUp)];
    assert_eq!(arrows(&run), expected);
}

#[test]
fn a_number_that_is_used_again_is_another_task() {
    let exit = event(21, "sched_process_exit", &[("pid", 21)]);
    let killed = [enters(21, KILL), sends(21, 10, 20, 1, 0), returns(21, KILL, 0)];
    let run = [&[exit, makes(20, 21, false)], killed.as_slice()].concat();
    use Why::{Call, Fork, Return};
    assert_eq!(arrows(&run), [(1, 2, Fork), (2, 3, Call), (2, 4, Return)]);
}
