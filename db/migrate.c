/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Schemas and how they grow: append-only arrays, counted by PRAGMA
 * user_version, each entry in a transaction of its own.
 *
 * Rules that changesets need (tests/check_db_schema.c watches them): STRICT,
 * natural NOT NULL primary keys, no AUTOINCREMENT, generated columns,
 * triggers or foreign keys, no UNIQUE beside the primary key (a swap within
 * one transaction could not be replayed), and after ADD COLUMN ... DEFAULT
 * an UPDATE that rewrites the rows.  Rows with large blobs keep a rowid.
 * Checks of one word out of several are comparisons joined by OR: for IN with
 * more than two, SQLite builds a table of them before each row it writes.
 */
#include <inttypes.h>
#include <string.h>

#include "db/internal.h"

static const char *const main_migration[] = {
	[0] =
"PRAGMA application_id = 1347703345;"
"CREATE TABLE cluster ("
"  uuid TEXT NOT NULL PRIMARY KEY,"
"  name TEXT NOT NULL,"
"  created_at INTEGER NOT NULL,"
"  test INTEGER NOT NULL CHECK (test IN (0, 1))"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE cluster_key ("
"  key_id INTEGER NOT NULL CHECK (key_id BETWEEN 1 AND 4294967295),"
"  node TEXT NOT NULL,"
"  sealed BLOB NOT NULL,"
"  PRIMARY KEY (key_id, node)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE node ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  uuid TEXT NOT NULL,"
"  joined_at INTEGER NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  port_tftp INTEGER NOT NULL,"
"  port_http INTEGER NOT NULL,"
"  port_https INTEGER NOT NULL,"
"  port_https2 INTEGER NOT NULL,"
"  port_tvs INTEGER NOT NULL,"
"  port_capf INTEGER NOT NULL,"
"  port_sip INTEGER NOT NULL,"
"  port_sips INTEGER NOT NULL,"
"  port_cluster INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE node_name ("
"  node TEXT NOT NULL,"
"  position INTEGER NOT NULL,"
"  is_ip INTEGER NOT NULL CHECK (is_ip IN (0, 1)),"
"  text TEXT NOT NULL,"
"  PRIMARY KEY (node, position)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE parameter ("	/* node '': for the cluster */
"  node TEXT NOT NULL,"
"  name TEXT NOT NULL,"
"  value TEXT NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (node, name)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE key ("
"  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),"
"  type TEXT NOT NULL,"
"  sealed BLOB NOT NULL,"
"  created_at INTEGER NOT NULL"
") STRICT;"
"CREATE TABLE certificate ("
"  sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),"
"  der BLOB NOT NULL,"
"  subject TEXT NOT NULL,"
"  issuer TEXT NOT NULL,"
"  serial BLOB NOT NULL,"
"  key_id BLOB NOT NULL CHECK (length(key_id) = 32),"
"  ski BLOB NOT NULL,"
"  not_before INTEGER NOT NULL,"
"  not_after INTEGER NOT NULL"
") STRICT;"
"CREATE INDEX certificate_issuer ON certificate (issuer, serial);"
"CREATE INDEX certificate_subject ON certificate (subject);"
"CREATE INDEX certificate_ski ON certificate (ski);"
"CREATE INDEX certificate_key_id ON certificate (key_id);"
"CREATE INDEX certificate_not_after ON certificate (not_after);"
"CREATE TABLE own ("
"  unit TEXT NOT NULL,"
"  node TEXT NOT NULL,"		/* '': cluster-wide */
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  stage INTEGER NOT NULL CHECK (stage = 0 OR stage = 1 OR stage = 2),"
"  generation INTEGER NOT NULL CHECK (generation > 0),"
"  staged_at INTEGER NOT NULL,"
"  activated_at INTEGER NOT NULL,"
"  PRIMARY KEY (unit, node, sha256)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE list_version ("
"  sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),"
"  kind TEXT NOT NULL,"
"  node TEXT NOT NULL,"
"  content BLOB NOT NULL CHECK (length(content) = 32),"
"  signer BLOB NOT NULL CHECK (length(signer) = 32),"
"  made_at INTEGER NOT NULL,"
"  bytes BLOB NOT NULL"
") STRICT;"
"CREATE INDEX list_version_made ON list_version (kind, made_at, sha256);"
"CREATE TABLE list_current ("
"  kind TEXT NOT NULL,"
"  node TEXT NOT NULL,"
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  PRIMARY KEY (kind, node)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE phone ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  model TEXT NOT NULL,"
"  created_at INTEGER NOT NULL,"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE phone_file ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  origin TEXT NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  xml BLOB NOT NULL"
") STRICT;"
"CREATE TABLE change ("
"  seq INTEGER NOT NULL PRIMARY KEY,"
"  kind TEXT NOT NULL,"
"  key TEXT NOT NULL"
") STRICT;"
"CREATE TABLE audit ("
"  node TEXT NOT NULL,"
"  seq INTEGER NOT NULL,"
"  at INTEGER NOT NULL,"
"  account TEXT NOT NULL,"
"  command TEXT NOT NULL,"
"  detail TEXT,"
"  PRIMARY KEY (node, seq)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX audit_at ON audit (at);"
"PRAGMA user_version = 1;",
	[1] =
"ALTER TABLE phone ADD COLUMN protocol TEXT NOT NULL DEFAULT 'SIP'"
"  CHECK (protocol IN ('SIP', 'SCCP'));"
"ALTER TABLE phone ADD COLUMN profile TEXT NOT NULL DEFAULT '';"
"ALTER TABLE phone ADD COLUMN description TEXT NOT NULL DEFAULT '';"
"ALTER TABLE phone ADD COLUMN origin TEXT NOT NULL DEFAULT 'command'"
"  CHECK (origin = 'command' OR origin = 'import' OR origin = 'auto');"
"UPDATE phone SET protocol = protocol, profile = profile,"
"  description = description, origin = origin;"
"CREATE INDEX phone_profile_use ON phone (profile, name);"
"CREATE TABLE phone_profile ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  protocol TEXT NOT NULL CHECK (protocol IN ('SIP', 'SCCP')),"
"  description TEXT NOT NULL,"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE profile_setting ("	/* sparse: what is not the default */
"  profile TEXT NOT NULL,"
"  setting TEXT NOT NULL,"
"  value TEXT NOT NULL,"
"  PRIMARY KEY (profile, setting)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE phone_setting ("
"  phone TEXT NOT NULL,"
"  setting TEXT NOT NULL,"
"  value TEXT NOT NULL,"
"  PRIMARY KEY (phone, setting)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX phone_setting_value ON phone_setting (setting, value, phone);"
"CREATE TABLE user ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  description TEXT NOT NULL,"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE digest_credential ("
"  kind TEXT NOT NULL CHECK (kind IN ('user', 'application')),"
"  name TEXT NOT NULL,"
"  realm TEXT NOT NULL,"	/* '': any */
"  sealed BLOB NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, name, realm)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE phone_secret ("
"  phone TEXT NOT NULL,"
"  name TEXT NOT NULL,"
"  sealed BLOB NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (phone, name)"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 2;",
	[2] =
"CREATE INDEX certificate_serial ON certificate (serial);"
"CREATE INDEX own_sha256 ON own (sha256);"
"CREATE TABLE trust ("		/* removed_at 0: trusted; else a tombstone */
"  unit TEXT NOT NULL,"
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  name TEXT NOT NULL,"
"  origin TEXT NOT NULL,"
"  note TEXT NOT NULL,"
"  ttl INTEGER NOT NULL CHECK (ttl >= 0),"	/* 0: the default */
"  added_at INTEGER NOT NULL,"
"  removed_at INTEGER NOT NULL,"
"  PRIMARY KEY (unit, sha256)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX trust_sha256 ON trust (sha256, unit);"
"CREATE INDEX trust_removed ON trust (removed_at) WHERE removed_at <> 0;"
"CREATE TABLE csr ("		/* waiting for its certificate */
"  unit TEXT NOT NULL,"
"  node TEXT NOT NULL,"		/* '': cluster-wide */
"  key_id BLOB NOT NULL CHECK (length(key_id) = 32),"
"  der BLOB NOT NULL,"
"  created_at INTEGER NOT NULL,"
"  PRIMARY KEY (unit, node)"
") STRICT;"
"CREATE TABLE crl ("		/* one per issuer: the newest */
"  issuer TEXT NOT NULL,"
"  key_id BLOB NOT NULL,"	/* authority key identifier, or empty */
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  this_update INTEGER NOT NULL,"
"  next_update INTEGER NOT NULL,"	/* 0: it does not say */
"  added_at INTEGER NOT NULL,"
"  der BLOB NOT NULL,"
"  PRIMARY KEY (issuer, key_id)"
") STRICT;"
"CREATE TABLE srst ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  address TEXT NOT NULL,"
"  port INTEGER NOT NULL,"
"  sip_address TEXT NOT NULL,"
"  sip_port INTEGER NOT NULL,"
"  cert_port INTEGER NOT NULL,"
"  secure INTEGER NOT NULL CHECK (secure IN (0, 1)),"
"  accepted BLOB NOT NULL CHECK (length(accepted) IN (0, 32)),"
"  candidate BLOB NOT NULL CHECK (length(candidate) IN (0, 32)),"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE key_export ("	/* copies of the recovery key that left */
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"	/* certificate */
"  at INTEGER NOT NULL,"
"  account TEXT NOT NULL,"
"  PRIMARY KEY (sha256, at)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE cluster_secret ("	/* of the product itself */
"  name TEXT NOT NULL PRIMARY KEY,"
"  sealed BLOB NOT NULL,"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 3;",
	[3] =				/* see rows_capf.h, rows_user.h */
"CREATE TABLE device_cert ("	/* certificates of phones and CTI clients */
"  kind TEXT NOT NULL CHECK (kind = 'phone' OR kind = 'application' OR "
"    kind = 'user'),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"	/* '' for phones */
"  type TEXT NOT NULL CHECK (type IN ('lsc', 'mic')),"
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  issuer BLOB NOT NULL CHECK (length(issuer) IN (0, 32)),"	/* its certificate */
"  state TEXT NOT NULL CHECK (state = 'current' OR state = 'superseded' OR "
"    state = 'revoked' OR state = 'deleted'),"
"  stored_at INTEGER NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, name, instance, type, sha256)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX device_cert_sha256 ON device_cert (sha256, kind, name);"
"CREATE INDEX device_cert_issuer ON device_cert (issuer, state, kind, name);"
"CREATE TABLE capf_profile ("	/* of users, one per instance: CTI clients */
"  kind TEXT NOT NULL CHECK (kind IN ('application', 'user')),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"
"  operation TEXT NOT NULL,"	/* words of setting Certificate Operation */
"  key_order TEXT NOT NULL,"
"  rsa_bits INTEGER NOT NULL,"
"  ec_bits INTEGER NOT NULL,"
"  completes_by INTEGER NOT NULL,"
"  sealed BLOB NOT NULL,"	/* authentication string, or empty */
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, name, instance)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE capf_outcome ("	/* of the last operation */
"  kind TEXT NOT NULL CHECK (kind = 'phone' OR kind = 'application' OR "
"    kind = 'user'),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"
"  operation TEXT NOT NULL,"
"  result TEXT NOT NULL CHECK (result = 'done' OR result = 'failed' OR "
"    result = 'expired'),"
"  reason TEXT NOT NULL,"
"  node TEXT NOT NULL,"
"  at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, name, instance)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE capf_csr ("	/* for a CA elsewhere */
"  kind TEXT NOT NULL CHECK (kind = 'phone' OR kind = 'application' OR "
"    kind = 'user'),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"
"  spki BLOB NOT NULL CHECK (length(spki) = 32),"	/* SHA-256 of the key */
"  der BLOB NOT NULL,"
"  state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'sent' OR "
"    state = 'issued' OR state = 'refused'),"
"  note TEXT NOT NULL,"		/* why refused; the CA's transaction */
"  cert BLOB NOT NULL,"		/* DER once issued, else empty */
"  tries INTEGER NOT NULL,"
"  next_at INTEGER NOT NULL,"
"  created_at INTEGER NOT NULL,"
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, name, instance)"
") STRICT;"
"CREATE INDEX capf_csr_state ON capf_csr (state, next_at);"
"CREATE INDEX capf_csr_spki ON capf_csr (spki);"
"CREATE TABLE mic_allow ("	/* whose expired MIC may enrol */
"  phone TEXT NOT NULL PRIMARY KEY,"
"  account TEXT NOT NULL,"
"  added_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE rollout ("
"  id TEXT NOT NULL PRIMARY KEY,"
"  operation TEXT NOT NULL,"
"  batch INTEGER NOT NULL CHECK (batch >= 0),"	/* 0: all at once */
"  pause_on_errors INTEGER NOT NULL CHECK (pause_on_errors >= 0),"
"  completes_by INTEGER NOT NULL,"
"  state TEXT NOT NULL CHECK (state = 'running' OR state = 'paused' OR "
"    state = 'done' OR state = 'cancelled'),"
"  errors INTEGER NOT NULL,"	/* since it was started or resumed */
"  account TEXT NOT NULL,"
"  created_at INTEGER NOT NULL,"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE rollout_phone ("
"  rollout TEXT NOT NULL,"
"  position INTEGER NOT NULL,"
"  phone TEXT NOT NULL,"
"  state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'asked' OR "
"    state = 'done' OR state = 'failed'),"
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (rollout, position)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX rollout_phone_phone ON rollout_phone (rollout, phone);"
"CREATE INDEX rollout_phone_state ON rollout_phone (rollout, state, position);"
"CREATE INDEX rollout_phone_of ON rollout_phone (phone, rollout);"
"CREATE TABLE phone_plain ("	/* encrypted by profile, plain for a while */
"  phone TEXT NOT NULL PRIMARY KEY,"
"  until INTEGER NOT NULL,"
"  with_secrets INTEGER NOT NULL CHECK (with_secrets IN (0, 1)),"
"  account TEXT NOT NULL,"
"  at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE application_user ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  description TEXT NOT NULL,"
"  changed_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE user_hash ("	/* passwords and PINs */
"  kind TEXT NOT NULL CHECK (kind IN ('user', 'application')),"
"  name TEXT NOT NULL,"
"  what TEXT NOT NULL CHECK (what IN ('password', 'pin')),"
"  hash TEXT NOT NULL,"		/* crypt(5), or an imported form */
"  changed_at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, name, what)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE phone_login ("	/* extension mobility */
"  phone TEXT NOT NULL PRIMARY KEY,"
"  user TEXT NOT NULL,"
"  before TEXT NOT NULL,"	/* its digest user at other times */
"  account TEXT NOT NULL,"
"  at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX phone_login_user ON phone_login (user, phone);"
"CREATE TABLE phone_restart ("	/* has not read what changed since */
"  phone TEXT NOT NULL PRIMARY KEY,"
"  why TEXT NOT NULL,"
"  at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 4;",
	[4] =
"ALTER TABLE rollout_phone ADD COLUMN why TEXT NOT NULL DEFAULT '';"
"UPDATE rollout_phone SET why = why;"	/* it could not be asked */
"CREATE TABLE cluster_cert ("	/* of a cluster_secret that has one */
"  name TEXT NOT NULL PRIMARY KEY,"
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32)"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 5;",
	[5] =				/* names of phones in any case */
"CREATE INDEX phone_folded ON phone (lower(name), name) "
"WHERE name NOT GLOB 'SEP[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]"
"[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]';"
"PRAGMA user_version = 6;",
	[6] =				/* what who asked was let in by */
"ALTER TABLE capf_csr ADD COLUMN auth INTEGER NOT NULL DEFAULT 0;"
"UPDATE capf_csr SET auth = auth;"
"PRAGMA user_version = 7;",
};

static const char *const observed_migration[] = {
	[0] =
"PRAGMA application_id = 1347703346;"
"CREATE TABLE self ("		/* which node of the cluster this is */
"  node TEXT NOT NULL PRIMARY KEY"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE device ("
"  name TEXT NOT NULL PRIMARY KEY,"
"  last_us INTEGER NOT NULL,"
"  seq INTEGER NOT NULL"	/* of its newest fetch */
") STRICT, WITHOUT ROWID;"
"CREATE INDEX device_last ON device (last_us, name);"
"CREATE TABLE device_total ("	/* count(*) would read them all */
"  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),"
"  n INTEGER NOT NULL"
") STRICT;"
"INSERT INTO device_total (id, n) VALUES (1, 0);"
"CREATE TABLE address_use ("	/* by requests that named the device */
"  address TEXT NOT NULL,"
"  device TEXT NOT NULL,"
"  last_us INTEGER NOT NULL,"
"  PRIMARY KEY (address, device)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX address_use_device ON address_use (device, last_us);"
"CREATE TABLE fetch ("
"  device TEXT NOT NULL,"	/* '': nobody knows */
"  seq INTEGER NOT NULL,"
"  address TEXT NOT NULL,"
"  kind TEXT NOT NULL,"
"  name TEXT NOT NULL,"
"  version BLOB NOT NULL CHECK (length(version) = 32),"
"  transport TEXT NOT NULL,"
"  started_us INTEGER NOT NULL,"
"  completed_us INTEGER NOT NULL,"
"  bytes INTEGER NOT NULL,"
"  result TEXT NOT NULL,"
"  PRIMARY KEY (device, seq)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX fetch_started ON fetch (started_us);"
"PRAGMA user_version = 1;",
	[1] =				/* known: was found to be a phone */
"ALTER TABLE device ADD COLUMN known INTEGER NOT NULL DEFAULT 0;"
"UPDATE device SET known = known;"
"DROP INDEX device_last;"
"CREATE INDEX device_last ON device (known, last_us, name);"
"PRAGMA user_version = 2;",
	[2] =				/* own configurations among the files */
"CREATE TABLE folder_file ("
"  device TEXT NOT NULL PRIMARY KEY,"
"  path TEXT NOT NULL,"
"  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
"  used BLOB NOT NULL CHECK (length(used) = 32),"
"  state TEXT NOT NULL CHECK (state = 'used' OR state = 'bad' OR "
"    state = 'older'),"
"  why TEXT NOT NULL,"
"  judged_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 3;",
	[3] =
"CREATE TABLE tvs_ask ("	/* a ring per device, as fetch */
"  device TEXT NOT NULL,"
"  seq INTEGER NOT NULL,"
"  at_us INTEGER NOT NULL,"
"  address TEXT NOT NULL,"
"  command TEXT NOT NULL CHECK (command IN ('verify', 'query')),"
"  sha256 BLOB NOT NULL CHECK (length(sha256) IN (0, 32)),"
"  subject TEXT NOT NULL,"
"  answer TEXT NOT NULL,"	/* valid, or why not */
"  PRIMARY KEY (device, seq)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX tvs_ask_at ON tvs_ask (at_us);"
"CREATE TABLE alarm ("		/* raised by this node already */
"  kind TEXT NOT NULL,"
"  key TEXT NOT NULL,"
"  threshold INTEGER NOT NULL,"
"  at INTEGER NOT NULL,"
"  PRIMARY KEY (kind, key, threshold)"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE alarm_due ("	/* a channel has not taken it yet */
"  channel TEXT NOT NULL,"
"  kind TEXT NOT NULL,"
"  key TEXT NOT NULL,"
"  threshold INTEGER NOT NULL,"
"  at INTEGER NOT NULL,"
"  line TEXT NOT NULL,"		/* for people */
"  json TEXT NOT NULL,"		/* for programs */
"  PRIMARY KEY (channel, kind, key, threshold)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX alarm_due_at ON alarm_due (channel, at, kind, key);"
"CREATE TABLE alarm_channel ("	/* how its last tries went */
"  channel TEXT NOT NULL PRIMARY KEY,"
"  ok_at INTEGER NOT NULL,"	/* 0: never */
"  failed_at INTEGER NOT NULL,"	/* the newest, 0: never */
"  failures INTEGER NOT NULL,"	/* since the last that went well */
"  why TEXT NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE revocation ("	/* what an OCSP responder said last */
"  sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),"
"  status TEXT NOT NULL CHECK (status = 'good' OR status = 'revoked' OR "
"    status = 'unknown'),"
"  why TEXT NOT NULL,"
"  checked_at INTEGER NOT NULL,"
"  next_at INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"CREATE TABLE srst_check ("	/* what a gateway showed last */
"  name TEXT NOT NULL PRIMARY KEY,"
"  at INTEGER NOT NULL,"
"  sha256 BLOB NOT NULL CHECK (length(sha256) IN (0, 32)),"
"  why TEXT NOT NULL"		/* '' or why there was none */
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 4;",
	[4] =				/* see rows_capf.h */
"DROP TABLE revocation;"	/* never used */
"CREATE TABLE capf_progress ("
"  kind TEXT NOT NULL CHECK (kind = 'phone' OR kind = 'application' OR "
"    kind = 'user'),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"
"  operation TEXT NOT NULL,"
"  step TEXT NOT NULL,"		/* enum capf_step */
"  tries INTEGER NOT NULL,"	/* sessions of this operation */
"  wrong INTEGER NOT NULL,"	/* wrong strings since the last right one */
"  reason TEXT NOT NULL,"	/* of the last failure, or '' */
"  address TEXT NOT NULL,"
"  session INTEGER NOT NULL,"	/* of the one under way, 0: none */
"  since INTEGER NOT NULL,"	/* seconds: first try of this operation */
"  at INTEGER NOT NULL,"	/* last change */
"  next_at INTEGER NOT NULL,"	/* no earlier try counts; 0: at once */
"  until INTEGER NOT NULL,"	/* when that operation ends: which one it is */
"  turned_away INTEGER NOT NULL DEFAULT 0,"	/* last session not let in
						 * beside it */
"  PRIMARY KEY (kind, name, instance)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX capf_progress_at ON capf_progress (at, kind, name);"
"CREATE TABLE capf_issued ("	/* sent to a phone that has not said 'stored' */
"  sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),"
"  kind TEXT NOT NULL CHECK (kind = 'phone' OR kind = 'application' OR "
"    kind = 'user'),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"
"  at INTEGER NOT NULL,"
"  der BLOB NOT NULL"
") STRICT;"
"CREATE INDEX capf_issued_of ON capf_issued (kind, name, instance, at);"
"CREATE TABLE user_try ("	/* wrong passwords and PINs */
"  kind TEXT NOT NULL CHECK (kind IN ('user', 'application')),"
"  name TEXT NOT NULL,"
"  what TEXT NOT NULL CHECK (what IN ('password', 'pin')),"
"  wrong INTEGER NOT NULL,"	/* since the last right one, or since */
"  since INTEGER NOT NULL,"	/* the first of these */
"  at INTEGER NOT NULL,"	/* the last */
"  PRIMARY KEY (kind, name, what)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX user_try_at ON user_try (at, wrong);"
"PRAGMA user_version = 5;",
	[5] =				/* see rows_capf.h */
"ALTER TABLE capf_progress ADD COLUMN unproved INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE capf_progress ADD COLUMN asked TEXT NOT NULL DEFAULT '';"
"CREATE TABLE capf_wrong ("	/* strings, by where they came from */
"  kind TEXT NOT NULL CHECK (kind = 'phone' OR kind = 'application' OR "
"    kind = 'user'),"
"  name TEXT NOT NULL,"
"  instance TEXT NOT NULL,"
"  address TEXT NOT NULL,"
"  wrong INTEGER NOT NULL,"
"  at INTEGER NOT NULL,"	/* the last one */
"  session INTEGER NOT NULL,"	/* the same */
"  PRIMARY KEY (kind, name, instance, address)"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 6;",
	[6] =				/* see rows_capf.h */
"ALTER TABLE capf_wrong ADD COLUMN string INTEGER NOT NULL DEFAULT 0;"
"PRAGMA user_version = 7;",
	[7] =				/* what sessions were let in by */
"ALTER TABLE capf_progress ADD COLUMN auth INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE capf_progress ADD COLUMN shown BLOB NOT NULL DEFAULT x'';"
"ALTER TABLE capf_issued ADD COLUMN auth INTEGER NOT NULL DEFAULT 0;"
"PRAGMA user_version = 8;",
	[8] =				/* see rows_capf.h */
"CREATE TABLE capf_unasked ("
"  phone TEXT NOT NULL PRIMARY KEY,"
"  visits INTEGER NOT NULL,"
"  address TEXT NOT NULL,"	/* of the last one */
"  since INTEGER NOT NULL,"
"  at INTEGER NOT NULL,"
"  session INTEGER NOT NULL"
") STRICT, WITHOUT ROWID;"
"PRAGMA user_version = 9;",
};

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const struct schema schema_main = {
	.id = SCHEMA_MAIN,
	.application_id = 0x50545231,
	.migration = main_migration,
	.version = COUNT(main_migration),
};

static const struct schema schema_observed = {
	.id = SCHEMA_OBSERVED,
	.application_id = 0x50545232,
	.migration = observed_migration,
	.version = COUNT(observed_migration),
};

_Static_assert(COUNT(main_migration) == DB_SCHEMA_VERSION,
    "DB_SCHEMA_VERSION counts the migrations of phonetrust.db");

const struct schema *
schema_of(const char *name)
{
	return strcmp(name, OBSERVED_FILE) == 0 ? &schema_observed :
	    &schema_main;
}

/*
 * The version of the file.  A file of another program is told from an empty
 * one (0) by its application id.
 */
static int
version_get(struct db *db, int64_t *version, struct err *e)
{
	int64_t app, pages;
	int ret;

	if ((ret = db_pragma_i64(db, "PRAGMA user_version", version, e)) !=
	    ERR_OK ||
	    (ret = db_pragma_i64(db, "PRAGMA application_id", &app, e)) !=
	    ERR_OK ||
	    (ret = db_pragma_i64(db, "SELECT count(*) FROM sqlite_schema",
	    &pages, e)) != ERR_OK)
		return ret;
	if (app == db->schema->application_id ||
	    (app == 0 && *version == 0 && pages == 0))
		return ERR_OK;
	return err_set(e, ERR_IO, "%s is not a database of phonetrust: move "
	    "it away or name the right state folder", db->name);
}

static int
newer(const struct db *db, int64_t version, struct err *e)
{
	return err_set(e, ERR_SCHEMA, "%s has schema version %" PRId64 ", "
	    "this program knows up to %d: install the newer phonetrust "
	    "again, or restore the backup made before the upgrade", db->name,
	    version, db->schema->version);
}

/*
 * One step in its transaction; another process may have been faster.  A file
 * that is made takes all steps at once: a cut leaves it empty or whole.
 */
static int
migrate_step(struct db *db, bool create, bool *done, struct err *e)
{
	int64_t version = 0;
	int ret;

	if ((ret = db_exec(db, "BEGIN IMMEDIATE", e)) != ERR_OK)
		return ret;
	if ((ret = version_get(db, &version, e)) != ERR_OK)
		goto out;
	if (create && version > 0) {
		ret = err_set(e, ERR_EXISTS, "%s is there already", db->name);
		goto out;
	}
	if (version > db->schema->version) {
		ret = newer(db, version, e);
		goto out;
	}
	if ((*done = version == db->schema->version))
		goto out;
	do {
		ret = db_exec(db, db->schema->migration[version++], e);
		if (ret != ERR_OK)
			goto out;
	} while (create && version < db->schema->version);
	return db_exec(db, "COMMIT", e);
out:
	if (!sqlite3_get_autocommit(db->h))
		(void)db_exec(db, "ROLLBACK", NULL);
	return ret;
}

int
schema_migrate(struct db *db, bool create, struct err *e)
{
	int64_t version;
	bool done = false;
	int ret;

	/* The usual case takes no write lock. */
	if ((ret = version_get(db, &version, e)) != ERR_OK)
		return ret;
	if (!create && version == db->schema->version)
		return ERR_OK;
	for (bool first = create; !done; first = false)
		if ((ret = migrate_step(db, first, &done, e)) != ERR_OK) {
			if (!sqlite3_get_autocommit(db->h))
				(void)db_exec(db, "ROLLBACK", NULL);
			return ret;
		}
	return ERR_OK;
}

int
schema_check(struct db *db, struct err *e)
{
	int64_t version;
	int ret;

	if ((ret = version_get(db, &version, e)) != ERR_OK)
		return ret;
	if (version > db->schema->version)
		return newer(db, version, e);
	if (version < db->schema->version)
		return err_set(e, ERR_SCHEMA, "%s has schema version %" PRId64
		    ", this program needs %d: a command or daemon that "
		    "writes brings it up, for example utils service restart "
		    "all", db->name, version, db->schema->version);
	return ERR_OK;
}
