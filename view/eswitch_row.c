// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows and columns of `eswitch list` and `eswitch show`; see eswitch_row.h. */
#include "view/eswitch_row.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum {
	BYTES_PER_MBIT = 1000 * 1000 / 8,
};

static const char *known(int value, const char *name)
{
	return value == DEVLINK_UNKNOWN ? NULL : name;
}

static void fill_row(struct eswitch_row *row, const struct eswitch *eswitch)
{
	devlink_handle_text(&eswitch->handle, row->handle);
	text_copy(row->netdev, sizeof(row->netdev), eswitch->netdev);
	text_copy(row->driver, sizeof(row->driver), eswitch->driver);
	row->mode = known(eswitch->is.mode, eswitch_mode_name(eswitch->is.mode));
	row->inline_mode = known(eswitch->is.inline_mode, eswitch_inline_name(eswitch->is.inline_mode));
	row->encap_mode = known(eswitch->is.encap_mode, eswitch_encap_name(eswitch->is.encap_mode));
	row->vfs = eswitch->can_vfs ? (int)eswitch->vf_count : -1;
	row->tc_offload = eswitch->tc_offload;
	row->representors = 0;
	for (unsigned int i = 0; i < eswitch->vf_count; i++)
		row->representors += eswitch_vf_representor(eswitch, i) != NULL;
}

/* Devices of devlink without an eswitch are left out, and those that go away meanwhile. */
static int read_rows(const struct sysroot *root, struct devlink *devlink, struct eswitch_list *list, struct error *err)
{
	cleanup_free struct devlink_handle *handles = NULL;
	size_t count = 0;
	int ret = devlink_list_handles(devlink, &handles, &count, err);

	if (ret < 0)
		return ret;
	list->row = calloc(count + 1, sizeof(*list->row));
	list->line = calloc(count + 1, sizeof(*list->line));
	if (!list->row || !list->line)
		return fail(err, ENOMEM, "list eswitches");
	for (size_t i = 0; i < count; i++) {
		struct eswitch eswitch;

		if (eswitch_read(root, devlink, &handles[i], &eswitch, NULL) < 0)
			continue;
		fill_row(&list->row[list->count], &eswitch);
		list->line[list->count] = (struct table_row){ &list->row[list->count], -1 };
		list->count++;
		eswitch_done(&eswitch);
	}
	return 0;
}

int eswitch_list_read(const struct sysroot *root, struct eswitch_list *ret_list, struct error *err)
{
	struct eswitch_list list = { 0 };
	struct error none = { 0 };
	struct devlink devlink;
	int ret = devlink_open(root, &devlink, &none);

	/* A kernel without devlink has no eswitches: an answer, and no failure. */
	if (ret < 0 && none.code == CODE_ESWITCH_NONE && !root->captured) {
		*ret_list = list;
		return 0;
	}
	if (ret < 0) {
		if (err)
			*err = none;
		return ret;
	}
	ret = read_rows(root, &devlink, &list, err);
	devlink_close(&devlink);
	if (ret < 0)
		eswitch_list_done(&list);
	else
		*ret_list = list;
	return ret;
}

void eswitch_list_done(struct eswitch_list *list)
{
	free(list->row);
	free(list->line);
	*list = (struct eswitch_list){ 0 };
}

#define ROW(member) FIELD(struct eswitch_row, member)
const struct column eswitch_columns[] = {
	{ "DEVICE", "handle", "bus and name, as devlink has them", COLUMN_SHOWN, ROW(handle) },
	{ "NETDEV", "netdev", "its network device", COLUMN_SHOWN, ROW(netdev) },
	{ "DRIVER", "driver", "its driver", COLUMN_SHOWN, ROW(driver) },
	{ "MODE", "mode", "legacy, switchdev or switchdev_inactive", COLUMN_SHOWN, ROW(mode) },
	{ "INLINE", "inline_mode", "headers that VFs put into descriptors", 0, ROW(inline_mode) },
	{ "ENCAP", "encap_mode", "encapsulation by the eswitch", 0, ROW(encap_mode) },
	{ "VFS", "vfs", "how many VFs it has", COLUMN_SHOWN | COLUMN_RIGHT, ROW(vfs) },
	{ "REPRESENTORS", "representors", "how many of them have a representor", COLUMN_SHOWN | COLUMN_RIGHT,
		ROW(representors) },
	{ "OFFLOAD", "hw_tc_offload", "rules of traffic control go to the eswitch", COLUMN_SHOWN, ROW(tc_offload),
		.as = COLUMN_AS_SWITCH },
	{ NULL },
};

const struct table eswitch_table = { .payload = "eswitches", .columns = eswitch_columns };

int eswitch_vf_rows(const struct eswitch *eswitch, struct eswitch_vf_row **ret_rows, struct table_row **ret_lines)
{
	cleanup_free struct eswitch_vf_row *rows = calloc(eswitch->vf_count + 1, sizeof(*rows));
	cleanup_free struct table_row *lines = calloc(eswitch->vf_count + 1, sizeof(*lines));

	if (!rows || !lines)
		return -ENOMEM;
	for (unsigned int i = 0; i < eswitch->vf_count; i++) {
		rows[i] = (struct eswitch_vf_row){
			.eswitch = eswitch,
			.vf = &eswitch->vfs[i],
			.index = i,
			.port = eswitch_vf_port(eswitch, i),
			.rate = eswitch_vf_rate(eswitch, i),
			.representor = eswitch_vf_representor(eswitch, i),
		};
		lines[i] = (struct table_row){ &rows[i], -1 };
	}
	*ret_rows = take_ptr(rows);
	*ret_lines = take_ptr(lines);
	return 0;
}

static const struct eswitch_vf_row *row_of(const void *row)
{
	return row;
}

static json_t *get_address(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->vf->has_addr ? json_pci_addr(row_of(row)->vf->addr) : json_null();
}

static json_t *get_driver(const void *row, const void *context)
{
	(void)context;
	return json_text(row_of(row)->vf->driver);
}

static json_t *get_representor(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->representor ? json_text(row_of(row)->representor->netdev) : json_null();
}

static json_t *get_port_name(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->representor ? json_text(row_of(row)->representor->port_name) : json_null();
}

static json_t *get_up(const void *row, const void *context)
{
	const struct representor *one = row_of(row)->representor;

	(void)context;
	return !one || one->up < 0 ? json_null() : json_boolean(one->up);
}

static json_t *get_port(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? json_integer(row_of(row)->port->index) : json_null();
}

static json_t *get_hw_addr(const void *row, const void *context)
{
	const struct devlink_port *port = row_of(row)->port;
	char text[MAC_TEXT_SIZE];

	(void)context;
	return port && port->function.has_hw_addr ? json_string(mac_to_text(&port->function.hw_addr, text))
						  : json_null();
}

static json_t *named(int value, const char *zero, const char *one)
{
	return value < 0 ? json_null() : json_string(value ? one : zero);
}

static json_t *get_state(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? named(row_of(row)->port->function.state, "inactive", "active") : json_null();
}

static json_t *get_opstate(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? named(row_of(row)->port->function.opstate, "detached", "attached") : json_null();
}

static json_t *as_switch(int value)
{
	return value < 0 ? json_null() : json_boolean(value);
}

static json_t *get_roce(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? as_switch(row_of(row)->port->function.roce) : json_null();
}

static json_t *get_migratable(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? as_switch(row_of(row)->port->function.migratable) : json_null();
}

static json_t *get_ipsec_crypto(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? as_switch(row_of(row)->port->function.ipsec_crypto) : json_null();
}

static json_t *get_ipsec_packet(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? as_switch(row_of(row)->port->function.ipsec_packet) : json_null();
}

static json_t *get_max_io_eqs(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->port ? json_number(row_of(row)->port->function.max_io_eqs) : json_null();
}

static json_t *mbit(int64_t bytes)
{
	return json_number(bytes < 0 ? bytes : bytes / BYTES_PER_MBIT);
}

static json_t *get_tx_share(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->rate ? mbit(row_of(row)->rate->tx_share) : json_null();
}

static json_t *get_tx_max(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->rate ? mbit(row_of(row)->rate->tx_max) : json_null();
}

static json_t *get_tx_priority(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->rate ? json_number(row_of(row)->rate->tx_priority) : json_null();
}

static json_t *get_tx_weight(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->rate ? json_number(row_of(row)->rate->tx_weight) : json_null();
}

static json_t *get_parent(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->rate ? json_text(row_of(row)->rate->parent) : json_null();
}

const struct column eswitch_vf_columns[] = {
	{ "VF", "index", "its number, from 0", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct eswitch_vf_row, index) },
	{ "ADDRESS", "address", "its PCI address", COLUMN_SHOWN, .get = get_address },
	{ "DRIVER", "driver", "its driver", COLUMN_SHOWN, .get = get_driver },
	{ "REPRESENTOR", "representor", "the network device here that stands for it", COLUMN_SHOWN,
		.get = get_representor },
	{ "PORT-NAME", "port_name", "what the representor says of itself", 0, .get = get_port_name },
	{ "UP", "up", "the representor is up", COLUMN_SHOWN, .get = get_up },
	{ "PORT", "port", "its port's index in devlink", COLUMN_SHOWN | COLUMN_RIGHT, .get = get_port },
	{ "HW-ADDR", "hw_addr", "the function's address", COLUMN_SHOWN, .get = get_hw_addr },
	{ "STATE", "state", "the function is active or inactive", 0, .get = get_state },
	{ "OPSTATE", "opstate", "a driver is attached to it or not", 0, .get = get_opstate },
	{ "ROCE", "roce", "it may do RDMA over Ethernet", 0, .get = get_roce },
	{ "MIGRATABLE", "migratable", "its state can be saved", 0, .get = get_migratable },
	{ "IPSEC-CRYPTO", "ipsec_crypto", "the card encrypts for it", 0, .get = get_ipsec_crypto },
	{ "IPSEC-PACKET", "ipsec_packet", "the card does IPsec for it", 0, .get = get_ipsec_packet },
	{ "MAX-IO-EQS", "max_io_eqs", "event queues that it may have", COLUMN_RIGHT, .get = get_max_io_eqs },
	{ "TX-SHARE", "tx_share", "transmit rate that it is sure of, Mbit/s; 0: none", COLUMN_SHOWN | COLUMN_RIGHT,
		.get = get_tx_share },
	{ "TX-MAX", "tx_max", "transmit rate that it may have, Mbit/s; 0: no limit", COLUMN_SHOWN | COLUMN_RIGHT,
		.get = get_tx_max },
	{ "TX-PRIORITY", "tx_priority", "before others of its node", COLUMN_RIGHT, .get = get_tx_priority },
	{ "TX-WEIGHT", "tx_weight", "among those of its priority", COLUMN_RIGHT, .get = get_tx_weight },
	{ "NODE", "parent", "the rate node that it belongs to", COLUMN_SHOWN, .get = get_parent },
	{ NULL },
};

const struct table eswitch_vf_table = { .payload = "vfs", .columns = eswitch_vf_columns };
