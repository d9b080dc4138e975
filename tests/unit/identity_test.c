// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pci/identity.c: who a card is, read from sysfs, written and read back, compared; and naming a device by it
 * (select.c).
 */
#include "pci/identity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/card_tree.h"

#define SERIAL_A "00-1b-21-ff-ff-0a-0b-0c"
#define SERIAL_B "00-1b-21-ff-ff-0a-0b-0d"

/* Two cards alike but for their numbers, a card with two ports, and one that says nothing of use. */
static const struct card cards[] = {
	{ "0000:00:1c.0/0000:01:00.0", 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 4, SERIAL_A, "eth0",
		"00:1b:21:0a:0b:0c", 0 },
	{ "0000:00:1c.4/0000:02:00.0", 0x020000, 0x8086, 0x10d3, 0x8086, 0xa01f, "e1000e", 5, SERIAL_B, "eth1",
		"00:1b:21:0a:0b:0d", 0 },
	{ "0000:00:1d.0/0000:03:00.0", 0x020000, 0x8086, 0x1521, 0x8086, 0x0001, "igb", 6, "a0-36-9f-ff-ff-01-02-03",
		NULL, NULL, 0 },
	{ "0000:00:1d.0/0000:03:00.1", 0x020000, 0x8086, 0x1521, 0x8086, 0x0001, "igb", 7, "a0-36-9f-ff-ff-01-02-03",
		NULL, NULL, 0 },
	{ "0000:00:1e.0/0000:04:00.0", 0x030000, 0x10de, 0x1b80, 0x10de, 0x119e, NULL, 8, "00-00-00-ff-ff-00-00-00",
		NULL, NULL, 0 },
};
static const struct card vf = { "0000:00:1d.0/0000:03:10.1", 0x020000, 0x8086, 0x1520, 0x8086, 0x0001, "igbvf", 9, NULL,
	NULL, NULL, 0 };

struct fixture {
	struct temp_tree tree;
	struct pci_inventory pci;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	temp_tree_init(&f->tree);
	for (size_t i = 0; i < array_size(cards); i++)
		card_put(&f->tree, &cards[i]);
	card_put_vf(&f->tree, &vf, cards[3].chain, 0);
	assert_int_equal(pci_inventory_read(&f->tree.root, false, &f->pci, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pci_inventory_done(&f->pci);
	temp_tree_done(&f->tree);
	free(f);
	return 0;
}

static struct pci_identity identity_at(const struct fixture *f, const char *address)
{
	struct pci_identity identity;
	struct pci_addr addr;

	assert_int_equal(pci_addr_parse(address, &addr), 0);
	pci_identity_read(&f->tree.root, &f->pci, pci_inventory_find(&f->pci, addr), true, &identity);
	return identity;
}

static void is_read_from_sysfs(void **state)
{
	const struct fixture *f = *state;
	struct pci_identity identity = identity_at(f, "0000:01:00.0");

	assert_string_equal(identity.path, "0000:00/1c.0/00.0");
	assert_string_equal(identity.serial, SERIAL_A);
	assert_string_equal(identity.mac, "00:1b:21:0a:0b:0c");
	assert_int_equal(identity.subsystem_id, 0xa01f);
	assert_int_equal(identity.vf_index, -1);
	assert_true(pci_identity_is_certain(&identity));
	identity = identity_at(f, "0000:03:00.1");
	assert_int_equal(identity.function, 1);
	/* a serial number made of a MAC of zeros is none */
	identity = identity_at(f, "0000:04:00.0");
	assert_string_equal(identity.serial, "");
	assert_false(pci_identity_is_certain(&identity));
}

/* A VF is its PF's card, and its number; its ids are its own. */
static void a_vf_is_its_pfs(void **state)
{
	const struct fixture *f = *state;
	struct pci_identity identity = identity_at(f, "0000:03:10.1");

	assert_string_equal(identity.path, "0000:00/1d.0/00.1/vf0");
	assert_string_equal(identity.serial, "a0-36-9f-ff-ff-01-02-03");
	assert_int_equal(identity.device_id, 0x1520);
	assert_int_equal(identity.function, 1);
	assert_int_equal(identity.vf_index, 0);
}

static void captured_macs_are_used(void **state)
{
	struct fixture *f = *state;

	temp_tree_file(&f->tree, "capture/permanent_macs", "lo 00:00:00:00:00:00\neth0 02:00:00:00:00:99\nnonsense\n");
	assert_string_equal(identity_at(f, "0000:01:00.0").mac, "02:00:00:00:00:99");
	assert_string_equal(identity_at(f, "0000:02:00.0").mac, "00:1b:21:0a:0b:0d");
}

#define VPD_FILE "sys/devices/pci0000:00/0000:00:1f.0/0000:05:00.0/vpd"

static void nvme_serials_and_vpd_count(void **state)
{
	/* the read-only part, of 6 octets: the serial number */
	static const uint8_t vpd[] = { 0x90, 6, 0, 'S', 'N', 3, 'V', '1', '2', 0x78 };
	static const struct card disk = { "0000:00:1f.0/0000:05:00.0", 0x010802, 0x144d, 0xa808, 0, 0, "nvme", 1, NULL,
		NULL, NULL, 0 };
	struct fixture *f = *state;
	char path[256];
	FILE *file;

	card_put(&f->tree, &disk);
	temp_tree_file(&f->tree, "sys/devices/pci0000:00/0000:00:1f.0/0000:05:00.0/nvme/nvme0/serial", "S4 EV%1  \n");
	temp_tree_file(&f->tree, VPD_FILE, "");
	snprintf(path, sizeof(path), "%s/" VPD_FILE, f->tree.path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(vpd, 1, sizeof(vpd), file), sizeof(vpd));
	fclose(file);
	pci_inventory_done(&f->pci);
	assert_int_equal(pci_inventory_read(&f->tree.root, false, &f->pci, NULL), 0);
	assert_string_equal(identity_at(f, "0000:05:00.0").unique, "S4 EV%1");
	assert_string_equal(identity_at(f, "0000:05:00.0").vpd, "V12");
}

static void useless_numbers_are_known(void **state)
{
	static const char *const useless[] = { "", "0", "00-00-00-00-00-00-00-00", "ff-ff-ff-ff-ff-ff-ff-ff",
		"00-00-00-ff-ff-00-00-00", "00-00-00-FF-FE-00-00-00", "00:00:00:00:00:00", "0000:0000:0000:0000", "0x0",
		"N/A", "none", "???????", "..." };
	static const char *const useful[] = { SERIAL_A, "1", "S4EV", "lab", "00-00-00-ff-ff-00-00-01", "FFF1" };

	(void)state;
	for (size_t i = 0; i < array_size(useless); i++)
		if (!pci_serial_is_useless(useless[i]))
			fail_msg("'%s' was taken for a number", useless[i]);
	for (size_t i = 0; i < array_size(useful); i++)
		if (pci_serial_is_useless(useful[i]))
			fail_msg("'%s' was not taken", useful[i]);
}

static void round_trips(void **state)
{
	const struct fixture *f = *state;
	struct pci_identity identity = identity_at(f, "0000:03:10.1");
	struct pci_identity back;
	char text[PCI_IDENTITY_TEXT_SIZE];

	strcpy(identity.unique, "a number = 100%");
	pci_identity_text(&identity, text);
	assert_string_equal(text, "path=0000:00/1d.0/00.1/vf0 ids=8086:1520:8086:0001 function=1 vf=0 "
				  "serial=a0-36-9f-ff-ff-01-02-03 unique=a%20number%20=%20100%25");
	assert_int_equal(pci_identity_parse(text, &back), 0);
	assert_memory_equal(&back, &identity, sizeof(back));
	/* a newer sluice's key is left alone */
	assert_int_equal(pci_identity_parse("path=0000:00/01.0 ids=8086:1520:0000:0000 color=red", &back), 0);
}

static void false_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"path=0000:00/01.0",
		"ids=8086:1520:8086:0001",
		"path= ids=8086:1520:8086:0001",
		"path=0000:00/01.0 ids=8086:1520:8086",
		"path=0000:00/01.0 ids=8086:1520:8086:00011",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 function=8",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 vf=-1",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 serial=",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 serial=%0a",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 serial=%2",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 serial=0123456789012345678901234567890",
		"path=0000:00/01.0 ids=8086:1520:8086:0001 word",
	};
	struct pci_identity identity;

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		if (pci_identity_parse(texts[i], &identity) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
}

#define KIND "ids=8086:10d3:8086:a01f"

static void compares(void **state)
{
	static const struct {
		const char *before, *now;
		enum pci_identity_match match;
		const char *evidence;
	} cases[] = {
		{ "path=0000:00/1 " KIND " serial=A1", "path=0000:00/1 " KIND " serial=a1", PCI_IDENTITY_SAME,
			"serial number a1" },
		{ "path=0000:00/1 " KIND " serial=A1", "path=0000:00/2 " KIND " serial=A1", PCI_IDENTITY_MOVED,
			"serial number A1" },
		{ "path=0000:00/1 " KIND " serial=A1", "path=0000:00/1 " KIND " serial=B2", PCI_IDENTITY_SWAPPED,
			"serial number B2, not A1" },
		{ "path=0000:00/1 " KIND " serial=A1", "path=0000:00/2 " KIND " serial=B2", PCI_IDENTITY_OTHER,
			"not A1" },
		/* only what both know counts: the second has no driver, and so no MAC */
		{ "path=0000:00/1 " KIND " mac=00:1b:21:0a:0b:0c", "path=0000:00/1 " KIND, PCI_IDENTITY_SAME,
			"place and kind" },
		{ "path=0000:00/1 " KIND " mac=00:1b:21:0a:0b:0c", "path=0000:00/1 " KIND " mac=00:1b:21:0a:0b:0d",
			PCI_IDENTITY_SWAPPED, "permanent MAC" },
		/* a serial number weighs more than a MAC, which can be rewritten */
		{ "path=0000:00/1 " KIND " serial=A1 mac=00:1b:21:0a:0b:0c",
			"path=0000:00/1 " KIND " serial=A1 mac=02:00:00:00:00:01", PCI_IDENTITY_SAME, "serial number" },
		{ "path=0000:00/1 " KIND, "path=0000:00/2 " KIND, PCI_IDENTITY_UNKNOWN, "without a number" },
		{ "path=0000:00/1 " KIND, "path=0000:00/1 ids=8086:1521:8086:a01f", PCI_IDENTITY_SWAPPED,
			"8086:1521, not 8086:10d3" },
		{ "path=0000:00/1 " KIND " function=1 serial=A1", "path=0000:00/2 " KIND " serial=A1",
			PCI_IDENTITY_OTHER, "8086" },
		{ "path=0000:00/1 " KIND " vf=1 serial=A1", "path=0000:00/1 " KIND " vf=2 serial=A1",
			PCI_IDENTITY_SWAPPED, "8086" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct pci_identity before, now;
		char evidence[160];

		assert_int_equal(pci_identity_parse(cases[i].before, &before), 0);
		assert_int_equal(pci_identity_parse(cases[i].now, &now), 0);
		if (pci_identity_compare(&before, &now, evidence, sizeof(evidence)) != cases[i].match ||
			!strstr(evidence, cases[i].evidence))
			fail_msg("case %zu: \"%s\"", i, evidence);
		assert_int_equal(pci_identity_compare(&before, &now, NULL, 0), cases[i].match);
	}
	assert_int_equal(pci_identity_compare(&(struct pci_identity){ 0 }, &(struct pci_identity){ 0 }, NULL, 0),
		PCI_IDENTITY_UNKNOWN);
}

/* A number that two cards share is the maker's; ports of one card may share theirs. */
static void shared_numbers_do_not_count(void **state)
{
	struct pci_identity a, b, port, other;
	struct pci_identity *const list[] = { &a, &b, &port, &other };

	(void)state;
	assert_int_equal(pci_identity_parse("path=0000:00/1c.0/00.0 " KIND " serial=X1 mac=00:1b:21:0a:0b:0c", &a), 0);
	assert_int_equal(pci_identity_parse("path=0000:00/1c.4/00.0 " KIND " serial=X1 mac=00:1b:21:0a:0b:0d", &b), 0);
	assert_int_equal(pci_identity_parse("path=0000:00/1d.0/00.0 " KIND " serial=Y1", &port), 0);
	assert_int_equal(pci_identity_parse("path=0000:00/1d.0/00.1 " KIND " function=1 serial=Y1", &other), 0);
	pci_identities_settle(list, array_size(list));
	assert_string_equal(a.serial, "");
	assert_string_equal(b.serial, "");
	assert_string_equal(a.mac, "00:1b:21:0a:0b:0c");
	assert_string_equal(port.serial, "Y1");
	assert_string_equal(other.serial, "Y1");
}

static void devices_are_named_by_it(void **state)
{
	static const struct {
		const char *text, *address; /* NULL: an error with this code */
		enum code code;
		const char *said;
	} cases[] = {
		{ "serial:" SERIAL_A, "0000:01:00.0", CODE_NONE, NULL },
		{ "serial:001B21FFFF0A0B0D", "0000:02:00.0", CODE_NONE, NULL },
		{ "mac:00:1B:21:0a:0b:0d", "0000:02:00.0", CODE_NONE, NULL },
		{ "path:0000:00/1c.4/00.0", "0000:02:00.0", CODE_NONE, NULL },
		{ "path:0000:00/1d.0/00.1/vf0", "0000:03:10.1", CODE_NONE, NULL },
		{ "path:0000:00/1d.0/00.1/0", "0000:03:10.1", CODE_NONE, NULL },
		{ "serial:a0-36-9f-ff-ff-01-02-03", NULL, CODE_AMBIGUOUS_DEVICE, "0000:03:00.0, 0000:03:00.1" },
		{ "serial:00-00-00-ff-ff-00-00-00", NULL, CODE_NO_SUCH_DEVICE, "root" },
		{ "serial:", NULL, CODE_NO_SUCH_DEVICE, NULL },
		{ "mac:00:1b:21:0a:0b:0e", NULL, CODE_NO_SUCH_DEVICE, "driver" },
		{ "path:0000:00/1c.1/00.0", NULL, CODE_NO_SUCH_DEVICE, NULL },
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < array_size(cases); i++) {
		const struct pci_device *device = NULL;
		char name[PCI_ADDR_TEXT_SIZE];
		struct error err = { 0 };
		int ret = pci_select(&f->tree.root, &f->pci, cases[i].text, &device, &err);

		if (cases[i].address) {
			if (ret)
				fail_msg("%s: %s", cases[i].text, err.msg);
			assert_string_equal(pci_addr_text(device->addr, name), cases[i].address);
			continue;
		}
		assert_true(ret < 0);
		assert_int_equal(err.code, cases[i].code);
		if (cases[i].said)
			assert_true(strstr(err.msg, cases[i].said) || strstr(err.hint, cases[i].said));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_read_from_sysfs),
		TEST(a_vf_is_its_pfs),
		TEST(captured_macs_are_used),
		TEST(nvme_serials_and_vpd_count),
		TEST(useless_numbers_are_known),
		TEST(round_trips),
		TEST(false_texts_are_refused),
		TEST(compares),
		TEST(shared_numbers_do_not_count),
		TEST(devices_are_named_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
