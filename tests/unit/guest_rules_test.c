// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/rules.c and wire/rule.c: what a rule file says, and which rules are refused, with their line and the reason. */
#include "guest/rules.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

#include <cmocka.h>

static int parse(const char *text, struct guest_rules *ret_rules, struct error *err)
{
	cleanup_free char *copy = strdup(text);

	assert_non_null(copy);
	return guest_rules_parse(copy, "card.rules", ret_rules, err);
}

static void rules_are_read(void **state)
{
	static const struct guest_rule expected[] = {
		{ 0x8086, 0x10ca, { 3, RULE_REGISTER, RULE_SHOW, 0xe0, 4 } },
		{ 0x8086, -1, { 4, RULE_CAPABILITY, RULE_HIDE, 0x11, 0 } },
		{ -1, -1, { 6, RULE_EXTENDED, RULE_PASS, 0x0b, 0 } },
		{ 0x1af4, 0x1041, { 7, RULE_REGISTER, RULE_PASS, 0xfff, 1 } },
	};
	struct guest_rules rules;

	(void)state;
	assert_int_equal(parse("# a card\n"
			       "\n"
			       "8086:10ca register 0xe0/4 show # its window\n"
			       "  8086:*\tcapability 11   hide\r\n"
			       "#8086:* capability 05 hide\n"
			       "*:* extended 0x000b pass\n"
			       "1AF4:1041 register FFF/1 pass",
				 &rules, NULL),
		0);
	assert_int_equal(rules.count, array_size(expected));
	for (size_t i = 0; i < array_size(expected); i++) {
		assert_int_equal(rules.rule[i].vendor, expected[i].vendor);
		assert_int_equal(rules.rule[i].device, expected[i].device);
		assert_memory_equal(&rules.rule[i].rule, &expected[i].rule, sizeof(expected[i].rule));
	}
	guest_rules_done(&rules);
	assert_int_equal(parse("", &rules, NULL), 0);
	assert_int_equal(rules.count, 0);
	guest_rules_done(&rules);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *what;
	} rows[] = {
		{ "8086:10ca capability 0x11", "4 words" },
		{ "8086:10ca capability 0x11 hide now", "4 words" },
		{ "8086 capability 0x11 hide", "VENDOR:DEVICE" },
		{ "8086: capability 0x11 hide", "VENDOR:DEVICE" },
		{ "80860:10ca capability 0x11 hide", "VENDOR:DEVICE" },
		{ "-8086:10ca capability 0x11 hide", "VENDOR:DEVICE" },
		{ "*a:10ca capability 0x11 hide", "VENDOR:DEVICE" },
		{ "8086:10ca:1 capability 0x11 hide", "VENDOR:DEVICE" },
		{ "8086:10ca cap 0x11 hide", "none of capability" },
		{ "8086:10ca capability MSI hide", "hexadecimal" },
		{ "8086:10ca capability 0x11g hide", "goes on" },
		{ "8086:10ca capability 0x10000 hide", "hexadecimal" },
		{ "8086:10ca register 0xe0 show", "OFFSET/1" },
		{ "8086:10ca register 0xe0/3 show", "OFFSET/1" },
		{ "8086:10ca register 0xe0/ show", "OFFSET/1" },
		{ "8086:10ca register 0xe0/44 show", "OFFSET/1" },
		{ "8086:10ca capability 0x11 delete", "none of hide" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct guest_rules rules;
		struct error err = { 0 };
		char text[128];

		snprintf(text, sizeof(text), "\n*:* capability 5 hide\n%s\n", rows[i].line);
		assert_int_equal(parse(text, &rules, &err), -EINVAL);
		assert_int_equal(err.code, CODE_USAGE);
		if (strncmp(err.msg, "card.rules:3: ", 14) || !strstr(err.msg, rows[i].what))
			print_error("%s: %s\n", rows[i].line, err.msg);
		assert_int_equal(strncmp(err.msg, "card.rules:3: ", 14), 0);
		assert_non_null(strstr(err.msg, rows[i].what));
	}
}

/* What isolation stands on cannot be opened by a rule. */
static void dangerous_rules_are_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "register 0x04/2 pass", "COMMAND" },
		{ "register 0x10/4 show", "COMMAND" },
		{ "register 0x3c/4 hide", "COMMAND" },
		{ "register 0x42/4 show", "multiple" },
		{ "register 0x1000/1 show", "below" },
		{ "capability 0x01 pass", "asleep" },
		{ "capability 0x05 pass", "address" },
		{ "capability 0x05 show", "address" },
		{ "capability 0x11 pass", "interrupts" },
		{ "capability 0x10 pass", "resets" },
		{ "capability 0x13 pass", "resets" },
		{ "capability 0x14 pass", "BARs" },
		{ "capability 0x03 pass", "writes to the card" },
		{ "capability 0x08 pass", "vendor's own" },
		{ "capability 0x00 hide", "0x01" },
		{ "capability 0x100 hide", "0xff" },
		{ "extended 0x00 hide", "0x0001" },
		{ "extended 0x10 show", "VFs" },
		{ "extended 0x0f pass", "IOMMU" },
		{ "extended 0x0d pass", "apart" },
		{ "extended 0x15 pass", "BARs" },
		{ "extended 0x24 show", "BARs" },
		{ "extended 0x01 pass", "errors" },
		{ "extended 0x33 pass", "vendor's own" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct guest_rules rules;
		struct error err = { 0 };
		char text[128];

		snprintf(text, sizeof(text), "8086:10ca %s", rows[i].line);
		if (parse(text, &rules, &err) != -EPERM || !strstr(err.msg, rows[i].why))
			print_error("%s: %s\n", rows[i].line, err.msg);
		assert_int_equal(err.errnum, EPERM);
		assert_int_equal(strncmp(err.msg, "card.rules:1: refused: ", 23), 0);
		assert_non_null(strstr(err.msg, rows[i].why));
	}
}

/* Every rule that there can be: what may be passed is the vendor's, and registers outside of the header. */
static void nothing_else_can_be_passed(void **state)
{
	unsigned int passed = 0;

	(void)state;
	for (unsigned int what = 0; what <= RULE_WHAT_END; what++) {
		for (unsigned int where = 0; where <= 0xffff; where++) {
			struct config_rule rule = { 1, (uint8_t)what, RULE_PASS, (uint16_t)where, 1 };
			bool vendors = (what == RULE_CAPABILITY && where == PCI_CAP_ID_VNDR) ||
				       (what == RULE_EXTENDED &&
					       (where == PCI_EXT_CAP_ID_VNDR || where == PCI_EXT_CAP_ID_DVSEC));

			if (config_rule_refusal(&rule))
				continue;
			assert_true(vendors || (what == RULE_REGISTER && where >= 0x40 && where < 0x1000));
			passed++;
		}
	}
	assert_int_equal(passed, 3 + 0x1000 - 0x40);
	assert_non_null(config_rule_refusal(&(struct config_rule){ 1, RULE_REGISTER, 0, 0x40, 1 }));
	assert_non_null(config_rule_refusal(&(struct config_rule){ 1, RULE_REGISTER, RULE_ACTION_END, 0x40, 1 }));
}

static void rules_are_for_their_device(void **state)
{
	const struct pci_device card = { .vendor_id = 0x8086, .device_id = 0x10ca };
	const struct pci_device other = { .vendor_id = 0x8086, .device_id = 0x10c9 };
	struct config_rule found[3];
	struct guest_rules rules;
	struct error err = { 0 };
	size_t count;

	(void)state;
	assert_int_equal(parse("8086:10ca capability 5 hide\n8086:* capability 11 hide\n*:* extended b show\n"
			       "1af4:* capability 9 pass\n",
				 &rules, NULL),
		0);
	assert_int_equal(guest_rules_for(&rules, &card, found, 3, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(found[2].line, 3);
	assert_int_equal(guest_rules_for(&rules, &other, found, 3, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(guest_rules_for(&rules, &card, found, 2, &count, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "8086:10ca"));
	guest_rules_done(&rules);
}

static void files_of_all_kinds(void **state)
{
	struct temp_tree tree;
	struct guest_rules rules;
	struct error err = { 0 };
	char path[256], *many = calloc(1, 70000);

	(void)state;
	assert_non_null(many);
	temp_tree_init(&tree);
	snprintf(path, sizeof(path), "%s/rules", tree.path);
	assert_int_equal(guest_rules_read(path, &rules, &err), -ENOENT);
	temp_tree_file(&tree, "rules", "*:* capability 9 pass\n");
	assert_int_equal(guest_rules_read(path, &rules, NULL), 0);
	assert_int_equal(rules.count, 1);
	guest_rules_done(&rules);
	memset(many, '\n', 69999);
	temp_tree_file(&tree, "rules", many);
	assert_int_equal(guest_rules_read(path, &rules, &err), -EINVAL);
	many[0] = '\0';
	for (unsigned int i = 0; i <= GUEST_RULE_MAX; i++)
		strcat(many, "*:* capability 9 pass\n");
	temp_tree_file(&tree, "rules", many);
	assert_int_equal(guest_rules_read(path, &rules, &err), -EINVAL);
	assert_non_null(strstr(err.msg, ":257: "));
	temp_tree_done(&tree);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(dangerous_rules_are_refused),
		cmocka_unit_test(nothing_else_can_be_passed),
		cmocka_unit_test(rules_are_for_their_device),
		cmocka_unit_test(files_of_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
