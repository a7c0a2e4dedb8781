/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The trace event lab:lab_step: a step of a lab module that no event of the
 * kernel's own shows.
 *
 *	#include "trace-lab.h"
 *	...
 *	trace_lab_step("kill_pid returned", ret);
 *
 * It may be emitted in any context. The event lives in lab_trace.ko, which is
 * loaded before any module that uses it and stays; trace/lab_trace.c says why.
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

#endif /* TRACE_LAB_H */

/* Where define_trace.h finds this file again: on the include path, by name. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace-lab
#include <trace/define_trace.h>
