// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on one device: what it is, its reset, interrupts, users, and what was left behind on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/binding.h"
#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "guest/guest.h"

enum {
	VECTORS_PER_CPU =
		200, /* of 256, less exceptions and what the kernel keeps (arch/x86/include/asm/irq_vectors.h) */
};

void check_bridge(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	(void)doctor;
	check_evidence(result, "/sys/bus/pci/devices/%s/class: 0x%06x", result->subject, device->class);
	if (!device->is_bridge) {
		check_say(result, CHECK_OK, "%s%s%s", device->is_vf ? "virtual function" : "physical function",
			device->class_name[0] ? ", " : "", device->class_name);
		return;
	}
	check_say(result, CHECK_FAIL, "a PCI bridge cannot be given away");
	check_fix(result, "give away the devices behind it");
}

/* A function that is gone reads as ones; a VF's own vendor id does too (SR-IOV 1.1, 3.4.1.1), its command register does not. */
void check_answers(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	uint8_t header[8];

	(void)device;
	if (sysroot_read_bytes(&doctor->host->root, header, sizeof(header), "sys/bus/pci/devices/%s/config",
		    result->subject) != sizeof(header)) {
		check_say(result, CHECK_UNMEASURED, "its configuration space cannot be read");
		return;
	}
	check_evidence(result, "/sys/bus/pci/devices/%s/config: command 0x%02x%02x, status 0x%02x%02x", result->subject,
		header[5], header[4], header[7], header[6]);
	if (header[4] != 0xff || header[5] != 0xff || header[6] != 0xff || header[7] != 0xff) {
		check_say(result, CHECK_OK, "its registers can be read");
		return;
	}
	check_say(result, CHECK_FAIL, "it does not answer: its registers read as ones");
	check_fix(result, "dmesg shows why; a rescan may bring it back: echo 1 > /sys/bus/pci/rescan");
}

/* Functions on the same bus, which a bus reset would reset too, as text. */
static void siblings(const struct doctor *doctor, const struct pci_device *device, char *buf, size_t size)
{
	const struct pci_inventory *all = &doctor->host->pci;
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < all->count && used < size; i++) {
		const struct pci_device *other = &all->devices[i];
		char name[PCI_ADDR_TEXT_SIZE];

		if (other->addr.domain == device->addr.domain && other->addr.bus == device->addr.bus &&
			other != device && !other->is_vf)
			used += (size_t)snprintf(
				buf + used, size - used, "%s%s", used ? ", " : "", pci_addr_text(other->addr, name));
	}
}

void check_reset(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char methods[128] = "";
	size_t used = 0;

	if (!device->reset_known) {
		check_say(
			result, CHECK_UNMEASURED, "this kernel does not say how devices are reset (5.15 and later do)");
		return;
	}
	for (size_t i = 0; i < device->reset_count && used < sizeof(methods); i++)
		used += (size_t)snprintf(
			methods + used, sizeof(methods) - used, "%s%s", i ? ", " : "", device->reset_methods[i].text);
	check_evidence(result, "/sys/bus/pci/devices/%s/reset_method: %s", result->subject, methods);
	if (device->reset_count) {
		check_say(result, CHECK_OK, "%s", methods);
		return;
	}
	siblings(doctor, device, methods, sizeof(methods));
	check_say(result, CHECK_FAIL, "there is no way to reset it%s%s",
		methods[0] ? " alone: a bus reset would hit " : "", methods);
	check_fix(result, "choose another device; sluice run --allow-no-reset %s takes the risk", result->subject);
}

/* A power cycle from D3hot clears what the device's maker chose to clear (PCI Express Base 6.0, 5.3.1.4.1). */
void check_reset_weak(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char others[128];

	if (!device->reset_known || !device->reset_count)
		return;
	check_evidence(result, "/sys/bus/pci/devices/%s/reset_method begins with %s", result->subject,
		device->reset_methods[0].text);
	if (device->reset_count > 1 || strcmp(device->reset_methods[0].text, "pm") != 0) {
		check_say(result, CHECK_OK, "by %s", device->reset_methods[0].text);
		return;
	}
	siblings(doctor, device, others, sizeof(others));
	check_say(result, CHECK_WARN, "its power state is the only way%s%s",
		others[0] ? "; a bus reset would also hit " : "", others);
	check_fix(result,
		others[0] ? "give it to one tenant only, or move it to a slot of its own: then the bus can be reset"
			  : "give it to one tenant only");
}

void check_msix(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	int vectors = pci_msix_vectors(&doctor->host->root, device->addr);

	if (vectors < 0) {
		check_say(result, CHECK_UNMEASURED, "its capabilities cannot be read: %s", strerror(-vectors));
		return;
	}
	check_evidence(result, "/sys/bus/pci/devices/%s/config: MSI-X table of %d vectors", result->subject, vectors);
	check_say(result, vectors ? CHECK_OK : CHECK_FAIL, vectors ? "%d vectors" : "it has none", vectors);
	if (!vectors)
		check_fix(result, "choose another device");
}

/* "Global available:    187" of debugfs, where root may read it; -1 otherwise. */
static int64_t vectors_known(const struct sysroot *root)
{
	char text[4096];
	const char *at;

	if (sysroot_read_text(root, text, sizeof(text), "sys/kernel/debug/irq/domains/VECTOR") <= 0)
		return -1;
	at = strstr(text, "Global available:");
	return at ? strtoll(at + strlen("Global available:"), NULL, 10) : -1;
}

/* Interrupts and processors of proc/interrupts: a heading of CPUs, a line for each interrupt. False: not readable. */
static bool count_interrupts(const struct sysroot *root, size_t *ret_cpus, size_t *ret_interrupts)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/interrupts");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t space = 0;

	*ret_cpus = *ret_interrupts = 0;
	if (!file)
		return false;
	take_fd(&fd);
	while (getline(&line, &space, file) > 0) {
		const char *at = line;

		if (!*ret_cpus) {
			for (; (at = strstr(at, "CPU")); at++)
				(*ret_cpus)++;
			continue;
		}
		*ret_interrupts += strspn(line + strspn(line, " "), "0123456789") > 0;
	}
	return *ret_cpus > 0;
}

void check_vectors(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;
	int wanted = pci_msix_vectors(root, device->addr);
	int64_t unused = vectors_known(root);
	size_t cpus, interrupts;

	if (wanted <= 0)
		return;
	if (unused >= 0) {
		check_evidence(result, "/sys/kernel/debug/irq/domains/VECTOR: %lld available; MSI-X table of %d",
			(long long)unused, wanted);
	} else if (count_interrupts(root, &cpus, &interrupts)) {
		unused = (int64_t)(cpus * VECTORS_PER_CPU) - (int64_t)interrupts;
		check_evidence(result,
			"/proc/interrupts: %zu interrupts on %zu processors of about %d vectors; MSI-X table of %d",
			interrupts, cpus, VECTORS_PER_CPU, wanted);
	} else {
		check_say(result, CHECK_UNMEASURED, "/proc/interrupts cannot be read");
		return;
	}
	check_say(result, unused < wanted ? CHECK_WARN : CHECK_OK, "it may want %d, the host has %s%lld", wanted,
		vectors_known(root) < 0 ? "about " : "", (long long)(unused < 0 ? 0 : unused));
	if (unused < wanted)
		check_fix(result,
			"have other drivers use fewer queues (ethtool -L NETDEV combined N), or unload what is not "
			"needed (irdma)");
}

/* The first user that blocks decides, and says what to look at. */
static void say_users(const struct pci_users *users, bool with_host, struct check_result *result)
{
	for (size_t i = 0; i < users->count; i++) {
		if (users->user[i].severity != PCI_USER_BLOCKS)
			continue;
		check_say(result, with_host ? CHECK_FAIL : CHECK_WARN, "in use: %s", users->user[i].what);
		check_evidence(result, "%s: %s", users->user[i].kind, users->user[i].what);
		check_fix(result, "stop that use, or choose another device");
		return;
	}
	if (users->incomplete) {
		check_say(result, CHECK_UNMEASURED, "no user was seen, but not everything could be read; ask as root");
		return;
	}
	check_say(result, CHECK_OK, "nobody uses it");
	check_evidence(result, "no mount, swap, address, route, display or VFIO user was found");
}

void check_in_use(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct pci_users users = { 0 };
	char guest[GUEST_NAME_SIZE];
	struct error err;

	if (lease_guest(&doctor->host->root, device->addr, guest)) {
		check_say(result, CHECK_OK, "with the running guest '%s'", guest);
		check_evidence(result, "/run/sluice/devices/%s", result->subject);
		return;
	}
	if (host_users(doctor->host, device, &users, &err) < 0) {
		check_say(result, CHECK_UNMEASURED, "%.200s", err.msg);
		return;
	}
	/* With vfio-pci, its user is another guest: the device is where it should be. */
	say_users(&users, strcmp(device->driver, "vfio-pci") != 0, result);
	pci_users_done(&users);
}

void check_override(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct binding now;

	if (binding_read(&doctor->host->root, device->addr, &now, NULL) < 0 || !now.override[0])
		return;
	check_evidence(result, "/sys/bus/pci/devices/%s/driver_override: %s", result->subject, now.override);
	if (!strcmp(now.driver, now.override)) {
		check_say(result, CHECK_OK, "%s, which drives it", now.override);
		return;
	}
	check_say(result, CHECK_WARN, "%s, and %s drives it", now.override, now.driver[0] ? now.driver : "nothing");
	check_fix(result, "echo > /sys/bus/pci/devices/%s/driver_override, then echo %s > /sys/bus/pci/drivers_probe",
		result->subject, result->subject);
}

void check_lease(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct lease lease;
	struct error err;
	int ret = lease_read(&doctor->host->root, device->addr, &lease, &err);

	if (!ret)
		return;
	check_evidence(result, "/run/sluice/devices/%s", result->subject);
	if (ret < 0) {
		check_say(result, CHECK_WARN, "%.200s", err.msg);
		check_fix(result, "sluice release %s", result->subject);
		return;
	}
	if (!lease.guest[0] || guest_is_alive(&doctor->host->root, lease.guest)) {
		check_say(result, CHECK_OK, lease.guest[0] ? "lent to guest '%s'" : "bound by 'sluice bind'%s",
			lease.guest);
		return;
	}
	check_say(result, CHECK_WARN, "guest '%s' is dead and has not given it back", lease.guest);
	check_fix(result, "sluice release %s", result->subject);
}
