// SPDX-License-Identifier: GPL-2.0
/*
 * The home of the trace event lab:lab_step, which every lab module may emit.
 *
 * Why not define the event in each module that uses it? Because
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
 */
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "trace-lab.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(lab_step);

static int __init lab_trace_init(void)
{
	return 0;
}
module_init(lab_trace_init);

MODULE_DESCRIPTION("Upcall: the trace event of the lab's modules");
MODULE_LICENSE("GPL");
