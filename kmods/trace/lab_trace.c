// SPDX-License-Identifier: GPL-2.0
/*
 * The home of the lab's own trace events: lab:lab_step, which every lab module
 * may emit, and lab:lab_module, which this one emits for each that is loaded.
 *
 * Why not define lab_step in each module that uses it? Because
 *
 *  - an event has to exist before it can be switched on: with a module of its
 *    own, loaded first, it is switched on once, even if the lesson's program
 *    loads the module that it studies;
 *  - when a module goes that brought an event which was switched on, the kernel
 *    empties the whole trace (trace_module_remove_events()), and the lesson's
 *    evidence with it;
 *  - two modules that bring an event of the same name cannot both have it.
 *
 * There is no module_exit: the module stays, because the trace refers to it.
 *
 * Whoever reads the trace needs to know which function an address belongs to. A
 * module that is loaded again may lie elsewhere, so where it lies is recorded
 * each time, before any of its code runs.
 */
#include <linux/module.h>
#include <linux/notifier.h>

#define CREATE_TRACE_POINTS
#include "trace-lab.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(lab_step);

static int lab_trace_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (state == MODULE_STATE_COMING)
		trace_lab_module(mod->name, mod->mem[MOD_TEXT].base);
	return NOTIFY_OK;
}

static struct notifier_block lab_trace_notifier = {
	.notifier_call = lab_trace_module,
};

static int __init lab_trace_init(void)
{
	return register_module_notifier(&lab_trace_notifier);
}
module_init(lab_trace_init);

MODULE_DESCRIPTION("Upcall: the trace events of the lab's modules");
MODULE_LICENSE("GPL");
