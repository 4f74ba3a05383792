/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Auto-registration, see autoreg.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "net/addr.h"
#include "trust/autoreg.h"
#include "trust/profile_write.h"

#define ACCOUNT		"tftpd"		/* in the audit log */
#define COMMAND		"auto-registration"
#define NAME_LEN	15		/* SEP and 12 digits */
#define UNIT		1000		/* of autoreg_rate's left */

static int
load_range(struct autoreg_conf *c, struct db *db, const char *node,
    struct err *e)
{
	char *v = param_get(db, PARAM_AUTOREG_NAMES, node, e);

	if (v == NULL)
		return e->code;
	c->first[0] = c->last[0] = '\0';
	if (strlen(v) == 2 * NAME_LEN + 1) {
		memcpy(c->first, v, NAME_LEN);
		c->first[NAME_LEN] = '\0';
		(void)str_copy(c->last, sizeof(c->last), v + NAME_LEN + 1);
	}
	free(v);
	return ERR_OK;
}

static int
load_numbers(struct autoreg_conf *c, struct db *db, const char *node,
    struct err *e)
{
	char *v = param_get(db, PARAM_AUTOREG_RANGE, node, e);
	size_t n;

	if (v == NULL)
		return e->code;
	c->number[0] = c->last_number[0] = '\0';
	n = strcspn(v, "-");
	if (v[n] == '-' && n <= AUTOREG_NUMBER_MAX) {
		memcpy(c->number, v, n);
		c->number[n] = '\0';
		(void)str_copy(c->last_number, sizeof(c->last_number),
		    v + n + 1);
	}
	free(v);
	return ERR_OK;
}

int
autoreg_conf_load(struct autoreg_conf *c, struct db *db, const char *node,
    struct err *e)
{
	struct err why = { 0 };		/* the getters need one */
	char *v = param_get(db, PARAM_AUTOREG_ENABLED, node, &why);
	struct autoreg_conf new = { .enabled = false };

	if (v == NULL || load_range(&new, db, node, &why) != ERR_OK ||
	    load_numbers(&new, db, node, &why) != ERR_OK ||
	    param_get_i64(db, PARAM_AUTOREG_MAX, node, &new.max, &why) !=
	    ERR_OK || param_get_i64(db, PARAM_AUTOREG_PER_MINUTE, node,
	    &new.per_minute, &why) != ERR_OK) {
		free(v);
		return err_set(e, why.code, "parameters of "
		    "auto-registration: %s", why.msg);
	}
	new.enabled = strcmp(v, "yes") == 0;
	free(v);
	*c = new;
	return ERR_OK;
}

bool
autoreg_wanted(const struct autoreg_conf *c, const char *device)
{
	return c->enabled && c->first[0] != '\0' && str_is_sep(device) &&
	    strcmp(device, c->first) >= 0 && strcmp(device, c->last) <= 0;
}

/* --- from the engine to the writer --- */

void
autoreg_ask_build(const struct autoreg_ask *a, uint8_t out[AUTOREG_ASK_LEN])
{
	memset(out, 0, AUTOREG_ASK_LEN);
	memcpy(out, a->device, strlen(a->device));
	memcpy(out + DEVICE_NAME_MAX + 1, a->address, strlen(a->address));
}

/* Text in a field of n bytes, the rest of it zero. */
static bool
take_field(struct rd *r, char *out, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);
	size_t len;

	if (p == NULL)
		return false;
	len = strnlen((const char *)p, n);
	if (len == n)
		return false;
	for (size_t i = len; i < n; i++)
		if (p[i] != 0)
			return false;
	memcpy(out, p, n);
	return true;
}

int
autoreg_ask_parse(struct autoreg_ask *a, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = { .buf = buf, .len = len };
	struct net_addr addr;

	*a = (struct autoreg_ask){ .device = "" };
	if (len != AUTOREG_ASK_LEN ||
	    !take_field(&r, a->device, sizeof(a->device)) ||
	    !take_field(&r, a->address, sizeof(a->address)))
		return err_set(e, ERR_PROTO, "%zu bytes that ask for no "
		    "phone", len);
	if (!str_is_sep(a->device))
		return err_set(e, ERR_PROTO, "no name of a phone");
	if (net_addr_parse(&addr, a->address, 0, NULL) != ERR_OK)
		return err_set(e, ERR_PROTO, "no address of a phone");
	return ERR_OK;
}

bool
autoreg_rate_take(struct autoreg_rate *r, int64_t per_minute, int64_t now_ms)
{
	int64_t most = (per_minute + 9) / 10 * UNIT;

	if (r->since_ms == 0)
		r->left = most;
	else if (now_ms > r->since_ms)
		r->left += (now_ms - r->since_ms > 60000 ? 60000 :
		    now_ms - r->since_ms) * per_minute * UNIT / 60000;
	if (r->left > most)
		r->left = most;
	r->since_ms = now_ms != 0 ? now_ms : 1;
	if (r->left < UNIT)
		return false;
	r->left -= UNIT;
	return true;
}

/* --- the row --- */

/* The lowest number that no phone has; *out "": none is free. */
static int
find_number(struct db *db, const struct autoreg_conf *c,
    char out[AUTOREG_NUMBER_MAX + 1], struct err *e)
{
	struct err own = { .code = ERR_OK };
	char number[SETTING_VALUE_MAX + 1];
	int ret;

	out[0] = '\0';
	ret = row_phone_setting_free(db, setting_get(
	    SETTING_DIRECTORY_NUMBER)->option, c->number, c->last_number,
	    number, &own);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	(void)str_copy(out, AUTOREG_NUMBER_MAX + 1, number);
	return ERR_OK;
}

static int
audit(struct db *db, const char *node, const struct autoreg_ask *a,
    const char *number, int64_t now, struct err *e)
{
	struct row_audit row = { .at = now, .account = ACCOUNT,
	    .command = COMMAND };
	int ret;

	(void)str_copy(row.node, sizeof(row.node), node);
	row.detail = str_printf("%s %s%s%s", a->device, a->address,
	    number[0] != '\0' ? " number " : "", number);
	if (row.detail == NULL)
		return err_set(e, ERR_NOMEM, "audit");
	ret = row_audit_add(db, &row, e);
	free(row.detail);
	return ret;
}

static int
put_number(struct db *db, const struct row_phone *p, const char *number,
    struct err *e)
{
	const struct setting_change c = {
		.setting = setting_get(SETTING_DIRECTORY_NUMBER),
		.value = number,
	};
	bool changed;

	return number[0] == '\0' ? ERR_OK : phone_setting_write(db, p, &c, 0,
	    &changed, e);
}

static int
add_row(struct db *db, const char *node, const struct autoreg_ask *a,
    const struct autoreg_conf *c, int64_t now, struct autoreg_done *done,
    struct err *e)
{
	struct row_phone p = { .origin = ORIGIN_AUTO, .created_at = now,
	    .changed_at = now };
	char *advice = NULL;
	int ret;

	(void)str_copy(p.name, sizeof(p.name), a->device);
	if ((ret = autoreg_profile_get(db, node, &p, e)) != ERR_OK)
		return ret;
	if (c->number[0] != '\0' && p.protocol == PROTOCOL_SIP) {
		if ((ret = find_number(db, c, done->number, e)) != ERR_OK)
			return ret;
		if (done->number[0] == '\0') {
			done->res = AUTOREG_NO_NUMBER;
			return ERR_OK;
		}
	}
	if ((ret = row_phone_add(db, &p, e)) != ERR_OK ||
	    (ret = put_number(db, &p, done->number, e)) != ERR_OK ||
	    (ret = phone_check(db, NULL, p.name, &advice, e)) != ERR_OK)
		return ret;
	free(advice);
	return audit(db, node, a, done->number, now, e);
}

int
autoreg_add(struct db *db, const char *node, const struct autoreg_ask *a,
    int64_t now, struct autoreg_done *done, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	struct autoreg_conf c;
	struct row_phone have;
	int64_t n = 0;
	int ret;

	*done = (struct autoreg_done){ .res = AUTOREG_OUTSIDE };
	if ((ret = autoreg_conf_load(&c, db, node, e)) != ERR_OK ||
	    !autoreg_wanted(&c, a->device))
		return ret;
	done->res = AUTOREG_KNOWN;
	ret = row_phone_get(db, a->device, &have, &miss);
	if (ret != ERR_NOTFOUND)
		return ret == ERR_OK ? ret : err_set(e, ret, "%s", miss.msg);
	done->res = AUTOREG_FULL;
	if ((ret = row_phone_count_from(db, ORIGIN_AUTO, &n, e)) != ERR_OK ||
	    n >= c.max)
		return ret;
	done->res = AUTOREG_ADDED;
	return add_row(db, node, a, &c, now, done, e);
}
