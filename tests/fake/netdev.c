// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network devices that drivers make (Documentation/ABI/testing/sysfs-class-net): one for each function whose driver
 * says so. A function that has its driver again has its name and address again.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake/kernel.h"

static void choose_name(const struct kernel *kernel, struct netdev *net, const char *prefix)
{
	unsigned int number = 0;

	if (net->name[0])
		return;
	do
		snprintf(net->name, sizeof(net->name), "%.16s%u", prefix, number++);
	while (tree_at(kernel->tree, "sys/class/net/%s", net->name));
}

static void choose_mac(const struct function *function, struct netdev *net)
{
	static const uint8_t none[ETH_ALEN];

	if (function->pf && function->pf->attributes &&
		function->pf->attributes[function->index].mac[0] + function->pf->attributes[function->index].mac[5])
		memcpy(net->mac, function->pf->attributes[function->index].mac, ETH_ALEN);
	else if (!memcmp(net->mac, none, ETH_ALEN))
		snprintf((char *)net->mac, ETH_ALEN, "\x02%.4s", function->name + 5);
}

static void put(struct kernel *kernel, struct node *dir, const char *name, const char *text)
{
	node_set_text(node_add(kernel->tree, dir, name, NODE_FILE), text);
}

static void put_number(struct kernel *kernel, struct node *dir, const char *name, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", number);
	put(kernel, dir, name, text);
}

void netdev_show(struct kernel *kernel, struct function *function)
{
	struct netdev *net = &function->net;
	struct node *dir;
	char text[32];

	if (!function->driver || !function->driver->net[0] || node_find(kernel->tree, function->dir, "net"))
		return;
	choose_name(kernel, net, function->driver->net);
	choose_mac(function, net);
	net->index = kernel->next_index++;
	dir = node_add(kernel->tree, node_add(kernel->tree, function->dir, "net", NODE_DIR), net->name, NODE_DIR);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x\n", net->mac[0], net->mac[1], net->mac[2],
		net->mac[3], net->mac[4], net->mac[5]);
	put(kernel, dir, "address", text);
	put(kernel, dir, "flags", net->up ? "0x1003\n" : "0x1002\n");
	put(kernel, dir, "operstate", net->up ? "up\n" : "down\n");
	put_number(kernel, dir, "ifindex", net->index);
	put_number(kernel, dir, "iflink", net->index);
	put_number(kernel, dir, "mtu", 1500);
	put_number(kernel, dir, "type", 1);
	put_number(kernel, dir, "addr_assign_type", 0);
	put_number(kernel, dir, "dev_port", 0);
	snprintf(text, sizeof(text), "INTERFACE=%.16s\n", net->name);
	put(kernel, dir, "uevent", text);
	node_link(kernel->tree, dir, "device", function->dir);
	node_link(kernel->tree, tree_dir(kernel->tree, "sys/class/net"), net->name, dir);
}

void netdev_hide(struct kernel *kernel, struct function *function)
{
	struct node *all = node_find(kernel->tree, function->dir, "net");

	if (!all)
		return;
	for (struct node *node = all->child; node; node = node->next)
		node_remove_named(kernel->tree, tree_at(kernel->tree, "sys/class/net"), node->name);
	node_remove(kernel->tree, all);
	/* A VF is another one when it comes again. */
	if (function->pf)
		function->net = (struct netdev){ 0 };
}
