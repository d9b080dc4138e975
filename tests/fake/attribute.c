// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What writes to sysfs do (Documentation/ABI/testing/sysfs-bus-pci, sysfs-devices-*), as a table; and their order: a
 * write that takes the device's lock waits for the one that has it, and so does a read of sriov_numvfs
 * (sriov_numvfs_show()). A write that hangs keeps the lock.
 */
#include "tests/fake/attribute.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SYSFS_PAGE = 4096
};

/* text without the line's end. */
static void chomp(const char *text, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)size - 1, text);
	buf[strcspn(buf, "\n")] = '\0';
}

static int store_override(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	char shown[72];

	(void)object;
	(void)kernel;
	/*
	 * driver_set_override(): what does not fit a page with its end is refused; an empty line clears it, as does the
	 * zero byte that Python writes.
	 */
	if (strlen(text) >= SYSFS_PAGE - 1)
		return -EINVAL;
	chomp(text, function->override, sizeof(function->override));
	snprintf(shown, sizeof(shown), "%s\n", function->override[0] ? function->override : "(null)");
	node_set_text(node_add(kernel->tree, function->dir, "driver_override", NODE_FILE), shown);
	return 0;
}

static int store_numvfs(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	unsigned int count;
	int ret = sriov_check(kernel, function, text, &count);

	(void)object;
	if (ret)
		return ret < 0 ? ret : 0;
	if (count)
		sriov_make(kernel, function, count);
	else
		sriov_remove(kernel, function);
	return 0;
}

static unsigned int ms_numvfs(const struct function *function, const char *text)
{
	unsigned long count = strtoul(text, NULL, 0);

	if (count == function->count)
		return 0;
	return count ? function->make_ms : function->remove_ms;
}

/* kstrtobool(). */
static int parse_bool(const char *text)
{
	if (strchr("oO", text[0]) && text[0])
		return strchr("nN", text[1]) && text[1] ? 1 : strchr("fF", text[1]) && text[1] ? 0 : -EINVAL;
	if (strchr("yYtT1", text[0]) && text[0])
		return 1;
	return strchr("nNfF0", text[0]) && text[0] ? 0 : -EINVAL;
}

static int store_autoprobe(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	int on = parse_bool(text);

	(void)object;
	if (on < 0)
		return on;
	function->autoprobe = on;
	function_show_number(kernel, function, "sriov_drivers_autoprobe", (unsigned int)on);
	return 0;
}

static int store_remove(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	(void)object;
	if (atoi(text) && function->count)
		sriov_remove(kernel, function);
	if (atoi(text))
		function_hide(kernel, function);
	return 0;
}

/* What was removed is found again. VFs are not: they have no place in the bus's scan. */
static int store_rescan(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	(void)object;
	(void)function;
	if (!atoi(text))
		return 0;
	for (struct function *found = kernel->functions; found; found = found->next)
		if (!found->dir && !found->pf) {
			function_show(kernel, found);
			driver_probe(kernel, found);
		}
	return 0;
}

static int store_nothing(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	(void)kernel;
	(void)object;
	(void)function;
	(void)text;
	return 0;
}

/* reset_store(): the number one. */
static int store_reset(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 0);

	(void)kernel;
	(void)object;
	(void)function;
	return number == 1 && end != text && (!*end || !strcmp(end, "\n")) ? 0 : -EINVAL;
}

static int store_bind(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	(void)text;
	return function ? driver_attach(kernel, object, function) : -ENODEV;
}

static int store_unbind(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	(void)text;
	if (!function || function->driver != object)
		return -ENODEV;
	driver_unbind(kernel, function);
	return 0;
}

static int store_new_id(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	struct driver *driver = object;
	unsigned int vendor, device;

	(void)function;
	if (sscanf(text, "%x %x", &vendor, &device) != 2 || driver->id_count == DRIVER_IDS)
		return -EINVAL;
	for (size_t i = 0; i < driver->id_count; i++)
		if (driver->id[i].vendor == vendor && driver->id[i].device == device)
			return -EEXIST;
	driver->id[driver->id_count].vendor = vendor;
	driver->id[driver->id_count++].device = device;
	for (struct function *each = kernel->functions; each; each = each->next)
		if (each->dir && !each->driver && each->vendor == vendor && each->device == device)
			driver_probe(kernel, each);
	return 0;
}

static int store_probe(struct kernel *kernel, void *object, struct function *function, const char *text)
{
	(void)object;
	(void)text;
	/* drivers_probe_store() of drivers/base/bus.c. */
	return function ? driver_probe(kernel, function) : -EINVAL;
}

static const struct attribute attributes[] = {
	{ ROLE_FUNCTION, "driver_override", true, false, store_override, NULL },
	{ ROLE_FUNCTION, "sriov_numvfs", true, true, store_numvfs, ms_numvfs },
	{ ROLE_FUNCTION, "sriov_drivers_autoprobe", false, false, store_autoprobe, NULL },
	{ ROLE_FUNCTION, "remove", true, false, store_remove, NULL },
	{ ROLE_FUNCTION, "rescan", false, false, store_rescan, NULL },
	{ ROLE_FUNCTION, "reset", true, false, store_reset, NULL },
	{ ROLE_DRIVER, "bind", true, false, store_bind, NULL },
	{ ROLE_DRIVER, "unbind", true, false, store_unbind, NULL },
	{ ROLE_DRIVER, "new_id", false, false, store_new_id, NULL },
	{ ROLE_DRIVER, "remove_id", false, false, store_nothing, NULL },
	{ ROLE_BUS, "drivers_probe", true, false, store_probe, NULL },
	{ ROLE_BUS, "rescan", false, false, store_rescan, NULL },
};

enum {
	ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0])
};

const struct attribute *attribute_of(const struct node *node)
{
	for (size_t i = 0; node->parent && i < ATTRIBUTES; i++)
		if (attributes[i].role == node->parent->role && !strcmp(attributes[i].name, node->name))
			return &attributes[i];
	return NULL;
}

/* Files that can only be written are in no description. */
void attribute_add_files(struct kernel *kernel, struct node *dir)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		bool always = strncmp(attributes[i].name, "sriov_", 6) != 0 && strcmp(attributes[i].name, "reset") != 0;

		if (attributes[i].role == dir->role &&
			(always ||
				(!strcmp(attributes[i].name, "reset") && node_find(kernel->tree, dir, "reset_method"))))
			node_add(kernel->tree, dir, attributes[i].name, NODE_FILE);
	}
}

const char *attribute_name(const struct node *node, char *buf, size_t size)
{
	static const char *const above[] = { [ROLE_NONE] = "",
		[ROLE_FUNCTION] = "",
		[ROLE_DRIVER] = "drivers/",
		[ROLE_BUS] = "bus",
		[ROLE_TOOL] = "fake" };
	const struct node *dir = node->parent;

	if (dir && dir->role == ROLE_NONE)
		return node_path(node, buf, size);
	snprintf(buf, size, "%s%s/%s", above[dir->role],
		dir->role == ROLE_FUNCTION || dir->role == ROLE_DRIVER ? dir->name : "", node->name);
	return buf;
}

/* Whom a write is about: the function that has the file, or that the text names. */
static struct function *function_of(const struct kernel *kernel, const struct operation *operation)
{
	const struct node *dir = operation->node->parent;
	char name[32];
	struct function *function;

	if (dir->role == ROLE_FUNCTION)
		return dir->owner;
	if (dir->role == ROLE_NONE || !operation->text)
		return NULL;
	chomp(operation->text, name, sizeof(name));
	function = function_find(kernel, name);
	return function && function->dir ? function : NULL;
}

/* Operations ------------------------------------------------------------------------------------------------------ */

static void start(struct kernel *kernel, struct operation *operation);

/* kill -9 of whoever wrote, and of the program that it writes for. */
static void kill_client(const struct operation *operation)
{
	pid_t group = getpgid(operation->pid);

	if (!operation->effect.only_writer && group > 1 && group != getpgrp())
		kill(-group, SIGKILL);
	else if (operation->pid > 1)
		kill(operation->pid, SIGKILL);
}

static void unlock(struct kernel *kernel, struct operation *operation)
{
	struct function *function = operation->locked;
	struct operation *next;

	if (!function)
		return;
	next = function->waiting;
	function->busy = next;
	if (!next)
		return;
	function->waiting = next->next;
	start(kernel, next);
}

static void finish(struct kernel *kernel, struct operation *operation)
{
	const char *name = operation->answer ? strerrorname_np(-operation->answer) : NULL;
	char text[80];

	if (operation->text) {
		chomp(operation->text, text, sizeof(text));
		log_line(kernel, "%s = %s%s%s", operation->name, text, name ? " -> " : "", name ? name : "");
	}
	if (operation->effect.kill_after)
		kill_client(operation);
	unlock(kernel, operation);
	kernel->reply(kernel, operation);
}

static void perform(struct kernel *kernel, void *object)
{
	struct operation *operation = object;
	const struct attribute *attribute = operation->attribute;
	const struct fault_effect *effect = &operation->effect;

	if (effect->log[0])
		kmsg_line(kernel, 3, "%s", effect->log);
	if (effect->errnum)
		operation->answer = -effect->errnum;
	else if (operation->node->gone)
		operation->answer = -ENODEV;
	else if (operation->text && attribute)
		operation->answer = attribute->store(
			kernel, operation->node->parent->owner, function_of(kernel, operation), operation->text);
	else if (operation->text)
		node_set_text(operation->node, operation->text);
	finish(kernel, operation);
}

/* It has the lock, when it needs one. */
static void start(struct kernel *kernel, struct operation *operation)
{
	const struct attribute *attribute = operation->attribute;
	unsigned int ms = operation->effect.ms;

	if (operation->effect.hang) {
		log_line(kernel, "%s hangs", operation->name);
		operation->next = kernel->hanging;
		kernel->hanging = operation;
		return;
	}
	if (operation->text && attribute && attribute->ms && operation->locked && !operation->effect.errnum)
		ms += attribute->ms(operation->locked, operation->text);
	if (ms)
		timer_add(kernel, ms, perform, operation);
	else
		perform(kernel, operation);
}

static void lock_and_start(struct kernel *kernel, struct operation *operation, bool locks)
{
	struct function *function = locks ? function_of(kernel, operation) : NULL;
	struct operation **last;

	if (!function) {
		start(kernel, operation);
		return;
	}
	operation->locked = function;
	if (!function->busy) {
		function->busy = operation;
		start(kernel, operation);
		return;
	}
	for (last = &function->waiting; *last; last = &(*last)->next)
		;
	*last = operation;
}

void attribute_write(struct kernel *kernel, struct operation *operation)
{
	char text[80];

	operation->attribute = attribute_of(operation->node);
	attribute_name(operation->node, operation->name, sizeof(operation->name));
	chomp(operation->text, text, sizeof(text));
	operation->effect = fault_match(kernel, FAULT_WRITE, operation->name, text);
	if (operation->effect.kill_before) {
		operation->effect.errnum = EINTR;
		kill_client(operation);
	}
	lock_and_start(kernel, operation, operation->attribute && operation->attribute->locks);
}

void attribute_read(struct kernel *kernel, struct operation *operation)
{
	operation->attribute = attribute_of(operation->node);
	attribute_name(operation->node, operation->name, sizeof(operation->name));
	operation->effect = fault_match(kernel, FAULT_READ, operation->name, NULL);
	if (operation->effect.kill_before)
		kill_client(operation);
	lock_and_start(kernel, operation, operation->attribute && operation->attribute->locks_reads);
}

/* The function goes while somebody has its lock, or waits for it. */
void attribute_forget(struct kernel *kernel, struct function *function)
{
	struct operation *waiting = function->waiting;

	if (function->busy)
		function->busy->locked = NULL;
	function->busy = function->waiting = NULL;
	while (waiting) {
		struct operation *operation = waiting;

		waiting = operation->next;
		operation->next = NULL;
		operation->locked = NULL;
		start(kernel, operation);
	}
}

/* Drivers that hang wake up, and do what they were asked for. */
void attribute_unhang(struct kernel *kernel)
{
	while (kernel->hanging) {
		struct operation *operation = kernel->hanging;

		kernel->hanging = operation->next;
		operation->next = NULL;
		operation->effect.hang = false;
		start(kernel, operation);
	}
}
