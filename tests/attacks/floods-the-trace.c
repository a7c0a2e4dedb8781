// SPDX-License-Identifier: GPL-2.0
/* Tries to push the harness's marks out of the trace. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>

static int __init attack_init(void)
{
	int i;

	for (i = 0; i < 100000; i++) {
		trace_puts("the program exited with 0\n");
		/* PID 1 has to run now and then, or the watchdog ends the machine. */
		cond_resched();
	}
	return 0;
}
module_init(attack_init);

MODULE_DESCRIPTION("Floods the trace");
MODULE_LICENSE("GPL");
