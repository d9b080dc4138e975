// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a kernel runs, on trees of a few files: each witness alone, witnesses that contradict each other, and what must
 * not be taken for a witness. The remedies are those of that hypervisor.
 */
#include "os/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/temp_tree.h"

#define GUEST "proc/cpuinfo|flags : fpu hypervisor lm\n"
#define BARE "proc/cpuinfo|flags : fpu vmx lm\n"
#define VENDOR "sys/class/dmi/id/sys_vendor|"
#define PRODUCT "sys/class/dmi/id/product_name|"
#define SAYS(name) "dev/kmsg|6,1,1,-;Linux version 6.12.0\n6,2,2,-;Hypervisor detected: " name "\n"

static const struct {
	const char *files[4];
	const char *name; /* "" on the machine itself */
	bool is_dom0;
	const char *evidence, *iommu_fix, *nested_fix; /* in them */
	const char *container;
} cases[] = {
	{ { BARE }, "", false, "", "", "", "" },
	/* The same maker's names, on a machine that is rented out whole. */
	{ { BARE, VENDOR "Amazon EC2\n" }, "", false, "", "", "", "" },
	/* What user space wrote into the log is no word of the kernel's; without the flag it is not asked. */
	{ { BARE, SAYS("KVM") }, "", false, "", "", "", "" },
	{ { GUEST, "dev/kmsg|14,1,1,-;Hypervisor detected: KVM\n" }, "a hypervisor", false, "cpuinfo",
		"virtual machine", "nested virtualization", "" },

	{ { GUEST, VENDOR "QEMU\n" }, "QEMU", false, "sys_vendor: QEMU", "intel-iommu", "nested=1", "" },
	{ { GUEST, VENDOR "VMware, Inc.\n" }, "VMware", false, "VMware", "vvtd.enable", "vhv.enable", "" },
	{ { GUEST, PRODUCT "VirtualBox\n" }, "VirtualBox", false, "", "--iommu", "--nested-hw-virt on", "" },
	{ { GUEST, VENDOR "Amazon EC2\n" }, "Amazon EC2", false, "", "bare metal", "nested", "" },
	{ { GUEST, VENDOR "Microsoft Corporation\n", PRODUCT "Virtual Machine\n" }, "Microsoft Hyper-V", false,
		"Virtual Machine", "no IOMMU", "ExposeVirtualizationExtensions", "" },
	/* A Surface is Microsoft's too. */
	{ { BARE, VENDOR "Microsoft Corporation\n", PRODUCT "Surface Pro\n" }, "", false, "", "", "", "" },
	{ { GUEST, "sys/bus/vmbus/drivers/hv_pci/bind|" }, "Microsoft Hyper-V", false, "hv_pci", "no IOMMU",
		"ExposeVirtualizationExtensions", "" },
	{ { GUEST, "proc/sys/kernel/osrelease|5.15.90.1-microsoft-standard-WSL2\n" }, "Windows (WSL)", false,
		"microsoft", "Windows'", ".wslconfig", "" },

	/* DMI has a name that nobody knows: the kernel's log does. */
	{ { GUEST, VENDOR "Example Cloud\n", SAYS("KVM") }, "KVM", false, "Hypervisor detected: KVM", "intel-iommu",
		"nested=1", "" },
	{ { GUEST, SAYS("Microsoft Hyper-V") }, "Microsoft Hyper-V", false, "Hypervisor detected", "no IOMMU",
		"ExposeVirtualizationExtensions", "" },
	{ { GUEST, SAYS("ACRN") }, "ACRN", false, "ACRN", "", "", "" },
	{ { GUEST, SAYS("Something New") }, "a hypervisor", false, "cpuinfo", "", "", "" },

	{ { GUEST, "sys/hypervisor/type|xen\n", "proc/xen/capabilities|control_d\n" }, "Xen (dom0)", true, "xen",
		"xl pci-attach", "without Xen", "" },
	{ { GUEST, "sys/hypervisor/type|xen\n", "sys/hypervisor/properties/features|00000f05\n" }, "Xen (dom0)", true,
		"xen", "xl", "without Xen", "" },
	{ { GUEST, "sys/hypervisor/type|xen\n", "sys/hypervisor/properties/features|000002f5\n" }, "Xen", false, "xen",
		"dom0", "nestedhvm", "" },
	{ { GUEST, "proc/xen/capabilities|" }, "Xen", false, "/proc/xen/capabilities", "dom0", "nestedhvm", "" },

	{ { BARE, "run/.containerenv|engine=x\n" }, "", false, "", "", "", "podman" },
	{ { BARE, ".dockerenv|" }, "", false, "", "", "", "docker" },
	{ { BARE, "run/systemd/container|systemd-nspawn\n" }, "", false, "", "", "", "systemd-nspawn" },
	{ { BARE, "run/host/container-manager|lxc\n", ".dockerenv|" }, "", false, "", "", "", "lxc" },
	{ { BARE, "proc/1/environ|container=oci" }, "", false, "", "", "", "oci" },
	{ { BARE, "proc/1/environ|NOTcontainer=oci" }, "", false, "", "", "", "" },
	{ { GUEST, VENDOR "QEMU\n", ".dockerenv|" }, "QEMU", false, "QEMU", "", "", "docker" },
};

static void put(const struct temp_tree *tree, const char *file)
{
	const char *text = strchr(file, '|');
	char path[128];

	snprintf(path, sizeof(path), "%.*s", (int)(text - file), file);
	temp_tree_file(tree, path, text + 1);
}

static void places_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct temp_tree tree;
		struct place place;

		temp_tree_init(&tree);
		tree.root.captured = true;
		for (size_t k = 0; k < array_size(cases[i].files) && cases[i].files[k]; k++)
			put(&tree, cases[i].files[k]);
		place_read(&tree.root, &place);
		if (strcmp(place.name, cases[i].name) != 0 || place.is_guest != (cases[i].name[0] != '\0') ||
			place.is_dom0 != cases[i].is_dom0 || strcmp(place.container, cases[i].container) != 0 ||
			place.is_container != (cases[i].container[0] != '\0'))
			fail_msg("case %zu: '%s', dom0 %d, container '%s'", i, place.name, place.is_dom0,
				place.container);
		if (!strstr(place.evidence, cases[i].evidence) || !strstr(place.iommu_fix, cases[i].iommu_fix) ||
			!strstr(place.nested_fix, cases[i].nested_fix))
			fail_msg("case %zu: '%s', '%s', '%s'", i, place.evidence, place.iommu_fix, place.nested_fix);
		if (place.is_container && !place.container_evidence[0])
			fail_msg("case %zu: a container without evidence", i);
		temp_tree_done(&tree);
	}
}

/* Whose firmware it is decides whose remedy comes first. */
static void puts_the_hypervisor_first(void **state)
{
	static const struct {
		const char *files[3];
		enum place_topic topic;
		const char *remedy;
		const char *begins; /* NULL: the remedy stays as it is */
	} rows[] = {
		{ { GUEST, VENDOR "QEMU\n" }, PLACE_IOMMU, "update the firmware", "on the host below, QEMU" },
		{ { GUEST, VENDOR "QEMU\n" }, PLACE_NESTED, "switch SVM on in the firmware's set-up",
			"on the host below: modprobe" },
		{ { GUEST, VENDOR "VMware, Inc.\n" }, PLACE_OTHER, "update the firmware",
			"this is a guest of VMware, which" },
		{ { GUEST, VENDOR "QEMU\n" }, PLACE_OTHER, "update the card's firmware", NULL },
		{ { GUEST, VENDOR "QEMU\n" }, PLACE_OTHER, "", NULL },
		{ { BARE, VENDOR "QEMU\n" }, PLACE_IOMMU, "update the firmware", NULL },
		{ { GUEST, "sys/hypervisor/type|xen\n", "proc/xen/capabilities|control_d\n" }, PLACE_IOMMU,
			"update the firmware", NULL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct temp_tree tree;
		struct place place;
		char text[512], again[1024];

		temp_tree_init(&tree);
		tree.root.captured = true;
		for (size_t k = 0; k < array_size(rows[i].files) && rows[i].files[k]; k++)
			put(&tree, rows[i].files[k]);
		place_read(&tree.root, &place);
		assert_int_equal(place_puts_first(&place, rows[i].topic, rows[i].remedy, text, sizeof(text)),
			rows[i].begins != NULL);
		if (rows[i].begins) {
			assert_int_equal(strncmp(text, rows[i].begins, strlen(rows[i].begins)), 0);
			assert_non_null(strstr(text, rows[i].remedy));
			/* Once. */
			assert_false(place_puts_first(&place, rows[i].topic, text, again, sizeof(again)));
		}
		temp_tree_done(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_told),
		cmocka_unit_test(puts_the_hypervisor_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
