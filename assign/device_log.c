// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's log about devices that may be given away; see device_log.h. */
#include "assign/device_log.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/kernel_log.h"

enum {
	EVENT_MAX = 1024,
	NAME_MAX_COUNT = 256,
};

/* A controller of the nvme driver, which speaks by this name once it has said which function it is. */
struct known_name {
	char name[16];
	struct pci_addr device;
};

struct reader {
	struct device_log *log;
	struct known_name *name;
	size_t name_count;
};

/* The kernel's own forms (drivers/pci/pci.c pci_dev_wait(); drivers/nvme/host/core.c nvme_wait_ready()). */
static const struct {
	const char *pattern;
	enum device_trouble trouble;
} troubles[] = {
	{ "*: not ready *ms after *; giving up", TROUBLE_RESET },
	{ "*: Failed to return from FLR", TROUBLE_RESET }, /* before 4.17 */
	{ "*: Timeout waiting for NVMe ready status to clear after disable", TROUBLE_RESET },
	{ "*: ACPI _RST failed", TROUBLE_RESET },
	{ "nvme *: Device not ready; aborting *", TROUBLE_NOT_READY },
};

static void forget(struct device_log *log, struct pci_addr device)
{
	size_t kept = 0;

	for (size_t i = 0; i < log->count; i++)
		if (pci_addr_compare(log->event[i].device, device))
			log->event[kept++] = log->event[i];
	log->count = kept;
}

static void note(struct device_log *log, struct pci_addr device, enum device_trouble trouble, const char *text)
{
	if (device_log_find(log, device, trouble) || log->count == EVENT_MAX)
		return;
	log->event[log->count].device = device;
	log->event[log->count].trouble = trouble;
	text_copy(log->event[log->count++].message, sizeof(log->event[0].message), text);
}

/* "nvme nvme2: pci function 0000:01:00.1" */
static bool learn_name(struct reader *reader, const char *text)
{
	static const char says[] = ": pci function ";
	const char *colon = strstr(text, says);
	struct known_name known = { .name = "" };

	if (!text_starts_with(text, "nvme nvme") || !colon || pci_addr_parse(colon + strlen(says), &known.device) < 0 ||
		(size_t)(colon - text - 5) >= sizeof(known.name))
		return false;
	memcpy(known.name, text + 5, (size_t)(colon - text - 5));
	forget(reader->log, known.device);
	for (size_t i = 0; i < reader->name_count; i++)
		if (!strcmp(reader->name[i].name, known.name)) {
			reader->name[i] = known;
			return true;
		}
	if (reader->name_count < NAME_MAX_COUNT)
		reader->name[reader->name_count++] = known;
	return true;
}

static bool find_device(const struct reader *reader, const char *text, struct pci_addr *ret_device)
{
	const char *name = text + strlen("nvme ");

	if (kernel_message_device(text, ret_device))
		return true;
	for (size_t i = 0; text_starts_with(text, "nvme ") && i < reader->name_count; i++) {
		size_t length = strlen(reader->name[i].name);

		if (!strncmp(name, reader->name[i].name, length) && name[length] == ':') {
			*ret_device = reader->name[i].device;
			return true;
		}
	}
	return false;
}

static bool read_message(const struct kernel_message *message, void *context)
{
	struct reader *reader = context;
	struct pci_addr device;

	if (learn_name(reader, message->text) || !find_device(reader, message->text, &device))
		return true;
	/* "pci 0000:01:00.0: [10de:2331] type 00 class 0x030200": it was found, again after a rescan. */
	if (!fnmatch("pci *: \\[*:*\\] type *", message->text, 0))
		forget(reader->log, device);
	for (size_t i = 0; i < array_size(troubles); i++)
		if (!fnmatch(troubles[i].pattern, message->text, 0))
			note(reader->log, device, troubles[i].trouble, message->text);
	return true;
}

void device_log_read(const struct sysroot *root, struct device_log *ret_log)
{
	struct reader reader = { .log = ret_log };

	*ret_log = (struct device_log){ 0 };
	ret_log->event = calloc(EVENT_MAX, sizeof(*ret_log->event));
	reader.name = calloc(NAME_MAX_COUNT, sizeof(*reader.name));
	if (ret_log->event && reader.name)
		kernel_log_each(root, read_message, &reader);
	free(reader.name);
}

void device_log_done(struct device_log *log)
{
	if (!log)
		return;
	free(log->event);
	*log = (struct device_log){ 0 };
}

const struct device_event *device_log_find(
	const struct device_log *log, struct pci_addr device, enum device_trouble trouble)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->event[i].trouble == trouble && !pci_addr_compare(log->event[i].device, device))
			return &log->event[i];
	return NULL;
}
