// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks of devices that are not clean, and the reset that decides; see clean.h. Lines KEY=VALUE, as in a lease
 * (lease.c).
 */
#include "assign/clean.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assign/reset.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"
#include "os/timed_write.h"

#define MARKS "unclean"
#define DEVICE "sys/bus/pci/devices/%s"

enum {
	MARK_SIZE = 512 + PCI_IDENTITY_TEXT_SIZE,
	RESET_SECONDS = 90, /* the kernel waits 60 s for a function that does not come back (drivers/pci/pci.c) */
};

static const char heading[] = "sluice-unclean 1";

static bool take_line(struct unclean *unclean, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return false;
	*value++ = '\0';
	if (!strcmp(line, "guest"))
		return (!*value || text_is_name(value)) && text_copy(unclean->guest, sizeof(unclean->guest), value);
	if (!strcmp(line, "why"))
		return text_copy(unclean->why, sizeof(unclean->why), value);
	return !strcmp(line, "identity") && !pci_identity_parse(value, &unclean->identity);
}

/* What makes no sense still says that something is wrong: a mark is never lost by being torn. */
static void parse(char *text, struct unclean *unclean)
{
	char *rest = text;
	char *line = strsep(&rest, "\n");
	bool sense = !strcmp(line, heading);

	while (sense && (line = strsep(&rest, "\n")) && *line)
		sense = take_line(unclean, line);
	if (sense && unclean->why[0])
		return;
	*unclean = (struct unclean){ .guest = "" };
	text_copy(unclean->why, sizeof(unclean->why), "what was written down about its reset makes no sense");
}

static bool is_other_card(const struct host *host, const struct pci_device *device, const struct pci_identity *was)
{
	struct pci_identity now;

	if (!was->path[0])
		return false;
	pci_identity_read(&host->root, &host->pci, device, was->vpd[0], &now);
	if (!now.path[0])
		return false;
	switch (pci_identity_compare(was, &now, NULL, 0)) {
	case PCI_IDENTITY_SAME:
	case PCI_IDENTITY_MOVED:
		return false;
	default:
		return true;
	}
}

int unclean_read(const struct host *host, const struct pci_device *device, struct unclean *ret_unclean)
{
	struct unclean unclean = { .guest = "" };
	char name[PCI_ADDR_TEXT_SIZE], text[MARK_SIZE];
	cleanup_close int dir = -1;

	if (run_dir_open(&host->root, MARKS, false, &dir, NULL) < 0 ||
		run_dir_read(dir, pci_addr_text(device->addr, name), text, sizeof(text)) < 0)
		return 0;
	parse(text, &unclean);
	if (is_other_card(host, device, &unclean.identity))
		return 0;
	*ret_unclean = unclean;
	return 1;
}

int unclean_check(const struct host *host, const struct pci_device *device, const struct pci_addr *accepted,
	size_t accepted_count, struct error *err)
{
	struct unclean unclean;
	char name[PCI_ADDR_TEXT_SIZE];

	for (size_t i = 0; i < accepted_count; i++)
		if (!pci_addr_compare(accepted[i], device->addr))
			return 0;
	if (unclean_read(host, device, &unclean) != 1)
		return 0;
	pci_addr_text(device->addr, name);
	fail_code(err, CODE_DEV_NOT_CLEAN, EUCLEAN, "%s may still hold what guest '%s' left in it: %s", name,
		unclean.guest[0] ? unclean.guest : "?", unclean.why);
	return fail_hint(err,
		"switch the host off and on, which clears it; --allow-unclean %s takes the risk, and a reset that "
		"works "
		"by then ends this",
		name);
}

static int write_mark(const struct change *change, const struct pci_device *device, const char *guest, const char *why,
	struct error *err)
{
	const struct host *host = change_host(change);
	struct pci_identity identity;
	char identity_text[PCI_IDENTITY_TEXT_SIZE], text[MARK_SIZE], name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int dir = -1;
	int ret = run_dir_open(host_lock_root(change_lock(change)), MARKS, true, &dir, err);

	if (ret < 0)
		return ret;
	pci_identity_read(&host->root, &host->pci, device, false, &identity);
	snprintf(text, sizeof(text), "%s\nguest=%s\nwhy=%.*s\n%s%s%s", heading, guest, UNCLEAN_WHY_MAX - 1, why,
		identity.path[0] ? "identity=" : "",
		identity.path[0] ? pci_identity_text(&identity, identity_text) : "", identity.path[0] ? "\n" : "");
	return run_dir_write(dir, pci_addr_text(device->addr, name), text, err);
}

void unclean_forget(const struct host_lock *lock, struct pci_addr addr)
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int dir = -1;

	if (run_dir_open(host_lock_root(lock), MARKS, false, &dir, NULL) >= 0)
		run_dir_remove(dir, pci_addr_text(addr, name), NULL);
}

/* Reset it if it can be, look at it, and no more DMA from it. 0, or what is wrong in why. */
static int bring_to_rest(
	const struct change *change, const struct pci_device *device, bool can_be_reset, char *why, size_t size)
{
	const struct host *host = change_host(change);
	struct error err = { 0 };
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = 0;

	if (can_be_reset)
		ret = sysroot_write_timed(
			&host->root, "1", RESET_SECONDS, DEVICE "/reset", pci_addr_text(device->addr, name));
	if (ret < 0) {
		snprintf(why, size, "its reset failed: %s", strerror(-ret));
		return ret;
	}
	if (can_be_reset)
		ret = reset_verify(&host->root, device, &err);
	if (ret >= 0)
		ret = reset_quiesce(change_lock(change), device->addr, &err);
	if (ret < 0)
		text_copy(why, size, err.msg);
	return ret;
}

int unclean_settle(const struct change *change, struct pci_addr addr, const char *guest, struct error *err)
{
	const struct host *host = change_host(change);
	const struct pci_device *device = pci_inventory_find(&host->pci, addr);
	struct reset_plan plan;
	struct unclean unclean;
	char name[PCI_ADDR_TEXT_SIZE], driver[64], why[UNCLEAN_WHY_MAX];
	bool can_be_reset;
	int marked, ret;

	pci_addr_text(addr, name);
	if (!device)
		return 0;
	marked = unclean_read(host, device, &unclean);
	if (!guest[0] && !marked)
		return 0;
	/* Not under a driver of the host: that one would lose its device's state. */
	if (sysroot_read_link_name(&host->root, driver, sizeof(driver), DEVICE "/driver", name) < 0 ||
		!pci_driver_is_vfio(driver))
		return 0;
	reset_plan_read(&host->root, &host->pci, device, NULL, 0, &plan);
	can_be_reset = plan.kind != RESET_NONE && sysroot_exists(&host->root, DEVICE "/reset", name);
	ret = bring_to_rest(change, device, can_be_reset, why, sizeof(why));
	if (ret < 0)
		return write_mark(change, device, guest[0] ? guest : unclean.guest, why, err);
	if (can_be_reset)
		unclean_forget(change_lock(change), addr);
	return 0;
}
