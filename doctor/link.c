// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on a device's link, power and errors (sysfs, Documentation/ABI/testing/sysfs-bus-pci*), and on what holds
 * a display.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "pci/detail.h"

enum {
	CLASS_DISPLAY = 0x03,
};

static bool is_display(const struct pci_device *device)
{
	return device->class >> 16 == CLASS_DISPLAY;
}

static void check_power(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct sysroot *root = &facts->host->root;
	char state[16] = "", runtime[16] = "", d3cold[8] = "";

	(void)device;
	sysroot_read_text(root, state, sizeof(state), "sys/bus/pci/devices/%s/power_state", findings->about.subject);
	sysroot_read_text(
		root, runtime, sizeof(runtime), "sys/bus/pci/devices/%s/power/runtime_status", findings->about.subject);
	sysroot_read_text(
		root, d3cold, sizeof(d3cold), "sys/bus/pci/devices/%s/d3cold_allowed", findings->about.subject);
	if (!state[0] && !runtime[0])
		return;
	/* VFs have no power state of their own. */
	if (!strcmp(state, "unknown"))
		text_copy(state, sizeof(state), runtime);
	finding_evidence(findings,
		"/sys/bus/pci/devices/%s: power_state %s, power/runtime_status %s, d3cold_allowed %s",
		findings->about.subject, state[0] ? state : "unknown", runtime[0] ? runtime : "unknown",
		d3cold[0] ? d3cold : "unknown");
	if (strcmp(runtime, "error") != 0 && strcmp(state, "error") != 0) {
		finding_say(findings, CHECK_OK, "%s%s", state[0] ? state : runtime,
			!strcmp(d3cold, "1") ? ", may go to D3cold when idle" : "");
		return;
	}
	finding_say(findings, CHECK_FAIL, "it does not change its power state");
	finding_fix(findings,
		"power the host off and on; then keep the device awake: echo 0 > "
		"/sys/bus/pci/devices/%s/d3cold_allowed; "
		"echo on > /sys/bus/pci/devices/%s/power/control",
		findings->about.subject, findings->about.subject);
}

static void slow_link(const struct pci_link *link, bool narrow, struct findings *findings)
{
	bool port_limits = (link->port_max_width && link->port_max_width < link->max_width) ||
			   (link->port_max_speed_mts && link->port_max_speed_mts < link->max_speed_mts);
	char port[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(link->port, port);
	finding_say(findings, CHECK_WARN, "x%u at %.1f GT/s of x%u at %.1f: %s", link->width, link->speed_mts / 1000.0,
		link->max_width, link->max_speed_mts / 1000.0,
		port_limits ? "the slot cannot do more" : "the slot could do more");
	finding_evidence(findings,
		"/sys/bus/pci/devices/%s: current_link_width %u of %u, speed %u of %u MT/s; its port %s: width %u, %u "
		"MT/s",
		findings->about.subject, link->width, link->max_width, link->speed_mts, link->max_speed_mts, port,
		link->port_max_width, link->port_max_speed_mts);
	if (port_limits)
		finding_fix(findings, "move the card to a slot that has x%u at %.1f GT/s; %s has x%u at %.1f",
			link->max_width, link->max_speed_mts / 1000.0, port, link->port_max_width,
			link->port_max_speed_mts / 1000.0);
	else
		finding_fix(findings, "%s; the firmware's set-up may also limit the slot of %s",
			narrow ? "seat the card anew, and clean its contacts"
			       : "check riser and cable, and look for errors: aer_dev_correctable",
			port);
}

static void check_link(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	struct pci_link link;

	/* A VF has its PF's link, and registers for one that say nothing (SR-IOV 1.1, 3.5.6 to 3.5.8). */
	if (device->is_vf)
		return;
	pci_link_read(&facts->host->root, device->addr, &link);
	if (!link.known)
		return;
	finding_evidence(findings, "/sys/bus/pci/devices/%s: current_link_width %u, current_link_speed %u MT/s",
		findings->about.subject, link.width, link.speed_mts);
	if (!link.degraded) {
		finding_say(
			findings, CHECK_OK, "x%u at %.1f GT/s, all that it can", link.width, link.speed_mts / 1000.0);
		return;
	}
	/* A display at rest, and any suspended device, runs its link slowly. */
	if (is_display(device) && link.width == link.max_width) {
		finding_say(findings, CHECK_OK, "x%u at %.1f GT/s, and faster when it works", link.width,
			link.speed_mts / 1000.0);
		return;
	}
	slow_link(&link, link.width < link.max_width, findings);
}

/* "TOTAL_ERR_FATAL 3" among the lines of an aer_dev_* file; -1 where there is none. */
static int64_t aer_total(const struct sysroot *root, const char *device, const char *file)
{
	char text[2048];
	const char *total;

	if (sysroot_read_text(root, text, sizeof(text), "sys/bus/pci/devices/%s/%s", device, file) <= 0)
		return -1;
	total = strstr(text, "TOTAL_ERR_");
	total = total ? strchr(total, ' ') : NULL;
	return total ? strtoll(total, NULL, 10) : -1;
}

static void check_pcie_errors(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct sysroot *root = &facts->host->root;
	int64_t fatal = aer_total(root, findings->about.subject, "aer_dev_fatal");
	int64_t nonfatal = fatal < 0 ? -1 : aer_total(root, findings->about.subject, "aer_dev_nonfatal");
	int64_t corrected;

	(void)device;
	if (fatal < 0 || nonfatal < 0 || (!facts->device_count && !fatal && !nonfatal))
		return;
	corrected = aer_total(root, findings->about.subject, "aer_dev_correctable");
	finding_evidence(findings,
		"/sys/bus/pci/devices/%s: aer_dev_fatal %lld, aer_dev_nonfatal %lld, "
		"aer_dev_correctable %lld",
		findings->about.subject, (long long)fatal, (long long)nonfatal, (long long)corrected);
	if (!fatal && !nonfatal) {
		finding_say(findings, CHECK_OK, "none that lost anything");
		return;
	}
	finding_say(findings, CHECK_WARN, "%lld fatal and %lld others since the host has booted", (long long)fatal,
		(long long)nonfatal);
	finding_fix(findings,
		"seat the card anew, try another slot or cable, update its firmware; dmesg | grep -A 4 -e 'AER:' -e "
		"'%s: PCIe "
		"Bus Error' names each error",
		findings->about.subject);
}

/* Displays ------------------------------------------------------------------------------------------------------- */

static void check_boot_display(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	const struct framebuffer *framebuffer = framebuffer_of(&facts->host->root, &facts->framebuffers, device);

	if (!framebuffer) {
		if (!is_display(device))
			return;
		finding_say(findings, CHECK_OK, "no framebuffer of the boot lies in its registers");
		finding_evidence(findings, "/proc/iomem has no BOOTFB, efifb or simplefb in its BARs");
		return;
	}
	finding_say(findings, CHECK_FAIL, "the boot's framebuffer lies in its registers");
	finding_evidence(findings, "/proc/iomem: %s, in a BAR of %s", framebuffer->line, findings->about.subject);
	finding_fix(findings, "choose another primary display in the firmware's set-up; or, before it is bound: echo "
			      "simple-framebuffer.0 > "
			      "/sys/bus/platform/drivers/simple-framebuffer/unbind (efi-framebuffer.0 with efifb)");
}

/* A process of that name (its first 15 characters are kept); its id, or 0. */
static unsigned int find_process(const struct sysroot *root, const char *name)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "proc");
	struct dirent *entry;
	uint64_t pid;

	while (dir && (entry = readdir(dir))) {
		char comm[32];

		if (!text_to_u64(entry->d_name, UINT32_MAX, &pid) &&
			sysroot_read_text(root, comm, sizeof(comm), "proc/%s/comm", entry->d_name) > 0 &&
			!strncmp(comm, name, 15))
			return (unsigned int)pid;
	}
	return 0;
}

/* Drivers whose removal waits, in the kernel, for as long as anybody uses them. */
static void check_driver_held(const struct facts *facts, const struct pci_device *device, struct findings *findings)
{
	static const struct {
		const char *driver, *process, *stop;
	} known[] = {
		{ "nvidia", "nvidia-persistenced", "systemctl stop nvidia-persistenced" },
		{ "nvidia", "nvidia-powerd", "systemctl stop nvidia-powerd" },
		{ "nvidia", "nv-hostengine", "systemctl stop nvidia-dcgm" },
	};
	const struct sysroot *root = &facts->host->root;
	bool asked = false;
	uint64_t users = 0;

	for (size_t i = 0; i < array_size(known); i++) {
		unsigned int pid;

		if (strcmp(known[i].driver, device->driver) != 0)
			continue;
		asked = true;
		pid = find_process(root, known[i].process);
		if (!pid)
			continue;
		finding_say(findings, CHECK_WARN, "%s keeps %s in use: taking the device away would hang",
			known[i].process, device->driver);
		finding_evidence(findings, "/proc/%u/comm: %.15s", pid, known[i].process);
		finding_fix(findings, "%s, and end what shows a picture on it, before it is bound", known[i].stop);
		return;
	}
	if (!asked)
		return;
	sysroot_read_u64(root, &users, "sys/module/%s/refcnt", device->driver);
	finding_evidence(findings, "/sys/module/%s/refcnt: %llu", device->driver, (unsigned long long)users);
	finding_say(findings, CHECK_OK, "no service that keeps it is running");
}

const struct check link_checks[] = {
	{ CODE_DEV_POWER, SECTION_DEVICE, SCOPE_DEVICE, "Power", "a device that does not wake up cannot be reset",
		check_power },
	{ CODE_LINK_SLOW, SECTION_DEVICE, SCOPE_DEVICE, "Link",
		"a narrow or slow link bounds what the device can carry", check_link },
	{ CODE_BOOT_DISPLAY, SECTION_DEVICE, SCOPE_DEVICE, "Boot display",
		"vfio-pci cannot have a BAR that the boot's framebuffer lies in", check_boot_display },
	{ CODE_DRIVER_HELD, SECTION_DEVICE, SCOPE_DEVICE, "Driver lets go", "taking a driver away that is in use hangs",
		check_driver_held },
	{ CODE_PCIE_ERRORS, SECTION_DEVICE, SCOPE_ANY, "PCI Express errors",
		"errors on the link lose data, and fatal ones the device", check_pcie_errors },
	{ .run = NULL },
};
