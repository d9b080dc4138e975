// SPDX-License-Identifier: GPL-2.0-or-later
/* One eswitch as JSON, whole: its VFs, ports, representors, rates; steps of a plan; see eswitch_row.h. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "view/eswitch_row.h"

enum {
	BYTES_PER_MBIT = 1000 * 1000 / 8,
};

static json_t *named(int value, const char *name)
{
	return value == DEVLINK_UNKNOWN ? json_null() : json_string(name);
}

static json_t *as_switch(int value)
{
	return value < 0 ? json_null() : json_boolean(value);
}

static json_t *port_json(const struct devlink_port *port)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "index", (json_int_t)port->index,
		"type", named(port->type, devlink_port_type_name(port->type)), "flavour",
		named(port->flavour, devlink_flavour_name(port->flavour)), "netdev", json_text(port->netdev), "number",
		json_number(port->number), "controller", json_number(port->controller), "external",
		as_switch(port->external), "pf", json_number(port->pf), "vf", json_number(port->vf), "sf",
		json_number(port->sf), "has_function", port->has_function);
}

static json_t *ports_json(const struct eswitch *eswitch)
{
	json_t *list = json_array();

	for (size_t i = 0; i < eswitch->port_count; i++)
		json_array_append_new(list, port_json(&eswitch->ports[i]));
	return list;
}

static json_t *mbit(int64_t bytes)
{
	return json_number(bytes < 0 ? bytes : bytes / BYTES_PER_MBIT);
}

static json_t *nodes_json(const struct eswitch *eswitch)
{
	json_t *list = json_array();

	for (size_t i = 0; i < eswitch->rate_count; i++) {
		const struct devlink_rate *rate = &eswitch->rates[i];

		if (rate->is_node)
			json_array_append_new(
				list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_text(rate->node),
					      "tx_share", mbit(rate->tx_share), "tx_max", mbit(rate->tx_max),
					      "tx_priority", json_number(rate->tx_priority), "tx_weight",
					      json_number(rate->tx_weight), "parent", json_text(rate->parent)));
	}
	return list;
}

static json_t *representors_json(const struct eswitch *eswitch)
{
	json_t *list = json_array();

	for (size_t i = 0; i < eswitch->representor_count; i++) {
		const struct representor *one = &eswitch->representors[i];

		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "netdev", json_text(one->netdev),
				      "port_name", json_text(one->port_name), "pf", json_number(one->port.pf), "vf",
				      json_number(one->port.vf), "sf", json_number(one->port.sf), "up",
				      as_switch(one->up), "carrier", as_switch(one->carrier)));
	}
	return list;
}

static json_t *vfs_json(const struct eswitch *eswitch)
{
	cleanup_free struct eswitch_vf_row *rows = NULL;
	cleanup_free struct table_row *lines = NULL;

	if (eswitch_vf_rows(eswitch, &rows, &lines) < 0)
		return json_array();
	return table_json(&eswitch_vf_table, lines, eswitch->vf_count);
}

json_t *eswitch_json(const struct eswitch *eswitch)
{
	char handle[DEVLINK_HANDLE_TEXT_SIZE];
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "handle",
		devlink_handle_text(&eswitch->handle, handle), "address",
		eswitch->has_addr ? json_pci_addr(eswitch->addr) : json_null(), "driver", json_text(eswitch->driver),
		"netdev", json_text(eswitch->netdev), "switch_id", json_text(eswitch->switch_id), "hw_tc_offload",
		as_switch(eswitch->tc_offload), "mode", named(eswitch->is.mode, eswitch_mode_name(eswitch->is.mode)),
		"inline_mode", named(eswitch->is.inline_mode, eswitch_inline_name(eswitch->is.inline_mode)),
		"encap_mode", named(eswitch->is.encap_mode, eswitch_encap_name(eswitch->is.encap_mode)), "num_vfs",
		eswitch->can_vfs ? json_integer(eswitch->vf_count) : json_null());

	json_object_set_new(object, "vfs", vfs_json(eswitch));
	json_object_set_new(object, "ports", ports_json(eswitch));
	json_object_set_new(object, "representors", representors_json(eswitch));
	json_object_set_new(object, "rate_nodes", nodes_json(eswitch));
	return object;
}

static const char *const when_names[] = {
	[ESWITCH_BEFORE] = "before",
	[ESWITCH_AFTER] = "after",
	[ESWITCH_NEVER] = "never",
};

static json_t *rule_json(const struct eswitch_rule *rule)
{
	json_t *param = rule->param[0] ? json_sprintf("%s:%s", rule->param, rule->param_value) : json_null();

	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:o, s:i, s:s}", "driver", rule->driver, "vfs",
		rule->vfs_after ? "after" : "keep", "unbind", rule->unbind, "mode", rule->fixed ? "fixed" : "settable",
		"inline", when_names[rule->inline_mode], "encap", when_names[rule->encap_mode], "tc_offload",
		when_names[rule->tc_offload], "param", param, "wait_seconds", (int)rule->wait_seconds, "source",
		rule->source);
}

json_t *eswitch_plan_json(const struct eswitch_plan *plan)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		const struct eswitch_step *step = &plan->step[i];

		json_array_append_new(steps, json_pack("{s:I, s:s, s:o, s:o, s:s}", "n", (json_int_t)i + 1, "verb",
						     eswitch_verb_name(step->verb), "from", json_text(step->from), "to",
						     json_text(step->to), "why", step->why));
	}
	return json_pack("{s:o, s:o}", "rule", rule_json(&plan->rule), "steps", steps);
}

json_t *devlink_params_json(const struct devlink_param *params, size_t count)
{
	static const char *const modes[] = { "runtime", "driverinit", "permanent" };
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *one = json_pack("{s:o}", "name", json_text(params[i].name));

		for (size_t mode = 0; mode < array_size(modes); mode++)
			json_object_set_new(
				one, modes[mode], params[i].has[mode] ? json_text(params[i].value[mode]) : json_null());
		json_array_append_new(list, one);
	}
	return list;
}

json_t *devlink_resources_json(const struct devlink_resource *resources, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o}", "name", json_text(resources[i].name), "size",
				      json_number(resources[i].size), "occupied", json_number(resources[i].occupied)));
	return list;
}
