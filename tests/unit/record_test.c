// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host/record*.c: two hosts that differ by one thing, and what is said of it; what was kept is read back, and what is
 * torn is recognised. And a lease is not applied to another card than its own (assign.c).
 */
#include "assign/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "assign/request.h"
#include "base/cleanup.h"
#include "tests/unit/card_tree.h"

#define SERIAL_A "00-1b-21-ff-ff-0a-0b-0c"
#define SERIAL_B "00-1b-21-ff-ff-0a-0b-0d"
#define SLOT_1 "0000:00:1c.0/0000:01:00.0"
#define SLOT_2 "0000:00:1c.4/0000:02:00.0"
#define SLOT_2_RENUMBERED "0000:00:1c.4/0000:03:00.0"
#define SLOT_3 "0000:00:1d.0/0000:02:00.0"

enum {
	CARD_MAX = 5
};

static const struct card port_1 = { "0000:00:1c.0", 0x060400, 0x8086, 0xa110, 0, 0, "pcieport", 1, NULL, NULL, NULL,
	0x001f001d };
static const struct card port_1_open = { "0000:00:1c.0", 0x060400, 0x8086, 0xa110, 0, 0, "pcieport", 1, NULL, NULL,
	NULL, 0x001f0000 };
static const struct card a_in_1 = { SLOT_1, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 4, SERIAL_A, "eth0",
	"00:1b:21:0a:0b:0c", 0 };
static const struct card a_in_2 = { SLOT_2, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 5, SERIAL_A, "eth0",
	"00:1b:21:0a:0b:0c", 0 };
static const struct card a_mute = { SLOT_1, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "vfio-pci", 4, NULL, NULL, NULL,
	0 };
static const struct card a_renamed = { SLOT_1, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 4, SERIAL_A, "eth7",
	"00:1b:21:0a:0b:0c", 0 };
static const struct card b_in_1 = { SLOT_1, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 4, SERIAL_B, "eth1",
	"00:1b:21:0a:0b:0d", 0 };
static const struct card b_in_2 = { SLOT_2, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 5, SERIAL_B, "eth1",
	"00:1b:21:0a:0b:0d", 0 };
static const struct card b_with_a = { SLOT_2, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 4, SERIAL_B, "eth1",
	"00:1b:21:0a:0b:0d", 0 };
static const struct card b_renumbered = { SLOT_2_RENUMBERED, 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 5,
	SERIAL_B, "eth1", "00:1b:21:0a:0b:0d", 0 };
static const struct card gpu_in_1 = { SLOT_1, 0x030000, 0x10de, 0x1b80, 0x10de, 0x119e, NULL, 4, NULL, NULL, NULL, 0 };
static const struct card twin_in_1 = { SLOT_1, 0x088000, 0x1d0f, 0x0001, 0, 0, NULL, 4, NULL, NULL, NULL, 0 };
static const struct card twin_in_3 = { SLOT_3, 0x088000, 0x1d0f, 0x0001, 0, 0, NULL, 6, NULL, NULL, NULL, 0 };

static void open_host(struct temp_tree *tree, struct host *host, const struct card *const *cards)
{
	temp_tree_init(tree);
	temp_tree_dir(tree, "sys/bus/pci/devices");
	temp_tree_file(tree, "proc/sys/kernel/osrelease", "6.12.0\n");
	temp_tree_file(tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	for (size_t i = 0; i < CARD_MAX && cards[i]; i++)
		card_put(tree, cards[i]);
	*host = (struct host){ .root = tree->root };
	assert_int_equal(pci_inventory_read(&host->root, false, &host->pci, NULL), 0);
}

static void close_host(struct temp_tree *tree, struct host *host)
{
	pci_inventory_done(&host->pci);
	temp_tree_done(tree);
}

static struct record record_of(const struct card *const *cards)
{
	struct record record;
	struct temp_tree tree;
	struct host host;

	open_host(&tree, &host, cards);
	assert_int_equal(record_take(&host, &record, NULL), 0);
	close_host(&tree, &host);
	return record;
}

/* "moved 0000:02:00.0 BEFORE > NOW (EVIDENCE); ..." */
static void changes_text(const struct record_changes *changes, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < changes->count; i++) {
		const struct record_change *change = &changes->change[i];
		char name[PCI_ADDR_TEXT_SIZE];

		used += (size_t)snprintf(buf + used, size - used, "%s%s %s %s > %s (%s)", i ? "; " : "",
			record_change_name(change->kind), pci_addr_text(change->addr, name), change->before,
			change->now, change->evidence);
	}
}

static void says_what_changed(void **state)
{
	static const struct {
		const struct card *before[CARD_MAX], *now[CARD_MAX];
		const char *changes;
	} cases[] = {
		{ { &port_1, &a_in_1, &b_in_2 }, { &port_1, &a_in_1, &b_in_2 }, "" },
		/* into the other slot, which was empty */
		{ { &a_in_1 }, { &a_in_2 },
			"moved 0000:02:00.0 0000:00/1c.0/00.0 > 0000:00/1c.4/00.0 (serial number " SERIAL_A ")" },
		/* two equal cards that changed places */
		{ { &a_in_1, &b_in_2 }, { &b_in_1, &a_in_2 },
			"moved 0000:01:00.0 0000:00/1c.4/00.0 > 0000:00/1c.0/00.0 (serial number " SERIAL_B "); "
			"moved 0000:02:00.0 0000:00/1c.0/00.0 > 0000:00/1c.4/00.0 (serial number " SERIAL_A ")" },
		/* an equal card in its place: only the numbers tell */
		{ { &a_in_1 }, { &b_in_1 },
			"swapped 0000:01:00.0 8086:10d3, serial number " SERIAL_A
			" > 8086:10d3, serial number " SERIAL_B " (serial number " SERIAL_B ", not " SERIAL_A ")" },
		{ { &a_in_1 }, { &gpu_in_1 },
			"swapped 0000:01:00.0 8086:10d3, serial number " SERIAL_A " > 10de:1b80, in 0000:00/1c.0/00.0 "
			"(10de:1b80, not 8086:10d3)" },
		{ { &a_in_1 }, { &a_in_1, &b_in_2 }, "new 0000:02:00.0  >  ()" },
		{ { &a_in_1, &b_in_2 }, { &a_in_1 }, "gone 0000:02:00.0  >  ()" },
		/* alike, without a number: not claimed to be it, and said to be alike */
		{ { &twin_in_1 }, { &twin_in_3 },
			"new 0000:02:00.0  >  (); "
			"gone 0000:01:00.0  >  (the one at 0000:02:00.0 is alike, without a number to tell)" },
		/* a bus number more: the same place */
		{ { &b_in_2 }, { &b_renumbered }, "renumbered 0000:03:00.0 0000:02:00.0 > 0000:03:00.0 ()" },
		{ { &a_in_1 }, { &a_renamed }, "renamed 0000:01:00.0 eth0 > eth7 ()" },
		/* with vfio-pci: no network device and no number, and still in its place */
		{ { &a_in_1 }, { &a_mute }, "driver 0000:01:00.0 e1000e > vfio-pci ()" },
		{ { &port_1 }, { &port_1_open }, "acs 0000:00:1c.0 on: 0x001d of 0x001f > on: 0x0000 of 0x001f ()" },
		{ { &a_in_1, &b_in_2 }, { &a_in_1, &b_with_a },
			"group 0000:01:00.0 alone > 0000:00/1c.4/00.0 (joined: 0000:00/1c.4/00.0); "
			"group 0000:02:00.0 alone > 0000:00/1c.0/00.0 (joined: 0000:00/1c.0/00.0)" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct record before = record_of(cases[i].before);
		struct record now = record_of(cases[i].now);
		struct record_changes changes;
		char text[1024];

		assert_int_equal(record_compare(&before, &now, &changes, NULL), 0);
		changes_text(&changes, text, sizeof(text));
		if (strcmp(text, cases[i].changes) != 0)
			fail_msg("case %zu: \"%s\"", i, text);
		record_changes_done(&changes);
		record_done(&before);
		record_done(&now);
	}
}

static void round_trips(void **state)
{
	struct record record = record_of((const struct card *[CARD_MAX]){ &port_1, &a_in_1, &b_in_2 });
	cleanup_free char *text = record_to_json(&record);
	struct record_changes changes;
	struct record back;

	(void)state;
	assert_non_null(text);
	assert_int_equal(record_from_json(text, strlen(text), &back, NULL), 0);
	assert_int_equal(back.count, 3);
	assert_string_equal(back.kernel, "6.12.0");
	assert_string_equal(back.boot_id, "boot-1");
	assert_int_equal(record_compare(&record, &back, &changes, NULL), 0);
	assert_int_equal(changes.count, 0);
	assert_int_equal(back.device[0].acs, 0x001f001d);
	assert_string_equal(back.device[1].netdevs[0].text, "eth0");
	for (size_t size = 0; size < strlen(text); size++) {
		struct error err;

		assert_int_equal(record_from_json(text, size, &(struct record){ 0 }, &err), -EBADMSG);
	}
	record_done(&record);
	record_done(&back);
}

static void false_records_are_refused(void **state)
{
	static const char heading[] = "{\"time\":\"\",\"kernel\":\"\",\"boot_id\":\"\",\"devices\":";
	static const char *const devices[] = {
		"{}]",
		"[1]}",
		"[{}]}",
		"[{\"address\":\"x\",\"identity\":\"path=a "
		"ids=8086:10d3:0000:0000\",\"driver\":\"\",\"group\":1,\"acs\":-1,"
		"\"netdevs\":[]}]}",
		"[{\"address\":\"0000:01:00.0\",\"identity\":\"path=a\",\"driver\":\"\",\"group\":1,\"acs\":-1,"
		"\"netdevs\":[]}]}",
		"[{\"address\":\"0000:01:00.0\",\"identity\":\"path=a "
		"ids=8086:10d3:0000:0000\",\"driver\":\"\",\"group\":-2,"
		"\"acs\":-1,\"netdevs\":[]}]}",
		"[{\"address\":\"0000:01:00.0\",\"identity\":\"path=a "
		"ids=8086:10d3:0000:0000\",\"driver\":\"\",\"group\":1,"
		"\"acs\":-1,\"netdevs\":[1]}]}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(devices); i++) {
		struct record record = { .count = 77 };
		char text[512];

		snprintf(text, sizeof(text), "%s%s", heading, devices[i]);
		if (record_from_json(text, strlen(text), &record, NULL) != -EBADMSG || record.count != 77)
			fail_msg("taken: %s", text);
	}
}

/* One command that changes the host, as far as the record goes. */
static struct record_kept keep(const struct host *host)
{
	cleanup_change struct change *change = NULL;
	struct record_kept kept;

	assert_int_equal(change_begin(&host->root, &change, NULL), 0);
	record_keep(change, &kept);
	assert_int_equal(kept.why.errnum, 0);
	return kept;
}

/* Once a boot; the record of the boot before is put aside, and what differs is told. */
static void is_kept_once_a_boot(void **state)
{
	const struct card *cards[CARD_MAX] = { &a_in_1 };
	struct temp_tree tree;
	struct record record;
	struct host host;
	struct error err;

	(void)state;
	if (geteuid())
		skip();
	open_host(&tree, &host, cards);
	temp_tree_dir(&tree, "run");
	assert_int_equal(record_read(&host.root, false, &record, &err), 0);
	assert_int_equal(keep(&host).differences, 0);
	assert_int_equal(record_read(&host.root, false, &record, &err), 1);
	record_done(&record);
	assert_int_equal(record_read(&host.root, true, &record, &err), 0);
	assert_int_equal(keep(&host).differences, 0);

	temp_tree_file(&tree, "proc/sys/kernel/random/boot_id", "boot-2\n");
	card_put(&tree, &b_in_2);
	assert_int_equal(keep(&host).differences, 1);
	assert_int_equal(record_read(&host.root, true, &record, &err), 1);
	assert_string_equal(record.boot_id, "boot-1");
	record_done(&record);
	assert_int_equal(record_read(&host.root, false, &record, &err), 1);
	assert_int_equal(record.count, 2);
	record_done(&record);

	/* What makes no sense is said, and replaced by the next that changes the host. */
	temp_tree_file(&tree, "var/lib/sluice/devices.json", "torn");
	assert_int_equal(record_read(&host.root, false, &record, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "var/lib/sluice/devices.json"));
	assert_int_equal(keep(&host).differences, 0);
	assert_int_equal(record_read(&host.root, false, &record, &err), 1);
	assert_string_equal(record.boot_id, "boot-2");
	record_done(&record);
	close_host(&tree, &host);
}

static void put_lease(const struct host *host, const struct lease *lease)
{
	cleanup_change struct change *change = NULL;

	assert_int_equal(change_begin(&host->root, &change, NULL), 0);
	assert_int_equal(lease_write(change_lock(change), lease, NULL), 0);
}

/* A lease for one card, and an equal one at its address: refused, with both named; --forget drops the lease. */
static void a_lease_is_its_cards_alone(void **state)
{
	struct lease lease = { .before = { "e1000e", "" }, .bound = true };
	/* A kind of device that no check for users knows. */
	static const struct card other = { SLOT_1, 0x118000, 0x8086, 0x10d3, 0x8086, 0xa01f, "other", 4, SERIAL_A, NULL,
		NULL, 0 };
	const struct card *cards[CARD_MAX] = { &other };
	char *name[] = { "0000:01:00.0" };
	const struct pci_addr addr = { .bus = 1 };
	struct request_done done;
	struct temp_tree tree;
	struct host host;
	struct error err;

	(void)state;
	open_host(&tree, &host, cards);
	temp_tree_dir(&tree, "run");
	lease.addr = addr;
	pci_identity_read(&host.root, &host.pci, pci_inventory_find(&host.pci, addr), false, &lease.identity);
	put_lease(&host, &lease);
	assert_int_equal(assign_check(&host, pci_inventory_find(&host.pci, addr), &err), 0);

	snprintf(lease.identity.serial, sizeof(lease.identity.serial), "%s", SERIAL_B);
	put_lease(&host, &lease);
	assert_true(assign_check(&host, pci_inventory_find(&host.pci, addr), &err) < 0);
	assert_int_equal(err.code, CODE_DEV_MOVED);
	assert_non_null(strstr(err.msg, SERIAL_A));
	assert_non_null(strstr(err.msg, SERIAL_B));
	assert_non_null(strstr(err.hint, "release --forget 0000:01:00.0"));
	assert_true(request_release(&host.root, name, 1, &done, &err) < 0);
	assert_int_equal(err.code, CODE_DEV_MOVED);
	assert_int_equal(request_forget(&host.root, name, 1, &done, &err), 0);
	request_done_free(&done);
	assert_int_equal(assign_check(&host, pci_inventory_find(&host.pci, addr), &err), 0);

	/* A lease of an older sluice says nothing about the card, and is used as it was. */
	lease.identity.path[0] = '\0';
	put_lease(&host, &lease);
	assert_int_equal(assign_check(&host, pci_inventory_find(&host.pci, addr), &err), 0);
	close_host(&tree, &host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_changed),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(false_records_are_refused),
		cmocka_unit_test(is_kept_once_a_boot),
		cmocka_unit_test(a_lease_is_its_cards_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
