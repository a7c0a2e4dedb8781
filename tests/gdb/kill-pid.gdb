# The way of an interrupt to a signal, from its entry: run by the test
# debug::kill-pid-backtrace, and by hand with
#   cargo xtask debug kill-pid --batch tests/gdb/kill-pid.gdb
set width 0
# Paths without folders: those are of the host that built the kernel.
set filename-display basename

# The module is not there yet. What edu raised is still to be acknowledged.
break lab_kill_pid_isr
continue
# For the backtrace alone: lx-symbols reads addresses off what gdb prints.
with print address off -- backtrace -frame-arguments none
print edu.irq
print lab.who.counters.interrupts

# The signal, on the same stack.
break __send_signal_locked
continue
with print address off -- backtrace -frame-arguments none
print sig
print lab.who.counters.interrupts

# The kernel's own commands: whom the interrupt fell on, and who is there.
print $lx_current().comm
lx-ps
