// SPDX-License-Identifier: GPL-2.0
/*
 * How does the kernel speak to whoever listens?
 *
 * The generic netlink family "lab_netlink" has a group, "events". Each
 * interrupt of the edu device is told to all sockets that have joined it:
 *
 *	sockets                     this module                edu
 *	                            lab_netlink_isr() ◀─────── interrupt
 *	                              reads, acknowledges ───▶
 *	                              notes it in the queue
 *	                                      │
 *	                            lab_netlink_work()
 *	any number of them ◀─────── genlmsg_multicast()
 *
 * The handler does not send by itself. Freeing a message is part of sending it,
 * and a socket buffer must not be freed in hardirq context (skb_release_head_state()
 * in net/core/skbuff.c has a warning for that); allocating it there would have
 * to do without waiting for memory. So it leaves a note, and a worker sends.
 *
 * Nobody waits for a listener: a socket whose buffer is full misses the event,
 * and is told so with its next recv(2).
 *
 * The commands are in lab_netlink.h. What they refuse they explain: see
 * "Extended ACK" in Documentation/userspace-api/netlink/intro.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kfifo.h>
#include <linux/module.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "lab_edu.h"
#include "lab_genl.h"
#include "lab_netlink.h"
#include "trace-lab.h"

/* The cause that RAISE raises; any bit but the DMA's would do. */
#define CAUSE_RAISE	0x1

static DEFINE_LAB_EDU(edu);

/* What the handler tells the worker of an interrupt. */
struct lab_note {
	u32 interrupt;
	u32 causes;
};

/*
 * One producer, the handler, and one consumer, the worker: the queue needs no
 * lock for these. The counters have one writer each, and many readers.
 */
static struct {
	DECLARE_KFIFO(notes, struct lab_note, 1024);
	struct work_struct work;
	wait_queue_head_t raised_wait;
	/* The handler's: */
	u32 interrupts;
	u32 raised;		/* those that RAISE asked for */
	u32 lost;		/* those for which the queue was full */
	/* The worker's: */
	u32 events;
	int result;
} lab;

static struct genl_family lab_netlink_family;

/* ---- The interrupt --------------------------------------------------------- */

static irqreturn_t lab_netlink_isr(int irq, void *data)
{
	u32 causes = readl(edu.regs + EDU_IRQ_STATUS);
	struct lab_note note;

	if (!causes)
		return IRQ_NONE;
	writel(causes, edu.regs + EDU_IRQ_ACK);

	WRITE_ONCE(lab.interrupts, lab.interrupts + 1);
	note.interrupt = lab.interrupts;
	note.causes = causes;
	if (kfifo_put(&lab.notes, note))
		schedule_work(&lab.work);	/* once, however often it is asked for */
	else
		WRITE_ONCE(lab.lost, lab.lost + 1);

	if (causes & CAUSE_RAISE) {
		WRITE_ONCE(lab.raised, lab.raised + 1);
		wake_up(&lab.raised_wait);
	}
	return IRQ_HANDLED;
}

/* ---- The worker ------------------------------------------------------------ */

static int lab_send_event(const struct lab_note *note)
{
	const struct lab_genl_u32 attrs[] = {
		{ LAB_NETLINK_A_INTERRUPT, note->interrupt },
		{ LAB_NETLINK_A_CAUSES, note->causes },
	};

	return lab_genl_multicast(&lab_netlink_family, LAB_NETLINK_C_EVENT,
				  attrs, ARRAY_SIZE(attrs));
}

static void lab_netlink_work(struct work_struct *work)
{
	struct lab_note note;

	while (kfifo_get(&lab.notes, &note)) {
		/*
		 * -ESRCH: nobody got it. That is no error: an event is for
		 * those who listen.
		 */
		int err = lab_send_event(&note);

		trace_lab_step("multicast returns", err);
		WRITE_ONCE(lab.result, err);
		WRITE_ONCE(lab.events, lab.events + 1);
	}
}

/* ---- The commands ---------------------------------------------------------- */

static int lab_get(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb;
	void *header;

	skb = genlmsg_new(4 * nla_total_size(sizeof(u32)), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &lab_netlink_family, 0, LAB_NETLINK_C_GET);
	if (!header ||
	    nla_put_u32(skb, LAB_NETLINK_A_INTERRUPTS, READ_ONCE(lab.interrupts)) ||
	    nla_put_u32(skb, LAB_NETLINK_A_EVENTS, READ_ONCE(lab.events)) ||
	    nla_put_u32(skb, LAB_NETLINK_A_LOST, READ_ONCE(lab.lost)) ||
	    nla_put_s32(skb, LAB_NETLINK_A_RESULT, READ_ONCE(lab.result))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* The commands exclude one another: generic netlink holds a mutex of its own. */
static int lab_raise(struct sk_buff *request, struct genl_info *info)
{
	u32 count;
	int err = 0;

	/* Tells which attribute is missing. Its value was checked by the policy. */
	if (GENL_REQ_ATTR_CHECK(info, LAB_NETLINK_A_COUNT))
		return -EINVAL;
	count = nla_get_u32(info->attrs[LAB_NETLINK_A_COUNT]);

	while (count-- && !err) {
		u32 before = READ_ONCE(lab.raised);

		err = lab_edu_raise(&edu, CAUSE_RAISE);
		if (err) {
			NL_SET_ERR_MSG(info->extack, "edu is gone");
			break;
		}
		/* A cause raised twice before the handler runs is one interrupt. */
		if (!wait_event_timeout(lab.raised_wait, READ_ONCE(lab.raised) != before, HZ)) {
			NL_SET_ERR_MSG(info->extack, "edu does not interrupt");
			err = -EIO;
		}
	}
	flush_work(&lab.work);
	return err;
}

static int lab_raise_later(struct sk_buff *request, struct genl_info *info)
{
	int err = lab_edu_raise_later(&edu);

	if (err == -EBUSY)
		NL_SET_ERR_MSG(info->extack, "edu is about to interrupt");
	else if (err)
		NL_SET_ERR_MSG(info->extack, "edu is gone");
	return err;
}

static const struct nla_policy lab_raise_policy[] = {
	[LAB_NETLINK_A_COUNT] = NLA_POLICY_RANGE(NLA_U32, 1, LAB_NETLINK_COUNT_MAX),
};

/* A command without a policy accepts no attributes. */
static const struct genl_ops lab_netlink_ops[] = {
	{
		.cmd = LAB_NETLINK_C_GET,
		.doit = lab_get,
	}, {
		.cmd = LAB_NETLINK_C_RAISE,
		.flags = GENL_ADMIN_PERM,
		.policy = lab_raise_policy,
		.maxattr = ARRAY_SIZE(lab_raise_policy) - 1,
		.doit = lab_raise,
	}, {
		.cmd = LAB_NETLINK_C_RAISE_LATER,
		.flags = GENL_ADMIN_PERM,
		.doit = lab_raise_later,
	},
};

static const struct genl_multicast_group lab_netlink_groups[] = {
	{ .name = LAB_NETLINK_GROUP },
};

static struct genl_family lab_netlink_family = {
	.name = LAB_NETLINK_NAME,
	.version = LAB_NETLINK_VERSION,
	.module = THIS_MODULE,	/* not removed while a command runs */
	.ops = lab_netlink_ops,
	.n_ops = ARRAY_SIZE(lab_netlink_ops),
	.mcgrps = lab_netlink_groups,
	.n_mcgrps = ARRAY_SIZE(lab_netlink_groups),
};

/* ---- The module ------------------------------------------------------------ */

static int __init lab_netlink_init(void)
{
	int err;

	INIT_KFIFO(lab.notes);
	INIT_WORK(&lab.work, lab_netlink_work);
	init_waitqueue_head(&lab.raised_wait);

	/* First, because an interrupt needs it. Until then RAISE says ENODEV. */
	err = genl_register_family(&lab_netlink_family);
	if (err) {
		pr_err("cannot register the family: %pe\n", ERR_PTR(err));
		return err;
	}
	err = lab_edu_register(&edu, lab_netlink_isr);
	if (err)
		goto out_unregister_family;
	return 0;

out_unregister_family:
	genl_unregister_family(&lab_netlink_family);
	return err;
}
module_init(lab_netlink_init);

static void __exit lab_netlink_exit(void)
{
	lab_edu_unregister(&edu);	/* no interrupt after this */
	cancel_work_sync(&lab.work);	/* no event after this */
	genl_unregister_family(&lab_netlink_family);
}
module_exit(lab_netlink_exit);

MODULE_DESCRIPTION("Upcall: interrupts of edu, told to whoever listens");
MODULE_LICENSE("GPL");
