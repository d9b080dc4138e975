// SPDX-License-Identifier: GPL-2.0-or-later
/* vmm-core/acpi*.c: checksums and pointers of all tables, and that iasl can disassemble what was emitted. */
#include "vmm-core/boot/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vmm-core/boot/aml.h"
#include "vmm-core/irq.h"
#include "vmm-core/pci/pci.h"

static struct layout layout;
static struct guest_ram ram;

static int set_up(void **state)
{
	const struct layout_request plan = {
		.ram_bytes = 64 * MIB, .page_bytes = 4 * KIB, .port_count = 3, .gpa_bits = 40, .pci64_bytes = 3 * GIB
	};

	(void)state;
	return layout_plan(&plan, &layout, NULL) || guest_ram_init(&ram, RAM_PRIVATE, plan.ram_bytes, 4 * KIB, NULL) ||
	       guest_ram_place(&ram, &layout, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	guest_ram_done(&ram);
	return 0;
}

static uint8_t sum(const uint8_t *bytes, size_t count)
{
	uint8_t total = 0;

	while (count-- > 0)
		total = (uint8_t)(total + *bytes++);
	return total;
}

static uint32_t length_of(const uint8_t *table)
{
	uint32_t length;

	memcpy(&length, table + 4, sizeof(length));
	return length;
}

static const uint8_t *at(uint64_t address)
{
	const uint8_t *table = guest_ptr(&ram, gpa(address), 8);

	assert_true(address >= ACPI_TABLES_START && address < ACPI_TABLES_END);
	assert_non_null(table);
	return table;
}

/* The table with that signature, through RSDP and XSDT; NULL when there is none. */
static const uint8_t *find(const char *signature)
{
	const uint8_t *xsdt;
	uint64_t address;

	memcpy(&address, at(ACPI_TABLES_START) + 24, sizeof(address));
	xsdt = at(address);
	for (uint32_t i = 36; i < length_of(xsdt); i += 8) {
		memcpy(&address, xsdt + i, sizeof(address));
		if (!memcmp(at(address), signature, 4))
			return at(address);
	}
	return NULL;
}

static void pointers_and_checksums(void **state)
{
	static const char *const signatures[] = { "FACP", "APIC", "MCFG", "SSDT" };
	const uint8_t *rsdp = at(ACPI_TABLES_START), *fadt;
	uint64_t dsdt;
	uint32_t facs;

	(void)state;
	assert_int_equal(acpi_write(&ram, &layout, &(struct cpu_shape){ 1, 4, 1 }, NULL), 0);
	assert_memory_equal(rsdp, "RSD PTR ", 8);
	assert_int_equal(sum(rsdp, 20), 0);
	assert_int_equal(sum(rsdp, 36), 0);
	for (size_t i = 0; i < array_size(signatures); i++) {
		const uint8_t *table = find(signatures[i]);

		assert_non_null(table);
		assert_int_equal(sum(table, length_of(table)), 0);
	}
	fadt = find("FACP");
	assert_int_equal(length_of(fadt), 276);
	memcpy(&facs, fadt + 36, sizeof(facs));
	assert_memory_equal(at(facs), "FACS", 4);
	assert_int_equal(facs % 64, 0);
	memcpy(&dsdt, fadt + 140, sizeof(dsdt));
	assert_memory_equal(at(dsdt), "DSDT", 4);
	assert_int_equal(sum(at(dsdt), length_of(at(dsdt))), 0);
}

static void processors(void **state)
{
	(void)state;
	for (unsigned int cpus = 1; cpus <= LIMIT_VCPUS; cpus++) {
		const uint8_t *madt;
		unsigned int lapics = 0;

		assert_int_equal(acpi_write(&ram, &layout, &(struct cpu_shape){ 1, cpus, 1 }, NULL), 0);
		madt = find("APIC");
		assert_int_equal(sum(madt, length_of(madt)), 0);
		for (uint32_t i = 44; i < length_of(madt); i += madt[i + 1]) {
			assert_true(madt[i + 1] >= 2);
			if (madt[i] == 0)
				assert_int_equal(madt[i + 3], lapics++);
		}
		assert_int_equal(lapics, cpus);
	}
	assert_true(acpi_write(&ram, &layout, &(struct cpu_shape){ 1, 0, 1 }, NULL) < 0);
	assert_true(acpi_write(&ram, &layout, &(struct cpu_shape){ 1, LIMIT_VCPUS + 1, 1 }, NULL) < 0);
}

static void buses(void **state)
{
	const uint8_t *mcfg;

	(void)state;
	assert_int_equal(acpi_write(&ram, &layout, &(struct cpu_shape){ 1, 1, 1 }, NULL), 0);
	mcfg = find("MCFG");
	assert_int_equal(mcfg[44 + 3], 0xe0);
	assert_int_equal(mcfg[44 + 10], 0);
	assert_int_equal(mcfg[44 + 11], 3);
}

static void write_file(const char *dir, const char *name, const uint8_t *table)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.dat", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(table, 1, length_of(table), file), length_of(table));
	assert_int_equal(fclose(file), 0);
}

/* Writes what acpidump finds in a guest of that shape to a new folder whose name it puts in dir; false without iasl. */
static bool dump(const struct layout *machine, struct cpu_shape cpus, char dir[static 32])
{
	static const char *const tables[][2] = { { "facp", "FACP" }, { "apic", "APIC" }, { "mcfg", "MCFG" },
		{ "ssdt", "SSDT" } };
	uint64_t dsdt;

	if (system("command -v iasl >/dev/null") != 0)
		return false;
	assert_int_equal(acpi_write(&ram, machine, &cpus, NULL), 0);
	strcpy(dir, "/tmp/acpi-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < array_size(tables); i++)
		write_file(dir, tables[i][0], find(tables[i][1]));
	memcpy(&dsdt, find("FACP") + 140, sizeof(dsdt));
	write_file(dir, "dsdt", at(dsdt));
	return true;
}

/* iasl as the judge: it reads all tables and has nothing to say, and compiles what is code again. */
static int disassemble(const char *dir)
{
	char command[512];

	snprintf(command, sizeof(command),
		"cd %s && for t in facp apic mcfg; do iasl -d $t.dat >$t.log 2>&1 || exit 1; done; "
		"iasl -e ssdt.dat -d dsdt.dat >dsdt.log 2>&1 && iasl -e dsdt.dat -d ssdt.dat >ssdt.log 2>&1 && "
		"! grep -i 'error\\|warning' *.log >&2 && for t in dsdt ssdt; do iasl $t.dsl >compile.log 2>&1; "
		"grep -q ' 0 Errors, 0 Warnings' compile.log || { cat compile.log >&2; exit 1; }; done",
		dir);
	return system(command);
}

static void remove_dir(const char *dir)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void disassembly(void **state)
{
	static const char *const wanted[] = { "Scope (\\_SB.PCI0)", "Scope (\\_SB.ECAM)", "WordBusNumber", "0x0003,",
		"DWordMemory", "0xC0000000", "0xDFFFFFFF", "QWordMemory", "Prefetchable", "Memory32Fixed",
		"0x00400000" };
	char dir[32], path[64], text[32768] = "";
	cleanup_file FILE *file = NULL;
	int status;

	(void)state;
	if (!dump(&layout, (struct cpu_shape){ 1, 2, 1 }, dir))
		skip();
	status = disassemble(dir);
	snprintf(path, sizeof(path), "%s/ssdt.dsl", dir);
	file = fopen(path, "r");
	if (file)
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	remove_dir(dir);
	assert_int_equal(status, 0);
	for (size_t i = 0; i < array_size(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no \"%s\" in %s", wanted[i], text);
}

/* Machines of every shape: the smallest, the largest, with and without each window. */
static void shapes(void **state)
{
	static const struct {
		struct layout_request plan;
		struct cpu_shape cpus;
	} machines[] = {
		{ { .ram_bytes = 64 * MIB, .port_count = 0, .gpa_bits = 36 }, { 1, 1, 1 } },
		{ { .ram_bytes = 64 * MIB, .port_count = PCI_PORT_MAX, .gpa_bits = 52, .pci64_bytes = 64 * GIB },
			{ 2, 127, 1 } },
		{ { .ram_bytes = 8 * GIB, .port_count = 1, .gpa_bits = 46, .pci64_bytes = 1 * GIB }, { 4, 8, 2 } },
		{ { .ram_bytes = 1536 * GIB, .port_count = 8, .gpa_bits = 48 }, { 2, 16, 2 } },
	};

	(void)state;
	for (size_t i = 0; i < array_size(machines); i++) {
		struct layout_request plan = machines[i].plan;
		struct layout machine;
		char dir[32];
		int status;

		plan.page_bytes = 4 * KIB;
		assert_int_equal(layout_plan(&plan, &machine, NULL), 0);
		if (!dump(&machine, machines[i].cpus, dir))
			skip();
		status = disassemble(dir);
		remove_dir(dir);
		if (status)
			fail_msg("iasl does not like machine %zu", i);
	}
}

/* What acpiexec prints of a package's four numbers, which come one a line. */
static size_t read_prt(FILE *out, uint64_t (*ret_entry)[4], size_t most)
{
	static const char number[] = "[Integer] = ";
	size_t count = 0;
	char line[256];

	while (fgets(line, sizeof(line), out) && count < 4 * most) {
		const char *at = strstr(line, number);

		if (at) {
			ret_entry[count / 4][count % 4] = strtoull(at + strlen(number), NULL, 16);
			count++;
		}
	}
	return count / 4;
}

/* ACPICA as the judge: INTx of every port, with the PIC and with the IOAPIC, arrives where irq.c connects it. */
static void interrupt_routing(void **state)
{
	static uint64_t entry[2 * 120][4];
	char dir[] = "/tmp/acpi-test.XXXXXX", command[512];
	uint64_t dsdt;
	FILE *out;
	size_t count;

	(void)state;
	if (system("command -v acpiexec >/dev/null") != 0)
		skip();
	assert_int_equal(acpi_write(&ram, &layout, &(struct cpu_shape){ 1, 1, 1 }, NULL), 0);
	memcpy(&dsdt, find("FACP") + 140, sizeof(dsdt));
	assert_non_null(mkdtemp(dir));
	write_file(dir, "dsdt", at(dsdt));
	snprintf(command, sizeof(command),
		"cd %s && printf 'evaluate %s\nevaluate %s 1\nevaluate %s\nquit\n' | acpiexec dsdt.dat 2>&1; rm -r %s",
		dir, "\\\\_SB.PCI0._PRT", "\\\\_PIC", "\\\\_SB.PCI0._PRT", dir);
	out = popen(command, "r");
	assert_non_null(out);
	count = read_prt(out, entry, array_size(entry));
	pclose(out);
	assert_int_equal(count, 2 * 4 * PCI_PORT_MAX);
	for (size_t i = 0; i < count; i++) {
		unsigned int port = 1 + i / 4 % PCI_PORT_MAX, pin = i % 4 + 1;
		uint32_t gsi = irq_pci_gsi(port, 0, pin);

		assert_int_equal(entry[i][0], port << 16 | 0xffff);
		assert_int_equal(entry[i][1], pin - 1);
		assert_int_equal(entry[i][2], 0);
		assert_int_equal(entry[i][3], i < count / 2 ? irq_pci_line(gsi) : gsi);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_and_checksums),
		cmocka_unit_test(processors),
		cmocka_unit_test(buses),
		cmocka_unit_test(disassembly),
		cmocka_unit_test(shapes),
		cmocka_unit_test(interrupt_routing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
