// SPDX-License-Identifier: GPL-2.0
/*
 * NETLINK: an interrupt is an event for a group. An interrupt handler can neither
 * wait for a message's memory nor free it (see kmods/netlink), so the handler leaves
 * a note and a worker sends.
 */
#include <linux/kfifo.h>
#include <linux/module.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#include "lab_genl.h"
#include "transports.h"

/* What the handler tells the worker of an interrupt. */
struct lab_note {
	u32 number;
	u32 payload;
};

/* One handler puts, one worker gets: this queue needs no lock. */
static DEFINE_KFIFO(notes, struct lab_note, 1024);

static const struct genl_multicast_group lab_transports_groups[] = {
	{ .name = LAB_TRANSPORTS_GROUP },
};

/* No commands: it is for listening only. */
static struct genl_family lab_transports_family = {
	.name = LAB_TRANSPORTS_NAME,
	.version = 1,
	.module = THIS_MODULE,
	.mcgrps = lab_transports_groups,
	.n_mcgrps = ARRAY_SIZE(lab_transports_groups),
};

static int lab_send_event(const struct lab_note *note)
{
	const struct lab_genl_u32 attrs[] = {
		{ LAB_TRANSPORTS_A_NUMBER, note->number },
		{ LAB_TRANSPORTS_A_PAYLOAD, note->payload },
	};

	return lab_genl_multicast(&lab_transports_family, LAB_TRANSPORTS_C_EVENT,
				  attrs, ARRAY_SIZE(attrs));
}

static void lab_transports_work(struct work_struct *work)
{
	struct lab_note note;
	unsigned long flags;

	while (kfifo_get(&notes, &note)) {
		int err = lab_send_event(&note);

		spin_lock_irqsave(&lab.who.lock, flags);
		lab_account(note.number, err);
		spin_unlock_irqrestore(&lab.who.lock, flags);
	}
}

static DECLARE_WORK(lab_work, lab_transports_work);

/* Has the worker send. False: there is no room for a note. */
bool lab_netlink_note(u32 number, u32 payload)
{
	struct lab_note note = { .number = number, .payload = payload };

	if (!kfifo_put(&notes, note))
		return false;
	schedule_work(&lab_work);
	return true;
}

/* Returns when all that was noted is sent. */
void lab_netlink_flush(void)
{
	flush_work(&lab_work);
}

int __init lab_netlink_register(void)
{
	return genl_register_family(&lab_transports_family);
}

void lab_netlink_unregister(void)
{
	cancel_work_sync(&lab_work);
	genl_unregister_family(&lab_transports_family);
}
