// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor on a device's link, power and errors (sysfs, Documentation/ABI/testing/sysfs-bus-pci*), and on what holds a display. */
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

void check_power(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;
	char state[16] = "", runtime[16] = "", d3cold[8] = "";

	(void)device;
	sysroot_read_text(root, state, sizeof(state), "sys/bus/pci/devices/%s/power_state", result->subject);
	sysroot_read_text(
		root, runtime, sizeof(runtime), "sys/bus/pci/devices/%s/power/runtime_status", result->subject);
	sysroot_read_text(root, d3cold, sizeof(d3cold), "sys/bus/pci/devices/%s/d3cold_allowed", result->subject);
	if (!state[0] && !runtime[0])
		return;
	/* VFs have no power state of their own. */
	if (!strcmp(state, "unknown"))
		text_copy(state, sizeof(state), runtime);
	check_evidence(result, "/sys/bus/pci/devices/%s: power_state %s, power/runtime_status %s, d3cold_allowed %s",
		result->subject, state[0] ? state : "unknown", runtime[0] ? runtime : "unknown",
		d3cold[0] ? d3cold : "unknown");
	if (strcmp(runtime, "error") != 0 && strcmp(state, "error") != 0) {
		check_say(result, CHECK_OK, "%s%s", state[0] ? state : runtime,
			!strcmp(d3cold, "1") ? ", may go to D3cold when idle" : "");
		return;
	}
	check_say(result, CHECK_FAIL, "it does not change its power state");
	check_fix(result,
		"power the host off and on; then keep the device awake: echo 0 > "
		"/sys/bus/pci/devices/%s/d3cold_allowed; "
		"echo on > /sys/bus/pci/devices/%s/power/control",
		result->subject, result->subject);
}

static void slow_link(const struct pci_link *link, bool narrow, struct check_result *result)
{
	bool port_limits = (link->port_max_width && link->port_max_width < link->max_width) ||
			   (link->port_max_speed_mts && link->port_max_speed_mts < link->max_speed_mts);
	char port[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(link->port, port);
	check_say(result, CHECK_WARN, "x%u at %.1f GT/s of x%u at %.1f: %s", link->width, link->speed_mts / 1000.0,
		link->max_width, link->max_speed_mts / 1000.0,
		port_limits ? "the slot cannot do more" : "the slot could do more");
	check_evidence(result,
		"/sys/bus/pci/devices/%s: current_link_width %u of %u, speed %u of %u MT/s; its port %s: width %u, %u "
		"MT/s",
		result->subject, link->width, link->max_width, link->speed_mts, link->max_speed_mts, port,
		link->port_max_width, link->port_max_speed_mts);
	if (port_limits)
		check_fix(result, "move the card to a slot that has x%u at %.1f GT/s; %s has x%u at %.1f",
			link->max_width, link->max_speed_mts / 1000.0, port, link->port_max_width,
			link->port_max_speed_mts / 1000.0);
	else
		check_fix(result, "%s; the firmware's set-up may also limit the slot of %s",
			narrow ? "seat the card anew, and clean its contacts"
			       : "check riser and cable, and look for errors: aer_dev_correctable",
			port);
}

void check_link(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	struct pci_link link;

	pci_link_read(&doctor->host->root, device->addr, &link);
	if (!link.known)
		return;
	check_evidence(result, "/sys/bus/pci/devices/%s: current_link_width %u, current_link_speed %u MT/s",
		result->subject, link.width, link.speed_mts);
	if (!link.degraded) {
		check_say(result, CHECK_OK, "x%u at %.1f GT/s, all that it can", link.width, link.speed_mts / 1000.0);
		return;
	}
	/* A display at rest, and any suspended device, runs its link slowly. */
	if (is_display(device) && link.width == link.max_width) {
		check_say(result, CHECK_OK, "x%u at %.1f GT/s, and faster when it works", link.width,
			link.speed_mts / 1000.0);
		return;
	}
	slow_link(&link, link.width < link.max_width, result);
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

void check_pcie_errors(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	const struct sysroot *root = &doctor->host->root;
	int64_t fatal = aer_total(root, result->subject, "aer_dev_fatal");
	int64_t nonfatal = aer_total(root, result->subject, "aer_dev_nonfatal");
	int64_t corrected = aer_total(root, result->subject, "aer_dev_correctable");

	(void)device;
	if (fatal < 0 || nonfatal < 0 || (!doctor->named && !fatal && !nonfatal))
		return;
	check_evidence(result,
		"/sys/bus/pci/devices/%s: aer_dev_fatal %lld, aer_dev_nonfatal %lld, "
		"aer_dev_correctable %lld",
		result->subject, (long long)fatal, (long long)nonfatal, (long long)corrected);
	if (!fatal && !nonfatal) {
		check_say(result, CHECK_OK, "none that lost anything");
		return;
	}
	check_say(result, CHECK_WARN, "%lld fatal and %lld others since the host has booted", (long long)fatal,
		(long long)nonfatal);
	check_fix(
		result, "dmesg says which (AER:); seat the card anew, try another slot or cable, update its firmware");
}

/* Displays ------------------------------------------------------------------------------------------------------- */

static bool is_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "vesafb", "simplefb", "simpledrm",
		"simple-framebuffer" };

	for (size_t i = 0; i < array_size(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool lies_in_bar(const struct sysroot *root, const struct pci_device *device, uint64_t start, uint64_t end)
{
	struct pci_bar bars[PCI_BAR_MAX];
	size_t count = pci_bars_read(root, device->addr, bars);

	for (size_t i = 0; i < count; i++)
		if (!bars[i].is_io && bars[i].address && start <= bars[i].address + bars[i].size - 1 &&
			end >= bars[i].address)
			return true;
	return false;
}

/*
 * A framebuffer of the boot in one of the device's BARs, from proc/iomem: its line, or false. Without privilege addresses
 * are zero; then the line that it is nested below counts.
 */
static bool find_framebuffer(const struct sysroot *root, const struct pci_device *device, char *buf, size_t size)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/iomem");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256], own[PCI_ADDR_TEXT_SIZE];
	int below = -1; /* indentation of the device's own line, while inside it */

	if (!file)
		return false;
	take_fd(&fd);
	pci_addr_text(device->addr, own);
	while (fgets(line, sizeof(line), file)) {
		int indent = (int)strspn(line, " ");
		char *name = strstr(line, " : ");
		unsigned long long start, end;

		if (!name || sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		name = text_chomp(name + strlen(" : "));
		if (below >= 0 && indent <= below)
			below = -1;
		if (!strcmp(name, own))
			below = indent;
		if (!is_framebuffer(name) || !(end ? lies_in_bar(root, device, start, end) : below >= 0))
			continue;
		text_copy(buf, size, line + indent);
		return true;
	}
	return false;
}

void check_boot_display(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	char line[128];

	if (!find_framebuffer(&doctor->host->root, device, line, sizeof(line))) {
		if (!is_display(device))
			return;
		check_say(result, CHECK_OK, "no framebuffer of the boot lies in its registers");
		check_evidence(result, "/proc/iomem has no BOOTFB, efifb or simplefb in its BARs");
		return;
	}
	check_say(result, CHECK_FAIL, "the boot's framebuffer lies in its registers");
	check_evidence(result, "/proc/iomem: %s, in a BAR of %s", line, result->subject);
	check_fix(result, "choose another primary display in the firmware's set-up; or, before it is bound: echo "
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
void check_driver_held(const struct doctor *doctor, const struct pci_device *device, struct check_result *result)
{
	static const struct {
		const char *driver, *process, *stop;
	} known[] = {
		{ "nvidia", "nvidia-persistenced", "systemctl stop nvidia-persistenced" },
		{ "nvidia", "nvidia-powerd", "systemctl stop nvidia-powerd" },
		{ "nvidia", "nv-hostengine", "systemctl stop nvidia-dcgm" },
	};
	const struct sysroot *root = &doctor->host->root;
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
		check_say(result, CHECK_WARN, "%s keeps %s in use: taking the device away would hang", known[i].process,
			device->driver);
		check_evidence(result, "/proc/%u/comm: %.15s", pid, known[i].process);
		check_fix(result, "%s, and end what shows a picture on it, before it is bound", known[i].stop);
		return;
	}
	if (!asked)
		return;
	sysroot_read_u64(root, &users, "sys/module/%s/refcnt", device->driver);
	check_evidence(result, "/sys/module/%s/refcnt: %llu", device->driver, (unsigned long long)users);
	check_say(result, CHECK_OK, "no service that keeps it is running");
}
