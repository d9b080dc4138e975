// SPDX-License-Identifier: GPL-2.0-or-later
/* Pseudonyms: the same for the same, never the same for two, addresses that still fit their routes, and what stays. */
#include <arpa/inet.h>
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "capture/keyed_hash.h"
#include "capture/redact.h"
#include "distro/kernel_message.h"

#include <cmocka.h>

static struct redact *make(uint8_t seed)
{
	uint8_t key[REDACT_KEY_SIZE] = { seed };
	struct redact *redact = NULL;

	assert_int_equal(redact_new_with_key(&redact, key, NULL), 0);
	return redact;
}

static const char *put(struct redact *redact, enum redact_mode mode, const char *text)
{
	static char buf[4][512];
	static unsigned int next;

	return redact_put(redact, mode, text, buf[next++ % 4], sizeof(buf[0]));
}

/* The vectors of the paper's reference: key 00..0f, text of n bytes 00..n-1. */
static void hash_is_siphash(void **state)
{
	static const uint64_t wanted[] = { UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd),
		UINT64_C(0x0d6c8009d9a94f5a), UINT64_C(0x85676696d7fb7e2d) };
	uint8_t key[16], text[16];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = text[i] = i;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(keyed_hash(key, text, i), wanted[i]);
	assert_int_equal(keyed_hash(key, text, 15), UINT64_C(0xa129ca6149be45e5));
}

static void same_stays_same(void **state)
{
	static const char *const texts[] = { "db-server.example", "S4EWNX0R123456",
		"3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8", "00:1b:21:aa:bb:cc", "192.0.2.17", "00-1b-21-ff-ff-0a-0b-0c" };
	struct redact *one = make(1), *other = make(2);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_string_equal(put(one, REDACT_NUMBERS, texts[i]), put(one, REDACT_NUMBERS, texts[i]));
		assert_string_not_equal(put(one, REDACT_NUMBERS, texts[i]), texts[i]);
		assert_string_not_equal(put(one, REDACT_NUMBERS, texts[i]), put(other, REDACT_NUMBERS, texts[i]));
		if (strspn(texts[i], "0123456789.") != strlen(texts[i]))
			assert_int_equal(strlen(put(one, REDACT_NUMBERS, texts[i])), strlen(texts[i]));
		assert_string_equal(put(NULL, REDACT_NUMBERS, texts[i]), texts[i]);
	}
	redact_free(one);
	redact_free(other);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Short serial numbers have few others of their form: all of them are given, and each once. */
static void two_are_never_one(void **state)
{
	static char text[2600 + 10000][16];
	struct redact *redact = make(3);
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 2600; i++, count++)
		snprintf(text[count], 16, "%c%02d", 'A' + i % 26, i / 26);
	for (int i = 0; i < 10000; i++, count++)
		snprintf(text[count], 16, "%04d", i);
	for (size_t i = 0; i < count; i++) {
		char copy[16];

		memcpy(copy, text[i], 16);
		memset(text[i], 0, 16);
		redact_put(redact, REDACT_NUMBERS, copy, text[i], 16);
		assert_string_not_equal(copy, text[i]);
	}
	qsort(text, count, 16, compare);
	for (size_t i = 1; i < count; i++)
		assert_memory_not_equal(text[i - 1], text[i], 16);
	assert_true(redact_is_sound(redact));
	redact_free(redact);
}

static void mac_keeps_its_maker(void **state)
{
	struct redact *redact = make(4);
	static struct mac_addr all[4096];

	(void)state;
	for (size_t i = 0; i < 4096; i++) {
		all[i] = (struct mac_addr){ { 0x00, 0x1b, 0x21, 0x0a, (uint8_t)(i >> 8), (uint8_t)i } };
		redact_mac(redact, &all[i]);
		assert_memory_equal(all[i].octet, "\x00\x1b\x21", 3);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(&all[k], &all[i], sizeof(all[i]));
	}
	for (size_t i = 0; i < 256; i++) {
		struct mac_addr local = { { 0x52, 0x54, 0x00, 0x12, 0x34, (uint8_t)i } };

		redact_mac(redact, &local);
		assert_int_equal(local.octet[0], 0x52);
		assert_memory_not_equal(local.octet + 1, "\x54\x00\x12\x34", 4);
	}
	assert_string_equal(put(redact, REDACT_PATHS, "00:00:00:00:00:00"), "00:00:00:00:00:00");
	assert_string_equal(put(redact, REDACT_PATHS, "ff:ff:ff:ff:ff:ff"), "ff:ff:ff:ff:ff:ff");
	redact_free(redact);
}

/*
 * A card's number that is made of its MAC still is; its letters' case, and the name that a link has from it, go along.
 */
static void mac_is_the_same_everywhere(void **state)
{
	struct redact *redact = make(5);
	const char *mac = put(redact, REDACT_PATHS, "00:1b:21:aa:bb:cc");
	char wanted[64];

	(void)state;
	snprintf(wanted, sizeof(wanted), "00-1b-21-ff-ff-%.2s-%.2s-%.2s", mac + 9, mac + 12, mac + 15);
	assert_string_equal(put(redact, REDACT_NUMBERS, "00-1b-21-ff-ff-aa-bb-cc"), wanted);
	snprintf(wanted, sizeof(wanted), "enx001b21%.2s%.2s%.2s", mac + 9, mac + 12, mac + 15);
	assert_string_equal(put(redact, REDACT_PATHS, "enx001b21aabbcc"), wanted);
	snprintf(wanted, sizeof(wanted), "01-%s", mac);
	for (char *at = wanted; (at = strchr(at, ':'));)
		*at = '-';
	assert_string_equal(put(redact, REDACT_RUNNING, "01-00-1b-21-aa-bb-cc"), wanted);
	assert_true(!strcasecmp(put(redact, REDACT_PATHS, "00:1B:21:AA:BB:CC"), mac));
	redact_free(redact);
}

static unsigned int common_bits(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int count = 0;

	while (count < bits && !((a[count / 8] ^ b[count / 8]) >> (7 - count % 8) & 1))
		count++;
	return count;
}

static void ip_keeps_prefixes(void **state)
{
	struct redact *redact = make(6);

	(void)state;
	srand(6);
	for (int i = 0; i < 20000; i++) {
		uint8_t a[16], b[16], c[16], d[16];
		unsigned int common = (unsigned int)rand() % 33;

		for (size_t k = 0; k < 16; k++)
			a[k] = (uint8_t)rand();
		memcpy(b, a, 16);
		if (common < 32)
			b[common / 8] ^= (uint8_t)(0x80u >> common % 8);
		memcpy(c, a, 16);
		memcpy(d, b, 16);
		redact_ipv4(redact, c, 32);
		redact_ipv4(redact, d, 32);
		assert_int_equal(common_bits(a, b, 32), common_bits(c, d, 32));
		memcpy(c, a, 16);
		memcpy(d, b, 16);
		redact_ipv6(redact, c, 128);
		redact_ipv6(redact, d, 128);
		assert_int_equal(common_bits(a, b, 128), common_bits(c, d, 128));
	}
	redact_free(redact);
}

static void expect_ip(struct redact *redact, const char *text, const char *prefix)
{
	const char *to = put(redact, REDACT_RUNNING, text);

	if (strncmp(to, prefix, strlen(prefix)) != 0)
		fail_msg("%s became %s, not %s...", text, to, prefix);
	if (strlen(prefix) < strlen(text))
		assert_string_not_equal(to, text);
}

static void ip_keeps_its_class(void **state)
{
	static const char *const stays[] = { "127.0.0.1", "0.0.0.0", "255.255.255.0", "224.0.0.251", "::1",
		"::", "ff02::1" };
	struct redact *redact = make(7);

	(void)state;
	for (size_t i = 0; i < sizeof(stays) / sizeof(*stays); i++)
		assert_string_equal(put(redact, REDACT_RUNNING, stays[i]), stays[i]);
	expect_ip(redact, "10.20.30.40", "10.");
	expect_ip(redact, "192.168.77.5", "192.168.");
	expect_ip(redact, "169.254.3.4", "169.254.");
	expect_ip(redact, "fe80::211:22ff:fe33:4455", "fe80::");
	expect_ip(redact, "fd12:3456:789a::17", "f");
	expect_ip(redact, "::ffff:10.20.30.40", "::ffff:10.");
	for (int i = 0; i < 2000; i++) {
		char text[32], to[INET_ADDRSTRLEN];
		uint8_t octet[4];

		snprintf(text, sizeof(text), "%d.%d.%d.%d", 1 + i % 200, i % 251, i % 241, 1 + i % 239);
		redact_put(redact, REDACT_RUNNING, text, to, sizeof(to));
		assert_int_equal(inet_pton(AF_INET, to, octet), 1);
		/* Nothing else becomes private, loopback, multicast. */
		assert_int_equal(atoi(text) == 10, octet[0] == 10);
		assert_int_equal(atoi(text) == 127, octet[0] == 127);
		assert_in_range(octet[0], 1, 223);
	}
	/* A network stays one. */
	assert_true(strstr(put(redact, REDACT_RUNNING, "198.51.100.0/24"), ".0/24") != NULL);
	assert_true(strstr(put(redact, REDACT_RUNNING, "2001:db8:1::/48"), "::/48") != NULL);
	redact_free(redact);
}

static void what_says_nothing_stays(void **state)
{
	static const char *const serials[] = { "None", "N/A", "0000-0000", "00-00-00-ff-ff-00-00-00", "ffffffff", "" };
	static const char *const texts[] = { "0000:01:00.0", "pci-0000:3b:00.1", "8086:10c9", "12:34:56",
		"firmware version 5.10.0.1", "pci:v00008086d000010C9sv*sd*bc02sc00i*",
		"/dev/nvme0n1p2 on /home type ext4" };
	struct redact *redact = make(8);
	char buf[64];

	(void)state;
	redact_keep(redact, "nvme0n1p2");
	for (size_t i = 0; i < sizeof(serials) / sizeof(*serials); i++)
		assert_string_equal(redact_serial(redact, serials[i], buf, sizeof(buf)), serials[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_string_equal(put(redact, REDACT_RUNNING, texts[i]), texts[i]);
	assert_string_equal(put(redact, REDACT_NAMES, "/dev/nvme0n1p2"), "/dev/nvme0n1p2");
	assert_string_equal(put(redact, REDACT_NAMES, "/home/data"), "/home/data");
	redact_free(redact);
}

/* A volume is the same in fstab and in the device mapper's doubled dashes; a name is found again in running text. */
static void names_go_word_by_word(void **state)
{
	struct redact *redact = make(9);
	char one[64], wanted[128];

	(void)state;
	redact_put(redact, REDACT_NAMES, "customers", one, sizeof(one));
	snprintf(wanted, sizeof(wanted), "/dev/%s/root", one);
	assert_string_equal(put(redact, REDACT_NAMES, "/dev/customers/root"), wanted);
	snprintf(wanted, sizeof(wanted), "mapper/%s--root", one);
	assert_string_equal(put(redact, REDACT_NAMES, "mapper/customers--root"), wanted);
	snprintf(wanted, sizeof(wanted), "mount of %s failed", one);
	assert_string_equal(put(redact, REDACT_RUNNING, "mount of customers failed"), wanted);
	assert_string_equal(put(redact, REDACT_RUNNING, "mount of strangers failed"), "mount of strangers failed");
	assert_string_equal(put(redact, REDACT_PATHS, "etc/customers"), "etc/customers");
	redact_free(redact);
}

/* Cut texts, long words, bytes that are no text: nothing is read or written beyond. */
static void expect_understood(const char *text)
{
	struct redact *redact = make(11);
	char names[512];

	/* Now each of its words is a name, but not the numbers. */
	snprintf(names, sizeof(names), "%s", text);
	for (char *at = names; *at; at++)
		if (isdigit((unsigned char)*at) && (at == names || !isalpha((unsigned char)at[-1])))
			for (char *digit = at; isalnum((unsigned char)*digit); digit++)
				*digit = ' ';
	put(redact, REDACT_NAMES, names);
	assert_string_equal(put(redact, REDACT_RUNNING, text), text);
	redact_free(redact);
}

/* A message of a form: 0 for each of its conversions. */
static void make_message(const char *format, char *buf, size_t size)
{
	size_t used = 0;

	for (const char *at = format; *at && used + 1 < size; at++) {
		if (*at == '%' && at[1] != '%') {
			at += 1 + strcspn(at + 1, "cdiopsuxX");
			while (*at == 'p' && isalpha((unsigned char)at[1]))
				at++; /* %pR, %pOF */
			if (!used || !isalnum((unsigned char)buf[used - 1]))
				buf[used++] = '0';
		} else if (!strncmp(at, "\\n", 2)) {
			at++;
			buf[used++] = ' '; /* a line break inside of a message */
		} else {
			buf[used++] = *at;
		}
	}
	buf[used] = '\0';
}

/* Every form of the kernel's messages that sluice knows. */
static size_t expect_forms(void)
{
	size_t count = 0;

	for (const struct message_cause *cause = NULL; (cause = message_cause_next(cause));)
		for (size_t i = 0; i < MESSAGE_FORMS_MAX && cause->form[i].format; i++, count++) {
			char text[400];

			make_message(cause->form[i].format, text, sizeof(text));
			expect_understood(text);
		}
	return count;
}

/* Volumes and guests may be called as they like: what readers look for in the kernel's log is found there still. */
static void log_is_understood(void **state)
{
	static const char *const messages[] = {
		"DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0xdeadb000 [fault reason 0x06]",
		"DMAR: [DMA Write PASID 0x5] Request device [01:00.0] fault addr 0xdeadb000 [fault reason 0x05]",
		"DMAR: [INTR-REMAP] Request device [01:00.0] fault index 0x20 [fault reason 0x22]",
		"DMAR: VT-d detected Invalidation Time-out Error: SID 100",
		"AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000f address=0x70000000 flags=0x0020]",
		"AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=01:00.0 pasid=0x00000 address=0x1000 "
		"flags=0x0080]",
		"amd_iommu_report_page_fault: 12 callbacks suppressed",
		"dmar_fault: 893 callbacks suppressed",
		"DMAR: DRHD: handling fault status reg 2",
		"VMX (outside TXT) disabled by BIOS",
		"SVM disabled (by BIOS)",
		"AMD-Vi: Unable to read",
		"AMD-Vi: Disabling interrupt remapping",
		"DMAR: No usable DMAR Initialization failed",
		"DMAR: parse DMAR table failure",
		"Interrupt-remapping is disabled",
		"Failed to enable irq remapping",
		"x2apic: IRQ remapping doesn't support",
		"Unknown kernel command line parameters",
	};

	(void)state;
	assert_in_range(expect_forms(), 100, 5000);
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		expect_understood(messages[i]);
}

static void anything_is_taken(void **state)
{
	struct redact *redact = make(10);
	char text[1024], buf[64];

	(void)state;
	srand(10);
	for (int i = 0; i < 20000; i++) {
		static const char set[] = "0123456789abcdefABCDEF:.-/ x";
		size_t length = (size_t)rand() % 200;
		char *exact;

		for (size_t k = 0; k < length; k++)
			text[k] = set[(size_t)rand() % (sizeof(set) - 1)];
		text[length] = '\0';
		exact = strdup(text);
		redact_put(redact, (enum redact_mode)(rand() % 4), exact, buf, (size_t)(1 + rand() % 64));
		free(exact);
	}
	memset(text, 'q', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(strlen(redact_put(redact, REDACT_NAMES, text, buf, sizeof(buf))), sizeof(buf) - 1);
	redact_free(redact);
}

/* An address is found whatever is glued to it, and however its digits are joined. */
static void addresses_are_found_everywhere(void **state)
{
	static const struct {
		const char *text, *secret, *kept;
	} cases[] = {
		{ "link 00:1b:21:dd:ee:01:eth0 up", "dd:ee:01", ":eth0 up" },
		{ "00:1b:21:dd:ee:01:1234", "dd:ee:01", "00:1b:21:" },
		{ "AA_1B_21_DD_EE_01", "DD_EE_01", "_" },
		{ "dev_00_1B_21_DD_EE_01 hci0", "DD_EE_01", "dev_00_1B_21_" },
		{ "mac00:1b:21:dd:ee:01", "dd:ee:01", "mac00:1b:21:" },
		{ "eth000:1b:21:dd:ee:01", "dd:ee:01", "eth000:1b:21:" },
		{ "00:1b:21:dd:ee:01eth0", "dd:ee:01", "eth0" },
		{ "00-1b-21-dd-ee-01-lan", "dd-ee-01", "-lan" },
		{ "MAC=00:1b:21:dd:ee:01:00:1b:21:ab:cd:ef:08:00 SRC", "dd:ee:01", ":08:00 SRC" },
		{ "MAC=00:1b:21:dd:ee:01:00:1b:21:ab:cd:ef:08:00 SRC", "ab:cd:ef", "MAC=00:1b:21:" },
		{ "node 001b21ddee01 up", "ddee01", "node 001b21" },
		{ "node 001B21DDEE01", "ddee01", "node 001b21" },
		{ "tap001b21ddee01", "ddee01", "tap001b21" },
		{ "mac001b21ddee01", "ddee01", "mac001b21" },
		{ "vnet525400123456", "123456", "vnet52" },
		{ "ip10.11.12.13", "11.12.13", "ip10." },
		{ "10.11.12.13eth0", "11.12.13", "eth0" },
		{ "peer 10.11.12.13.5060", "11.12.13", ".5060" },
		{ "ip-10-11-12-13.internal", "11-12-13", "ip-10-" },
		{ "from 10.11.12.13:22", "11.12.13", ":22" },
		{ "addr2001:db8:1:2::abcd", "1:2::abcd", "addr" },
		{ "fe80::21b:21ff:fedd:ee01eth0", "fedd:ee0", "th0" },
		{ "2001:db8:1:2::abcd.443", "1:2::abcd", ".443" },
		{ "[fe80::21b:21ff:fedd:ee01%eth0]:80", "fedd:ee01", "%eth0]:80" },
		{ "fe80000000000000021b21fffeddee01 02", "ddee01", " 02" },
		{ "mlx5 guid 0002:c903:00a1:b2c3", "a1:b2c3", "guid 0002:c9" },
	};
	struct redact *redact = make(21);

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		const char *got = put(redact, REDACT_RUNNING, cases[i].text);

		if (strcasestr(got, cases[i].secret) || !strcasestr(got, cases[i].kept))
			print_message("%s became %s\n", cases[i].text, got);
		assert_null(strcasestr(got, cases[i].secret));
		assert_non_null(strcasestr(got, cases[i].kept));
	}
	/* However it is written, it is the same one. */
	assert_memory_equal(put(redact, REDACT_RUNNING, "00:1b:21:dd:ee:01:eth0"),
		put(redact, REDACT_RUNNING, "00:1b:21:dd:ee:01"), 17);
	redact_free(redact);
}

/* What only looks a little like one stays, since readers look for it. */
static void what_is_no_address_stays(void **state)
{
	static const char *const texts[] = { "pci0000:00 0000:00:1f.2 10000:e0:1d.0", "driver v1.2.3.4 loaded",
		"6.1.0-13-amd64", "version 5.10.0.1", "0x1234567890ab", "-g1a2b3c4d5e6f", "at 12:34:56", "std::string",
		"[8086:10fb]", "size 137438953472", "DMAR: [mem 0x00000000fee00000-0x00000000feefffff]",
		"00000000fee0f00d", "2023-11-29-06" };
	struct redact *redact = make(22);

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		assert_string_equal(put(redact, REDACT_RUNNING, texts[i]), texts[i]);
	redact_free(redact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_found_everywhere),
		cmocka_unit_test(what_is_no_address_stays),
		cmocka_unit_test(hash_is_siphash),
		cmocka_unit_test(same_stays_same),
		cmocka_unit_test(two_are_never_one),
		cmocka_unit_test(mac_keeps_its_maker),
		cmocka_unit_test(mac_is_the_same_everywhere),
		cmocka_unit_test(ip_keeps_prefixes),
		cmocka_unit_test(ip_keeps_its_class),
		cmocka_unit_test(what_says_nothing_stays),
		cmocka_unit_test(names_go_word_by_word),
		cmocka_unit_test(log_is_understood),
		cmocka_unit_test(anything_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
