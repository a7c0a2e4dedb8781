/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The generic netlink family "lab_netlink": what the module and its users have
 * to agree on. The family's number and the group's are not here: the kernel
 * chooses them when the module is loaded, and gives them for the names.
 */
#ifndef LAB_NETLINK_H
#define LAB_NETLINK_H

#define LAB_NETLINK_NAME	"lab_netlink"
#define LAB_NETLINK_VERSION	1

/* Everybody who has joined this group is told of each interrupt. */
#define LAB_NETLINK_GROUP	"events"

/* How many interrupts may be asked for at a time. */
#define LAB_NETLINK_COUNT_MAX	100

enum lab_netlink_command {
	LAB_NETLINK_C_UNSPEC,	/* 0 is no command */

	/* No attributes. The reply has INTERRUPTS, EVENTS, LOST and RESULT. */
	LAB_NETLINK_C_GET,

	/*
	 * COUNT. Has edu interrupt so often, now; when the answer comes, each
	 * interrupt's event has been sent. For root only. ENODEV: edu is gone.
	 */
	LAB_NETLINK_C_RAISE,

	/*
	 * No attributes. Has edu interrupt in 100 ms. For root only. EBUSY: it
	 * is about to. ENODEV: as above.
	 */
	LAB_NETLINK_C_RAISE_LATER,

	/* From the kernel, to the group: INTERRUPT and CAUSES. */
	LAB_NETLINK_C_EVENT,
};

enum lab_netlink_attribute {
	LAB_NETLINK_A_UNSPEC,		/* 0 is no attribute */
	LAB_NETLINK_A_COUNT,		/* u32: 1 to LAB_NETLINK_COUNT_MAX */
	LAB_NETLINK_A_INTERRUPT,	/* u32: which one, counted from 1 */
	LAB_NETLINK_A_CAUSES,		/* u32: what its handler acknowledged */
	LAB_NETLINK_A_INTERRUPTS,	/* u32: how many there were */
	LAB_NETLINK_A_EVENTS,		/* u32: how many events were sent */
	LAB_NETLINK_A_LOST,		/* u32: interrupts without an event */
	LAB_NETLINK_A_RESULT,		/* s32: what the last sending returned */
};

#endif /* LAB_NETLINK_H */
