// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on one device: what it is, its reset, interrupts, users, and what was left behind on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/clean.h"
#include "assign/lease.h"
#include "assign/remedy.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "guest/guest.h"

/* What would help, by the verdict of assign/: made for this device and checked on this host. */
static void fix_by_verdict(
	const struct facts *facts, const struct pci_device *device, enum code code, struct findings *findings)
{
	const struct verdict *verdict = facts_verdict(facts, device, NULL);
	const struct blocker *blocker = verdict ? verdict_find(verdict, code) : NULL;
	char remedy[512];

	if (blocker && remedies_text(facts->judge, verdict, blocker, remedy, sizeof(remedy))[0])
		finding_fix(findings, "%s", remedy);
}

static void check_bridge(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	finding_evidence(findings, "/sys/bus/pci/devices/%s/class: 0x%06x", findings->about.subject, device->class);
	if (!device->is_bridge) {
		finding_say(findings, CHECK_OK, "%s%s%s", device->is_vf ? "virtual function" : "physical function",
			device->class_name[0] ? ", " : "", device->class_name);
		return;
	}
	finding_say(findings, CHECK_FAIL, "a PCI bridge cannot be given away");
	fix_by_verdict(facts, device, CODE_DEV_BRIDGE, findings);
}

/*
 * A function that is gone reads as ones; a VF's own vendor id does too (SR-IOV 1.1, 3.4.1.1), its command register does
 * not.
 */
static void check_answers(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	uint8_t header[8];

	if (sysroot_read_bytes(&facts->host->root, header, sizeof(header), "sys/bus/pci/devices/%s/config",
		    findings->about.subject) != sizeof(header)) {
		finding_say(findings, CHECK_UNMEASURED, "its configuration space cannot be read");
		return;
	}
	finding_evidence(findings, "/sys/bus/pci/devices/%s/config: command 0x%02x%02x, status 0x%02x%02x",
		findings->about.subject, header[5], header[4], header[7], header[6]);
	if (header[4] != 0xff || header[5] != 0xff || header[6] != 0xff || header[7] != 0xff) {
		finding_say(findings, CHECK_OK, "its registers can be read");
		return;
	}
	finding_say(findings, CHECK_FAIL, "it does not answer: its registers read as ones");
	fix_by_verdict(facts, device, CODE_DEV_LOST, findings);
}

static bool is_on_bus_of(const struct pci_device *one, const struct pci_device *other)
{
	return one->addr.domain == other->addr.domain && one->addr.bus == other->addr.bus;
}

/* On a root bus there is no bridge above whose bus could be reset. */
static bool is_on_root_bus(const struct facts *facts, const struct pci_device *device)
{
	int index = topology_find(&facts->topology, device->addr);

	return index >= 0 && facts->topology.function[index].parent < 0;
}

/* Would it be alone on its bus in another slot: others there are cards of their own, not functions of this one. */
static bool is_beside_cards(const struct facts *facts, const struct pci_device *device)
{
	for (size_t i = 0; i < facts->host->pci.count; i++) {
		const struct pci_device *other = &facts->host->pci.devices[i];

		if (other != device && !other->is_vf && is_on_bus_of(other, device) &&
			other->addr.device == device->addr.device)
			return false;
	}
	return true;
}

/*
 * Functions on the same bus, which a bus reset would reset too, as text. They are next to each other in the inventory.
 */
static void siblings(const struct facts *facts, const struct pci_device *device, char *buf, size_t size)
{
	const struct pci_device *first = facts->host->pci.devices, *end = first + facts->host->pci.count;
	const struct pci_device *other = device;
	size_t used = 0;

	buf[0] = '\0';
	if (is_on_root_bus(facts, device))
		return;
	while (other > first && is_on_bus_of(other - 1, device))
		other--;
	for (; other < end && is_on_bus_of(other, device) && used < size; other++) {
		char name[PCI_ADDR_TEXT_SIZE];

		if (other != device && !other->is_vf)
			used += (size_t)snprintf(
				buf + used, size - used, "%s%s", used ? ", " : "", pci_addr_text(other->addr, name));
	}
}

static void check_reset(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char methods[128] = "";
	size_t used = 0;

	if (!device->reset_known) {
		finding_say(findings, CHECK_UNMEASURED,
			"this kernel does not say how devices are reset (5.15 and later do)");
		return;
	}
	for (size_t i = 0; i < device->reset_count && used < sizeof(methods); i++)
		used += (size_t)snprintf(
			methods + used, sizeof(methods) - used, "%s%s", i ? ", " : "", device->reset_methods[i].text);
	finding_evidence(findings, "/sys/bus/pci/devices/%s/reset_method: %s", findings->about.subject, methods);
	if (device->reset_count) {
		finding_say(findings, CHECK_OK, "%s", methods);
		return;
	}
	siblings(facts, device, methods, sizeof(methods));
	finding_say(findings, CHECK_FAIL, "there is no way to reset it%s%s",
		methods[0] ? " alone: a bus reset would hit " : "", methods);
	fix_by_verdict(facts, device, CODE_NO_RESET, findings);
}

/* A power cycle from D3hot clears what the device's maker chose to clear (PCI Express Base 6.0, 5.3.1.4.1). */
static void check_reset_weak(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char others[128];

	if (!device->reset_known || !device->reset_count)
		return;
	finding_evidence(findings, "/sys/bus/pci/devices/%s/reset_method begins with %s", findings->about.subject,
		device->reset_methods[0].text);
	if (device->reset_count > 1 || strcmp(device->reset_methods[0].text, "pm") != 0) {
		finding_say(findings, CHECK_OK, "by %s", device->reset_methods[0].text);
		return;
	}
	siblings(facts, device, others, sizeof(others));
	finding_say(findings, CHECK_WARN, "its power state is the only way%s%s",
		others[0] ? "; a bus reset would also hit " : "", others);
	finding_fix(findings,
		others[0] && is_beside_cards(facts, device)
			? "give it to one tenant only, or move it to a slot of its own: then the bus can be reset"
			: "give it to one tenant only");
}

static void check_vectors(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct vectors *vectors = &facts->vectors;
	int wanted = facts_msix(facts, device);

	if (wanted <= 0)
		return;
	if (!vectors->known) {
		finding_say(findings, CHECK_UNMEASURED, "/proc/interrupts cannot be read");
		return;
	}
	if (vectors->exact)
		finding_evidence(findings, "/sys/kernel/debug/irq/domains/VECTOR: %lld available; MSI-X table of %d",
			(long long)vectors->unused, wanted);
	else
		finding_evidence(findings,
			"/proc/interrupts: %zu interrupts on %zu processors of about %d vectors; MSI-X table of %d",
			vectors->interrupts, vectors->cpus, VECTORS_PER_CPU, wanted);
	finding_say(findings, vectors->unused < wanted ? CHECK_WARN : CHECK_OK, "it may want %d, the host has %s%lld",
		wanted, vectors->exact ? "" : "about ", (long long)(vectors->unused < 0 ? 0 : vectors->unused));
	if (vectors->unused < wanted)
		finding_fix(findings,
			"have drivers of network cards use fewer queues (ethtool -L; ethtool -l shows how many), "
			"or unload what is not needed (irdma)");
}

/* The first user that blocks decides, and says what to look at. */
static void say_users(const struct pci_users *users, bool with_host, struct findings *findings)
{
	for (size_t i = 0; i < users->count; i++) {
		if (users->user[i].severity != PCI_USER_BLOCKS)
			continue;
		finding_say(findings, with_host ? CHECK_FAIL : CHECK_WARN, "in use: %s", users->user[i].what);
		finding_evidence(findings, "%s: %s", users->user[i].kind, users->user[i].what);
		finding_fix(findings, "stop that use, or choose another device");
		return;
	}
	if (users->incomplete) {
		finding_say(
			findings, CHECK_UNMEASURED, "no user was seen, but not everything could be read; ask as root");
		return;
	}
	finding_say(findings, CHECK_OK, "nobody uses it");
	finding_evidence(findings, "no mount, swap, address, route, display or VFIO user was found");
}

static void check_in_use(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct pci_users users = { 0 };
	char guest[GUEST_NAME_SIZE];
	struct error err;

	if (facts_is_leased(facts, device) && lease_guest(&facts->host->root, device->addr, guest)) {
		finding_say(findings, CHECK_OK, "with the running guest '%s'", guest);
		finding_evidence(findings, "/run/sluice/devices/%s", findings->about.subject);
		return;
	}
	if (host_users(facts->host, device, &users, &err) < 0) {
		finding_say(findings, CHECK_UNMEASURED, "%.200s", err.msg);
		return;
	}
	/* With vfio-pci, its user is another guest: the device is where it should be. */
	say_users(&users, strcmp(device->driver, "vfio-pci") != 0, findings);
	pci_users_done(&users);
}

static void check_override(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	char override[64];

	/* "(null)" is how the kernel prints none. */
	if (sysroot_read_text(&facts->host->root, override, sizeof(override), "sys/bus/pci/devices/%s/driver_override",
		    findings->about.subject) <= 0 ||
		!override[0] || !strcmp(override, "(null)"))
		return;
	finding_evidence(findings, "/sys/bus/pci/devices/%s/driver_override: %s", findings->about.subject, override);
	if (!strcmp(device->driver, override)) {
		finding_say(findings, CHECK_OK, "%s, which drives it", override);
		return;
	}
	finding_say(
		findings, CHECK_WARN, "%s, and %s drives it", override, device->driver[0] ? device->driver : "nothing");
	finding_fix(findings, "echo > /sys/bus/pci/devices/%s/driver_override && echo %s > /sys/bus/pci/drivers_probe",
		findings->about.subject, findings->about.subject);
}

static void check_lease(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct lease lease;
	struct error err;
	int ret = facts_is_leased(facts, device) ? lease_read(&facts->host->root, device->addr, &lease, &err) : 0;

	if (!ret)
		return;
	finding_evidence(findings, "/run/sluice/devices/%s", findings->about.subject);
	if (ret < 0) {
		finding_say(findings, CHECK_WARN, "%.200s", err.msg);
		finding_fix(findings, "sluice release %s", findings->about.subject);
		return;
	}
	if (!lease.guest[0] || guest_is_alive(&facts->host->root, lease.guest)) {
		finding_say(findings, CHECK_OK, lease.guest[0] ? "lent to guest '%s'" : "bound by 'sluice bind'%s",
			lease.guest);
		return;
	}
	finding_say(findings, CHECK_WARN, "guest '%s' is dead and has not given it back", lease.guest);
	finding_fix(findings, "sluice release %s", findings->about.subject);
}

static void check_unclean(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct unclean unclean;

	if (unclean_read(facts->host, device, &unclean) != 1)
		return;
	finding_evidence(findings, "/run/sluice/unclean/%s", findings->about.subject);
	finding_say(findings, CHECK_WARN, "not clean since guest '%s': %.128s", unclean.guest, unclean.why);
	fix_by_verdict(facts, device, CODE_DEV_NOT_CLEAN, findings);
}

const struct check device_checks[] = {
	{ CODE_DEV_BRIDGE, SECTION_DEVICE, SCOPE_DEVICE, "Kind of device", "a bridge is the way to other devices",
		check_bridge },
	{ CODE_DEV_LOST, SECTION_DEVICE, SCOPE_DEVICE, "Answers", "a device that is gone cannot be given away",
		check_answers },
	{ CODE_NO_RESET, SECTION_DEVICE, SCOPE_DEVICE, "Reset",
		"what one guest leaves in a device, the next would find", check_reset },
	{ CODE_RESET_WEAK, SECTION_DEVICE, SCOPE_DEVICE, "Thorough reset",
		"a change of power state clears less than a reset", check_reset_weak },
	{ CODE_VECTORS_SHORT, SECTION_DEVICE, SCOPE_DEVICE, "Interrupt vectors",
		"each interrupt of a device takes a vector of a processor", check_vectors },
	{ CODE_DEV_IN_USE, SECTION_DEVICE, SCOPE_DEVICE, "Free", "what uses the device would lose it", check_in_use },
	{ CODE_OVERRIDE_STALE, SECTION_DEVICE, SCOPE_ANY, "Driver override",
		"an override keeps the device's own driver away", check_override },
	{ CODE_LEASE_STALE, SECTION_DEVICE, SCOPE_ANY, "Lease", "the device still waits to be given back",
		check_lease },
	{ CODE_DEV_NOT_CLEAN, SECTION_DEVICE, SCOPE_ANY, "Clean",
		"what its last guest left in the device, the next would find", check_unclean },
	{ .run = NULL },
};
