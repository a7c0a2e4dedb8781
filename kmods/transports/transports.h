/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the module have in common:
 *
 *	state.c		what was chosen, and an account of what became of it
 *	handler.c	the device: its interrupt, and what that calls; init and exit
 *	queue.c		QUEUE: records for read(2)
 *	netlink.c	NETLINK: a worker sends to a group
 *	file.c		the ioctls: a process chooses how it is told
 */
#ifndef TRANSPORTS_H
#define TRANSPORTS_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/types.h>

#include "lab_registrant.h"
#include "lab_transports.h"

struct eventfd_ctx;

/*
 * All of it is shared with the interrupt handler, so who.lock is taken with
 * interrupts off everywhere else. It covers the queue of records, too.
 */
struct lab_state {
	struct lab_registrant who;	/* who has chosen */
	struct lab_transports_choice choice;
	struct eventfd_ctx *eventfd;	/* ours to put, or NULL */
	struct lab_transports_counters counters;
	int result;	/* of the last sending, for the trace */
};

/* state.c */
extern struct lab_state lab;
extern struct mutex lab_mutex;
void lab_account(u32 number, int result);

/* handler.c */
long lab_raise(const u32 __user *arg);

/* queue.c */
int lab_queue(u32 number, u32 payload);
void lab_queue_reset(void);
ssize_t lab_queue_read(struct file *file, char __user *to, size_t size, loff_t *at);
__poll_t lab_queue_poll(struct file *file, poll_table *wait);

/* netlink.c */
int lab_netlink_register(void);
void lab_netlink_unregister(void);
bool lab_netlink_note(u32 number, u32 payload);
void lab_netlink_flush(void);

/* file.c */
extern const struct file_operations lab_transports_fops;

#endif /* TRANSPORTS_H */
