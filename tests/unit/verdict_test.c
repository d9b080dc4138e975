// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * assign/verdict.c, blocker_rule.c, remedy*.c: what stands against a device, whom it stops, and remedies that would
 * help on this host.
 */
#include "assign/verdict.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "assign/denylist.h"
#include "assign/remedy.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/nvme_vf.h"
#include "tests/unit/fake_sysfs.h"

#define DEVICE "0000:01:00.0"
#define OTHER "0000:01:00.1"

struct fixture {
	struct fake_sysfs *fake;
	struct host host;
	struct judge judge;
	struct verdict verdict;
};

static const struct fake_device card = { DEVICE, 0x10de, 0x1f82, 0x030000, "nouveau", 7, 0 };

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->fake = fake_sysfs_new(true);
	*state = f;
	return 0;
}

static void forget(struct fixture *f)
{
	verdict_done(&f->verdict);
	judge_close(&f->judge);
	pci_inventory_done(&f->host.pci);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	forget(f);
	fake_sysfs_free(f->fake);
	free(f);
	return 0;
}

/*
 * Configuration space of a function that answers: command 0x0006, a capability list that begins and ends with this one.
 */
static void answer(struct fixture *f, const char *address, uint8_t capability)
{
	unsigned char config[256] = { [0x04] = 6, [0x06] = 0x10, [0x34] = 0x40, [0x40] = capability };
	char path[128];
	FILE *file;

	fake_file(f->fake, "", "sys/bus/pci/devices/%s/config", address);
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", f->fake->dir, address);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(config, 1, sizeof(config), file), sizeof(config));
	fclose(file);
}

/* The verdict on a device of the tree as it is now. */
static const struct verdict *judge(struct fixture *f, const char *address)
{
	struct pci_addr addr;
	struct error err;

	forget(f);
	f->host = (struct host){
		.root = f->fake->root,
		.pci = fake_inventory(f->fake),
		.iommu = { .unit_count = 1, .translating = true, .interrupt_remapping = IOMMU_YES },
	};
	assert_int_equal(pci_addr_parse(address, &addr), 0);
	assert_int_equal(judge_open(&f->judge, &f->host, JUDGE_THOROUGHLY, NULL, 0, &err), 0);
	assert_int_equal(verdict_read(&f->judge, pci_inventory_find(&f->host.pci, addr), &f->verdict, &err), 0);
	return &f->verdict;
}

static void expect_answers(const struct verdict *verdict, enum verdict_answer run, enum verdict_answer vmm)
{
	for (size_t i = 0; i < verdict->blocker_count; i++)
		if (verdict_answer(verdict, VERDICT_RUN) != run || verdict_answer(verdict, VERDICT_VMM) != vmm)
			print_message("%s: %s\n", code_info(verdict->blocker[i].code)->name, verdict->blocker[i].text);
	assert_int_equal(verdict_answer(verdict, VERDICT_RUN), run);
	assert_int_equal(verdict_answer(verdict, VERDICT_VMM), vmm);
}

static const char *remedy_for(struct fixture *f, enum code code, char buf[static 512])
{
	const struct blocker *blocker = verdict_find(&f->verdict, code);

	assert_non_null(blocker);
	return remedies_text(&f->judge, &f->verdict, blocker, buf, 512);
}

/* MSI-X, MSI, neither: a guest gets whatever interrupts there are. */
static void a_device_needs_no_msix(void **state)
{
	static const uint8_t capabilities[] = { 0x11, 0x05, 0x09 };
	struct fixture *f = *state;

	fake_pci(f->fake, &card);
	for (size_t i = 0; i < array_size(capabilities); i++) {
		answer(f, DEVICE, capabilities[i]);
		expect_answers(judge(f, DEVICE), VERDICT_YES, VERDICT_YES);
	}
}

static void ones_are_no_answer(void **state)
{
	struct fixture *f = *state;
	char text[512];
	char ones[65];

	fake_pci(f->fake, &card);
	memset(ones, 0xff, 64);
	ones[64] = '\0';
	fake_file(f->fake, ones, "sys/bus/pci/devices/" DEVICE "/config");
	fake_file(f->fake, "D3cold\n", "sys/bus/pci/devices/" DEVICE "/power_state");
	expect_answers(judge(f, DEVICE), VERDICT_NO, VERDICT_NO);
	assert_int_equal(verdict_answer(&f->verdict, VERDICT_TAKE), VERDICT_NO);
	assert_non_null(strstr(verdict_find(&f->verdict, CODE_DEV_LOST)->text, "D3cold"));
	/* A rescan finds nothing that is still listed. */
	assert_non_null(strstr(remedy_for(f, CODE_DEV_LOST, text), "/" DEVICE "/remove; echo 1 > /sys/bus/pci/rescan"));
}

static void the_denylist(void **state)
{
	struct fixture *f = *state;
	static const struct fake_device qat = { DEVICE, 0x8086, 0x37c9, 0x0b4000, NULL, 7, 0 };
	static const struct fake_device bound = { OTHER, 0x8086, 0x37c9, 0x0b4000, "vfio-pci", 8, 0 };
	static const struct fake_device newer = { "0000:02:00.0", 0x8086, 0x4941, 0x0b4000, NULL, 9, 0 };

	fake_pci(f->fake, &qat);
	fake_pci(f->fake, &bound);
	fake_pci(f->fake, &newer);
	fake_file(f->fake, "6.12.0\n", "proc/sys/kernel/osrelease");
	expect_answers(judge(f, DEVICE), VERDICT_NO, VERDICT_NO);
	assert_int_equal(verdict_answer(&f->verdict, VERDICT_BIND), VERDICT_NO);
	assert_int_equal(verdict_answer(&f->verdict, VERDICT_TAKE), VERDICT_YES);
	/* vfio-pci has taken it all the same; 4xxx is not on the list. */
	assert_null(verdict_find(judge(f, OTHER), CODE_VFIO_DENYLIST));
	assert_null(verdict_find(judge(f, "0000:02:00.0"), CODE_VFIO_DENYLIST));
	/* Switched off by the option, loaded or to be loaded; a kernel from before the list. */
	fake_file(f->fake, "Y\n", "sys/module/vfio_pci/parameters/disable_denylist");
	assert_null(verdict_find(judge(f, DEVICE), CODE_VFIO_DENYLIST));
	fake_file(f->fake, "N\n", "sys/module/vfio_pci/parameters/disable_denylist");
	assert_non_null(verdict_find(judge(f, DEVICE), CODE_VFIO_DENYLIST));
	assert_int_equal(unlinkat(f->fake->root.fd, "sys/module/vfio_pci/parameters/disable_denylist", 0), 0);
	fake_file(f->fake, "options vfio-pci disable_denylist=1\n", "etc/modprobe.d/vfio.conf");
	assert_null(verdict_find(judge(f, DEVICE), CODE_VFIO_DENYLIST));
	assert_int_equal(unlinkat(f->fake->root.fd, "etc/modprobe.d/vfio.conf", 0), 0);
	fake_file(f->fake, "5.8.0\n", "proc/sys/kernel/osrelease");
	assert_null(verdict_find(judge(f, DEVICE), CODE_VFIO_DENYLIST));
}

/*
 * The other function can go too, and is named; one that the host needs is not offered; the message is about the device
 * asked for.
 */
static void the_rest_of_a_group(void **state)
{
	struct fixture *f = *state;
	static const struct fake_device sound = { OTHER, 0x10de, 0x10fa, 0x040300, "snd_hda_intel", 7, 0 };
	struct remedy remedy[REMEDY_MAX];
	struct error err = { 0 };
	char text[512];

	fake_pci(f->fake, &card);
	fake_pci(f->fake, &sound);
	answer(f, DEVICE, 0x11);
	expect_answers(judge(f, OTHER), VERDICT_NO, VERDICT_NO);
	assert_string_equal(f->verdict.foreign->driver, "nouveau");
	expect_answers(judge(f, DEVICE), VERDICT_NO, VERDICT_NO);
	assert_true(verdict_check(&f->judge, &f->verdict, VERDICT_RUN, NULL, 0, &err) < 0);
	assert_int_equal(err.code, CODE_GROUP_NOT_VIABLE);
	assert_true(text_starts_with(err.msg, DEVICE " "));
	assert_non_null(strstr(err.msg, OTHER " (driver snd_hda_intel)"));
	assert_int_equal(remedies_find(&f->judge, &f->verdict, verdict_find(&f->verdict, CODE_GROUP_NOT_VIABLE), remedy,
				 REMEDY_MAX),
		1);
	assert_string_equal(remedy[0].command, "sluice bind " OTHER);
	assert_int_equal(remedy[0].target_count, 1);
	/* Binding is not stopped: all of a group are bound one after the other. */
	assert_int_equal(verdict_answer(&f->verdict, VERDICT_BIND), VERDICT_YES);
	fake_child(f->fake, OTHER, "net", "eth0");
	fake_file(f->fake, "eth0 10.0.2.15/24\n", "capture/addresses");
	judge(f, DEVICE);
	assert_null(strstr(remedy_for(f, CODE_GROUP_NOT_VIABLE, text), "sluice bind"));
	assert_non_null(strstr(text, "cannot do without " OTHER));
	assert_non_null(strstr(text, "10.0.2.15"));
}

/* A PF with vfio-pci: its VFs open with a token only. Making them anew is offered while nobody loses one by it. */
static void the_token_of_a_pf(void **state)
{
	struct fixture *f = *state;
	static const struct fake_device pf = { DEVICE, 0x8086, 0x10c9, 0x020000, "vfio-pci", 7, 2 };
	static const struct fake_device vf = { "0000:01:10.0", 0x8086, 0x10ca, 0x020000, NULL, 8, 0 };
	static const struct fake_device other = { "0000:01:10.2", 0x8086, 0x10ca, 0x020000, NULL, 9, 0 };
	char text[512];

	fake_pci(f->fake, &pf);
	fake_pci(f->fake, &vf);
	fake_pci(f->fake, &other);
	for (int i = 0; i < 2; i++) {
		const char *address = i ? "0000:01:10.2" : "0000:01:10.0";

		fake_link(f->fake, "../" DEVICE, "sys/bus/pci/devices/%s/physfn", address);
		fake_link(f->fake, address, "sys/bus/pci/devices/" DEVICE "/virtfn%d", i);
		answer(f, address, 0x11);
	}
	fake_file(f->fake, "2\n", "sys/bus/pci/devices/" DEVICE "/sriov_numvfs");
	expect_answers(judge(f, "0000:01:10.0"), VERDICT_NO, VERDICT_UNKNOWN);
	remedy_for(f, CODE_VF_TOKEN, text);
	assert_non_null(strstr(text, "'sluice vf destroy " DEVICE));
	fake_child(f->fake, "0000:01:10.2", "net", "eth0");
	fake_file(f->fake, "eth0 10.0.2.15/24\n", "capture/addresses");
	judge(f, "0000:01:10.0");
	assert_null(strstr(remedy_for(f, CODE_VF_TOKEN, text), "sluice vf destroy"));
	assert_non_null(strstr(text, "0000:01:10.2"));
}

/*
 * The disks behind a VMD are gone with its driver; none of them can be given away alone, nor by a move to another slot
 * of it.
 */
static void behind_a_vmd(void **state)
{
	struct fixture *f = *state;
	static const struct fake_device vmd = { "0000:d7:05.5", 0x8086, 0x201d, 0x010400, "vmd", 4, 0 };
	static const struct fake_device disk = { "10000:01:00.0", 0x8086, 0x0a54, 0x010802, "nvme", 4, 0 };
	static const struct fake_device more = { "10000:02:00.0", 0x8086, 0x0a54, 0x010802, "nvme", 4, 0 };
	char text[512];

	fake_pci(f->fake, &vmd);
	fake_pci(f->fake, &disk);
	fake_pci(f->fake, &more);
	answer(f, "0000:d7:05.5", 0x11);
	answer(f, "10000:01:00.0", 0x11);
	expect_answers(judge(f, "0000:d7:05.5"), VERDICT_YES, VERDICT_YES);
	expect_answers(judge(f, "10000:01:00.0"), VERDICT_NO, VERDICT_NO);
	assert_int_equal(f->verdict.foreign_count, 2);
	assert_null(strstr(remedy_for(f, CODE_GROUP_NOT_VIABLE, text), "sluice bind"));
	assert_null(strstr(text, "move the card"));
	assert_non_null(strstr(text, "VMD"));
}

static void given_together(void **state)
{
	struct fixture *f = *state;
	static const struct fake_device sound = { OTHER, 0x10de, 0x10fa, 0x040300, "snd_hda_intel", 7, 0 };
	static const struct pci_addr given[] = { { .bus = 1 }, { .bus = 1, .function = 1 } };

	fake_pci(f->fake, &card);
	fake_pci(f->fake, &sound);
	judge(f, DEVICE);
	assert_int_equal(judge_group(&f->judge, 7)->foreign_count, 2);
	judge_close(&f->judge);
	assert_int_equal(judge_open(&f->judge, &f->host, 0, given, 2, NULL), 0);
	assert_int_equal(judge_group(&f->judge, 7)->foreign_count, 0);
	assert_null(judge_group(&f->judge, 8));
}

static void what_the_log_holds_against_it(void **state)
{
	struct fixture *f = *state;
	static const char failed[] = "4,1,1000,-;vfio-pci " DEVICE ": not ready 65535ms after FLR; giving up\n";

	fake_pci(f->fake, &card);
	answer(f, DEVICE, 0x11);
	fake_file(f->fake, "4,1,1000,-;vfio-pci " DEVICE ": not ready 1023ms after FLR; waiting\n", "dev/kmsg");
	expect_answers(judge(f, DEVICE), VERDICT_YES, VERDICT_YES);
	fake_file(f->fake, failed, "dev/kmsg");
	expect_answers(judge(f, DEVICE), VERDICT_NO, VERDICT_NO);
	assert_non_null(strstr(verdict_find(&f->verdict, CODE_RESET_FAILED)->text, "not ready 65535ms after FLR"));
	/* Taken off and found again: what was before is over. */
	fake_file(f->fake,
		"4,1,1000,-;vfio-pci " DEVICE ": not ready 65535ms after FLR; giving up\n"
		"6,2,2000,-;pci " DEVICE ": [10de:1f82] type 00 class 0x030000 PCIe Endpoint\n",
		"dev/kmsg");
	expect_answers(judge(f, DEVICE), VERDICT_YES, VERDICT_YES);
}

static void a_bar_without_place(void **state)
{
	struct fixture *f = *state;

	fake_pci(f->fake, &card);
	answer(f, DEVICE, 0x11);
	fake_file(f->fake, "0x00000000a3000000 0x00000000a3ffffff 0x0000000000040200\n",
		"sys/bus/pci/devices/" DEVICE "/resource");
	expect_answers(judge(f, DEVICE), VERDICT_YES, VERDICT_YES);
	fake_file(f->fake,
		"0x00000000a3000000 0x00000000a3ffffff 0x0000000000040200\n"
		"0x0000000000000000 0x000000000fffffff 0x000000002014220c\n",
		"sys/bus/pci/devices/" DEVICE "/resource");
	expect_answers(judge(f, DEVICE), VERDICT_NO, VERDICT_NO);
	assert_non_null(strstr(verdict_find(&f->verdict, CODE_BAR_CONFLICT)->text, "BAR 1 of 256 MiB"));
}

/* Two entries of a Secondary Controller List: VF 1 online with 4 queues, VF 2 offline without. */
static void nvme_secondary_controllers(void **state)
{
	uint8_t list[4096] = {
		[0] = 2, [32] = 5, [32 + 4] = 1, [32 + 8] = 1, [32 + 10] = 4, [32 + 12] = 3, [64] = 6, [64 + 8] = 2
	};
	struct nvme_vf vf;

	(void)state;
	assert_int_equal(nvme_vf_parse(list, sizeof(list), 0, &vf), 0);
	assert_true(vf.online);
	assert_int_equal(vf.controller, 5);
	assert_int_equal(vf.queues, 4);
	assert_int_equal(vf.interrupts, 3);
	assert_int_equal(nvme_vf_parse(list, sizeof(list), 1, &vf), 0);
	assert_false(vf.online);
	assert_int_equal(vf.controller, 6);
	assert_int_equal(nvme_vf_parse(list, sizeof(list), 2, &vf), -ENOENT);
	/* A count that the list has no room for. */
	list[0] = 255;
	assert_int_equal(nvme_vf_parse(list, 64, 1, &vf), -ENOENT);
	assert_int_equal(nvme_vf_parse(list, 0, 0, &vf), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* What the host's driver of a virtio device says of its DMA; what it does not say, nobody here knows. */
static void virtio_past_the_iommu_goes_to_nobody(void **state)
{
	static const struct fake_device disk = { DEVICE, 0x1af4, 0x1042, 0x010000, "virtio-pci", 7, 0 };
	static const char child[] = "sys/bus/pci/devices/" DEVICE "/virtio0";
	struct fixture *f = *state;
	char text[512];

	fake_pci(f->fake, &disk);
	answer(f, DEVICE, 0x11);
	expect_answers(judge(f, DEVICE), VERDICT_UNKNOWN, VERDICT_UNKNOWN);
	fake_link(f->fake, "../../virtio_blk", "%s/driver", child);
	fake_file(f->fake, "0000000000000000000000000000000010000000\n", "%s/features", child);
	expect_answers(judge(f, DEVICE), VERDICT_NO, VERDICT_NO);
	assert_non_null(strstr(remedy_for(f, CODE_DEV_IOMMU_BYPASS, text), "--allow-iommu-bypass " DEVICE));
	fake_file(f->fake, "0000000000000000000000000000000011000000\n", "%s/features", child);
	assert_null(verdict_find(judge(f, DEVICE), CODE_DEV_IOMMU_BYPASS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(virtio_past_the_iommu_goes_to_nobody, set_up, tear_down),
		TEST(a_device_needs_no_msix),
		TEST(ones_are_no_answer),
		TEST(the_denylist),
		TEST(the_rest_of_a_group),
		TEST(the_token_of_a_pf),
		TEST(behind_a_vmd),
		TEST(given_together),
		TEST(what_the_log_holds_against_it),
		TEST(a_bar_without_place),
		cmocka_unit_test(nvme_secondary_controllers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
