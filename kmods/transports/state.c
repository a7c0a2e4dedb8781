// SPDX-License-Identifier: GPL-2.0
/*
 * What was chosen, and an account of what became of it.
 */
#include <linux/mutex.h>

#include "trace-lab.h"
#include "transports.h"

DEFINE_MUTEX(lab_mutex);	/* one choice, one series of interrupts at a time */

struct lab_state lab = {
	.who = LAB_REGISTRANT_INIT(lab.who),
};

/* Notes what a sending returned; the trace gets what is new. Under lab.who.lock. */
void lab_account(u32 number, int result)
{
	if (!result) {
		lab.counters.accepted++;
	} else {
		lab.counters.refused++;
		lab.counters.error = result;
	}
	if (number == 1 || result != lab.result) {
		trace_lab_step("interrupt", number);
		trace_lab_step("sending returns", result);
	}
	lab.result = result;
}
