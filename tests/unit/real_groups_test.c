// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommu/topology.c and iommu/proof.c on real machines: tests/data/groups has what each of their functions is and which
 * groups their kernels made. Each machine is written as sysfs has it and read as a host is; then the rule must make the
 * same partition, and the proof of every function agree with its kernel and say what merges. Then on machines that are
 * real but for one thing: groups that no rule gives, and switches that newer kernels ask less of.
 */
#include "iommu/proof.h"
#include "tests/unit/machine_facts.h"
#include "tests/unit/temp_tree.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "tests/data/groups";

/* A machine that was read, with the groups by the rule. */
struct machine {
	struct machine_facts facts;
	struct temp_tree tree;
	struct pci_inventory inventory;
	struct topology topology;
	int group[MACHINE_FACTS_MAX];
};

static struct machine *machine_new(const char *path)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	struct machine_tree writer;

	assert_non_null(machine);
	if (machine_facts_read(path, &machine->facts) < 0)
		fail_msg("%s", machine->facts.why);
	temp_tree_init(&machine->tree);
	machine_tree_open(&writer, machine->tree.path);
	machine_facts_write(&machine->facts, &writer);
	machine_tree_close(&writer);
	return machine;
}

static void machine_read(struct machine *machine)
{
	const struct sysroot *root = &machine->tree.root;

	assert_int_equal(pci_inventory_read(root, 0, &machine->inventory, NULL), 0);
	assert_int_equal(topology_read(root, &machine->inventory, &machine->topology, NULL), 0);
	assert_int_equal(topology_group(&machine->topology, machine->group), 0);
}

static void machine_free(struct machine *machine)
{
	topology_done(&machine->topology);
	pci_inventory_done(&machine->inventory);
	temp_tree_done(&machine->tree);
	free(machine);
}

static struct topology_function *function_at(struct machine *machine, const char *text)
{
	struct pci_addr addr;
	int index;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	index = topology_find(&machine->topology, addr);
	assert_true(index >= 0);
	return &machine->topology.function[index];
}

static void prove(struct machine *machine, const char *text, struct proof *ret_proof)
{
	int index = (int)(function_at(machine, text) - machine->topology.function);

	proof_make(&machine->tree.root, &machine->topology, machine->group, index, ret_proof);
}

/* Every function of the file was found, with what the file says of it. */
static void check_reading(struct machine *machine)
{
	assert_int_equal(machine->topology.count, machine->facts.count);
	for (size_t i = 0; i < machine->facts.count; i++) {
		const struct machine_function *wanted = &machine->facts.function[i];
		const struct topology_function *got;
		char name[PCI_ADDR_TEXT_SIZE];

		got = function_at(machine, machine_function_name(wanted, name, sizeof(name)));
		assert_true(got->known);
		assert_int_equal(got->express_type, wanted->express);
		assert_int_equal(got->kernel_group, wanted->group);
		assert_int_equal(got->acs_enabled, wanted->has_acs ? wanted->acs_enabled : 0);
	}
}

/* The number of functions whose group differs; each is printed. */
static unsigned int check_machine(const char *name)
{
	unsigned int differ = 0;
	struct machine *machine;
	struct proof proof;
	char text[PCI_ADDR_TEXT_SIZE];
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	machine = machine_new(path);
	machine_read(machine);
	check_reading(machine);
	for (size_t i = 0; i < machine->topology.count; i++) {
		const struct topology_function *function = &machine->topology.function[i];
		const struct proof_step *cause;

		proof_make(&machine->tree.root, &machine->topology, machine->group, (int)i, &proof);
		pci_addr_text(function->addr, text);
		cause = proof_cause(&proof);
		if (proof.member_count > 1 && !cause)
			fail_msg("%s: nothing merges %s", name, text);
		if (proof.agrees)
			continue;
		differ++;
		print_error("%s: %s is in the kernel's group %d, by the rule one of %zu (%s)\n", name, text,
			function->kernel_group, proof.member_count, cause ? cause->consequence : "nothing merges");
	}
	machine_free(machine);
	return differ;
}

static void agrees_with_real_kernels(void **state)
{
	DIR *dir = opendir(folder);
	unsigned int machines = 0;
	unsigned int differ = 0;
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".machine"))
			continue;
		differ += check_machine(entry->d_name);
		machines++;
	}
	closedir(dir);
	assert_true(machines > 20);
	assert_int_equal(differ, 0);
}

static void expect_said(struct machine *machine, const char *device, const char *words)
{
	struct proof proof;

	prove(machine, device, &proof);
	assert_true(proof.known);
	assert_false(proof.agrees);
	assert_string_equal(proof.step[proof.step_count - 1].property, "kernel");
	if (!strstr(proof.step[proof.step_count - 1].consequence, words))
		fail_msg("'%s' is not in '%s'", words, proof.step[proof.step_count - 1].consequence);
	assert_null(strstr(proof.step[proof.step_count - 1].consequence, "as the rule says"));
}

/* Two functions of one card apart, and two cards together: neither is what hardware says. */
static void tells_other_groups(void **state)
{
	struct machine *machine = machine_new("tests/data/groups/gigabyte-x570-aorus-master.machine");
	struct topology *topology = &machine->topology;

	(void)state;
	temp_tree_file(&machine->tree, "proc/sys/kernel/osrelease", "6.8.0-45-generic\n");
	machine_read(machine);
	function_at(machine, "0a:00.1")->kernel_group = 1000;
	function_at(machine, "03:00.0")->kernel_group = 1001;
	function_at(machine, "04:00.0")->kernel_group = 1001;
	expect_said(machine, "0a:00.1", "1 function fewer than by the rule");
	expect_said(machine, "0a:00.0", "switched off after boot");
	expect_said(machine, "03:00.0", "1 function more than by the rule");
	topology->override = true;
	expect_said(machine, "0a:00.1", "pcie_acs_override= on the kernel's command line");
	expect_said(machine, "03:00.0", "switched on after boot");
	topology->override = false;
	snprintf(topology->release, sizeof(topology->release), "7.3.0");
	expect_said(machine, "03:00.0", "the rule of Linux 7.3.0, which is newer");
	snprintf(topology->release, sizeof(topology->release), "7.2.13");
	expect_said(machine, "03:00.0", "more than by the rule: a patched kernel");
	machine_free(machine);
}

static void reads_the_kernel(void **state)
{
	struct machine *machine = machine_new("tests/data/groups/ecs-h310.machine");

	(void)state;
	temp_tree_file(&machine->tree, "proc/sys/kernel/osrelease", "7.2.13+deb14-amd64\n");
	temp_tree_file(&machine->tree, "proc/cmdline", "quiet pcie_acs_override=downstream\n");
	machine_read(machine);
	assert_string_equal(machine->topology.release, "7.2.13+deb14-amd64");
	assert_true(machine->topology.override);
	machine_free(machine);
}

/* Linux 7.0 leaves source validation off in these switches of IDT's, and groups as if it were not there. */
static void forgives_idt_switches(void **state)
{
	static const char text[] = "0000:00:01.0 8086:1901 0604 root 01-04 1f/1d 1\n"
				   "0000:01:00.0 111d:80b5 0604 upstream 02-04 - 2\n"
				   "0000:02:00.0 111d:80b5 0604 downstream 03-03 1f/1c 3\n"
				   "0000:02:01.0 111d:80b6 0604 downstream 04-04 1f/1c 4\n"
				   "0000:03:00.0 1234:0001 0200 endpoint - - 5\n"
				   "0000:04:00.0 1234:0001 0200 endpoint - - 4\n";
	struct machine *machine;
	struct temp_tree tree;
	struct proof proof;
	char path[128];

	(void)state;
	temp_tree_init(&tree);
	temp_tree_file(&tree, "machine", text);
	snprintf(path, sizeof(path), "%s/machine", tree.path);
	machine = machine_new(path);
	machine_read(machine);
	prove(machine, "03:00.0", &proof);
	assert_true(proof.agrees);
	assert_int_equal(proof.member_count, 1);
	prove(machine, "04:00.0", &proof);
	assert_true(proof.agrees);
	assert_string_equal(proof_cause(&proof)->value, "missing SV");
	machine_free(machine);
	temp_tree_done(&tree);
}

/* What is built in is not told to move, and nobody is told to move to where nothing can be plugged in. */
static void advises_slots_alone(void **state)
{
	struct machine *machine = machine_new("tests/data/groups/gigabyte-x570-aorus-master.machine");
	struct proof proof;

	(void)state;
	machine_read(machine);
	assert_true(function_at(machine, "02:09.0")->no_slot);
	prove(machine, "08:00.0", &proof);
	assert_int_equal(proof.advice_count, 3);
	assert_non_null(strstr(proof.advice[0], "nothing has to"));
	assert_non_null(strstr(proof.advice[2], "it is built in"));
	machine_free(machine);
	machine = machine_new("tests/data/groups/msi-b550-tomahawk.machine");
	machine_read(machine);
	assert_true(function_at(machine, "00:08.1")->no_slot);
	prove(machine, "05:00.0", &proof);
	assert_string_equal(proof_cause(&proof)->property, "acs");
	assert_true(proof.advice_count > 1);
	for (size_t i = 0; i < proof.advice_count; i++)
		assert_null(strstr(proof.advice[i], "0000:00:08.1"));
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_real_kernels),
		cmocka_unit_test(tells_other_groups),
		cmocka_unit_test(reads_the_kernel),
		cmocka_unit_test(forgives_idt_switches),
		cmocka_unit_test(advises_slots_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
