// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a captured host is made of: every path that is read for it, how, and (reduce.c) what of it is replaced. A file
 * that no row names is not read. Rows are here because a looking command reads the path; a few more because people ask
 * for them (modalias, class).
 *
 * Not here, and why:
 *	sriov_numvfs		waits for whoever writes it, for ever with a hanging driver; made of the virtfn links
 *				instead
 *	vpd			asks the device, slowly; read last and for a bounded time (deferred.c), as is
 *				driver_override
 *	remove, rescan, reset, rom, enable, unbind, new_id, resourceN	change something when written, or when read
 *	proc/PID		only of holders of what is looked at, without command lines (process.c)
 *	dev			no device node is opened; dev/kmsg is the kernel's log (special.c)
 */
#include "base/cleanup.h"
#include "capture/walk.h"

#define FUNCTION "sys/bus/pci/devices/*/"

enum {
	KIB = 1 << 10,
	MIB = 1 << 20,
};

const struct capture_path capture_paths[] = {
	/* Where there is nothing to see: sysfs is there, and so is /dev */
	{ "sys/bus", TAKE_NAME, 0, 0 },
	{ "sys/kernel", TAKE_NAME, 0, 0 },
	{ "dev", TAKE_NAME, 0, 0 },

	/* PCI functions */
	{ "sys/bus/pci/devices/*", TAKE_NAME, 0, 0 },
	{ FUNCTION "{uevent,modalias,resource,numa_node,reset_method}", TAKE_WHOLE, 0, 4 * KIB },
	{ FUNCTION "{class,vendor,device,subsystem_vendor,subsystem_device,revision}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{boot_vga,boot_display,power_state,d3cold_allowed}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{current_link_speed,current_link_width}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{max_link_speed,max_link_width}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{secondary_bus_number,subordinate_bus_number}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{sriov_totalvfs,sriov_offset,sriov_stride,ari_enabled}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{sriov_vf_device,sriov_drivers_autoprobe,sriov_vf_total_msix}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "sriov_vf_msix_count", TAKE_NAME, 0, 0 }, /* it can only be written */
	{ FUNCTION "sriov_admin/vf*/profile/{exec_quantum_ms,preempt_timeout_us,sched_priority,vram_quota}", TAKE_WHOLE,
		0, 0 },
	{ FUNCTION "{aer_dev_fatal,aer_dev_nonfatal,aer_dev_correctable}", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "{iommu_group,physfn,virtfn*,iommu}", TAKE_LINK, 0, 0 },
	{ FUNCTION "driver", TAKE_NAME, 0, 0 },
	{ FUNCTION "config", TAKE_CONFIG, 0, 4 * KIB },
	{ FUNCTION "virtio*/features", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "virtio*/driver", TAKE_LINK, 0, 0 },
	{ FUNCTION "power/runtime_status", TAKE_WHOLE, 0, 0 },
	{ FUNCTION "msi_irqs/*", TAKE_NAME, 0, 0 },
	{ FUNCTION "unique_id", TAKE_SERIAL, 0, 0 },
	{ FUNCTION "nvme/*/serial", TAKE_SERIAL, 0, 0 },
	{ FUNCTION "infiniband/*/node_guid", TAKE_SERIAL, 0, 0 },
	{ "sys/bus/pci/drivers/*", TAKE_NAME, 0, 0 },
	{ "sys/bus/pci/drivers/*/module", TAKE_LINK, 0, 0 },
	{ "sys/bus/pci/slots/*/address", TAKE_WHOLE, 0, 0 },
	{ "sys/bus/platform/devices/simple-framebuffer.0", TAKE_NAME, 0, 0 },

	/* IOMMUs and groups */
	{ "sys/firmware/acpi/tables/{DMAR,IVRS,VIOT}", TAKE_WHOLE, 0, MIB },
	{ "sys/firmware/efi", TAKE_NAME, 0, 0 },
	{ "sys/class/iommu/*", TAKE_NAME, 0, 0 },
	{ "sys/class/iommu/*/intel-iommu/{cap,ecap,address,version}", TAKE_WHOLE, 0, 0 },
	{ "sys/class/iommu/*/amd-iommu/{cap,features}", TAKE_WHOLE, 0, 0 },
	{ "sys/class/iommu/*/devices/*", TAKE_LINK, 0, 0 },
	{ "sys/kernel/iommu_groups", TAKE_NAME, 0, 0 },
	{ "sys/kernel/iommu_groups/*/{type,name,reserved_regions}", TAKE_WHOLE, 0, 0 },
	{ "sys/kernel/iommu_groups/*/devices/*", TAKE_LINK, 0, 0 },

	/* The kernel: processors, memory, modules, interrupts */
	{ "proc/sys/kernel/osrelease", TAKE_WHOLE, 0, 0 },
	{ "proc/sys/kernel/{hostname,domainname}", TAKE_WORDS, 0, 0 },
	{ "proc/sys/kernel/random/boot_id", TAKE_TEXT, 0, 0 },
	{ "proc/sys/vm/max_map_count", TAKE_WHOLE, 0, 0 },
	{ "proc/sys/user/max_*_namespaces", TAKE_WHOLE, 0, 0 },
	{ "proc/sys/kernel/{unprivileged_userns_clone,apparmor_restrict_unprivileged_userns}", TAKE_WHOLE, 0, 0 },
	{ "proc/cmdline", TAKE_CMDLINE, ROW_LAST, 0 },
	{ "proc/cpuinfo", TAKE_CPUINFO, 0, 0 },
	{ "proc/{meminfo,uptime,consoles,partitions}", TAKE_WHOLE, 0, 4 * MIB },
	{ "proc/iomem", TAKE_WHOLE, 0, MIB },
	{ "proc/interrupts", TAKE_TEXT, ROW_LAST, 8 * MIB },
	{ "proc/stat", TAKE_STAT, 0, 8 * MIB },
	{ "proc/modules", TAKE_MODULES, 0, MIB },
	{ "sys/devices/system/cpu/{present,online,possible}", TAKE_WHOLE, 0, 0 },
	{ "sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id", TAKE_WHOLE, 0, 0 },
	{ "sys/devices/system/node/node*/{cpulist,meminfo,distance}", TAKE_WHOLE, 0, 0 },
	{ "sys/devices/system/node/node*/hugepages/*/{nr_hugepages,free_hugepages}", TAKE_WHOLE, 0, 0 },
	{ "sys/kernel/mm/hugepages/*/{nr_hugepages,free_hugepages}", TAKE_WHOLE, 0, 0 },
	{ "sys/kernel/mm/transparent_hugepage/{enabled,shmem_enabled}", TAKE_WHOLE, 0, 0 },
	{ "sys/kernel/security/lockdown", TAKE_WHOLE, 0, 0 },

	/* The hypervisor below, the container around */
	{ "sys/hypervisor/{type,properties/features}", TAKE_WHOLE, 0, 0 },
	{ "proc/xen/capabilities", TAKE_WHOLE, 0, 0 },
	{ "sys/class/dmi/id/{sys_vendor,product_name}", TAKE_TEXT, 0, 0 },
	{ "sys/bus/vmbus/devices", TAKE_NAME, 0, 0 },
	{ "sys/bus/vmbus/drivers/hv_pci", TAKE_NAME, 0, 0 },
	{ "sys/module/{i915,xe,igb,ixgbe}/parameters/max_vfs", TAKE_WHOLE, 0, 0 },
	{ "run/.containerenv", TAKE_NAME, 0, 0 },
	{ ".dockerenv", TAKE_NAME, 0, 0 },
	{ "run/systemd/container", TAKE_FIRST_LINE, 0, 0 },
	{ "run/host/container-manager", TAKE_FIRST_LINE, 0, 0 },
	{ "proc/1/environ", TAKE_CONTAINER, 0, 0 },
	{ "var/run/secrets/kubernetes.io", TAKE_NAME, 0, 0 },

	{ "sys/kernel/debug/irq/domains/VECTOR", TAKE_WHOLE, 0, 0 },
	{ "sys/kernel/tracing/events/iommu/io_page_fault/enable", TAKE_WHOLE, 0, 0 },
	{ "sys/kernel/tracing/trace", TAKE_TRACE, ROW_LAST, 8 * MIB },
	{ "sys/module/*", TAKE_NAME, 0, 0 },
	{ "sys/module/*/initstate", TAKE_NAME, 0, 0 },
	{ "sys/module/vfio*/parameters/*", TAKE_WHOLE, 0, 0 },
	{ "sys/module/kvm*/parameters/*", TAKE_WHOLE, 0, 0 },
	{ "sys/module/nvidia*/refcnt", TAKE_WHOLE, 0, 0 },
	{ "lib/modules/%r/modules.alias", TAKE_ALIASES, 0, 32 * MIB },
	{ "lib/modules/%r/{modules.builtin,modules.dep}", TAKE_MODULE_FILES, 0, 4 * MIB },
	{ "boot/config-%r", TAKE_KERNEL_CONFIG, 0, MIB },
	{ "dev/kvm", TAKE_NAME, 0, 0 },
	{ "dev/vfio/*", TAKE_NAME, 0, 0 },
	{ "dev/vfio/devices/*", TAKE_NAME, 0, 0 },

	/* Network: links and what is stacked on them, routes, sessions */
	{ "sys/class/net/*", TAKE_NAME, 0, 0 },
	{ "sys/class/net/*/{address,uevent}", TAKE_TEXT, 0, 0 },
	{ "sys/class/net/*/{addr_assign_type,flags,operstate,ifindex,iflink,tun_flags}", TAKE_WHOLE, 0, 0 },
	{ "sys/class/net/*/phys_switch_id", TAKE_SERIAL, 0, 0 },
	{ "sys/class/net/*/phys_port_name", TAKE_WHOLE, 0, 0 },
	{ "sys/class/net/*/{upper_*,lower_*,device}", TAKE_LINK, 0, 0 },
	{ "sys/class/net/*/bonding", TAKE_NAME, 0, 0 },
	{ "sys/class/net/*/bonding/min_links", TAKE_WHOLE, 0, 0 },
	{ "sys/class/net/*/bonding_slave/mii_status", TAKE_WHOLE, 0, 0 },
	{ "sys/class/net/*/bridge", TAKE_NAME, 0, 0 },
	{ "sys/class/net/*/bridge/stp_state", TAKE_WHOLE, 0, 0 },
	{ "proc/net/route", TAKE_ROUTE4, 0, 8 * MIB },
	{ "proc/net/ipv6_route", TAKE_ROUTE6, 0, 8 * MIB },
	{ "proc/net/packet", TAKE_TEXT, 0, MIB },
	{ "sys/kernel/config/netconsole/*/enabled", TAKE_WHOLE, ROW_NAMES, 0 },
	{ "sys/kernel/config/netconsole/*/dev_name", TAKE_TEXT, ROW_NAMES, 0 },
	{ "proc/net/{tcp,tcp6}", TAKE_TCP, 0, 32 * MIB },
	{ "etc/ssh/sshd_config", TAKE_SSHD, 0, 0 },
	{ "etc/ssh/sshd_config.d/*", TAKE_SSHD, 0, 0 },

	/* Disks, what is on them and stacked on them, mounts, exports */
	{ "sys/block/*", TAKE_LINK, 0, 0 },
	{ "sys/class/block/*", TAKE_NAME, 0, 0 },
	{ "sys/class/block/*/{dev,ana_state}", TAKE_WHOLE, 0, 0 },
	{ "sys/class/block/*/{holders,slaves}", TAKE_NAME, 0, 0 },
	{ "sys/class/block/*/holders/*", TAKE_LINK, 0, 0 },
	{ "sys/class/block/*/slaves/*", TAKE_LINK, 0, 0 },
	{ "sys/class/block/*/loop/backing_file", TAKE_WORDS, 0, 0 },
	{ "sys/class/block/*/md/{raid_disks,level}", TAKE_WHOLE, 0, 0 },
	{ "sys/class/block/*/md/dev-*/state", TAKE_WHOLE, 0, 0 },
	{ "sys/class/block/*/dm/uuid", TAKE_MAPPER, 0, 0 },
	{ "sys/class/block/*/dm/name", TAKE_WORDS, 0, 0 },
	{ "sys/class/block/*/device/state", TAKE_WHOLE, 0, 0 },
	{ "sys/class/nvme/*/state", TAKE_WHOLE, 0, 0 },
	{ "sys/class/nvme/*/address", TAKE_TEXT, 0, 0 },
	{ "sys/class/nvme-subsystem/*/nvme*", TAKE_LINK, 0, 0 },
	{ "sys/class/iscsi_session/*/targetname", TAKE_WORDS, 0, 0 },
	{ "sys/class/iscsi_connection/*/persistent_address", TAKE_TEXT, 0, 0 },
	{ "sys/fs/bcache/*/{cache*,bdev*}", TAKE_LINK, 0, 0 },
	{ "sys/fs/bcache/*/bdev*/dev", TAKE_LINK, 0, 0 },
	{ "sys/fs/btrfs/*/label", TAKE_WORDS, 0, 0 },
	{ "sys/fs/btrfs/*/devices/*", TAKE_LINK, 0, 0 },
	{ "sys/fs/btrfs/*/allocation/*/*", TAKE_NAME, 0, 0 },
	{ "sys/kernel/config/nvmet/subsystems/*/namespaces/*/enable", TAKE_WHOLE, ROW_NAMES, 0 },
	{ "sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path", TAKE_WORDS, ROW_NAMES, 0 },
	{ "sys/kernel/config/target/core/*/*/udev_path", TAKE_WORDS, ROW_NAMES, 0 },
	{ "dev/disk/by-uuid/*", TAKE_LINK, ROW_NUMBERS, 0 },
	{ "dev/disk/by-label/*", TAKE_LINK, ROW_NAMES, 0 },
	{ "dev/disk/by-partuuid/*", TAKE_LINK, ROW_NUMBERS, 0 },
	{ "dev/disk/by-partlabel/*", TAKE_LINK, ROW_NAMES, 0 },
	{ "dev/disk/by-id/*", TAKE_LINK, ROW_NAMES, 0 },
	{ "dev/disk/by-path/*", TAKE_LINK, 0, 0 },
	{ "dev/mapper/*", TAKE_LINK, ROW_NAMES, 0 },
	{ "run/udev/data/b*", TAKE_UDEV_DATA, 0, 0 },
	{ "proc/spl/kstat/zfs/*", TAKE_NAME, ROW_NAMES, 0 },
	{ "proc/self/mountinfo", TAKE_MOUNTS, 0, 8 * MIB },
	{ "proc/swaps", TAKE_SWAPS, 0, 0 },
	{ "etc/fstab", TAKE_FSTAB, 0, 0 },
	{ "etc/crypttab", TAKE_CRYPTTAB, 0, 0 },

	/* Displays, keyboards, consoles and other device nodes */
	{ "sys/class/drm/*", TAKE_LINK, 0, 0 },
	{ "sys/class/drm/*-*/status", TAKE_WHOLE, 0, 0 },
	{ "sys/class/graphics/fb*", TAKE_LINK, 0, 0 },
	{ "sys/class/tty/hvc*", TAKE_LINK, 0, 0 },
	{ "sys/class/vtconsole/*/{name,bind}", TAKE_WHOLE, 0, 0 },
	{ "proc/bus/input/devices", TAKE_INPUT, 0, MIB },
	{ "proc/driver/nvidia/gpus/*/information", TAKE_NVIDIA, 0, 0 },

	/* Whatever else hangs off a function */
	{ "sys/class/*/*", TAKE_LINK, ROW_BELOW, 0 },
	{ "sys/class/*/*/uevent", TAKE_NODE_NAME, ROW_BELOW, 0 },
	{ "sys/bus/*/devices/*", TAKE_LINK, ROW_BELOW, 0 },
	{ "sys/bus/*/devices/*/uevent", TAKE_NODE_NAME, ROW_BELOW, 0 },
	{ "sys/bus/*/devices/*/driver", TAKE_NAME, ROW_BELOW, 0 },
	{ "sys/class/watchdog/*/state", TAKE_WHOLE, ROW_BELOW, 0 },
	{ "sys/class/dma/*/in_use", TAKE_WHOLE, ROW_BELOW, 0 },
	{ "sys/class/fc_host/*/port_state", TAKE_WHOLE, ROW_BELOW, 0 },
	{ "sys/class/infiniband/*/ports/*/{state,link_layer}", TAKE_WHOLE, ROW_BELOW, 0 },
	{ "sys/bus/usb/devices/*/bDeviceClass", TAKE_WHOLE, ROW_BELOW, 0 },
	{ "sys/bus/usb/devices/*/product", TAKE_WORDS, ROW_BELOW, 0 },
	{ "sys/bus/thunderbolt/devices/*/device_name", TAKE_WORDS, ROW_BELOW, 0 },

	/* Memory of functions as the host's RAM, and what they are split into by software */
	{ "sys/bus/{cxl,dax,mdev}/devices/*", TAKE_LINK, 0, 0 },
	{ "sys/bus/cxl/devices/endpoint*/uport", TAKE_LINK, 0, 0 },
	{ "sys/bus/cxl/devices/region*/{target[0-9]*,size}", TAKE_WHOLE, 0, 0 },
	{ "sys/bus/nd/devices/region*/mapping[0-9]*", TAKE_WHOLE, 0, 0 },
	{ "sys/bus/nd/devices/nmem*/cxl/provider", TAKE_WHOLE, 0, 0 },
	{ "sys/bus/dax/devices/*/size", TAKE_WHOLE, 0, 0 },
	{ "sys/bus/dax/devices/*/driver", TAKE_NAME, 0, 0 },

	/* Boot loader and initramfs: which there are */
	{ "usr/bin/{rpm-ostree,grub-mkconfig,mkinitcpio,dracut,booster}", TAKE_NAME, 0, 0 },
	{ "usr/sbin/{proxmox-boot-tool,grubby,update-grub}", TAKE_NAME, 0, 0 },
	{ "usr/sbin/{grub2-mkconfig,update-initramfs}", TAKE_NAME, 0, 0 },
	{ "run/ostree-booted", TAKE_NAME, 0, 0 },
	{ "etc/kernel/{cmdline,proxmox-boot-uuids}", TAKE_NAME, 0, 0 },
	{ "boot/loader/loader.conf", TAKE_NAME, 0, 0 },
	{ "efi/loader/loader.conf", TAKE_NAME, 0, 0 },
	{ "boot/efi/EFI/*/grub.cfg", TAKE_GRUB_STUB, 0, 512 },
	{ "boot/{initrd.img-%r,initramfs-%r.img,initrd-%r}", TAKE_NAME, 0, 0 },
	{ "boot/{initramfs-linux.img,booster-linux.img}", TAKE_NAME, 0, 0 },

	/* What modprobe and the initramfs are told */
	{ "etc/modprobe.d/*.conf", TAKE_MODPROBE, 0, MIB },
	{ "run/modprobe.d/*.conf", TAKE_MODPROBE, 0, MIB },
	{ "usr/local/lib/modprobe.d/*.conf", TAKE_MODPROBE, 0, MIB },
	{ "usr/lib/modprobe.d/*.conf", TAKE_MODPROBE, 0, MIB },
	{ "lib/modprobe.d/*.conf", TAKE_MODPROBE, 0, MIB },
	{ "etc/{modules,mkinitcpio.conf,dracut.conf,booster.yaml}", TAKE_MODULE_LIST, 0, 0 },
	{ "etc/initramfs-tools/modules", TAKE_MODULE_LIST, 0, 0 },
	{ "etc/modules-load.d/*.conf", TAKE_MODULE_LIST, 0, 0 },
	{ "etc/mkinitcpio.conf.d/*.conf", TAKE_MODULE_LIST, 0, 0 },
	{ "etc/dracut.conf.d/*.conf", TAKE_MODULE_LIST, 0, 0 },

	/* Others who bind and split devices */
	{ "etc/driverctl.d/*", TAKE_FIRST_LINE, 0, 0 },
	{ "etc/udev/rules.d/*.rules", TAKE_UDEV_RULES, 0, MIB },
	{ "run/udev/rules.d/*.rules", TAKE_UDEV_RULES, 0, MIB },
	{ "usr/local/lib/udev/rules.d/*.rules", TAKE_UDEV_RULES, 0, MIB },
	{ "usr/lib/udev/rules.d/*.rules", TAKE_UDEV_RULES, 0, MIB },
	{ "lib/udev/rules.d/*.rules", TAKE_UDEV_RULES, 0, MIB },
	{ "etc/{rc.local,sysfs.conf}", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/rc.d/rc.local", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/network/interfaces", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/network/interfaces.d/*", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/sysfs.d/*.conf", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/tmpfiles.d/*.conf", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/systemd/system/*.service", TAKE_BOOT_SCRIPT, 0, MIB },
	{ "etc/NetworkManager/system-connections/*", TAKE_KEYFILE, ROW_NAMES, 0 },
	{ "run/NetworkManager/system-connections/*", TAKE_KEYFILE, ROW_NAMES, 0 },
	{ "usr/lib/NetworkManager/system-connections/*", TAKE_KEYFILE, ROW_NAMES, 0 },
	{ "etc/sysconfig/network-scripts/ifcfg-*", TAKE_IFCFG, ROW_NAMES, 0 },
	{ "etc/systemd/network/{*.link,*.network}", TAKE_NETWORKD, 0, 0 },
	{ "run/systemd/network/{*.link,*.network}", TAKE_NETWORKD, 0, 0 },
	{ "usr/local/lib/systemd/network/{*.link,*.network}", TAKE_NETWORKD, 0, 0 },
	{ "usr/lib/systemd/network/{*.link,*.network}", TAKE_NETWORKD, 0, 0 },
	{ "lib/systemd/network/{*.link,*.network}", TAKE_NETWORKD, 0, 0 },
	{ "run/netplan/*.yaml", TAKE_NETPLAN, 0, 0 },
	{ "etc/netplan/*.yaml", TAKE_NETPLAN, 0, 0 },
	{ "lib/netplan/*.yaml", TAKE_NETPLAN, 0, 0 },
	{ "etc/libvirt/qemu/*.xml", TAKE_LIBVIRT, ROW_NAMES, MIB },
	{ "etc/libvirt/qemu/networks/*.xml", TAKE_LIBVIRT, ROW_NAMES, MIB },
	{ "etc/libvirt/qemu/autostart/*.xml", TAKE_NAME, ROW_NAMES, 0 },
	{ "etc/pve/qemu-server/*.conf", TAKE_PROXMOX, 0, 0 },
	{ "etc/os-release", TAKE_WHOLE, 0, 0 },
	{ "etc/hostname", TAKE_WORDS, 0, 0 },

	/* sluice's own */
	{ "var/lib/sluice/{devices.json,devices.previous.json}", TAKE_JSON, 0, 32 * MIB },
	{ "run/sluice", TAKE_NAME, 0, 0 },
	{ "run/sluice/devices/*", TAKE_LEASE, 0, 0 },
	{ "run/sluice/unclean/*", TAKE_LEASE, 0, 0 },
	{ "run/sluice/autoprobe/*", TAKE_WHOLE, 0, 0 },
	{ "run/sluice/ended/*", TAKE_NOTE, ROW_NAMES | ROW_LAST, 0 },
};

const size_t capture_path_count = array_size(capture_paths);
