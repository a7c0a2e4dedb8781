# An interrupt's way to a signal, from its entry. The test debug::kill-pid-backtrace runs
# this file. To run it by hand:
#   cargo xtask debug kill-pid --batch tests/gdb/kill-pid.gdb
set width 0
# Paths without folders, because the folders are those of the host that built the kernel.
set filename-display basename

# The module is not loaded yet. At the breakpoint, edu's interrupt is not acknowledged
# yet.
break lab_kill_pid_isr
continue
# Only for the backtrace: lx-symbols reads addresses from gdb's output.
with print address off -- backtrace -frame-arguments none
print edu.irq
print lab.who.counters.interrupts

# The signal, on the same stack.
break __send_signal_locked
continue
with print address off -- backtrace -frame-arguments none
print sig
print lab.who.counters.interrupts

# The kernel's own commands: the interrupted task, and all tasks.
with print null-stop on -- print $lx_current().comm
lx-ps
