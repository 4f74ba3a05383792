/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The statements.  Where an order can be seen there is an ORDER BY: rowids
 * differ between nodes.  What is asked often for the first of a few rows has
 * no LIMIT: with it, and in INSERT with SELECT, SQLite makes a table for the
 * result.
 */
#include "db/sql.h"

#define ANY(s)		{ SCHEMA_ANY, s }
#define MAIN(s)		{ SCHEMA_MAIN, s }
#define OBSERVED(s)	{ SCHEMA_OBSERVED, s }

#define PORTS	"port_tftp, port_http, port_https, port_https2, port_tvs, " \
		"port_capf, port_sip, port_sips, port_cluster"
#define LIST	"v.sha256, v.kind, v.node, v.content, v.signer, v.made_at"
#define PHONE_COL "name, model, protocol, profile, description, origin, " \
		"created_at, changed_at"
#define PHONE	PHONE_COL ", EXISTS " \
		"(SELECT 1 FROM phone_file f WHERE f.name = phone.name)"
#define PROFILE	"name, protocol, description, changed_at"
#define USER	"u.name, u.description, u.changed_at, EXISTS (SELECT 1 " \
		"FROM digest_credential c WHERE c.kind = ?2 " \
		"AND c.name = u.name)"
#define DEVICE_CERT "SELECT d.kind, d.name, d.instance, d.type, d.sha256, " \
		"d.issuer, d.state, d.stored_at, d.changed_at, " \
		"coalesce(c.not_after, 0) FROM device_cert d " \
		"LEFT JOIN certificate c ON c.sha256 = d.sha256 "
#define DEVICE_CERT_ORDER "ORDER BY d.kind, d.name, d.instance, d.type, " \
		"d.stored_at, d.sha256"
#define CAPF_PROFILE "kind, name, instance, operation, key_order, " \
		"rsa_bits, ec_bits, completes_by, sealed, changed_at"
#define CAPF_CSR "kind, name, instance, spki, der, state, note, cert, " \
		"tries, next_at, created_at, changed_at"
#define OWNER	"kind = ?1 AND name = ?2 AND instance = ?3"
#define ROLLOUT	"id, operation, batch, pause_on_errors, completes_by, " \
		"state, errors, account, created_at, changed_at"
#define ROLLOUT_PHONE "rollout, position, phone, state, changed_at"
#define PROGRESS "kind, name, instance, operation, step, tries, wrong, " \
		"reason, address, session, since, at, next_at, until, " \
		"turned_away"
#define USER_HASH	"name, what, hash, changed_at"
#define LOGIN	"phone, user, before, account, at"
#define FETCH	"device, address, kind, name, version, transport, " \
		"started_us, completed_us, bytes, result"
#define FOLDER	"device, path, sha256, used, state, why, judged_at"

const struct sql_text sql_table[SQL_N] = {
	[SQL_BEGIN_READ] = ANY("BEGIN"),
	[SQL_BEGIN_WRITE] = ANY("BEGIN IMMEDIATE"),
	[SQL_COMMIT] = ANY("COMMIT"),
	[SQL_ROLLBACK] = ANY("ROLLBACK"),
	[SQL_SAVEPOINT] = ANY("SAVEPOINT s"),
	[SQL_SAVEPOINT_UNDO] = ANY("ROLLBACK TO s"),
	[SQL_SAVEPOINT_RELEASE] = ANY("RELEASE s"),
	[SQL_DATA_VERSION] = ANY("PRAGMA data_version"),

	[SQL_CHANGE_ADD] = MAIN(
	    "INSERT INTO change (seq, kind, key) VALUES "
	    "((SELECT coalesce(max(seq), 0) + 1 FROM change), ?1, ?2)"),
	[SQL_CHANGE_TRIM] = MAIN(
	    "DELETE FROM change "
	    "WHERE seq <= (SELECT max(seq) FROM change) - ?1"),
	[SQL_CHANGE_LAST] = MAIN("SELECT coalesce(max(seq), 0) FROM change"),
	[SQL_CHANGE_SINCE] = MAIN(
	    "SELECT seq, kind, key FROM change WHERE seq > ?1 ORDER BY seq"),

	[SQL_CLUSTER_GET] = MAIN(
	    "SELECT name, uuid, created_at, test FROM cluster "
	    "ORDER BY uuid LIMIT 1"),
	[SQL_CLUSTER_CLEAR_OTHER] = MAIN(
	    "DELETE FROM cluster WHERE uuid <> ?1"),
	[SQL_CLUSTER_PUT] = MAIN(
	    "INSERT INTO cluster (name, uuid, created_at, test) "
	    "VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, "
	    "created_at = excluded.created_at, test = excluded.test"),
	[SQL_CLUSTER_KEY_ADD] = MAIN(
	    "INSERT INTO cluster_key (key_id, node, sealed) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"),
	[SQL_CLUSTER_KEY_NEWEST] = MAIN(
	    "SELECT key_id, sealed FROM cluster_key WHERE node = ?1 "
	    "ORDER BY key_id DESC LIMIT 1"),

	[SQL_NODE_GET] = MAIN(
	    "SELECT name, uuid, joined_at, changed_at, " PORTS " "
	    "FROM node WHERE name = ?1"),
	[SQL_NODE_PUT] = MAIN(
	    "INSERT INTO node (name, uuid, joined_at, changed_at, " PORTS ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
	    "ON CONFLICT (name) DO UPDATE SET uuid = excluded.uuid, "
	    "joined_at = excluded.joined_at, "
	    "changed_at = excluded.changed_at, "
	    "port_tftp = excluded.port_tftp, "
	    "port_http = excluded.port_http, "
	    "port_https = excluded.port_https, "
	    "port_https2 = excluded.port_https2, "
	    "port_tvs = excluded.port_tvs, "
	    "port_capf = excluded.port_capf, "
	    "port_sip = excluded.port_sip, "
	    "port_sips = excluded.port_sips, "
	    "port_cluster = excluded.port_cluster"),
	[SQL_NODE_LIST] = MAIN(
	    "SELECT name, uuid, joined_at, changed_at, " PORTS " "
	    "FROM node ORDER BY joined_at, name"),
	[SQL_NODE_NAME_LIST] = MAIN(
	    "SELECT is_ip, text FROM node_name WHERE node = ?1 "
	    "ORDER BY position"),
	[SQL_NODE_NAME_CLEAR] = MAIN("DELETE FROM node_name WHERE node = ?1"),
	[SQL_NODE_NAME_ADD] = MAIN(
	    "INSERT INTO node_name (node, position, is_ip, text) "
	    "VALUES (?1, ?2, ?3, ?4)"),

	[SQL_PARAM_GET] = MAIN(
	    "SELECT value, changed_at FROM parameter "
	    "WHERE node = ?1 AND name = ?2"),
	[SQL_PARAM_PUT] = MAIN(
	    "INSERT INTO parameter (node, name, value, changed_at) "
	    "VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (node, name) DO UPDATE SET value = excluded.value, "
	    "changed_at = excluded.changed_at"),
	[SQL_PARAM_DELETE] = MAIN(
	    "DELETE FROM parameter WHERE node = ?1 AND name = ?2"),

	[SQL_KEY_PUT] = MAIN(
	    "INSERT INTO key (id, type, sealed, created_at) "
	    "VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (id) DO UPDATE SET type = excluded.type, "
	    "sealed = excluded.sealed, created_at = excluded.created_at"),
	[SQL_KEY_GET] = MAIN("SELECT sealed FROM key WHERE id = ?1"),
	[SQL_CERT_PUT] = MAIN(
	    "INSERT INTO certificate (sha256, der, subject, issuer, serial, "
	    "key_id, ski, not_before, not_after) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
	    "ON CONFLICT (sha256) DO NOTHING"),
	[SQL_CERT_GET] = MAIN(
	    "SELECT sha256, der, subject, issuer, serial, key_id, ski, "
	    "not_before, not_after FROM certificate WHERE sha256 = ?1"),
	[SQL_OWN_ACTIVE] = MAIN(
	    "SELECT unit, node, sha256, stage, generation, staged_at, "
	    "activated_at FROM own "
	    "WHERE unit = ?1 AND node = ?2 AND stage = 1 "
	    "ORDER BY generation DESC, sha256 LIMIT 1"),
	[SQL_OWN_PUT] = MAIN(
	    "INSERT INTO own (unit, node, sha256, stage, generation, "
	    "staged_at, activated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT (unit, node, sha256) DO UPDATE SET "
	    "stage = excluded.stage, generation = excluded.generation, "
	    "staged_at = excluded.staged_at, "
	    "activated_at = excluded.activated_at"),
	[SQL_OWN_LIST] = MAIN(
	    "SELECT unit, node, sha256, stage, generation, staged_at, "
	    "activated_at FROM own WHERE (?1 IS NULL OR unit = ?1) "
	    "AND (?2 < 0 OR stage = ?2) "
	    "ORDER BY unit, node, generation, sha256"),
	[SQL_OWN_REMOVE] = MAIN(
	    "DELETE FROM own WHERE unit = ?1 AND node = ?2 AND sha256 = ?3"),
	[SQL_OWN_OF_CERT] = MAIN(
	    "SELECT unit, node, sha256, stage, generation, staged_at, "
	    "activated_at FROM own WHERE sha256 = ?1 ORDER BY unit, node"),
	[SQL_KEY_REMOVE] = MAIN(
	    "DELETE FROM key WHERE id = ?1 AND NOT EXISTS "
	    "(SELECT 1 FROM own o JOIN certificate c ON c.sha256 = o.sha256 "
	    "WHERE c.key_id = ?1) "
	    "AND NOT EXISTS (SELECT 1 FROM csr WHERE key_id = ?1)"),
	[SQL_CERT_REMOVE] = MAIN(
	    "DELETE FROM certificate WHERE sha256 = ?1 "
	    "AND NOT EXISTS (SELECT 1 FROM own WHERE sha256 = ?1) "
	    "AND NOT EXISTS (SELECT 1 FROM trust WHERE sha256 = ?1) "
	    "AND NOT EXISTS (SELECT 1 FROM list_version WHERE signer = ?1) "
	    "AND NOT EXISTS (SELECT 1 FROM srst WHERE accepted = ?1 "
	    "OR candidate = ?1) "
	    "AND NOT EXISTS (SELECT 1 FROM device_cert WHERE sha256 = ?1 "
	    "OR issuer = ?1)"),

	[SQL_TRUST_PUT] = MAIN(
	    "INSERT INTO trust (unit, sha256, name, origin, note, ttl, "
	    "added_at, removed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	    "ON CONFLICT (unit, sha256) DO UPDATE SET name = excluded.name, "
	    "origin = excluded.origin, note = excluded.note, "
	    "ttl = excluded.ttl, added_at = excluded.added_at, "
	    "removed_at = excluded.removed_at"),
	[SQL_TRUST_GET] = MAIN(
	    "SELECT unit, sha256, name, origin, note, ttl, added_at, "
	    "removed_at FROM trust WHERE unit = ?1 AND sha256 = ?2"),
	[SQL_TRUST_LIST] = MAIN(
	    "SELECT unit, sha256, name, origin, note, ttl, added_at, "
	    "removed_at FROM trust WHERE (?1 IS NULL OR unit = ?1) "
	    "AND (?2 <> 0) = (removed_at <> 0) "
	    "AND (?3 IS NULL OR sha256 = ?3) ORDER BY unit, name, sha256"),
	[SQL_TRUST_CERTS] = MAIN(
	    "SELECT c.sha256, c.subject, c.issuer, c.serial, c.key_id, "
	    "c.ski, c.not_before, c.not_after, t.unit, t.name, t.origin, "
	    "t.note, t.ttl, t.added_at, t.removed_at FROM trust t "
	    "JOIN certificate c ON c.sha256 = t.sha256 "
	    "WHERE (?1 IS NULL OR t.unit = ?1) AND t.removed_at = 0 "
	    "ORDER BY t.unit, t.sha256"),
	[SQL_TRUST_OF_CERT] = MAIN(
	    "SELECT unit, sha256, name, origin, note, ttl, added_at, "
	    "removed_at FROM trust WHERE sha256 = ?1 ORDER BY unit"),
	[SQL_TRUST_COUNT] = MAIN(
	    "SELECT count(*) FROM trust WHERE (?1 IS NULL OR unit = ?1) "
	    "AND removed_at = 0"),
	[SQL_TRUST_PURGE] = MAIN(
	    "DELETE FROM trust WHERE unit = ?1 AND sha256 = ?2 "
	    "AND removed_at <> 0"),
	[SQL_TRUST_REMOVED_BEFORE] = MAIN(
	    "SELECT unit, sha256, name, origin, note, ttl, added_at, "
	    "removed_at FROM trust WHERE removed_at <> 0 "
	    "AND removed_at < ?1 ORDER BY unit, sha256"),
	[SQL_CERT_BY_SERIAL] = MAIN(
	    "SELECT sha256, der, subject, issuer, serial, key_id, ski, "
	    "not_before, not_after FROM certificate WHERE serial = ?1 "
	    "ORDER BY sha256 LIMIT ?2"),
	[SQL_CERT_BY_SUBJECT] = MAIN(
	    "SELECT sha256, der, subject, issuer, serial, key_id, ski, "
	    "not_before, not_after FROM certificate WHERE subject = ?1 "
	    "ORDER BY not_after DESC, sha256 LIMIT ?2"),

	[SQL_CSR_PUT] = MAIN(
	    "INSERT INTO csr (unit, node, key_id, der, created_at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (unit, node) DO UPDATE SET key_id = excluded.key_id, "
	    "der = excluded.der, created_at = excluded.created_at"),
	[SQL_CSR_GET] = MAIN(
	    "SELECT unit, node, key_id, created_at, der FROM csr "
	    "WHERE unit = ?1 AND node = ?2"),
	[SQL_CSR_LIST] = MAIN(
	    "SELECT unit, node, key_id, created_at, der FROM csr "
	    "ORDER BY unit, node"),
	[SQL_CSR_REMOVE] = MAIN(
	    "DELETE FROM csr WHERE unit = ?1 AND node = ?2"),

	[SQL_CRL_PUT] = MAIN(
	    "INSERT INTO crl (issuer, key_id, sha256, this_update, "
	    "next_update, added_at, der) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT (issuer, key_id) DO UPDATE SET "
	    "sha256 = excluded.sha256, this_update = excluded.this_update, "
	    "next_update = excluded.next_update, "
	    "added_at = excluded.added_at, der = excluded.der"),
	[SQL_CRL_GET] = MAIN(
	    "SELECT issuer, key_id, sha256, this_update, next_update, "
	    "added_at, der FROM crl WHERE issuer = ?1 AND key_id = ?2"),
	[SQL_CRL_LIST] = MAIN(
	    "SELECT issuer, key_id, sha256, this_update, next_update, "
	    "added_at, NULL FROM crl ORDER BY issuer, key_id"),
	[SQL_CRL_REMOVE] = MAIN(
	    "DELETE FROM crl WHERE issuer = ?1 AND key_id = ?2"),

	[SQL_SRST_PUT] = MAIN(
	    "INSERT INTO srst (name, address, port, sip_address, sip_port, "
	    "cert_port, secure, accepted, candidate, changed_at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
	    "ON CONFLICT (name) DO UPDATE SET address = excluded.address, "
	    "port = excluded.port, sip_address = excluded.sip_address, "
	    "sip_port = excluded.sip_port, cert_port = excluded.cert_port, "
	    "secure = excluded.secure, accepted = excluded.accepted, "
	    "candidate = excluded.candidate, "
	    "changed_at = excluded.changed_at"),
	[SQL_SRST_GET] = MAIN(
	    "SELECT name, address, port, sip_address, sip_port, cert_port, "
	    "secure, accepted, candidate, changed_at FROM srst "
	    "WHERE name = ?1"),
	[SQL_SRST_LIST] = MAIN(
	    "SELECT name, address, port, sip_address, sip_port, cert_port, "
	    "secure, accepted, candidate, changed_at FROM srst "
	    "ORDER BY name"),
	[SQL_SRST_REMOVE] = MAIN("DELETE FROM srst WHERE name = ?1"),

	[SQL_KEY_EXPORT_ADD] = MAIN(
	    "INSERT INTO key_export (sha256, at, account) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (sha256, at) DO NOTHING"),
	[SQL_KEY_EXPORT_LIST] = MAIN(
	    "SELECT sha256, at, account FROM key_export "
	    "WHERE ?1 IS NULL OR sha256 = ?1 ORDER BY sha256, at"),

	[SQL_SECRET_PUT] = MAIN(
	    "INSERT INTO cluster_secret (name, sealed, changed_at) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE "
	    "SET sealed = excluded.sealed, changed_at = excluded.changed_at"),
	[SQL_SECRET_GET] = MAIN(
	    "SELECT sealed, changed_at FROM cluster_secret WHERE name = ?1"),
	[SQL_SECRET_REMOVE] = MAIN(
	    "DELETE FROM cluster_secret WHERE name = ?1"),

	[SQL_LIST_ADD] = MAIN(
	    "INSERT INTO list_version (sha256, kind, node, content, signer, "
	    "made_at, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT (sha256) DO NOTHING"),
	[SQL_LIST_SET_CURRENT] = MAIN(
	    "INSERT INTO list_current (kind, node, sha256) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (kind, node) DO UPDATE "
	    "SET sha256 = excluded.sha256 WHERE sha256 <> excluded.sha256"),
	[SQL_LIST_CURRENT] = MAIN(
	    "SELECT " LIST ", v.bytes FROM list_current c "
	    "JOIN list_version v ON v.sha256 = c.sha256 "
	    "WHERE c.kind = ?1 AND c.node = ?2"),
	[SQL_LIST_GET] = MAIN(
	    "SELECT " LIST ", v.bytes FROM list_version v "
	    "WHERE v.sha256 = ?1"),
	[SQL_LIST_HISTORY] = MAIN(
	    "SELECT " LIST " FROM list_version v WHERE v.kind = ?1 "
	    "ORDER BY v.made_at, v.sha256"),

	[SQL_PHONE_ADD] = MAIN(
	    "INSERT INTO phone (" PHONE_COL ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	    "ON CONFLICT (name) DO NOTHING"),
	[SQL_PHONE_PUT] = MAIN(
	    "INSERT INTO phone (" PHONE_COL ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	    "ON CONFLICT (name) DO UPDATE SET "
	    "model = excluded.model, protocol = excluded.protocol, "
	    "profile = excluded.profile, "
	    "description = excluded.description, origin = excluded.origin, "
	    "created_at = excluded.created_at, "
	    "changed_at = excluded.changed_at"),
	[SQL_PHONE_GET] = MAIN(
	    "SELECT " PHONE " FROM phone WHERE name = ?1"),
	[SQL_PHONE_REMOVE] = MAIN("DELETE FROM phone WHERE name = ?1"),
	[SQL_PHONE_EACH] = MAIN("SELECT " PHONE " FROM phone ORDER BY name"),
	[SQL_PHONE_EACH_OF] = MAIN(
	    "SELECT " PHONE " FROM phone WHERE profile = ?1 ORDER BY name"),
	[SQL_PHONE_EACH_WITH] = MAIN(
	    "SELECT " PHONE " FROM phone WHERE name IN "
	    "(SELECT phone FROM phone_setting "
	    "WHERE setting = ?1 AND value = ?2) "
	    "OR (profile IN (SELECT profile FROM profile_setting "
	    "WHERE setting = ?1 AND value = ?2) "
	    "AND name NOT IN (SELECT phone FROM phone_setting "
	    "WHERE setting = ?1)) ORDER BY name"),
	[SQL_PHONE_COUNT] = MAIN("SELECT count(*) FROM phone"),
	[SQL_PHONE_COUNT_OF] = MAIN(
	    "SELECT count(*) FROM phone WHERE profile = ?1 "
	    "AND (?2 IS NULL OR protocol = ?2)"),
	[SQL_PHONE_COUNT_FROM] = MAIN(
	    "SELECT count(*) FROM phone WHERE origin = ?1"),
	[SQL_PHONE_REPROFILE] = MAIN(
	    "UPDATE phone SET profile = ?2 WHERE profile = ?1"),
	[SQL_PHONE_FILE_PUT] = MAIN(
	    "INSERT INTO phone_file (name, sha256, origin, changed_at, xml) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET "
	    "sha256 = excluded.sha256, origin = excluded.origin, "
	    "changed_at = excluded.changed_at, xml = excluded.xml"),
	[SQL_PHONE_FILE_GET] = MAIN(
	    "SELECT name, sha256, origin, changed_at, xml FROM phone_file "
	    "WHERE name = ?1"),
	[SQL_PHONE_FILE_REMOVE] = MAIN(
	    "DELETE FROM phone_file WHERE name = ?1"),
	[SQL_PHONE_SETTING_LIST] = MAIN(
	    "SELECT setting, value FROM phone_setting WHERE phone = ?1 "
	    "ORDER BY setting"),
	[SQL_PHONE_SETTING_PUT] = MAIN(
	    "INSERT INTO phone_setting (phone, setting, value) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (phone, setting) DO UPDATE "
	    "SET value = excluded.value WHERE value <> excluded.value"),
	[SQL_PHONE_SETTING_REMOVE] = MAIN(
	    "DELETE FROM phone_setting WHERE phone = ?1 AND setting = ?2"),
	[SQL_PHONE_SETTING_CLEAR] = MAIN(
	    "DELETE FROM phone_setting WHERE phone = ?1"),
	[SQL_PHONE_SETTING_WITH] = MAIN(
	    "SELECT phone FROM phone_setting WHERE setting = ?1 "
	    "AND value = ?2 ORDER BY phone"),
	[SQL_PHONE_SETTING_UPTO] = MAIN(
	    "SELECT phone FROM phone_setting s WHERE setting = ?1 "
	    "AND value <= ?2 AND EXISTS (SELECT 1 FROM phone_setting o "
	    "WHERE o.phone = s.phone AND o.setting = ?3) "
	    "ORDER BY value, phone LIMIT ?4"),
	[SQL_PHONE_SETTING_BETWEEN] = MAIN(
	    "SELECT DISTINCT value FROM phone_setting WHERE setting = ?1 "
	    "AND length(value) = length(?2) AND value BETWEEN ?2 AND ?3 "
	    "ORDER BY value"),
	[SQL_PHONE_SETTING_COUNTS] = MAIN(
	    "SELECT value, count(*) FROM phone_setting WHERE setting = ?1 "
	    "GROUP BY value ORDER BY value"),
	[SQL_PHONE_SECRET_PUT] = MAIN(
	    "INSERT INTO phone_secret (phone, name, sealed, changed_at) "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (phone, name) DO UPDATE "
	    "SET sealed = excluded.sealed, changed_at = excluded.changed_at"),
	[SQL_PHONE_SECRET_GET] = MAIN(
	    "SELECT sealed FROM phone_secret WHERE phone = ?1 AND name = ?2"),
	[SQL_PHONE_SECRET_LIST] = MAIN(
	    "SELECT name, changed_at FROM phone_secret WHERE phone = ?1 "
	    "ORDER BY name"),
	[SQL_PHONE_SECRET_REMOVE] = MAIN(
	    "DELETE FROM phone_secret WHERE phone = ?1 AND name = ?2"),
	[SQL_PHONE_SECRET_CLEAR] = MAIN(
	    "DELETE FROM phone_secret WHERE phone = ?1"),
	[SQL_PHONE_PLAIN_PUT] = MAIN(
	    "INSERT INTO phone_plain (phone, until, with_secrets, account, "
	    "at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (phone) DO UPDATE "
	    "SET until = excluded.until, with_secrets = "
	    "excluded.with_secrets, account = excluded.account, "
	    "at = excluded.at"),
	[SQL_PHONE_PLAIN_GET] = MAIN(
	    "SELECT phone, until, with_secrets, account, at FROM phone_plain "
	    "WHERE phone = ?1"),
	[SQL_PHONE_PLAIN_LIST] = MAIN(
	    "SELECT phone, until, with_secrets, account, at FROM phone_plain "
	    "ORDER BY phone"),

	[SQL_PROFILE_ADD] = MAIN(
	    "INSERT INTO phone_profile (" PROFILE ") "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING"),
	[SQL_PROFILE_PUT] = MAIN(
	    "INSERT INTO phone_profile (" PROFILE ") "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET "
	    "protocol = excluded.protocol, "
	    "description = excluded.description, "
	    "changed_at = excluded.changed_at"),
	[SQL_PROFILE_GET] = MAIN(
	    "SELECT " PROFILE " FROM phone_profile WHERE name = ?1"),
	[SQL_PROFILE_LIST] = MAIN(
	    "SELECT " PROFILE " FROM phone_profile ORDER BY name"),
	[SQL_PROFILE_REMOVE] = MAIN(
	    "DELETE FROM phone_profile WHERE name = ?1"),
	[SQL_PROFILE_RENAME] = MAIN(
	    "INSERT INTO phone_profile (" PROFILE ") "
	    "SELECT ?2, protocol, description, ?3 FROM phone_profile "
	    "WHERE name = ?1 ON CONFLICT (name) DO NOTHING"),
	[SQL_PROFILE_SETTING_LIST] = MAIN(
	    "SELECT setting, value FROM profile_setting WHERE profile = ?1 "
	    "ORDER BY setting"),
	[SQL_PROFILE_SETTING_PUT] = MAIN(
	    "INSERT INTO profile_setting (profile, setting, value) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (profile, setting) DO UPDATE "
	    "SET value = excluded.value WHERE value <> excluded.value"),
	[SQL_PROFILE_SETTING_REMOVE] = MAIN(
	    "DELETE FROM profile_setting WHERE profile = ?1 "
	    "AND setting = ?2"),
	[SQL_PROFILE_SETTING_CLEAR] = MAIN(
	    "DELETE FROM profile_setting WHERE profile = ?1"),
	[SQL_PROFILE_SETTING_COPY] = MAIN(
	    "INSERT INTO profile_setting (profile, setting, value) "
	    "SELECT ?2, setting, value FROM profile_setting "
	    "WHERE profile = ?1 ORDER BY setting"),
	[SQL_PROFILE_WITH] = MAIN(
	    "SELECT " PROFILE " FROM phone_profile WHERE name IN "
	    "(SELECT profile FROM profile_setting "
	    "WHERE setting = ?1 AND value = ?2) ORDER BY name"),

	[SQL_USER_PUT] = MAIN(
	    "INSERT INTO user (name, description, changed_at) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET "
	    "description = excluded.description, "
	    "changed_at = excluded.changed_at"),
	[SQL_USER_GET] = MAIN(
	    "SELECT " USER " FROM user u WHERE u.name = ?1"),
	[SQL_USER_LIST] = MAIN(
	    "SELECT " USER " FROM user u ORDER BY u.name"),
	[SQL_USER_REMOVE] = MAIN("DELETE FROM user WHERE name = ?1"),
	[SQL_CREDENTIAL_PUT] = MAIN(
	    "INSERT INTO digest_credential (kind, name, realm, sealed, "
	    "changed_at) VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (kind, name, realm) DO UPDATE SET "
	    "sealed = excluded.sealed, changed_at = excluded.changed_at"),
	[SQL_CREDENTIAL_GET] = MAIN(
	    "SELECT realm, sealed, changed_at FROM digest_credential "
	    "WHERE kind = ?1 AND name = ?2 AND realm = ?3"),
	[SQL_CREDENTIAL_LIST] = MAIN(
	    "SELECT realm, changed_at FROM digest_credential "
	    "WHERE kind = ?1 AND name = ?2 ORDER BY realm"),
	[SQL_CREDENTIAL_REMOVE] = MAIN(
	    "DELETE FROM digest_credential WHERE kind = ?1 AND name = ?2 "
	    "AND realm = ?3"),
	[SQL_CREDENTIAL_CLEAR] = MAIN(
	    "DELETE FROM digest_credential WHERE kind = ?1 AND name = ?2"),

	[SQL_APPLICATION_PUT] = MAIN(
	    "INSERT INTO application_user (name, description, changed_at) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET "
	    "description = excluded.description, "
	    "changed_at = excluded.changed_at"),
	[SQL_APPLICATION_GET] = MAIN(
	    "SELECT " USER " FROM application_user u WHERE u.name = ?1"),
	[SQL_APPLICATION_LIST] = MAIN(
	    "SELECT " USER " FROM application_user u ORDER BY u.name"),
	[SQL_APPLICATION_REMOVE] = MAIN(
	    "DELETE FROM application_user WHERE name = ?1"),
	[SQL_USER_HASH_PUT] = MAIN(
	    "INSERT INTO user_hash (kind, name, what, hash, changed_at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (kind, name, what) DO UPDATE SET "
	    "hash = excluded.hash, changed_at = excluded.changed_at"),
	[SQL_USER_HASH_GET] = MAIN(
	    "SELECT " USER_HASH " FROM user_hash "
	    "WHERE kind = ?1 AND name = ?2 AND what = ?3"),
	[SQL_USER_HASH_LIST] = MAIN(
	    "SELECT " USER_HASH " FROM user_hash WHERE kind = ?1 "
	    "ORDER BY name, what"),
	[SQL_USER_HASH_REMOVE] = MAIN(
	    "DELETE FROM user_hash "
	    "WHERE kind = ?1 AND name = ?2 AND what = ?3"),
	[SQL_USER_HASH_CLEAR] = MAIN(
	    "DELETE FROM user_hash WHERE kind = ?1 AND name = ?2"),

	[SQL_LOGIN_PUT] = MAIN(
	    "INSERT INTO phone_login (phone, user, before, account, at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (phone) DO UPDATE SET "
	    "user = excluded.user, before = excluded.before, "
	    "account = excluded.account, at = excluded.at"),
	[SQL_LOGIN_GET] = MAIN(
	    "SELECT " LOGIN " FROM phone_login WHERE phone = ?1"),
	[SQL_LOGIN_LIST] = MAIN(
	    "SELECT " LOGIN " FROM phone_login ORDER BY phone"),
	[SQL_LOGIN_LIST_USER] = MAIN(
	    "SELECT " LOGIN " FROM phone_login WHERE user = ?1 "
	    "ORDER BY phone"),
	[SQL_LOGIN_LIST_BEFORE] = MAIN(
	    "SELECT " LOGIN " FROM phone_login WHERE before = ?1 "
	    "ORDER BY phone"),
	[SQL_LOGIN_REMOVE] = MAIN("DELETE FROM phone_login WHERE phone = ?1"),
	[SQL_RESTART_PUT] = MAIN(
	    "INSERT INTO phone_restart (phone, why, at) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (phone) DO UPDATE SET "
	    "why = excluded.why, at = excluded.at"),
	[SQL_RESTART_GET] = MAIN(
	    "SELECT phone, why, at FROM phone_restart WHERE phone = ?1"),
	[SQL_RESTART_REMOVE] = MAIN(
	    "DELETE FROM phone_restart WHERE phone = ?1"),

	[SQL_AUDIT_ADD] = MAIN(
	    "INSERT INTO audit (node, seq, at, account, command, detail) "
	    "VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM audit "
	    "WHERE node = ?1), ?2, ?3, ?4, ?5)"),
	[SQL_AUDIT_LIST] = MAIN(
	    "SELECT node, at, account, command, detail FROM audit "
	    "ORDER BY at DESC, node, seq DESC LIMIT ?1"),

	[SQL_DEVICE_CERT_PUT] = MAIN(
	    "INSERT INTO device_cert (kind, name, instance, type, sha256, "
	    "issuer, state, stored_at, changed_at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
	    "ON CONFLICT (kind, name, instance, type, sha256) DO UPDATE SET "
	    "issuer = excluded.issuer, state = excluded.state, "
	    "stored_at = excluded.stored_at, "
	    "changed_at = excluded.changed_at"),
	[SQL_DEVICE_CERT_CURRENT] = MAIN(
	    DEVICE_CERT "WHERE d.kind = ?1 AND d.name = ?2 "
	    "AND d.instance = ?3 AND d.type = ?4 AND d.state = ?5 "
	    "ORDER BY d.stored_at DESC, d.sha256"),
	[SQL_DEVICE_CERT_BY_SHA256] = MAIN(
	    DEVICE_CERT "WHERE d.sha256 = ?1 "
	    "ORDER BY d.kind, d.name, d.instance, d.type LIMIT 1"),
	[SQL_DEVICE_CERT_BY_KEY] = MAIN(
	    "SELECT d.kind, d.name, d.instance, d.type, d.sha256, d.issuer, "
	    "d.state, d.stored_at, d.changed_at, c.not_after "
	    "FROM certificate c JOIN device_cert d ON d.sha256 = c.sha256 "
	    "WHERE c.key_id = ?4 AND d.state = ?5 "
	    "AND (d.kind <> ?1 OR d.name <> ?2 OR d.instance <> ?3) "
	    DEVICE_CERT_ORDER),
	[SQL_DEVICE_CERT_OF] = MAIN(
	    DEVICE_CERT "WHERE d.kind = ?1 AND d.name = ?2 "
	    "AND d.instance = ?3 AND (?4 IS NULL OR d.state = ?4) "
	    "AND (?5 IS NULL OR d.issuer = ?5) " DEVICE_CERT_ORDER),
	[SQL_DEVICE_CERT_UNDER] = MAIN(
	    DEVICE_CERT "WHERE d.issuer = ?5 "
	    "AND (?4 IS NULL OR d.state = ?4) " DEVICE_CERT_ORDER),
	[SQL_DEVICE_CERT_EACH] = MAIN(
	    DEVICE_CERT "WHERE (?4 IS NULL OR d.state = ?4) "
	    DEVICE_CERT_ORDER),
	[SQL_DEVICE_CERT_COUNT] = MAIN(
	    "SELECT count(*) FROM device_cert WHERE issuer = ?1 "
	    "AND state = ?2 AND type = ?3"),
	[SQL_DEVICE_CERT_ENDS] = MAIN(
	    "SELECT d.issuer, min(c.not_after), count(*) FROM device_cert d "
	    "JOIN certificate c ON c.sha256 = d.sha256 "
	    "WHERE d.state = ?1 AND d.type = ?2 AND c.not_after < ?3 "
	    "GROUP BY d.issuer, c.not_after / 86400 "
	    "ORDER BY d.issuer, c.not_after / 86400"),
	[SQL_CAPF_PROFILE_PUT] = MAIN(
	    "INSERT INTO capf_profile (" CAPF_PROFILE ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
	    "ON CONFLICT (kind, name, instance) DO UPDATE SET "
	    "operation = excluded.operation, "
	    "key_order = excluded.key_order, rsa_bits = excluded.rsa_bits, "
	    "ec_bits = excluded.ec_bits, "
	    "completes_by = excluded.completes_by, "
	    "sealed = excluded.sealed, changed_at = excluded.changed_at"),
	[SQL_CAPF_PROFILE_GET] = MAIN(
	    "SELECT " CAPF_PROFILE " FROM capf_profile WHERE " OWNER),
	[SQL_CAPF_PROFILE_LIST] = MAIN(
	    "SELECT " CAPF_PROFILE " FROM capf_profile "
	    "ORDER BY kind, name, instance"),
	[SQL_CAPF_PROFILE_REMOVE] = MAIN(
	    "DELETE FROM capf_profile WHERE " OWNER),
	[SQL_CAPF_OUTCOME_PUT] = MAIN(
	    "INSERT INTO capf_outcome (kind, name, instance, operation, "
	    "result, reason, node, at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	    "ON CONFLICT (kind, name, instance) DO UPDATE SET "
	    "operation = excluded.operation, result = excluded.result, "
	    "reason = excluded.reason, node = excluded.node, "
	    "at = excluded.at"),
	[SQL_CAPF_OUTCOME_GET] = MAIN(
	    "SELECT kind, name, instance, operation, result, reason, node, "
	    "at FROM capf_outcome WHERE " OWNER),
	[SQL_CAPF_CSR_PUT] = MAIN(
	    "INSERT INTO capf_csr (" CAPF_CSR ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
	    "ON CONFLICT (kind, name, instance) DO UPDATE SET "
	    "spki = excluded.spki, der = excluded.der, "
	    "state = excluded.state, note = excluded.note, "
	    "cert = excluded.cert, tries = excluded.tries, "
	    "next_at = excluded.next_at, created_at = excluded.created_at, "
	    "changed_at = excluded.changed_at"),
	[SQL_CAPF_CSR_GET] = MAIN(
	    "SELECT " CAPF_CSR " FROM capf_csr WHERE " OWNER),
	[SQL_CAPF_CSR_BY_SPKI] = MAIN(
	    "SELECT " CAPF_CSR " FROM capf_csr WHERE spki = ?1 "
	    "ORDER BY kind, name, instance"),
	[SQL_CAPF_CSR_REMOVE] = MAIN("DELETE FROM capf_csr WHERE " OWNER),
	[SQL_CAPF_CSR_COUNT] = MAIN(
	    "SELECT count(*) FROM capf_csr WHERE (?1 IS NULL OR state = ?1)"),
	[SQL_CAPF_CSR_EACH] = MAIN(
	    "SELECT " CAPF_CSR " FROM capf_csr "
	    "WHERE (?1 IS NULL OR state = ?1) AND next_at <= ?2 "
	    "ORDER BY kind, name, instance"),
	[SQL_MIC_ALLOW_PUT] = MAIN(
	    "INSERT INTO mic_allow (phone, account, added_at) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT (phone) DO UPDATE SET "
	    "account = excluded.account, added_at = excluded.added_at"),
	[SQL_MIC_ALLOW_HAS] = MAIN(
	    "SELECT 1 FROM mic_allow WHERE phone = ?1"),
	[SQL_MIC_ALLOW_LIST] = MAIN(
	    "SELECT phone, account, added_at FROM mic_allow ORDER BY phone"),
	[SQL_MIC_ALLOW_REMOVE] = MAIN(
	    "DELETE FROM mic_allow WHERE phone = ?1"),

	[SQL_ROLLOUT_PUT] = MAIN(
	    "INSERT INTO rollout (" ROLLOUT ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
	    "ON CONFLICT (id) DO UPDATE SET operation = excluded.operation, "
	    "batch = excluded.batch, "
	    "pause_on_errors = excluded.pause_on_errors, "
	    "completes_by = excluded.completes_by, state = excluded.state, "
	    "errors = excluded.errors, "
	    "account = excluded.account, created_at = excluded.created_at, "
	    "changed_at = excluded.changed_at"),
	[SQL_ROLLOUT_GET] = MAIN(
	    "SELECT " ROLLOUT " FROM rollout WHERE id = ?1"),
	[SQL_ROLLOUT_LIST] = MAIN(
	    "SELECT " ROLLOUT " FROM rollout "
	    "WHERE (?1 IS NULL OR state = ?1) ORDER BY created_at, id"),
	[SQL_ROLLOUT_PHONE_PUT] = MAIN(
	    "INSERT INTO rollout_phone (" ROLLOUT_PHONE ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (rollout, position) DO UPDATE SET "
	    "phone = excluded.phone, state = excluded.state, "
	    "changed_at = excluded.changed_at"),
	[SQL_ROLLOUT_PHONE_LIST] = MAIN(
	    "SELECT " ROLLOUT_PHONE " FROM rollout_phone WHERE rollout = ?1 "
	    "ORDER BY position LIMIT ?2"),
	[SQL_ROLLOUT_PHONE_LIST_IN] = MAIN(
	    "SELECT " ROLLOUT_PHONE " FROM rollout_phone WHERE rollout = ?1 "
	    "AND state = ?3 ORDER BY position LIMIT ?2"),
	[SQL_ROLLOUT_PHONE_OF] = MAIN(
	    "SELECT p.rollout, p.position, p.phone, p.state, p.changed_at "
	    "FROM rollout_phone p JOIN rollout r ON r.id = p.rollout "
	    "WHERE p.phone = ?1 AND r.state IN (?2, ?3) "
	    "ORDER BY p.rollout, p.position"),
	[SQL_ROLLOUT_PHONE_COUNT] = MAIN(
	    "SELECT state, count(*) FROM rollout_phone WHERE rollout = ?1 "
	    "GROUP BY state ORDER BY state"),

	/* What goes with a phone. */
	[SQL_PHONE_GONE_CERT] = MAIN(
	    "DELETE FROM device_cert WHERE kind = ?2 AND name = ?1"),
	[SQL_PHONE_GONE_OUTCOME] = MAIN(
	    "DELETE FROM capf_outcome WHERE kind = ?2 AND name = ?1"),
	[SQL_PHONE_GONE_CSR] = MAIN(
	    "DELETE FROM capf_csr WHERE kind = ?2 AND name = ?1"),
	[SQL_PHONE_GONE_MIC_ALLOW] = MAIN(
	    "DELETE FROM mic_allow WHERE phone = ?1"),
	[SQL_PHONE_GONE_ROLLOUT] = MAIN(
	    "DELETE FROM rollout_phone WHERE phone = ?1"),
	[SQL_PHONE_GONE_PLAIN] = MAIN(
	    "DELETE FROM phone_plain WHERE phone = ?1"),

	[SQL_SELF_GET] = OBSERVED(
	    "SELECT node FROM self ORDER BY node LIMIT 1"),
	[SQL_SELF_CLEAR] = OBSERVED("DELETE FROM self"),
	[SQL_SELF_PUT] = OBSERVED("INSERT INTO self (node) VALUES (?1)"),
	[SQL_USED_BY] = OBSERVED(
	    "SELECT device FROM address_use WHERE address = ?1 "
	    "AND last_us > ?2 ORDER BY device LIMIT 2"),
	[SQL_USE_SEEN] = OBSERVED(
	    "UPDATE address_use SET last_us = max(last_us, ?3) "
	    "WHERE address = ?1 AND device = ?2 RETURNING 1"),
	[SQL_USE_ADD] = OBSERVED(
	    "INSERT INTO address_use (address, device, last_us) "
	    "VALUES (?1, ?2, ?3)"),
	[SQL_USE_TRIM] = OBSERVED(
	    "DELETE FROM address_use WHERE device = ?1 AND address NOT IN "
	    "(SELECT address FROM address_use WHERE device = ?1 "
	    "ORDER BY last_us DESC, address LIMIT ?2)"),
	[SQL_USE_FORGET] = OBSERVED(
	    "DELETE FROM address_use WHERE device = ?1"),
	[SQL_DEVICE_ADD] = OBSERVED(
	    "INSERT INTO device (name, last_us, seq) VALUES (?1, ?2, ?3)"),
	[SQL_DEVICE_SEEN] = OBSERVED(
	    "UPDATE device SET last_us = max(last_us, ?2), seq = seq + ?3 "
	    "WHERE name = ?1 RETURNING seq"),
	[SQL_DEVICE_LAST] = OBSERVED(
	    "SELECT last_us FROM device WHERE name = ?1"),
	[SQL_DEVICE_TOTAL] = OBSERVED("SELECT n FROM device_total"),
	[SQL_DEVICE_COUNT] = OBSERVED("UPDATE device_total SET n = n + ?1"),
	[SQL_DEVICE_OLDEST] = OBSERVED(
	    "SELECT name, known FROM device WHERE name <> ?1 "
	    "ORDER BY known, last_us, name LIMIT 1"),
	[SQL_DEVICE_KNOWN] = OBSERVED(
	    "UPDATE device SET known = 1 WHERE name = ?1"),
	[SQL_DEVICE_FORGET] = OBSERVED("DELETE FROM device WHERE name = ?1"),
	[SQL_FETCH_ADD] = OBSERVED(
	    "INSERT INTO fetch (" FETCH ", seq) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
	[SQL_FETCH_TRIM] = OBSERVED(
	    "DELETE FROM fetch WHERE device = ?1 AND seq <= ?2"),
	[SQL_FETCH_FORGET] = OBSERVED("DELETE FROM fetch WHERE device = ?1"),
	[SQL_FETCH_LIST] = OBSERVED(
	    "SELECT " FETCH " FROM fetch "
	    "ORDER BY started_us DESC, device, seq DESC LIMIT ?1"),
	[SQL_FETCH_TOOK] = OBSERVED(
	    "SELECT version FROM fetch WHERE device = ?1 AND kind = ?2 "
	    "AND result = ?3 ORDER BY seq DESC LIMIT 1"),
	[SQL_FETCH_LIST_DEVICE] = OBSERVED(
	    "SELECT " FETCH " FROM fetch WHERE device = ?2 "
	    "ORDER BY started_us DESC, seq DESC LIMIT ?1"),
	[SQL_FOLDER_PUT] = OBSERVED(
	    "INSERT INTO folder_file (" FOLDER ") "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT (device) DO UPDATE "
	    "SET path = excluded.path, sha256 = excluded.sha256, "
	    "used = excluded.used, state = excluded.state, "
	    "why = excluded.why, "
	    "judged_at = excluded.judged_at"),
	[SQL_FOLDER_GET] = OBSERVED(
	    "SELECT " FOLDER " FROM folder_file WHERE device = ?1"),
	[SQL_FOLDER_LIST] = OBSERVED(
	    "SELECT " FOLDER " FROM folder_file "
	    "WHERE ?1 IS NULL OR state <> ?1 ORDER BY device"),
	[SQL_FOLDER_REMOVE] = OBSERVED(
	    "DELETE FROM folder_file WHERE device = ?1"),

	[SQL_ASK_LAST] = OBSERVED(
	    "SELECT seq FROM tvs_ask WHERE device = ?1 ORDER BY seq DESC "
	    "LIMIT 1"),
	[SQL_ASK_ADD] = OBSERVED(
	    "INSERT INTO tvs_ask (device, seq, at_us, address, command, "
	    "sha256, subject, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
	    "?8)"),
	[SQL_ASK_TRIM] = OBSERVED(
	    "DELETE FROM tvs_ask WHERE device = ?1 AND seq <= ?2"),
	[SQL_ASK_TRIM_ALL] = OBSERVED(
	    "DELETE FROM tvs_ask WHERE at_us <= (SELECT at_us FROM tvs_ask "
	    "ORDER BY at_us DESC LIMIT 1 OFFSET ?1)"),
	[SQL_ASK_LIST] = OBSERVED(
	    "SELECT device, at_us, address, command, sha256, subject, answer "
	    "FROM tvs_ask ORDER BY at_us DESC, device, seq DESC LIMIT ?1"),
	[SQL_ASK_LIST_DEVICE] = OBSERVED(
	    "SELECT device, at_us, address, command, sha256, subject, answer "
	    "FROM tvs_ask WHERE device = ?2 ORDER BY seq DESC LIMIT ?1"),
	[SQL_SRST_CHECK_PUT] = OBSERVED(
	    "INSERT INTO srst_check (name, at, sha256, why) "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE "
	    "SET at = excluded.at, sha256 = excluded.sha256, "
	    "why = excluded.why"),
	[SQL_SRST_CHECK_GET] = OBSERVED(
	    "SELECT name, at, sha256, why FROM srst_check WHERE name = ?1"),
	/* Of a device: its newest whole one of a kind, or since it went
	 * round its ring all the time that is left. */
	[SQL_FETCH_SINCE] = OBSERVED(
	    "SELECT coalesce(max(CASE WHEN kind = ?2 AND result IN (?3, ?4) "
	    "THEN started_us END), 0), coalesce(min(seq), 0), "
	    "coalesce(min(started_us), 0) FROM fetch WHERE device = ?1"),
	[SQL_USER_TRY_WRONG] = OBSERVED(
	    "INSERT INTO user_try (kind, name, what, wrong, since, at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
	    "ON CONFLICT (kind, name, what) DO UPDATE SET "
	    "wrong = excluded.wrong, since = excluded.since, "
	    "at = excluded.at"),
	[SQL_USER_TRY_GET] = OBSERVED(
	    "SELECT wrong, since, at FROM user_try "
	    "WHERE kind = ?1 AND name = ?2 AND what = ?3"),
	[SQL_USER_TRY_SUM] = OBSERVED(
	    "SELECT coalesce(sum(wrong), 0) FROM user_try WHERE at > ?1"),
	[SQL_USER_TRY_CLEAR] = OBSERVED(
	    "DELETE FROM user_try "
	    "WHERE kind = ?1 AND name = ?2 AND what = ?3"),
	[SQL_USER_TRY_AHEAD] = OBSERVED(
	    "UPDATE user_try SET at = ?1 WHERE at > ?1"),
	[SQL_USER_TRY_TRIM] = OBSERVED("DELETE FROM user_try WHERE at < ?1"),
	[SQL_ALARM_GET] = OBSERVED(
	    "SELECT at FROM alarm "
	    "WHERE kind = ?1 AND key = ?2 AND threshold = ?3"),
	[SQL_ALARM_PUT] = OBSERVED(
	    "INSERT INTO alarm (kind, key, threshold, at) "
	    "VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (kind, key, threshold) DO UPDATE "
	    "SET at = excluded.at"),
	[SQL_ALARM_LIST] = OBSERVED(
	    "SELECT key, threshold, at FROM alarm WHERE kind = ?1 "
	    "ORDER BY key, threshold"),
	[SQL_ALARM_REMOVE] = OBSERVED(
	    "DELETE FROM alarm WHERE kind = ?1 AND key = ?2"),
	[SQL_DUE_PUT] = OBSERVED(
	    "INSERT INTO alarm_due (channel, kind, key, threshold, at, line, "
	    "json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	    "ON CONFLICT (channel, kind, key, threshold) DO UPDATE "
	    "SET at = excluded.at, line = excluded.line, "
	    "json = excluded.json"),
	[SQL_DUE_LIST] = OBSERVED(
	    "SELECT kind, key, threshold, at, line, json FROM alarm_due "
	    "WHERE channel = ?1 ORDER BY at, kind, key, threshold LIMIT ?2"),
	[SQL_DUE_COUNT] = OBSERVED(
	    "SELECT count(*) FROM alarm_due WHERE channel = ?1"),
	[SQL_DUE_REMOVE] = OBSERVED(
	    "DELETE FROM alarm_due WHERE channel = ?1 AND kind = ?2 "
	    "AND key = ?3 AND threshold = ?4 AND at = ?5"),
	[SQL_DUE_CLEAR] = OBSERVED(
	    "DELETE FROM alarm_due WHERE channel = ?1"),
	[SQL_CHANNEL_PUT] = OBSERVED(
	    "INSERT INTO alarm_channel (channel, ok_at, failed_at, failures, "
	    "why) VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (channel) DO UPDATE SET ok_at = excluded.ok_at, "
	    "failed_at = excluded.failed_at, failures = excluded.failures, "
	    "why = excluded.why"),
	[SQL_CHANNEL_GET] = OBSERVED(
	    "SELECT ok_at, failed_at, failures, why FROM alarm_channel "
	    "WHERE channel = ?1"),
	[SQL_CHANNEL_REMOVE] = OBSERVED(
	    "DELETE FROM alarm_channel WHERE channel = ?1"),
	[SQL_CAPF_PROGRESS_PUT] = OBSERVED(
	    "INSERT INTO capf_progress (" PROGRESS ") VALUES (?1, ?2, ?3, "
	    "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) "
	    "ON CONFLICT (kind, name, instance) DO UPDATE SET "
	    "operation = excluded.operation, step = excluded.step, "
	    "tries = excluded.tries, wrong = excluded.wrong, "
	    "reason = excluded.reason, address = excluded.address, "
	    "session = excluded.session, since = excluded.since, "
	    "at = excluded.at, next_at = excluded.next_at, "
	    "until = excluded.until, turned_away = excluded.turned_away"),
	[SQL_CAPF_PROGRESS_GET] = OBSERVED(
	    "SELECT " PROGRESS " FROM capf_progress WHERE " OWNER),
	[SQL_CAPF_PROGRESS_REMOVE] = OBSERVED(
	    "DELETE FROM capf_progress WHERE " OWNER),
	[SQL_CAPF_PROGRESS_EACH] = OBSERVED(
	    "SELECT " PROGRESS " FROM capf_progress "
	    "ORDER BY kind, name, instance"),
	[SQL_CAPF_ISSUED_PUT] = OBSERVED(
	    "INSERT INTO capf_issued (sha256, kind, name, instance, at, der) "
	    "VALUES (?4, ?1, ?2, ?3, ?5, ?6) "
	    "ON CONFLICT (sha256) DO UPDATE SET kind = excluded.kind, "
	    "name = excluded.name, instance = excluded.instance, "
	    "at = excluded.at, der = excluded.der"),
	[SQL_CAPF_ISSUED_GET] = OBSERVED(
	    "SELECT kind, name, instance, sha256, at, der FROM capf_issued "
	    "WHERE sha256 = ?1"),
	[SQL_CAPF_ISSUED_REMOVE] = OBSERVED(
	    "DELETE FROM capf_issued WHERE sha256 = ?1"),
	[SQL_CAPF_ISSUED_REMOVE_OF] = OBSERVED(
	    "DELETE FROM capf_issued WHERE " OWNER
	    " AND (?4 IS NULL OR sha256 <> ?4)"),
	[SQL_CAPF_ISSUED_COUNT] = OBSERVED(
	    "SELECT count(*) FROM capf_issued WHERE " OWNER),
	[SQL_CAPF_ISSUED_PRUNE] = OBSERVED(
	    "DELETE FROM capf_issued WHERE sha256 IN (SELECT sha256 "
	    "FROM capf_issued WHERE " OWNER
	    " ORDER BY at DESC, sha256 LIMIT -1 OFFSET ?4)"),
	[SQL_CAPF_ISSUED_EACH] = OBSERVED(
	    "SELECT kind, name, instance, sha256, at, der FROM capf_issued "
	    "ORDER BY at, sha256"),
};
