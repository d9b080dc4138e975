// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Telling what a failed change has left; see left.h. The driver is read from its link alone: driver_override would wait
 * for a stuck driver.
 */
#include "assign/left.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "assign/lease.h"
#include "base/text.h"

static void append(char *buf, size_t size, const char *between, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* An item that does not fit is cut with "...". */
static void append(char *buf, size_t size, const char *between, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;
	int more;

	if (used)
		used += (size_t)snprintf(buf + used, size - used, "%s", between);
	if (used >= size)
		return;
	va_start(args, fmt);
	more = vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
	if (more >= 0 && (size_t)more >= size - used)
		memcpy(buf + size - 4, "...", 4);
}

void left_remaining(struct left *left, const struct change *change, struct pci_addr addr)
{
	const struct sysroot *root = &change_host(change)->root;
	char name[PCI_ADDR_TEXT_SIZE], driver[DRIVER_NAME_MAX];
	struct lease lease = { 0 };
	bool leased = lease_read(root, addr, &lease, NULL) == 1;
	const char *had = lease.before.driver[0] ? lease.before.driver : "none";

	pci_addr_text(addr, name);
	if (sysroot_read_link_name(root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver", name) < 0)
		text_copy(driver, sizeof(driver), "no driver");
	append(left->text, sizeof(left->text), "; ", "%s has %s%s%s%s%s", name, driver, leased ? " (it had " : "",
		leased ? had : "", leased ? ")" : "", leased ? ", its lease is kept" : ", and no lease");
	append(left->names, sizeof(left->names), " ", "%s", name);
	left->remaining++;
}

void left_back(struct left *left, struct pci_addr addr)
{
	char name[PCI_ADDR_TEXT_SIZE];

	append(left->back_text, sizeof(left->back_text), ", ", "%s", pci_addr_text(addr, name));
	left->back++;
}

void left_done(struct left *left, struct pci_addr addr)
{
	char name[PCI_ADDR_TEXT_SIZE];

	append(left->done_text, sizeof(left->done_text), ", ", "%s", pci_addr_text(addr, name));
	left->done++;
}

/* The cause keeps its words; its code is told when another one takes its place. */
static void set_code(struct error *err, enum code code)
{
	if (err->code != code && err->code != CODE_FAILED)
		append(err->msg, sizeof(err->msg), " ", "(%s)", code_info(err->code)->name);
	err->code = code;
}

int left_judge(const struct left *left, struct error *err)
{
	enum exit_status status = code_info(err->code)->status;

	if (left->back)
		append(err->msg, sizeof(err->msg), "; ", "undone: %s %s as before", left->back_text,
			left->back == 1 ? "is" : "are");
	if (left->done)
		append(err->msg, sizeof(err->msg), "; ", "done, and not undone: %s", left->done_text);
	if (left->remaining)
		append(err->msg, sizeof(err->msg), "; ", "left: %s", left->text);
	if ((left->remaining || left->done) && status != STATUS_HALF_DONE)
		set_code(err, CODE_HALF_DONE);
	else if (left->back && status != STATUS_ROLLED_BACK && status != STATUS_HALF_DONE)
		set_code(err, CODE_ROLLED_BACK);
	if (left->remaining)
		fail_hint(err,
			"'sluice release %s' tries again to give back what it had; `dmesg | grep 'failed with error'` "
			"shows what its driver said when it did not take it",
			left->names);
	return -err->errnum;
}
