// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * distro/kernel_log.c on captured logs: only the kernel's own words, earlier boots in bounds, addresses out of
 * messages.
 */
#include "distro/kernel_log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "distro/kernel_explain.h"
#include "tests/unit/temp_tree.h"

static bool gather(const struct kernel_message *message, void *context)
{
	char *all = context;
	size_t used = strlen(all);

	snprintf(all + used, 512 - used, "%d@%llu:%s;", message->boot, (unsigned long long)message->seconds,
		message->text);
	return strcmp(message->text, "stop") != 0;
}

static void this_boot(void **state)
{
	struct temp_tree tree;
	char all[512] = "";

	(void)state;
	temp_tree_init(&tree);
	tree.root.captured = true;
	assert_int_equal(kernel_log_each(&tree.root, gather, all), -ENOENT);
	temp_tree_file(&tree, "dev/kmsg",
		"6,1,2500000,-;one; two\n SUBSYSTEM=pci\n DEVICE=+pci:0000:01:00.0\n"
		"12,2,3000000,-;user space says so\n30,3,1,-;a daemon\nnonsense\n;\n7,x,y,-;no\n"
		"4,5,4000000,c;three\n3,6,5000000,-;stop\n3,7,6000000,-;never heard\n");
	assert_int_equal(kernel_log_each(&tree.root, gather, all), 0);
	assert_string_equal(all, "0@2:one; two;0@4:three;0@5:stop;");
	temp_tree_done(&tree);
}

static void earlier_boots(void **state)
{
	struct temp_tree tree;
	char all[512] = "";

	(void)state;
	temp_tree_init(&tree);
	tree.root.captured = true;
	assert_int_equal(kernel_log_each_previous(&tree.root, 2, gather, all), -ENOENT);
	temp_tree_file(&tree, "capture/previous_kernel_logs",
		"-3\t1\ttoo old\n-2\t7\tlong ago\n-1\t9\tlately\twith a tab\n0\t1\tnow\n5\t1\tlater\nx\n-1\n-1\t3\n");
	assert_int_equal(kernel_log_each_previous(&tree.root, 2, gather, all), 2);
	assert_string_equal(all, "-2@7:long ago;-1@9:lately\twith a tab;");
	temp_tree_done(&tree);
}

/* What was tried failed: the message that says why counts, of this device, with what to do about it. */
static void a_failure_is_explained(void **state)
{
	const struct pci_addr vf = { .bus = 1, .device = 0x10 }, other = { .bus = 2 };
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	const struct message_cause *cause;
	struct temp_tree tree;
	char fix[256] = "";

	(void)state;
	temp_tree_init(&tree);
	tree.root.captured = true;
	temp_tree_file(&tree, "dev/kmsg",
		"4,1,1,-;vfio-pci: probe of 0000:01:10.0 failed with error -22\n"
		"12,2,2,-;vfio-pci 0000:01:10.0: Cannot bind to PF with SR-IOV enabled\n"
		"4,3,3,-;vfio-pci 0000:01:10.0: 8086:37c9 exists in vfio-pci device denylist, driver probing "
		"disallowed.\n"
		"4,4,4,-;igb 0000:02:00.0: 7 VFs already enabled. Disable before enabling 2 VFs\n");
	assert_int_equal(kmsg_open(&kmsg, &tree.root, false), 0);
	cause = kernel_explain(&kmsg, vf, fix, sizeof(fix));
	assert_non_null(cause);
	assert_int_equal(cause->code, CODE_VFIO_REFUSED);
	assert_non_null(strstr(cause->means, "denylist"));
	assert_non_null(strstr(fix, "disable_denylist=1"));
	assert_null(kernel_explain(&kmsg, vf, fix, sizeof(fix)));
	kmsg_close(&kmsg);
	assert_int_equal(kmsg_open(&kmsg, &tree.root, false), 0);
	assert_non_null(kernel_explain(&kmsg, other, fix, sizeof(fix)));
	assert_string_equal(fix, "sluice vf destroy 0000:02:00.0 first");
	temp_tree_done(&tree);
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *address; /* NULL: none */
	} cases[] = {
		{ "vfio-pci 0000:01:00.0: BAR 0: can't reserve", "0000:01:00.0" },
		{ "DMAR: [DMA Read NO_PASID] Request device [03:00.1] fault addr 0x0", "0000:03:00.1" },
		{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:02:1f.7 domain=0x1", "0000:02:1f.7" },
		{ "pci 10000:e1:00.0: x", "10000:e1:00.0" },
		{ "probe of 0000:03:00.0 failed with error -22", "0000:03:00.0" },
		{ "mem 0x00:01:00.0x", NULL },
		{ "at 12:34:56.7890", NULL },
		{ "02:00:00:00:00:01 is a MAC", NULL },
		{ "", NULL },
		{ ":::...", NULL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		char text[PCI_ADDR_TEXT_SIZE];
		struct pci_addr addr;
		bool found = kernel_message_device(cases[i].text, &addr);

		if (found != (cases[i].address != NULL))
			print_message("%s\n", cases[i].text);
		assert_int_equal(found, cases[i].address != NULL);
		if (found)
			assert_string_equal(pci_addr_text(addr, text), cases[i].address);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_boot),
		cmocka_unit_test(earlier_boots),
		cmocka_unit_test(a_failure_is_explained),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
