// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files: what each mistake is answered with, to the letter; what a good file becomes; several files. */
#include "plan/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config_mistakes.h"
#include "plan/schema.h"
#include "sriov/vf_key.h"
#include "wire/limits.h"

static struct source_list *make_sources(const char *const *text, size_t count)
{
	struct source_list *list = calloc(1, sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%c", (char)('a' + i));
		assert_int_equal(source_list_add(list, name, strdup(text[i]), strlen(text[i])), 0);
	}
	return list;
}

static int load(const char *const *text, size_t count, struct desired **ret_desired, struct config_findings *findings)
{
	struct error err = { 0 };
	int ret = config_load_sources(make_sources(text, count), ret_desired, findings, &err);

	assert_int_equal(ret<0, findings->errors> 0);
	if (ret < 0)
		assert_int_equal(err.code, CODE_CONFIG);
	return ret;
}

/* "a:LINE:COL: error: TEXT (HINT)", one a line: what was found, without the lines of the file. */
static void tell(const struct config_findings *findings, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < findings->count && used < size; i++) {
		const struct config_finding *finding = &findings->item[i];

		used += (size_t)snprintf(buf + used, size - used, "%s%s: %s: %s%s%s%s", i ? "\n" : "", finding->where,
			finding->is_error ? "error" : "note", finding->text, finding->hint[0] ? " (" : "",
			finding->hint, finding->hint[0] ? ")" : "");
	}
}

static int compare(const char *const *text, size_t count, const char *expected)
{
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;
	char told[8192];

	load(text, count, &desired, &findings);
	tell(&findings, told, sizeof(told));
	if (!strcmp(told, expected))
		return 0;
	print_error("--- file\n%s--- expected\n%s\n--- found\n%s\n", text[0], expected, told);
	return 1;
}

static void test_mistakes(void **state)
{
	int failures = 0;

	(void)state;
	for (const struct config_mistake *mistake = config_mistakes; mistake->file; mistake++)
		failures += compare(&mistake->file, 1, mistake->expected);
	assert_int_equal(failures, 0);
}

/* A finding as people see it: the line, and the caret under what is wrong, also in a long line and behind tabs. */
static void test_excerpts(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "version: 1\nhost:\n  iommu: onn # why\n",
			"a:3:10: error: 'iommu' is leave, on, passthrough or strict, not 'onn'\n"
			"      iommu: onn # why\n"
			"             ^~~\n"
			"hint: did you mean 'on'?\n" },
		{ "version: 1\r\nhost: {\"\xc3\xa4\xc3\xb6\": 1,\tiommu: 7}\r\n",
			"a:2:9: error: 'host' has no key '\xc3\xa4\xc3\xb6'\n"
			"    host: {\"\xc3\xa4\xc3\xb6\": 1, iommu: 7}\n"
			"            ^~\n"
			"hint: it has: iommu, hugepages, kernel_arguments, modules\n"
			"a:2:24: error: 'iommu' is leave, on, passthrough or strict, not '7'\n"
			"    host: {\"\xc3\xa4\xc3\xb6\": 1, iommu: 7}\n"
			"                           ^\n" },
		{ "version: 1\nhost: {                                                                                 "
		  "     "
		  "                  iommu: 'oh dear, this is a long text, which goes on and on and on'}\n",
			"a:2:120: error: 'iommu' is leave, on, passthrough or strict, not 'oh dear, this is a long "
			"text, "
			"which goes on and on and on'\n"
			"                                                        iommu: 'oh dear, this is a long text, "
			"which goes\n"
			"                                                                "
			"^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup(config_findings_done) struct config_findings findings = { 0 };
		cleanup_desired struct desired *desired = NULL;
		char told[4096];
		size_t used = 0;

		load(&cases[i].file, 1, &desired, &findings);
		for (size_t j = 0; j < findings.count; j++)
			used += strlen(config_finding_text(&findings.item[j], told + used, sizeof(told) - used));
		assert_string_equal(told, cases[i].expected);
	}
}

/* Several files: what each adds, what holds, and where the notes are. */
static void test_files(void **state)
{
	static const char *const files[] = {
		"version: 1\n"
		"aliases: {nic: {path: '0000:00/1c.0/00.0', ids: '8086:10c9'}}\n"
		"host: {kernel_arguments: [one], iommu: on}\n"
		"sriov: {nic: 4}\n"
		"devices:\n",
		"version: 1\n"
		"host: {kernel_arguments: [two], iommu: strict}\n"
		"sriov: {nic: {driver: vfio, vfs: {0: {vlan: 5}}}}\n"
		"devices: {nic/1: host}\n",
		"version: 1\n"
		"sriov: {nic: 8}\n"
		"devices: {nic/1: {user: alice, driver: vfio}, nic/7: none}\n",
	};
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;
	char told[1024];

	(void)state;
	assert_int_equal(load(files, 3, &desired, &findings), 0);
	tell(&findings, told, sizeof(told));
	assert_string_equal(told, "b:2:40: note: 'iommu' holds, and not that of a:3:40\n"
				  "c:2:14: note: 'count' holds, and not that of a:4:14\n"
				  "c:3:40: note: 'driver' holds, and not that of b:4:18");
	assert_int_equal(desired->host.iommu, DESIRED_IOMMU_STRICT);
	assert_int_equal(desired->host.argument_count, 2);
	assert_string_equal(desired->host.argument[0].text, "one");
	assert_string_equal(desired->host.argument[1].text, "two");
	assert_int_equal(desired->host.argument[1].at.file, 1);
	assert_int_equal(desired->pf_count, 1);
	assert_int_equal(desired->pf[0].count, 8);
	assert_int_equal(desired->pf[0].count_at.file, 2);
	assert_int_equal(desired->pf[0].vf[7].driver.kind, DESIRED_DRIVER_VFIO);
	assert_int_equal(desired->binding_count, 2);
	assert_string_equal(desired->binding[0].user, "alice");
	assert_int_equal(desired->binding[0].driver.kind, DESIRED_DRIVER_VFIO);
}

static void test_other_files(void **state)
{
	static const struct {
		const char *files[2], *expected;
	} cases[] = {
		{ { "version: 1\n", "" }, "b:1:1: error: the file is empty (version: 1)" },
		{ { "version: 1\n", "host: {}\n" }, "b:1:1: error: the file has no 'version' (version: 1)" },
		{ { "version: 1\n", "[version]\n" },
			"b:1:1: error: the file is a mapping: lines of KEY: VALUE, not a list" },
		{ { "version: 1\nhost: {iommu: on}\n", "version: 1\nhost: {iommu: [on]}\n" },
			"b:2:15: note: 'iommu' holds, and not that of a:2:15\n"
			"b:2:15: error: 'iommu' is leave, on, passthrough or strict, not a list" },
		{ { "version: 1\nsriov: {nic: 4}\n", "version: 1\naliases: {nic: {path: '0000:00/1c.0/00.0', ids: "
						     "'8086:10c9'}}\nsriov: {nic: {vfs: {4: {}}}}\n" },
			"b:3:21: error: there is no VF 4 of 4 (they count from 0; 'count' of the card says how many)" },
		{ { "version: 1\nx: 1\n", "version: 1\n  y\n" },
			"a:2:1: error: the file has no key 'x' (it has: version, aliases, host, sriov, devices, pools, "
			"guests, policy)\n"
			"b:1:10: note: 'version' holds, and not that of a:1:10\n"
			"b:1:10: error: 'version' is 1, not '1 y'" },
	};
	int failures = 0;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		failures += compare(cases[i].files, 2, cases[i].expected);
	assert_int_equal(failures, 0);
}

static void expect_host(const struct desired *desired)
{
	assert_int_equal(desired->alias[0].card.function, 1);
	assert_int_equal(desired->alias[0].card.subsystem_id, 0xa03c);
	assert_true(desired->alias[0].has_subsystem);
	assert_string_equal(desired->alias[1].card.vpd, "A B");
	assert_int_equal(desired->alias[1].card.function, 3);
	assert_int_equal(desired->host.iommu, DESIRED_IOMMU_ON);
	assert_int_equal(desired->host.hugepages_count, 3);
	assert_int_equal(desired->host.hugepages[0].node, DESIRED_UNSET);
	assert_int_equal(desired->host.hugepages[2].node, 1);
	assert_int_equal(desired->host.hugepages[2].count, 2);
	assert_string_equal(desired->host.module[0].name, "vfio_pci");
	assert_string_equal(desired->host.module[0].option[1].value, "8086:10ca,1:2");
}

static void expect_vfs(const struct desired *desired)
{
	const struct desired_vf *vf = desired->pf[0].vf;

	assert_true(vf[0].set.has_mac);
	assert_int_equal(vf[0].set.vlan, 0);
	assert_int_equal(vf[0].set.spoofchk, 1);
	assert_int_equal(vf[0].driver.kind, DESIRED_DRIVER_HOST);
	assert_int_equal(vf[0].mac_at.line, 15);
	assert_int_equal(vf[1].set.vlan, 7);
	assert_int_equal(vf[1].set.trust, VF_UNSET);
	assert_int_equal(vf[1].driver.kind, DESIRED_DRIVER_NONE);
	assert_int_equal(vf[3].set.vlan_proto, 0x88a8);
	assert_string_equal(desired_driver_name(&vf[3].driver), "mlx5_vfio_pci");
	assert_true(vf[5].set.has_node_guid);
	assert_int_equal(desired->binding[0].device.first, DESIRED_UNSET);
	assert_int_equal(desired->binding[1].device.first, 5);
	assert_string_equal(desired->binding[1].driver.name, "igbvf");
	assert_int_equal(desired->pool[0].member_count, 2);
	assert_int_equal(desired->pool[0].member[0].last, 3);
}

static void expect_guests(const struct desired *desired)
{
	const struct desired_guest *web = desired_guest(desired, "web");

	assert_int_equal(web->memory_bytes, 1 << 30);
	assert_int_equal(web->page_bytes, 2 << 20);
	assert_string_equal(web->cmdline, "5");
	assert_int_equal(web->device_count, 3);
	assert_true(web->device[1].from_pool);
	assert_true(web->device[2].rom_off);
	assert_true(web->device[2].allow_no_reset);
	assert_int_equal(web->after_count, 1);
	assert_int_equal(web->after[0], 0);
	assert_int_equal(web->needs_count, 1);
	assert_int_equal(web->needs[0], 0);
	assert_int_equal(web->restart_limit, 4);
	assert_int_equal(web->restart, DESIRED_RESTART_ON_FAILURE);
	assert_int_equal(web->stop_seconds, 120);
	assert_false(web->autostart);
	assert_int_equal(desired_guest(desired, "db")->memory_bytes, 512 << 20);
	assert_true(desired_guest(desired, "db")->autostart);
}

/* Everything that can be said once, and what it becomes. */
static void test_whole(void **state)
{
	static const char *const file =
		"version: 1\n"
		"aliases:\n"
		"  nic: {path: '0000:00/1c.0/00.1', ids: '8086:10c9:8086:a03c', serial: 00-1b-21-ff-ff-0a-0b-0c}\n"
		"  gpu: {unique: S1, vpd: 'A B', mac: '00:1b:21:0a:0b:0c', function: 3}\n"
		"host:\n"
		"  iommu: true\n"
		"  hugepages: {2M: 512, 1G: {nodes: {0: 1, 1: 2}}}\n"
		"  modules: {vfio-pci: {load: on, blacklist: off, options: {disable_idle_d3: 1, ids: "
		"'8086:10ca,1:2'}}}\n"
		"sriov:\n"
		"  nic:\n"
		"    count: 6\n"
		"    driver: vfio\n"
		"    defaults: {vlan: 7, spoofchk: on, driver: none}\n"
		"    vfs:\n"
		"      0: {mac: 02-00-00-00-01-00, vlan: 0, trust: true, link_state: enable, driver: host}\n"
		"      2-3: {qos: 3, vlan_proto: 802.1ad, min_tx_rate: 1, max_tx_rate: 2, query_rss: off, driver: "
		"mlx5_vfio_pci}\n"
		"      5: {node_guid: '00:11:22:33:44:55:66:77'}\n"
		"devices: {gpu: {driver: vfio, early: true, user: alice}, nic/5: igbvf}\n"
		"pools: {one: [nic/2-3, nic/4]}\n"
		"guests:\n"
		"  db: {kernel: /k}\n"
		"  web: {kernel: /k2, initrd: /i, cmdline: 5, memory: 1G, hugepages: 2M, cpus: 2, devices: [nic/0, "
		"{pool: one},\n"
		"    {device: gpu, rom: off, allow_no_reset: true}], hotplug: 1, dma_backend: type1,\n"
		"    vf_token: 7d3c01e0-0a1b-4c55-9d6e-1f2a3b4c5d6e, device_rules: /r, allow_unsafe_interrupts: on,\n"
		"    autostart: off, requires: [db], restart: on-failure, restart_delay: 5s, restart_limit: 4, "
		"stop_timeout: 2m}\n"
		"policy: {confirm: 60, keep: [nic/1]}\n";
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;
	char told[1024];

	(void)state;
	load(&file, 1, &desired, &findings);
	tell(&findings, told, sizeof(told));
	assert_string_equal(told, "");
	expect_host(desired);
	expect_vfs(desired);
	expect_guests(desired);
	assert_int_equal(desired->policy.confirm_seconds, 60);
	assert_int_equal(desired->policy.keep[0].last, 1);
}

/* A failure that is a line's fault, found when the file was good. */
static void test_fail_at(void **state)
{
	static const char *const file = "version: 1\nhost: {iommu: on}\n";
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;
	struct error err;

	(void)state;
	load(&file, 1, &desired, &findings);
	assert_int_equal(
		desired_fail(desired, desired->host.iommu_at, &err, CODE_IOMMU_OFF, ENODEV, "there is %s", "none"),
		-ENODEV);
	assert_string_equal(err.msg, "a:2:15: there is none");
	assert_string_equal(err.excerpt, "    host: {iommu: on}\n                  ^~\n");
	desired_fail(desired, (struct place){ 0 }, &err, CODE_IOMMU_OFF, ENODEV, "there is none");
	assert_string_equal(err.msg, "there is none");
}

/* As many errors as are told, and what is said of the others. */
static void test_many(void **state)
{
	cleanup_free char *file = calloc(1, 4096);
	const char *const files[] = { file };
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;

	(void)state;
	strcpy(file, "version: 1\n");
	for (int i = 0; i < 25; i++)
		sprintf(file + strlen(file), "x%d: 1\n", i);
	load(files, 1, &desired, &findings);
	assert_int_equal(findings.errors, LIMIT_CONFIG_ERRORS);
	assert_int_equal(findings.left_out, 5);
}

/* Large and deep, and over at once: what is answered is the first mistake, in a time that nobody notices. */
static void test_large(void **state)
{
	static const struct {
		const char *before, *again, *expected;
	} cases[] = {
		{ "version: 1\nhost: ", "[\n ", "nested too deep" },
		{ "version: 1\nhost: ", "{a:\n ", "nested too deep" },
		{ "version: 1\nhost: [", "a,", "the line is too long" },
		{ "version: 1\nhost:\n", "- a\n", "the file has too many values" },
		{ "version: 1\nhost: |\n", "  aaaaaaaaa\n", "this text is too long" },
		{ "version: 1\n", "\xff", "this is not UTF-8: is it a text file?" },
		{ "version: 1\n", "a: &a [*a, *a]\n", "anchors (&NAME) are not used here: say it twice" },
		{ "version: 1\n", "abcdefghijk: 1\n", "'abcdefghijk' is here twice" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		cleanup(config_findings_done) struct config_findings findings = { 0 };
		cleanup_desired struct desired *desired = NULL;
		cleanup_free char *file = calloc(1, LIMIT_CONFIG_BYTES + 16);
		const char *const files[] = { file };
		size_t step = strlen(cases[i].again), used = strlen(cases[i].before);

		strcpy(file, cases[i].before);
		for (; used + step <= LIMIT_CONFIG_BYTES; used += step)
			memcpy(file + used, cases[i].again, step);
		load(files, 1, &desired, &findings);
		assert_null(desired);
		assert_string_equal(findings.item[0].text, cases[i].expected);
	}
}

/* What a VF can be set to is what sriov/ knows, with the same ranges, and each of the rows' examples is good. */
static void test_vf_keys(void **state)
{
	const struct schema_row *pf = schema_find(schema_root.rows, "sriov")->array->value;
	const struct schema_row *vf = schema_find(pf->rows, "vfs")->array->value;
	size_t count = 0, rows = 0;

	(void)state;
	for (const struct vf_key *key = NULL; (key = vf_key_next(key)); count++) {
		const struct schema_row *row = schema_find(vf->rows, key->name);

		if (!row)
			fail_msg("the file has no key for '%s'", key->name);
		if (key->kind == VF_KEY_NUMBER) {
			assert_int_equal(row->max, key->max);
			assert_int_equal(row->min, key->min);
		}
		for (size_t i = 0; row->words && row->words[i]; i++) {
			struct vf_settings settings;
			char assignment[64];

			vf_settings_init(&settings);
			snprintf(assignment, sizeof(assignment), "%s=%s", key->name, row->words[i]);
			assert_int_equal(vf_settings_parse(&settings, assignment, NULL), 0);
		}
	}
	for (const struct schema_row *row = vf->rows; row->key; row++)
		rows += strcmp(row->key, "driver") != 0;
	assert_int_equal(rows, count);
}

/* An address that the card makes: for all, for one, and not for one that has its own. */
static void test_stable_mac(void **state)
{
	static const char *const file =
		"version: 1\n"
		"aliases: {nic: {path: '0000:00/1c.0/00.0', ids: '8086:10c9'}}\n"
		"sriov: {nic: {count: 2, defaults: {mac: stable}, vfs: {1: {mac: '02:00:00:00:00:01'}}}}\n";
	cleanup(config_findings_done) struct config_findings findings = { 0 };
	cleanup_desired struct desired *desired = NULL;

	(void)state;
	assert_int_equal(load(&file, 1, &desired, &findings), 0);
	assert_int_equal(desired->pf[0].vf[0].set.mac_from, VF_MAC_STABLE);
	assert_false(desired->pf[0].vf[0].set.has_mac);
	assert_int_equal(desired->pf[0].vf[1].set.mac_from, VF_MAC_SAID);
	assert_true(desired->pf[0].vf[1].set.has_mac);
	assert_int_equal(desired->pf[0].vf[1].set.queues, VF_UNSET);
	assert_int_equal(desired->pf[0].vf[0].set.online, VF_UNSET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_excerpts),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_fail_at),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_vf_keys),
		cmocka_unit_test(test_stable_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
