/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the attributes of devlink's answers and our structs. An attribute that is missing, too short or of another
 * size leaves its member unknown; text is cut, and never runs on. Used by sriov/devlink*.c and their tests only.
 */
#ifndef SRIOV_DEVLINK_MESSAGE_H
#define SRIOV_DEVLINK_MESSAGE_H

#include <netlink/msg.h>

#include "sriov/devlink.h"

/* DEVLINK_UNKNOWN when it is missing or not of this size. */
int devlink_take_u8(const struct nlattr *attr);
int devlink_take_u16(const struct nlattr *attr);
int64_t devlink_take_u32(const struct nlattr *attr);
int64_t devlink_take_u64(const struct nlattr *attr);

/* At most size - 1 bytes, up to its NUL or its end. False when it is missing or empty. */
bool devlink_take_text(const struct nlattr *attr, char *buf, size_t size);

/* False when one of both names is missing. */
bool devlink_take_handle(struct nlattr **attrs, struct devlink_handle *ret_handle);

void devlink_take_eswitch(struct nlattr **attrs, struct devlink_eswitch *ret_eswitch);

/* False: no port. */
bool devlink_take_port(struct nlattr **attrs, void *ret_port);
bool devlink_take_rate(struct nlattr **attrs, void *ret_rate);
bool devlink_take_param(struct nlattr **attrs, void *ret_param);

/* At most max resources of a list, with those below them. Returns how many. */
size_t devlink_take_resources(struct nlattr **attrs, struct devlink_resource *ret_resources, size_t max);

/* 0, or negative when the message is full. */
int devlink_put_function(struct nl_msg *request, const struct devlink_function *function);
int devlink_put_rate(struct nl_msg *request, const struct devlink_rate *rate);
int devlink_put_param(struct nl_msg *request, const struct devlink_param *param, enum devlink_param_mode mode);

#endif
