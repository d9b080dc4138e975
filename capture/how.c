// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How each path of paths.c is taken, in words and as a function: one row for each enum capture_take. The functions are
 * in reduce.h's files.
 */
#include "base/cleanup.h"
#include "capture/reduce.h"

static const struct capture_how hows[TAKE_COUNT] = {
	[TAKE_WHOLE] = { "as it is", "nothing", NULL, true },
	[TAKE_NAME] = { "that it is there", "nothing", NULL, true },
	[TAKE_LINK] = { "where it leads", "nothing", NULL, true },
	[TAKE_TEXT] = { "as it is", "addresses, UUIDs, names known from elsewhere", reduce_text, false },
	[TAKE_SERIAL] = { "as it is", "the number", reduce_serial, false },
	[TAKE_WORDS] = { "as it is", "names", reduce_words, false },
	[TAKE_CONFIG] = { "as far as the kernel shows it", "the device serial number", reduce_config, true },
	[TAKE_VPD] = { "as it is", "all fields but part number and revision", reduce_vpd, true },
	[TAKE_CMDLINE] = { "all arguments", "values of those that are not about devices, memory or the console",
		reduce_cmdline, false },
	[TAKE_CPUINFO] = { "of the first processor", "nothing", reduce_cpuinfo, false },
	[TAKE_STAT] = { "the time of the boot", "nothing", reduce_stat, false },
	[TAKE_MODULES] = { "names, sizes and users", "addresses in the kernel", reduce_modules, false },
	[TAKE_MOUNTS] = { "place, kind, source, server's address",
		"names of directories, volumes and servers, addresses", reduce_mounts, false },
	[TAKE_SWAPS] = { "what swap is on", "names", reduce_swaps, false },
	[TAKE_ROUTE4] = { "network, gateway, link", "addresses", reduce_route4, false },
	[TAKE_ROUTE6] = { "network, gateway, link", "addresses", reduce_route6, false },
	[TAKE_TCP] = { "established sessions: both ends", "addresses", reduce_tcp, false },
	[TAKE_INPUT] = { "place in sysfs and kind", "nothing", reduce_input, false },
	[TAKE_NVIDIA] = { "the device's minor number", "nothing", reduce_nvidia, false },
	[TAKE_FSTAB] = { "device, place, kind, auto and fail options", "UUIDs, labels, names", reduce_fstab, false },
	[TAKE_CRYPTTAB] = { "name and device", "UUIDs, labels, names", reduce_crypttab, false },
	[TAKE_UDEV_DATA] = { "kind of file system, UUIDs, labels", "UUIDs, labels", reduce_udev_data, false },
	[TAKE_MODPROBE] = { "options, blacklists, softdeps, which have install lines",
		"values of options that are not VFIO's, KVM's or about VFs", reduce_modprobe, false },
	[TAKE_MODULE_LIST] = { "names of modules", "nothing", reduce_module_list, false },
	[TAKE_UDEV_RULES] = { "rules that write driver_override or sriov_numvfs", "all but what they match and write",
		reduce_udev_rules, false },
	[TAKE_BOOT_SCRIPT] = { "lines that write driver_override, sriov_numvfs, or bind and new_id of a driver",
		"all but what they write, and where", reduce_boot_script, false },
	[TAKE_FIRST_LINE] = { "its first line, one name", "nothing", reduce_first_line, false },
	[TAKE_SSHD] = { "ports", "nothing", reduce_sshd, false },
	[TAKE_KEYFILE] = { "id, interface, MAC and [sriov] of those that have it", "names, MAC addresses",
		reduce_keyfile, false },
	[TAKE_IFCFG] = { "name, device, MAC and number of VFs", "names, MAC addresses", reduce_ifcfg, false },
	[TAKE_NETWORKD] = { "[Match] and numbers of VFs", "names, MAC addresses", reduce_networkd, false },
	[TAKE_NETPLAN] = { "of ethernets: match, number of VFs, link", "names, MAC addresses", reduce_netplan, false },
	[TAKE_LIBVIRT] = { "name, PCI devices, PF of a network", "names", reduce_libvirt, false },
	[TAKE_PROXMOX] = { "PCI devices", "nothing", reduce_proxmox, false },
	[TAKE_GRUB_STUB] = { "whether it leads to another file", "nothing", reduce_grub_stub, false },
	[TAKE_KERNEL_CONFIG] = { "about IOMMUs, VFIO, KVM and PCI", "nothing", reduce_kernel_config, false },
	[TAKE_ALIASES] = { "aliases of this host's devices", "nothing", reduce_aliases, false },
	[TAKE_MODULE_FILES] = { "drivers of this host's devices, VFIO and KVM", "nothing", reduce_module_files, false },
	[TAKE_JSON] = { "as it is", "serial numbers, MAC addresses, the boot's id", reduce_json, true },
	[TAKE_LEASE] = { "as it is", "serial numbers, MAC addresses, the guest's name", reduce_lease, false },
	[TAKE_NOTE] = { "when and why a guest ended", "addresses and known names", reduce_note, false },
	[TAKE_MAPPER] = { "as it is", "all but the kind of volume", reduce_mapper, false },
	[TAKE_CONTAINER] = { "the container manager's name, of all that is in it", "all else", reduce_container, true },
	[TAKE_NODE_NAME] = { "the name of its device node", "nothing", reduce_node_name, false },
	[TAKE_TRACE] = { "lines of io_page_fault", "known names", reduce_trace, false },
};

const struct capture_how *capture_how(enum capture_take take)
{
	return &hows[take];
}

/* What no row of the table says: read by a process of its own, or of processes, or asked from the kernel. */
static const struct capture_row_text others[] = {
	{ "sys/bus/pci/devices/*/vpd", "as it is", "all fields but part number and revision" },
	{ "sys/bus/pci/devices/*/driver_override", "as it is", "nothing" },
	{ "sys/bus/pci/devices/*/sriov_numvfs", "the number of VFs that are there", "nothing" },
	{ "proc/*/{comm,stat,fd/*,fdinfo/*}", "of those that hold devices, disks, ssh sessions", "nothing" },
	{ "run/sluice/guests/*/{guest.json,lock,status}", "of those that run", "names" },
	{ "dev/kmsg", "the kernel's records", "those of users' doings are left out; addresses, known names" },
	{ "capture/previous_kernel_logs", "the same of three earlier boots", "the same" },
	{ "capture/addresses", "network addresses", "addresses" },
	{ "capture/permanent_macs", "permanent MAC addresses", "MAC addresses" },
	{ "capture/vf_settings", "settings of VFs", "MAC addresses, GUIDs" },
	{ "capture/{link_kinds,disks,access,limits,times}", "answers of the kernel", "nothing" },
	{ "capture/about.json", "what the bundle is", "nothing" },
};

bool capture_row(size_t index, struct capture_row_text *ret_row)
{
	const struct capture_path *row = &capture_paths[index];

	if (index >= capture_path_count + array_size(others))
		return false;
	if (index >= capture_path_count) {
		*ret_row = others[index - capture_path_count];
		return true;
	}
	*ret_row = (struct capture_row_text){ row->path, hows[row->take].how, hows[row->take].replaced };
	if ((row->take == TAKE_LINK || row->take == TAKE_NAME) && row->flags & (ROW_NAMES | ROW_NUMBERS))
		ret_row->replaced = "names in its path";
	return true;
}
