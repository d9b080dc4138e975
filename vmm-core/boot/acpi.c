// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's ACPI tables; see acpi.h. Layouts as in ACPI 6.5, 5.2, and the PCI Firmware Specification 3.3, 4.1.2
 * (MCFG). The platform is hardware-reduced: local APICs and IOAPIC, PCI Express, a generic event device. KVM's PIC and
 * PIT, and our clock at its old ports, are there for systems that never ask ACPI; one that does is not led to them,
 * since setting them up and reading them is half of a boot's exits (docs/architecture.md).
 */
#include "vmm-core/boot/acpi.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "vmm-core/boot/aml.h"
#include "vmm-core/device/acpi_power.h"
#include "vmm-core/irq.h"
#include "wire/limits.h"

static const
#include "vmm-core/boot/dsdt.aml.h"

#define PACKED __attribute__((packed))

	enum {
	TABLE_ALIGN = 64, /* the FACS needs it */
	OEM_REVISION = 1,
	FADT_REVISION = 6,
	FADT_MINOR = 5,
	MADT_REVISION = 5,
	MADT_ENABLED = 1,
	MADT_ALL_CPUS = 0xff,
	PROFILE_ENTERPRISE_SERVER = 4,
	BOOT_ARCH_LEGACY_DEVICES = 1 << 0,
	BOOT_ARCH_NO_VGA = 1 << 2,
	BOOT_ARCH_NO_ASPM = 1 << 4,
	BOOT_ARCH_NO_RTC = 1 << 5, /* the time is kvmclock's */
	FADT_WBINVD = 1 << 0,
	FADT_PROC_C1 = 1 << 2,
	FADT_NO_FIXED_POWER_BUTTON = 1 << 4,
	FADT_NO_FIXED_SLEEP_BUTTON = 1 << 5,
	FADT_NO_FIXED_RTC = 1 << 6,
	FADT_RESET_REGISTER = 1 << 10,
	FADT_HARDWARE_REDUCED = 1 << 20,
	SPACE_IO = 1,
	ACCESS_BYTE = 1,
	PIT_IRQ = 0,
	PIT_GSI = 2,
	PCI_CONFIG_PORT = 0xcf8,
	PCI_CONFIG_PORT_COUNT = 8,
};

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} PACKED;

struct address {
	uint8_t space, bits, offset, access;
	uint64_t value;
} PACKED;

struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum, reserved[3];
} PACKED;

struct fadt {
	struct header header;
	uint32_t facs, dsdt;
	uint8_t reserved0, profile;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
	uint8_t pm1_event_bytes, pm1_control_bytes, pm2_control_bytes, pm_timer_bytes, gpe0_bytes, gpe1_bytes,
		gpe1_base, cst;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot_arch;
	uint8_t reserved1;
	uint32_t flags;
	struct address reset_register;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor;
	uint64_t x_facs, x_dsdt;
	struct address x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control, x_pm2_control, x_pm_timer, x_gpe0,
		x_gpe1, sleep_control, sleep_status;
	char hypervisor[8];
} PACKED;

struct facs {
	char signature[4];
	uint32_t length, hardware_signature, waking_vector, global_lock, flags;
	uint64_t x_waking_vector;
	uint8_t version, reserved[31];
} PACKED;

struct madt {
	struct header header;
	uint32_t lapic_address, flags;
} PACKED;

struct madt_lapic {
	uint8_t type, length, uid, apic_id;
	uint32_t flags;
} PACKED;

struct madt_ioapic {
	uint8_t type, length, id, reserved;
	uint32_t address, gsi_base;
} PACKED;

struct madt_override {
	uint8_t type, length, bus, source;
	uint32_t gsi;
	uint16_t flags;
} PACKED;

struct madt_nmi {
	uint8_t type, length, uid;
	uint16_t flags;
	uint8_t lint;
} PACKED;

struct mcfg {
	struct header header;
	uint64_t reserved0;
	uint64_t base;
	uint16_t segment;
	uint8_t first_bus, last_bus;
	uint32_t reserved1;
} PACKED;

_Static_assert(sizeof(struct header) == 36, "ACPI table header");
_Static_assert(sizeof(struct rsdp) == 36, "RSDP");
_Static_assert(sizeof(struct fadt) == 276, "FADT, revision 6");
_Static_assert(sizeof(struct facs) == 64, "FACS");
_Static_assert(sizeof(struct mcfg) == 60, "MCFG with one segment");

enum {
	XSDT_TABLES = 4,
	MADT_BYTES_MOST = sizeof(struct madt) + LIMIT_VCPUS * sizeof(struct madt_lapic) + sizeof(struct madt_ioapic) +
			  sizeof(struct madt_override) + sizeof(struct madt_nmi),
	SSDT_BYTES_MOST = sizeof(struct header) + 2 * ACPI_AML_MAX,
	XSDT_BYTES_MOST = sizeof(struct header) + XSDT_TABLES * sizeof(uint64_t),
	TABLE_COUNT_MOST = XSDT_TABLES + 4, /* and the RSDP, DSDT, FACS, XSDT */
};

/* The area that tables are taken from, one after the other. */
struct area {
	uint8_t *host; /* of ACPI_TABLES_START */
	size_t used;
};

static uint8_t checksum(const void *bytes, size_t count)
{
	const uint8_t *byte = bytes;
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + byte[i]);
	return (uint8_t)-sum;
}

/*
 * Copies what was built; returns its guest-physical address. The tables fit: their parts are bounded, see acpi_write().
 */
static uint64_t place(struct area *area, const void *bytes, size_t count)
{
	size_t at = (area->used + TABLE_ALIGN - 1) & ~(size_t)(TABLE_ALIGN - 1);

	memcpy(area->host + at, bytes, count);
	area->used = at + count;
	return ACPI_TABLES_START + at;
}

static void fill_header(struct header *header, const char *signature, size_t length, uint8_t revision)
{
	*header = (struct header){
		.length = (uint32_t)length,
		.revision = revision,
		.oem_id = "SLUICE",
		.oem_table_id = "SLUICE  ",
		.oem_revision = OEM_REVISION,
		.creator_id = "SLCE",
		.creator_revision = OEM_REVISION,
	};
	memcpy(header->signature, signature, sizeof(header->signature));
}

static uint64_t place_table(struct area *area, struct header *header)
{
	header->checksum = 0;
	header->checksum = checksum(header, header->length);
	return place(area, header, header->length);
}

static struct address port(unsigned int offset)
{
	return (struct address){
		.space = SPACE_IO, .bits = 8, .access = ACCESS_BYTE, .value = ACPI_POWER_BASE + offset
	};
}

static uint64_t place_fadt(struct area *area, uint64_t facs, uint64_t dsdt)
{
	struct fadt fadt = {
		.facs = (uint32_t)facs,
		.dsdt = (uint32_t)dsdt,
		.profile = PROFILE_ENTERPRISE_SERVER,
		.boot_arch = BOOT_ARCH_LEGACY_DEVICES | BOOT_ARCH_NO_VGA | BOOT_ARCH_NO_ASPM | BOOT_ARCH_NO_RTC,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_NO_FIXED_POWER_BUTTON | FADT_NO_FIXED_SLEEP_BUTTON |
			 FADT_NO_FIXED_RTC | FADT_RESET_REGISTER | FADT_HARDWARE_REDUCED,
		.reset_register = port(ACPI_POWER_RESET),
		.reset_value = ACPI_POWER_RESET_VALUE,
		.minor = FADT_MINOR,
		.x_dsdt = dsdt,
		.sleep_control = port(ACPI_POWER_SLEEP),
		.sleep_status = port(ACPI_POWER_SLEEP_STATUS),
		.hypervisor = "SLUICE",
	};

	fill_header(&fadt.header, "FACP", sizeof(fadt), FADT_REVISION);
	return place_table(area, &fadt.header);
}

static uint64_t place_madt(struct area *area, const struct cpu_shape *cpus)
{
	struct {
		struct madt head;
		uint8_t entries[MADT_BYTES_MOST - sizeof(struct madt)];
	} PACKED madt = { .head = { .lapic_address = (uint32_t)LAYOUT_LAPIC } };
	const struct madt_ioapic ioapic = { 1, sizeof(ioapic), 0, 0, (uint32_t)LAYOUT_IOAPIC, 0 };
	const struct madt_override timer = { 2, sizeof(timer), 0, PIT_IRQ, PIT_GSI, 0 };
	const struct madt_nmi nmi = { 4, sizeof(nmi), MADT_ALL_CPUS, 0, 1 };
	uint8_t *at = madt.entries;

	for (uint32_t i = 0; i < cpu_shape_count(cpus); i++) {
		const struct madt_lapic lapic = { 0, sizeof(lapic), (uint8_t)i, (uint8_t)cpu_apic_id(cpus, i),
			MADT_ENABLED };

		at = mempcpy(at, &lapic, sizeof(lapic));
	}
	at = mempcpy(at, &ioapic, sizeof(ioapic));
	at = mempcpy(at, &timer, sizeof(timer));
	at = mempcpy(at, &nmi, sizeof(nmi));
	fill_header(&madt.head.header, "APIC", (size_t)(at - (uint8_t *)&madt), MADT_REVISION);
	return place_table(area, &madt.head.header);
}

static uint64_t place_mcfg(struct area *area, const struct layout *layout)
{
	struct mcfg mcfg = { .base = layout->ecam.start, .last_bus = (uint8_t)(layout->bus_count - 1) };

	fill_header(&mcfg.header, "MCFG", sizeof(mcfg), 1);
	return place_table(area, &mcfg.header);
}

/* The host bridge's buses and windows, and the place of its configuration space. */
static uint64_t place_ssdt(struct area *area, const struct layout *layout)
{
	struct acpi_resources bridge = { 0 }, ecam = { 0 };
	struct {
		struct header header;
		uint8_t aml[2 * ACPI_AML_MAX];
	} PACKED ssdt;
	size_t used;

	acpi_resource_buses(&bridge, layout->bus_count);
	acpi_resource_ports(&bridge, PCI_CONFIG_PORT, PCI_CONFIG_PORT_COUNT);
	if (range_size(layout->ports))
		acpi_resource_window_ports(&bridge, layout->ports);
	acpi_resource_window32(&bridge, layout->pci32);
	if (range_size(layout->pci64))
		acpi_resource_window64_prefetchable(&bridge, layout->pci64);
	acpi_resource_memory32(&ecam, layout->ecam);
	used = acpi_resources_emit(&bridge, "PCI0", ssdt.aml);
	used += acpi_resources_emit(&ecam, "ECAM", ssdt.aml + used);
	fill_header(&ssdt.header, "SSDT", sizeof(ssdt.header) + used, 2);
	return place_table(area, &ssdt.header);
}

static uint64_t place_xsdt(struct area *area, const uint64_t *tables, size_t count)
{
	struct {
		struct header header;
		uint64_t table[XSDT_TABLES];
	} PACKED xsdt;

	memcpy(xsdt.table, tables, count * sizeof(tables[0]));
	fill_header(&xsdt.header, "XSDT", sizeof(xsdt.header) + count * sizeof(tables[0]), 1);
	return place_table(area, &xsdt.header);
}

static void write_rsdp(struct area *area, uint64_t xsdt)
{
	struct rsdp rsdp = {
		.signature = "RSD PTR ", .oem_id = "SLUICE", .revision = 2, .length = sizeof(rsdp), .xsdt = xsdt
	};

	rsdp.checksum = checksum(&rsdp, offsetof(struct rsdp, length));
	rsdp.extended_checksum = checksum(&rsdp, sizeof(rsdp));
	memcpy(area->host, &rsdp, sizeof(rsdp));
}

int acpi_write(
	const struct guest_ram *ram, const struct layout *layout, const struct cpu_shape *cpus, struct error *err)
{
	const struct facs facs = { .signature = "FACS", .length = sizeof(facs), .version = 2 };
	size_t bytes = ACPI_TABLES_END - ACPI_TABLES_START;
	struct area area = { .host = guest_ptr(ram, gpa(ACPI_TABLES_START), bytes), .used = sizeof(struct rsdp) };
	uint64_t table[XSDT_TABLES], dsdt;

	_Static_assert(sizeof(struct rsdp) + sizeof(dsdt_aml_code) + sizeof(struct facs) + sizeof(struct fadt) +
				       MADT_BYTES_MOST + sizeof(struct mcfg) + SSDT_BYTES_MOST + XSDT_BYTES_MOST +
				       TABLE_COUNT_MOST * TABLE_ALIGN <=
			       ACPI_TABLES_END - ACPI_TABLES_START,
		"all tables of the largest machine have room");
	if (!area.host)
		return fail_code(err, CODE_LAYOUT, EFAULT, "the guest has no memory for its ACPI tables at 0x%llx",
			ACPI_TABLES_START);
	if (!cpu_shape_count(cpus))
		return fail_code(err, CODE_LAYOUT, EINVAL, "ACPI tables for %u * %u * %u processors", cpus->sockets,
			cpus->cores, cpus->threads);
	memset(area.host, 0, bytes);
	dsdt = place(&area, dsdt_aml_code, sizeof(dsdt_aml_code));
	table[0] = place_fadt(&area, place(&area, &facs, sizeof(facs)), dsdt);
	table[1] = place_madt(&area, cpus);
	table[2] = place_mcfg(&area, layout);
	table[3] = place_ssdt(&area, layout);
	write_rsdp(&area, place_xsdt(&area, table, sizeof(table) / sizeof(table[0])));
	return 0;
}
