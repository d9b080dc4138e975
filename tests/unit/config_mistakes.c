// SPDX-License-Identifier: GPL-2.0-or-later
/* Files with mistakes, and what each is answered with, to the letter: "FILE:LINE:COL: error: TEXT (HINT)". */
#include "config_mistakes.h"

/* Two cards that most of the files have: line 5 is the first behind them. */
#define CARDS                                                                                                          \
	"version: 1\n"                                                                                                 \
	"aliases:\n"                                                                                                   \
	"  nic: {path: '0000:00/1c.0/00.0', ids: '8086:10c9'}\n"                                                       \
	"  gpu: {serial: 00-1b-21-ff-ff-0a-0b-0c}\n"

const struct config_mistake config_mistakes[] = {
	{ "- 1\n", "a:1:1: error: the file is a mapping: lines of KEY: VALUE, not a list" },
	{ "{}\n", "a:1:1: error: the file has no 'version' (version: 1)" },
	{ "version: 2\n", "a:1:10: error: 'version' is 1, not '2'" },
	{ "version: \"1\"\n", "a:1:11: error: 'version' is a number, which stands without quotes" },
	{ "version: 1\n"
	  "version: 1\n",
		"a:2:1: error: 'version' is here twice (the first is in line 1)" },
	{ "version: 1\n"
	  "hosts: {iommu: on}\n",
		"a:2:1: error: the file has no key 'hosts' (did you mean 'host'?)" },
	{ "version: 1\n"
	  "zzz: 1\n",
		"a:2:1: error: the file has no key 'zzz' (it has: version, aliases, host, sriov, devices, pools, "
		"guests, policy)" },
	{ "version: 1\n"
	  "host: on\n",
		"a:2:7: error: 'host' is a mapping: lines of KEY: VALUE below it, not a single value" },
	{ "version: 1\n"
	  "host: {iommu: On, kernel_arguments: pci=realloc}\n",
		"a:2:15: error: 'iommu' is leave, on, passthrough or strict, not 'On' (did you mean 'on'?)\n"
		"a:2:37: error: 'kernel_arguments' is a list: [ONE, OTHER], not a single value" },
	{ "version: 1\n"
	  "host: {kernel_arguments: [\"a b\"], modules: {vfio pci: {load: yes}}}\n",
		"a:2:28: error: an entry of 'kernel_arguments' is one argument of the kernel's command line, without "
		"spaces and quotes, not 'a b'\n"
		"a:2:45: error: a key here is the name of a kernel module, not 'vfio pci'\n"
		"a:2:62: error: 'load' is true or false, not 'yes' (true)" },
	{ "version: 1\n"
	  "host: {hugepages: {4M: 3, 2M: {count: 1, nodes: {0: 1}}, 1G: {}}}\n",
		"a:2:20: error: a key here is 2M or 1G: the sizes that an x86 processor has, not '4M'" },
	{ "version: 1\n"
	  "a: &x 1\n",
		"a:2:7: error: anchors (&NAME) are not used here: say it twice" },
	{ "version: 1\n"
	  "a: *x\n",
		"a:2:5: error: aliases (*NAME) are not used here: say it twice, or quote a text that begins with '*'" },
	{ "version: !!int 1\n", "a:1:16: error: tags (!NAME) are not used here: each key knows its type" },
	{ "version: 1\n"
	  "aliases: [a, b\n",
		"a:3:1: error: this is not YAML: flow sequence without a closing bracket" },
	{ "version: 1\n"
	  "	aliases: {}\n",
		"a:1:10: error: this is not YAML: invalid multiline plain key" },
	{ "version: 1\n"
	  "---\n"
	  "version: 1\n",
		"a:2:1: error: a second document: a file is one" },
	{ "version: 1\n"
	  "host: {? [a] : b}\n",
		"a:2:10: error: a key is a single word here" },
	{ "version: 1\n"
	  "host: {hugepages: [[[[[[[[[[[[[]]]]]]]]]]]]]}\n",
		"a:2:29: error: nested too deep" },
	{ "version: 1\n"
	  "aliases: \"a\\0b\"\n",
		"a:2:11: error: a text with a NUL character in it" },
	{ "version: 1 \xff\n", "a:1:12: error: this is not UTF-8: is it a text file?" },
	{ "version: 1 \x07\n", "a:1:12: error: a control character: is it a text file?" },
	{ "version: 1\\rhost:\n", "a:1:17: error: this is not YAML: invalid nested block mapping on the same line" },
	{ "version: 1\n"
	  "aliases:\n"
	  "  -nic: {path: '0000:00/1c.0/00.0', ids: '8086:10c9'}\n"
	  "  nic: {path: '0000:00:1c.0', ids: '8086'}\n"
	  "  one: {ids: '8086:10c9'}\n"
	  "  two: {path: '0000:00/1c.0/00.0'}\n"
	  "  six: {path: '0000:00/1c.0/00.1', ids: '8086:10c9', function: 2}\n"
	  "  ten: {serial: 00-00-00-00-00-00-00-00}\n",
		"a:3:3: error: a key here is a name: a letter or digit, then up to 30 of those, '_', '.', '-', not "
		"'-nic'\n"
		"a:4:16: error: 'path' is the root bus and each device below it, such as 0000:00/1c.0/00.0, not "
		"'0000:00:1c.0'\n"
		"a:4:37: error: 'ids' is vendor:device or vendor:device:subvendor:subdevice, 4 hexadecimal digits "
		"each, not '8086'\n"
		"a:8:17: error: 'serial' is a number that this card alone has, not '00-00-00-00-00-00-00-00'" },
	{ CARDS "sriov: {nci: 4, nic: {}, gpu: 70000}\n",
		"a:5:17: error: 'nic' has no 'count' (count: 8)\n"
		"a:5:31: error: 'gpu' is a whole number from 0 to 65535 VFs, not '70000'" },
	{ CARDS "sriov: {nci: 4}\n", "a:5:9: error: there is no alias 'nci' (did you mean 'nic'?)" },
	{ CARDS "sriov:\n"
		"  nic:\n"
		"    count: 4\n"
		"    defaults: {mac: '02:00:00:00:00:01'}\n"
		"    vfs:\n"
		"      0-1: {mac: '02:00:00:00:00:01'}\n",
		"a:8:22: error: 'mac' is stable, not '02:00:00:00:00:01' (each VF needs an address of its own: say it "
		"below 'vfs')" },
	{ CARDS "sriov:\n"
		"  nic:\n"
		"    count: 4\n"
		"    vfs:\n"
		"      0-1: {mac: '02:00:00:00:00:01'}\n"
		"      1: {vlan: 5}\n"
		"      4: {vlan: 5}\n",
		"a:9:19: error: one MAC for 2 VFs: each needs its own\n"
		"a:10:7: error: VF 1 has an entry already\n"
		"a:11:7: error: there is no VF 4 of 4 (they count from 0; 'count' of the card says how many)" },
	{ CARDS "sriov:\n"
		"  nic:\n"
		"    count: 4\n"
		"    vfs:\n"
		"      0: {mac: '02:00:00:00:00:01', min_tx_rate: 10, max_tx_rate: 5}\n"
		"      1: {mac: '02:00:00:00:00:01', qos: 1}\n"
		"      2: {mac: '01:00:00:00:00:01', trust: maybe, link_state: up, max_tx_rate: -1, driver: 'a b'}\n",
		"a:11:17: error: 'mac' is an Ethernet address such as 02:00:00:00:00:01, of one card and not zero, or "
		"stable, not "
		"'01:00:00:00:00:01'\n"
		"a:11:44: error: 'trust' is true or false, not 'maybe'\n"
		"a:11:63: error: 'link_state' is auto, enable or disable, not 'up'\n"
		"a:11:80: error: 'max_tx_rate' is a whole number from 0 to 4294967295 Mbit/s, not '-1'\n"
		"a:11:93: error: 'driver' is vfio, host, none, or the name of a driver, not 'a b'" },
	{ CARDS "sriov:\n"
		"  nic:\n"
		"    count: 4\n"
		"    vfs:\n"
		"      0: {mac: '02:00:00:00:00:01', min_tx_rate: 10, max_tx_rate: 5}\n"
		"      1: {mac: '02:00:00:00:00:01', qos: 1}\n",
		"a:9:7: error: VF 0 of 'nic': min_tx_rate 10 is above max_tx_rate 5\n"
		"a:10:7: error: VF 1 of 'nic': qos without a vlan\n"
		"a:10:17: error: two VFs with the MAC 02:00:00:00:00:01 (the other is a:9:17)" },
	{ CARDS "sriov: {nic: 4}\n"
		"devices: {gpu: vfio, nic/4: vfio, gpu/0: vfio, nic/0-2: vfio, 0000:01:00.0: vfio}\n",
		"a:6:48: error: a key here is a name from 'aliases', or NAME/INDEX for one VF of it, not 'nic/0-2'\n"
		"a:6:63: error: a key here is a name from 'aliases', or NAME/INDEX for one VF of it, not "
		"'0000:01:00.0' (an address changes when a card is moved or added: give the card a name under "
		"'aliases', by its place, ids and serial number ('sluice init' writes them))" },
	{ CARDS "sriov: {nic: 4}\n"
		"devices: {gpu: vfio, nic/4: vfio, gpu/0: vfio, cpu: vfio, network-card: vfio}\n",
		"a:6:22: error: 'nic/4': there is no VF 4 of 4 (they count from 0 to 3; sriov.nic.count says how "
		"many)\n"
		"a:6:35: error: 'gpu/0' is of a card that the file makes no VFs of (sriov: {gpu: {count: N}})\n"
		"a:6:48: error: there is no alias 'cpu' (did you mean 'gpu'?)\n"
		"a:6:59: error: there is no alias 'network-card' ('aliases' says which card a name is; 'sluice init' "
		"writes those of this host)" },
	{ CARDS "sriov: {nic: 4}\n"
		"devices: {nic/1: vfio, nic/01: host, gpu: {driver: host, early: true, user: alice}}\n"
		"policy: {keep: [gpu, nic/1], confirm: 2x}\n",
		"a:7:39: error: 'confirm' is a whole number from 0 to 86400 seconds, or with a unit: 90s, 10m, 2h, not "
		"'2x'" },
	{ CARDS "sriov: {nic: 4}\n"
		"devices: {nic: vfio, nic/1: vfio, nic/01: host, gpu: {driver: host, early: true}, nic/2: {early: "
		"true, driver: vfio}}\n"
		"policy: {keep: [nic/1]}\n",
		"a:6:11: error: 'nic' is claimed twice: its VFs, which 'sriov' makes, would go with its driver (the "
		"other is a:5:9)\n"
		"a:6:22: error: 'nic/1' is claimed twice: 'devices' has it twice (the other is a:6:35)\n"
		"a:6:22: error: 'nic/1' is claimed twice: policy.keep leaves it to the host (the other is a:7:17)\n"
		"a:6:49: error: 'gpu' is kept from its driver early, and then left to the host\n"
		"a:6:83: error: 'nic/2' is a VF: there is none before its card is split" },
	{ CARDS "sriov: {nic: 4}\n"
		"pools: {one: [nic/0-2], two: [nic/2-3], none: [], gpus: gpu}\n",
		"a:6:57: error: 'gpus' is a list: [ONE, OTHER], not a single value" },
	{ CARDS "sriov: {nic: 0}\n"
		"pools: {one: [nic/all], none: []}\n",
		"a:6:9: error: the pool 'one' has no devices ('nic/all' is of a card with 0 VFs)\n"
		"a:6:25: error: the pool 'none' has no devices" },
	{ CARDS "sriov: {nic: 4}\n"
		"pools: {one: [nic/0-1]}\n"
		"guests:\n"
		"  a: {kernel: /k, devices: [nic/0, nic/2, gpu]}\n"
		"  b: {kernel: /k, devices: [nic/2, {pool: one}, {pool: one}]}\n"
		"  c: {kernel: /k, devices: [{pool: one}]}\n",
		"a:8:29: error: 'nic/0' is claimed twice: it is in a pool, which gives it to any guest (the other is "
		"a:6:15 ('one'))\n"
		"a:9:29: error: 'nic/2' is claimed twice: a guest has it already (the other is a:8:36 ('a'))\n"
		"a:10:29: error: the pool 'one' has 2 devices, and guests that start at boot want more" },
	{ "version: 1\n"
	  "guests:\n"
	  "  a: {kernel: /k, disks: ['/a', '/c,ro', 'b,rw'], nets: ['tap=one', 'bridge=br0']}\n"
	  "  b: {kernel: /k, disks: ['/a,ro', '/c,ro'], nets: ['tap=one']}\n",
		"a:3:43: error: 'rw' is no option of a disk\n"
		"a:3:70: error: 'bridge=br0' is no option of a network card" },
	{ "version: 1\n"
	  "guests:\n"
	  "  a: {kernel: /k, disks: ['/a', '/c,ro'], nets: ['tap=one']}\n"
	  "  b: {kernel: /k, disks: ['/a,ro', '/c,ro'], nets: ['tap=one']}\n",
		"a:4:28: error: the disk '/a' is 'a's too, and one of them writes to it (',ro' for all of them, or a "
		"disk for each)\n"
		"a:4:54: error: the tap 'one' is 'a's already" },
	{ CARDS "guests:\n"
		"  a: {kernel: k, memory: 1M, cpus: -1, hugepages: 4M, devices: [{}, {pool: x, device: gpu}, {pool: "
		"x}, gpu/x]}\n"
		"  a b: {memory: 1G}\n",
		"a:6:15: error: 'kernel' is the full path of a file, from /, not 'k'\n"
		"a:6:26: error: 'memory' is a size from 16M to 16T, such as 512M or 2G, not '1M'\n"
		"a:6:36: error: 'cpus' is a whole number from 1 to 254, not '-1'\n"
		"a:6:51: error: 'hugepages' is none, 2M or 1G, not '4M' (did you mean '2M'?)\n"
		"a:6:104: error: an entry of 'devices' is a name from 'aliases', or NAME/INDEX for one VF of it, not "
		"'gpu/x'\n"
		"a:7:3: error: a key here is a name: a letter or digit, then up to 30 of those, '_', '.', '-', not 'a "
		"b'\n"
		"a:7:3: error: 'a b' has no 'kernel' (kernel: /srv/web1/vmlinuz)" },
	{ CARDS "guests:\n"
		"  a: {kernel: /k, devices: [{}, {pool: x, device: gpu}, {pool: x}, {device: gpu, rom: /x}], after: "
		"[b, "
		"c]}\n"
		"  b: {kernel: /k, restart: on-fail, autostart: no}\n",
		"a:7:28: error: 'restart' is never, on-failure or always, not 'on-fail' (did you mean 'on-failure'?)\n"
		"a:7:48: error: 'autostart' is true or false, not 'no' (false)" },
	{ CARDS "guests:\n"
		"  a: {kernel: /k, devices: [{}, {pool: x, device: gpu}, {pool: x}, {device: gpu, rom: /x}], after: "
		"[b, "
		"c]}\n",
		"a:6:29: error: a guest's device is either 'device' or 'pool'\n"
		"a:6:33: error: a guest's device is either 'device' or 'pool'\n"
		"a:6:64: error: there is no pool 'x'\n"
		"a:6:101: error: there is no guest 'b'\n"
		"a:6:104: error: there is no guest 'c'" },
	{ "version: 1\n"
	  "guests:\n"
	  "  a: {kernel: /k, after: [b]}\n"
	  "  b: {kernel: /k, requires: [c]}\n"
	  "  c: {kernel: /k, after: [b]}\n",
		"a:3:3: error: 'after' and 'requires' of 'a' lead in a circle: none of them could be the first" },
	{ "version: 1\n"
	  "host: {hugepages: {2M: 1024, 1G: {nodes: {0: 1, 1: 1}}}}\n"
	  "guests:\n"
	  "  a: {kernel: /k, memory: 1G, hugepages: 2M}\n"
	  "  b: {kernel: /k, memory: 1G, hugepages: 2M}\n"
	  "  c: {kernel: /k, memory: 1G, hugepages: 2M}\n"
	  "  d: {kernel: /k, memory: 3G, hugepages: 2M, autostart: false}\n"
	  "  e: {kernel: /k, memory: 2G, hugepages: 1G}\n"
	  "  f: {kernel: /k, memory: 1536M, hugepages: 1G, autostart: false}\n",
		"a:6:27: error: with 'c' the guests that start at boot want 3 GiB of memory, and host.hugepages "
		"reserves 2 GiB in pages of 2M\n"
		"a:7:27: error: 'd' wants 3 GiB of memory, and host.hugepages reserves 2 GiB in pages of 2M\n"
		"a:9:27: error: the memory of 'f' is not a whole number of its pages" },
	{ "version: 1\n"
	  "aliases:\n"
	  "  a: {path: '0000:00/1c.0/00.0', ids: '8086:10c9'}\n"
	  "  b: {path: '0000:00/1c.0/00.0', ids: '8086:10c9'}\n"
	  "  c: {serial: 00-1b-21-ff-ff-0a-0b-0c}\n"
	  "  d: {serial: 00-1B-21-FF-FF-0A-0B-0C, function: 1}\n"
	  "  e: {serial: 00-1B-21-FF-FF-0A-0B-0C}\n",
		"a:4:3: error: 'b' is the same card as 'a' (one of the two names is enough)\n"
		"a:7:3: error: 'e' is the same card as 'c' (one of the two names is enough)" },
	{ "version: 1\n"
	  "guests:\n"
	  "  a:\n"
	  "  b: {kernel: /k, cpus: }\n",
		"a:3:3: error: 'a' has no 'kernel' (kernel: /srv/web1/vmlinuz)\n"
		"a:4:19: error: 'cpus' has no value: it is a whole number from 1 to 254" },
	{ "version: 1\n"
	  "host:\n"
	  "aliases:\n",
		"" },
	{ "version: 1\n"
	  "host: {hugepages: {4M: 3, 2M: {count: 1, nodes: {0: 1}}, 1G: {}}}\n",
		"a:2:20: error: a key here is 2M or 1G: the sizes that an x86 processor has, not '4M'" },
	{ "version: 1\n"
	  "host: {hugepages: {2M: {count: 1, nodes: {0: 1}}, 1G: {}}}\n",
		"a:2:20: error: either 'count' or 'nodes' says how many\n"
		"a:2:51: error: either 'count' or 'nodes' says how many" },
	{ "version: 1\n"
	  "guests: {a: {kernel: /k, vf_token: x, restart_delay: 0, stop_timeout: 1w, dma_backend: iommu}}\n",
		"a:2:36: error: 'vf_token' is a UUID such as 7d3c01e0-0a1b-4c55-9d6e-1f2a3b4c5d6e, not 'x'\n"
		"a:2:54: error: 'restart_delay' is a whole number from 1 to 86400 seconds, or with a unit: 90s, 10m, "
		"2h, not '0'\n"
		"a:2:71: error: 'stop_timeout' is a whole number from 1 to 86400 seconds, or with a unit: 90s, 10m, "
		"2h, not '1w'\n"
		"a:2:88: error: 'dma_backend' is auto, iommufd or type1, not 'iommu' (did you mean 'iommufd'?)" },
	{ "version: 1\n"
	  "aliases:\n"
	  "  nic: &a {path: x}\n"
	  "  one: {<<: *a}\n",
		"a:3:11: error: anchors (&NAME) are not used here: say it twice" },
	{ "version: 1\n"
	  "guests: {a: {kernel: \"/a\\nb\", cmdline: \"a\\tb\"}}\n",
		"a:2:23: error: 'kernel' is the full path of a file, from /, not '/a\\x0ab'\n"
		"a:2:41: error: 'cmdline' is a text on one line, not 'a\\x09b'" },
	{ CARDS "guests: {a: {kernel: /k, devices: [{device: gpu, rom: x}]}}\n",
		"a:5:55: error: 'rom' is the full path of a file, from /, or off, not 'x'" },
	{ 0 },
};
