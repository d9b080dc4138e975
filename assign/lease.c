// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lease files: lines KEY=VALUE between a first line that names the format and a last line "end", so that a file that
 * lost its tail is recognised. What they say goes into sysfs paths and is checked like input from outside.
 */
#include "assign/lease.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/guest_dir.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"

enum {
	LEASE_TEXT_SIZE = 832 + PCI_IDENTITY_TEXT_SIZE + 2 * VF_TEXT_SIZE
};

static const char heading[] = "sluice-lease 1";
static const char ending[] = "end";

static bool is_driver_name(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == strlen(text) &&
	       strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bool take_driver(char *member, size_t size, const char *value)
{
	return is_driver_name(value) && text_copy(member, size, value);
}

static bool take_number(char **text, unsigned int base, uint32_t *ret_number)
{
	char *word = strsep(text, " ");
	char *end;
	unsigned long number;

	if (!word || *word < '0' || *word > '9')
		return false;
	errno = 0;
	number = strtoul(word, &end, (int)base);
	*ret_number = (uint32_t)number;
	return !*end && !errno && number <= UINT32_MAX;
}

/* Only what VFIO and iommufd have below /dev. */
static bool is_node_name(const char *name)
{
	static const char *const starts[] = { "vfio/devices/vfio", "vfio/" };
	size_t i = 0;

	if (!strcmp(name, "iommu"))
		return true;
	while (i < array_size(starts) && strncmp(name, starts[i], strlen(starts[i])) != 0)
		i++;
	if (i == array_size(starts))
		return false;
	name += strlen(starts[i]);
	return *name && strspn(name, "0123456789") == strlen(name);
}

/* "vfio/12 0 0 600": name, owner, group, mode as it was. */
static bool take_node(struct lease *lease, char *value)
{
	char *name = strsep(&value, " ");
	struct lease_node *node = &lease->node[lease->node_count];

	if (lease->node_count == LEASE_NODES || !is_node_name(name) || !text_copy(node->name, sizeof(node->name), name))
		return false;
	lease->node_count++;
	return take_number(&value, 10, &node->uid) && take_number(&value, 10, &node->gid) &&
	       take_number(&value, 8, &node->mode) && node->mode <= 07777 && !value;
}

static bool take_user(struct lease *lease, const char *value)
{
	uint64_t user;

	if (text_to_u64(value, UINT32_MAX - 1, &user) < 0)
		return false;
	lease->has_user = true;
	lease->user = (uint32_t)user;
	return true;
}

/* What is put back by netlink later is looked at now: a lease is whole, or makes no sense. */
static bool take_settings(char text[static VF_TEXT_SIZE], const char *value)
{
	struct vf_settings settings;

	return vf_settings_from_text(value, &settings) >= 0 && text_copy(text, VF_TEXT_SIZE, value);
}

static bool take_line(struct lease *lease, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return false;
	*value++ = '\0';
	if (!strcmp(line, "driver"))
		return take_driver(lease->before.driver, sizeof(lease->before.driver), value);
	if (!strcmp(line, "override"))
		return take_driver(lease->before.override, sizeof(lease->before.override), value);
	if (!strcmp(line, "guest"))
		return (!*value || text_is_name(value)) && text_copy(lease->guest, sizeof(lease->guest), value);
	if (!strcmp(line, "generation"))
		return !text_to_u64(value, UINT64_MAX, &lease->generation);
	if (!strcmp(line, "identity"))
		return !pci_identity_parse(value, &lease->identity);
	if (!strcmp(line, "user"))
		return take_user(lease, value);
	if (!strcmp(line, "node"))
		return take_node(lease, value);
	if (!strcmp(line, "vf_before"))
		return take_settings(lease->vf_before, value);
	if (!strcmp(line, "vf_guest"))
		return take_settings(lease->vf_guest, value);
	if (!strcmp(line, "bound")) {
		lease->bound = !strcmp(value, "yes");
		return lease->bound || !strcmp(value, "no");
	}
	return false;
}

static bool parse(char *text, struct lease *lease)
{
	char *rest = text;
	char *line = strsep(&rest, "\n");
	bool seen_end = false;

	if (strcmp(line, heading) != 0)
		return false;
	while (!seen_end && (line = strsep(&rest, "\n"))) {
		seen_end = !strcmp(line, ending);
		if (!seen_end && !take_line(lease, line))
			return false;
	}
	return seen_end;
}

static int open_leases(const struct sysroot *root, bool create, int *ret_fd, struct error *err)
{
	return run_dir_open(root, "devices", create, ret_fd, err);
}

int lease_read(const struct sysroot *root, struct pci_addr addr, struct lease *ret_lease, struct error *err)
{
	char text[LEASE_TEXT_SIZE];
	char name[PCI_ADDR_TEXT_SIZE];
	struct lease lease = { .addr = addr };
	cleanup_close int dir = -1;
	ssize_t length;
	int ret = open_leases(root, false, &dir, err);

	pci_addr_text(addr, name);
	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	length = run_dir_read(dir, name, text, sizeof(text));
	if (length == -ENOENT)
		return 0;
	if (length < 0)
		return fail(err, (int)-length, "read the lease of %s", name);
	if (!parse(text, &lease)) {
		fail_code(err, CODE_FAILED, EBADMSG, "the lease of %s (/run/sluice/devices/%s) makes no sense", name,
			name);
		return fail_hint(
			err, "'sluice release %s' gives the device back to the driver that the kernel chooses", name);
	}
	*ret_lease = lease;
	return 1;
}

/* What was given to a user; nothing for most. */
static void nodes_to_text(const struct lease *lease, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	if (lease->has_user)
		used += (size_t)snprintf(buf, size, "user=%u\n", lease->user);
	for (size_t i = 0; i < lease->node_count && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "node=%s %u %u %o\n", lease->node[i].name,
			lease->node[i].uid, lease->node[i].gid, lease->node[i].mode);
}

/* Lines of what not every lease has: the card, a VF's settings. */
static void extras_to_text(const struct lease *lease, char *buf, size_t size)
{
	char identity[PCI_IDENTITY_TEXT_SIZE], generation[24] = "";
	const struct {
		const char *key, *value;
	} lines[] = {
		{ "identity", lease->identity.path[0] ? pci_identity_text(&lease->identity, identity) : "" },
		{ "generation", generation },
		{ "vf_before", lease->vf_before },
		{ "vf_guest", lease->vf_guest },
	};
	size_t used = 0;

	buf[0] = '\0';
	if (lease->guest[0] && lease->generation)
		snprintf(generation, sizeof(generation), "%" PRIu64, lease->generation);
	for (size_t i = 0; i < array_size(lines) && used < size; i++)
		if (lines[i].value[0])
			used += (size_t)snprintf(buf + used, size - used, "%s=%s\n", lines[i].key, lines[i].value);
}

int lease_write(const struct host_lock *lock, const struct lease *lease, struct error *err)
{
	char text[LEASE_TEXT_SIZE];
	char extras[PCI_IDENTITY_TEXT_SIZE + 2 * VF_TEXT_SIZE + 128];
	char nodes[192];
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int dir = -1;
	int ret = open_leases(host_lock_root(lock), true, &dir, err);

	if (ret < 0)
		return ret;
	nodes_to_text(lease, nodes, sizeof(nodes));
	extras_to_text(lease, extras, sizeof(extras));
	snprintf(text, sizeof(text), "%s\ndriver=%s\noverride=%s\nbound=%s\nguest=%s\n%s%s%s\n", heading,
		lease->before.driver, lease->before.override, lease->bound ? "yes" : "no", lease->guest, nodes, extras,
		ending);
	return run_dir_write(dir, pci_addr_text(lease->addr, name), text, err);
}

int lease_remove(const struct host_lock *lock, struct pci_addr addr, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int dir = -1;
	int ret = open_leases(host_lock_root(lock), false, &dir, err);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	return run_dir_remove(dir, pci_addr_text(addr, name), err);
}

static int compare_leases(const void *a, const void *b)
{
	return pci_addr_compare(((const struct lease *)a)->addr, ((const struct lease *)b)->addr);
}

int lease_list(const struct sysroot *root, struct lease **ret_leases, size_t *ret_count, struct error *err)
{
	cleanup_close int fd = -1;
	cleanup_dir DIR *list = NULL;
	cleanup_free struct lease *leases = NULL;
	size_t count = 0;
	struct dirent *entry;
	int ret = open_leases(root, false, &fd, err);

	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (!ret && !(list = run_dir_list(fd)))
		return fail(err, errno, "list /run/sluice/devices");
	while (list && (entry = readdir(list))) {
		struct pci_addr addr;
		struct lease *grown;

		if (pci_addr_parse(entry->d_name, &addr))
			continue;
		grown = realloc(leases, (count + 1) * sizeof(*leases));
		if (!grown)
			return fail(err, ENOMEM, "list leases");
		leases = grown;
		if (lease_read(root, addr, &leases[count], NULL) == 1)
			count++;
	}
	if (count)
		qsort(leases, count, sizeof(*leases), compare_leases);
	*ret_leases = take_ptr(leases);
	*ret_count = count;
	return 0;
}

bool lease_is_of(const struct lease *lease, const struct lease_owner *owner)
{
	return !strcmp(lease->guest, owner->guest) &&
	       (!lease->generation || !owner->generation || lease->generation == owner->generation);
}

bool lease_guest(const struct sysroot *root, struct pci_addr addr, char name[static GUEST_NAME_SIZE])
{
	struct lease lease;

	if (lease_read(root, addr, &lease, NULL) != 1 || !lease.guest[0] || !guest_is_alive(root, lease.guest))
		return false;
	text_copy(name, GUEST_NAME_SIZE, lease.guest);
	return true;
}
