/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab's own trace events. lab:lab_step is a step of a lab module that no
 * event of the kernel's own shows:
 *
 *	#include "trace-lab.h"
 *	...
 *	trace_lab_step("kill_pid returned", ret);
 *
 * It may be emitted in any context. lab:lab_module says where a module lies
 * that is being loaded, which the kernel's own module:module_load does not.
 *
 * Both live in lab_trace.ko, which is loaded before any module that uses them
 * and stays; trace/lab_trace.c says why.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lab

#if !defined(TRACE_LAB_H) || defined(TRACE_HEADER_MULTI_READ)
#define TRACE_LAB_H

#include <linux/tracepoint.h>

TRACE_EVENT(lab_step,

	TP_PROTO(const char *what, s64 value),

	TP_ARGS(what, value),

	TP_STRUCT__entry(
		__string(what, what)
		__field(s64, value)
	),

	TP_fast_assign(
		__assign_str(what);
		__entry->value = value;
	),

	TP_printk("%s %lld", __get_str(what), __entry->value)
);

TRACE_EVENT(lab_module,

	TP_PROTO(const char *name, const void *text),

	TP_ARGS(name, text),

	TP_STRUCT__entry(
		__string(name, name)
		__field(u64, text)
	),

	TP_fast_assign(
		__assign_str(name);
		__entry->text = (unsigned long)text;
	),

	TP_printk("%s %#llx", __get_str(name), __entry->text)
);

#endif /* TRACE_LAB_H */

/* Where define_trace.h finds this file again: on the include path, by name. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace-lab
#include <trace/define_trace.h>
