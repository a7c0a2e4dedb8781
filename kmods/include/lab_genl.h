/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events by generic netlink: a message that nobody has asked for, to all sockets
 * that have joined a group.
 */
#ifndef LAB_GENL_H
#define LAB_GENL_H

#include <net/genetlink.h>
#include <net/netlink.h>

/* An attribute of an event: its type and its value. */
struct lab_genl_u32 {
	int type;
	u32 value;
};

/**
 * lab_genl_multicast() - Tell the first group of a family of an event
 * @family: the family
 * @command: what kind of event it is
 * @attrs: what it says
 * @count: how many these are
 *
 * Allocates memory and may sleep for it.
 *
 * Return: 0; -ESRCH when nobody got it; -ENOMEM; or another error.
 */
static inline int lab_genl_multicast(struct genl_family *family, u8 command,
				     const struct lab_genl_u32 *attrs, int count)
{
	struct sk_buff *skb;
	void *header;

	skb = genlmsg_new(count * nla_total_size(sizeof(u32)), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;

	/* Port 0 and sequence number 0: from the kernel, and no answer. */
	header = genlmsg_put(skb, 0, 0, family, 0, command);
	if (!header)
		goto out_free;
	for (int i = 0; i < count; i++)
		if (nla_put_u32(skb, attrs[i].type, attrs[i].value))
			goto out_free;
	genlmsg_end(skb, header);

	/* Takes the message over, also when it fails. */
	return genlmsg_multicast(family, skb, 0, 0, GFP_KERNEL);

out_free:
	nlmsg_free(skb);
	return -EMSGSIZE;
}

#endif /* LAB_GENL_H */
