// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's log: dev/kmsg as a file of its records, and what the journal has of earlier boots as
 * capture/previous_kernel_logs (kernel_log.h). Only the kernel's own records. With names replaced, only those that
 * speak of devices, IOMMUs, interrupts and virtualization: the rest tells of users' files, programs and networks.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "capture/walk.h"
#include "distro/kernel_log.h"

enum {
	RECORD_SIZE = 8192,
	RECORDS_MAX = 200000,
	FACILITY_SHIFT = 3,
	PREVIOUS_BOOTS = 3, /* as many as the doctor asks for */
};

#define LOG_MAX (UINT64_C(16) << 20)

/* What a message has that is kept, besides those with a PCI address. */
static const char *const subjects[] = { "DMAR", "AMD-Vi", "IOMMU", "iommu", "vfio", "VFIO", "kvm", "KVM", "SVM", "VMX",
	"pci", "PCI", "MSI", "SR-IOV", "BIOS", "bios", "Firmware Bug", "x2apic", "APIC", "ACPI: ", "lockdown",
	"emapping", "SWIOTLB", "EDAC", "Hardware Error", "AER", "microcode", "nvme", "Linux version", "irq", "IRQ",
	"vector", "FLR", "D3cold", "D3hot", "usage count", "callbacks suppressed", "probe", "fault addr", "hugepage",
	"HugeTLB" };

/* And which of those is not: what has the command line, or a user's doing, in it. */
static const char *const private[] = { "ommand line", "audit", " IN=", " OUT=", "comm=", "name=", "path=", "systemd",
	"segfault", "traps:", "usb ", "SerialNumber", "Bluetooth", "wlan", "cfg80211", "CIFS", "NFS", "nfs", "oom",
	"Killed process" };

static bool has_one(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(text, list[i]))
			return true;
	return false;
}

static bool is_kept(const struct capture *capture, const char *text)
{
	struct pci_addr addr;

	if (!capture->redact)
		return true;
	if (has_one(text, private, array_size(private)))
		return false;
	return has_one(text, subjects, array_size(subjects)) || kernel_message_device(text, &addr);
}

struct log {
	struct capture *capture;
	FILE *out;
	uint64_t records;
	bool keeps; /* the last record; its properties follow it */
	int boot;
};

static bool is_full(const struct log *log)
{
	return log->records >= RECORDS_MAX || (uint64_t)ftell(log->out) >= LOG_MAX;
}

/*
 * "6,339,5140900,-;NET: Registered", or a property of the record before. The first one always stays, if only its head:
 * its number says how many there were before it.
 */
static void take_line(struct log *log, const char *line)
{
	const char *text = strchr(line, ';');
	unsigned long priority;
	bool first = !log->records;

	if (line[0] == ' ') {
		if (log->keeps) {
			redact_write(log->capture->redact, REDACT_RUNNING, line, strlen(line), log->out);
			fputc('\n', log->out);
		}
		return;
	}
	log->keeps = false;
	if (!text || sscanf(line, "%lu,", &priority) != 1)
		return;
	text++;
	log->keeps = !(priority >> FACILITY_SHIFT) && is_kept(log->capture, text);
	if (!log->keeps && !first)
		return;
	log->records++;
	fprintf(log->out, "%.*s", (int)(text - line), line);
	if (log->keeps)
		redact_write(log->capture->redact, REDACT_RUNNING, text, strlen(text), log->out);
	fputc('\n', log->out);
}

static void take_device(struct log *log, int fd)
{
	char record[RECORD_SIZE + 1];

	for (int i = 0; i < RECORDS_MAX && !is_full(log); i++) {
		ssize_t length = read(fd, record, RECORD_SIZE);
		char *rest = record, *line;

		if (length < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (length <= 0)
			return;
		record[length] = '\0';
		while ((line = strsep(&rest, "\n")))
			if (*line)
				take_line(log, line);
	}
}

static void take_file(struct log *log, int fd)
{
	cleanup_file FILE *file = fdopen(dup(fd), "r");
	char line[RECORD_SIZE];

	while (file && !is_full(log) && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		take_line(log, line);
	}
}

static void take_kmsg(struct log *log)
{
	struct capture *capture = log->capture;
	cleanup_close int fd = sysroot_open_file(capture->root, O_RDONLY | O_NONBLOCK, "dev/kmsg");
	struct stat info;

	if (fd == -EACCES || fd == -EPERM)
		capture_denied(capture, "dev/kmsg", "dev/kmsg");
	if (fd < 0 || fstat(fd, &info))
		return;
	if (S_ISCHR(info.st_mode) && !capture->root->captured)
		take_device(log, fd);
	else if (S_ISREG(info.st_mode))
		take_file(log, fd);
}

/* A boot of which nothing is kept is still one. */
static bool take_previous(const struct kernel_message *message, void *context)
{
	struct log *log = context;
	bool keeps = is_kept(log->capture, message->text);

	if (!keeps && message->boot == log->boot)
		return true;
	log->boot = message->boot;
	log->records++;
	fprintf(log->out, "%d\t%" PRIu64 "\t", message->boot, message->seconds);
	if (keeps)
		redact_write(
			log->capture->redact, REDACT_RUNNING, message->text, strcspn(message->text, "\n"), log->out);
	fputc('\n', log->out);
	return !is_full(log);
}

/* fill writes to log.out; what it wrote is the member, if it was there. */
static void write_log(struct capture *capture, const char *member, bool (*fill)(struct log *log))
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	struct log log = { .capture = capture, .out = open_memstream(&text, &size) };
	bool there;

	if (!log.out) {
		capture->ret = fail(capture->err, ENOMEM, "capture %s", member);
		return;
	}
	there = fill(&log);
	if (is_full(&log))
		capture_note(&capture->report.left_out, member, "its end: it is larger than what is taken of it");
	if (fclose(log.out))
		capture->ret = fail(capture->err, ENOMEM, "capture %s", member);
	else if (there)
		capture_file(capture, member, text, size);
}

static bool fill_kmsg(struct log *log)
{
	take_kmsg(log);
	return ftell(log->out) > 0;
}

static bool fill_previous(struct log *log)
{
	return kernel_log_each_previous(log->capture->root, PREVIOUS_BOOTS, take_previous, log) >= 0;
}

void capture_logs(struct capture *capture)
{
	write_log(capture, "dev/kmsg", fill_kmsg);
	write_log(capture, "capture/previous_kernel_logs", fill_previous);
}
