-- The tables of the SIP proxy, in database kamailio. Read at every start of ngcp-mysql on each node for
-- itself, outside of the binary log, so every statement may run any number of times.
-- Columns that Kamailio's modules read keep the types of Debian's /usr/share/kamailio/mysql; the tables of
-- start and stop records (acc, missed_calls) carry who called whom beside them.

CREATE TABLE IF NOT EXISTS version (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  table_name VARCHAR(32) NOT NULL,
  table_version INT UNSIGNED NOT NULL DEFAULT 0,
  CONSTRAINT table_name_idx UNIQUE (table_name)
);

CREATE TABLE IF NOT EXISTS subscriber (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username VARCHAR(64) NOT NULL DEFAULT '',
  domain VARCHAR(64) NOT NULL DEFAULT '',
  password VARCHAR(64) NOT NULL DEFAULT '',
  ha1 VARCHAR(128) NOT NULL DEFAULT '',
  ha1b VARCHAR(128) NOT NULL DEFAULT '',
  CONSTRAINT account_idx UNIQUE (username, domain),
  INDEX username_idx (username)
);

CREATE TABLE IF NOT EXISTS location (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ruid VARCHAR(64) NOT NULL DEFAULT '',
  username VARCHAR(64) NOT NULL DEFAULT '',
  domain VARCHAR(64) DEFAULT NULL,
  contact VARCHAR(512) NOT NULL DEFAULT '',
  received VARCHAR(128) DEFAULT NULL,
  path VARCHAR(512) DEFAULT NULL,
  expires DATETIME NOT NULL DEFAULT '2030-05-28 21:32:15',
  q FLOAT(10,2) NOT NULL DEFAULT 1.0,
  callid VARCHAR(255) NOT NULL DEFAULT 'Default-Call-ID',
  cseq INT NOT NULL DEFAULT 1,
  last_modified DATETIME NOT NULL DEFAULT '2000-01-01 00:00:01',
  flags INT NOT NULL DEFAULT 0,
  cflags INT NOT NULL DEFAULT 0,
  user_agent VARCHAR(255) NOT NULL DEFAULT '',
  socket VARCHAR(64) DEFAULT NULL,
  methods INT DEFAULT NULL,
  instance VARCHAR(255) DEFAULT NULL,
  reg_id INT NOT NULL DEFAULT 0,
  server_id INT NOT NULL DEFAULT 0,
  connection_id INT NOT NULL DEFAULT 0,
  keepalive INT NOT NULL DEFAULT 0,
  `partition` INT NOT NULL DEFAULT 0,
  CONSTRAINT ruid_idx UNIQUE (ruid),
  INDEX account_contact_idx (username, domain, contact),
  INDEX expires_idx (expires),
  INDEX tcpcon_idx (connection_id),
  INDEX connection_idx (server_id, connection_id)
);

CREATE TABLE IF NOT EXISTS location_attrs (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ruid VARCHAR(64) NOT NULL DEFAULT '',
  username VARCHAR(64) NOT NULL DEFAULT '',
  domain VARCHAR(64) DEFAULT NULL,
  aname VARCHAR(64) NOT NULL DEFAULT '',
  atype INT NOT NULL DEFAULT 0,
  avalue VARCHAR(512) NOT NULL DEFAULT '',
  last_modified DATETIME NOT NULL DEFAULT '2000-01-01 00:00:01',
  INDEX account_record_idx (username, domain, ruid),
  INDEX last_modified_idx (last_modified)
);

CREATE TABLE IF NOT EXISTS dialog (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash_entry INT UNSIGNED NOT NULL,
  hash_id INT UNSIGNED NOT NULL,
  callid VARCHAR(255) NOT NULL,
  from_uri VARCHAR(255) NOT NULL,
  from_tag VARCHAR(128) NOT NULL,
  to_uri VARCHAR(255) NOT NULL,
  to_tag VARCHAR(128) NOT NULL,
  caller_cseq VARCHAR(20) NOT NULL,
  callee_cseq VARCHAR(20) NOT NULL,
  caller_route_set VARCHAR(512),
  callee_route_set VARCHAR(512),
  caller_contact VARCHAR(255) NOT NULL,
  callee_contact VARCHAR(255) NOT NULL,
  caller_sock VARCHAR(64) NOT NULL,
  callee_sock VARCHAR(64) NOT NULL,
  state INT UNSIGNED NOT NULL,
  start_time INT UNSIGNED NOT NULL,
  timeout INT UNSIGNED NOT NULL DEFAULT 0,
  sflags INT UNSIGNED NOT NULL DEFAULT 0,
  iflags INT UNSIGNED NOT NULL DEFAULT 0,
  toroute_name VARCHAR(32),
  req_uri VARCHAR(255) NOT NULL,
  xdata VARCHAR(512),
  INDEX hash_idx (hash_entry, hash_id),
  INDEX callid_idx (callid)
);

CREATE TABLE IF NOT EXISTS dialog_vars (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash_entry INT UNSIGNED NOT NULL,
  hash_id INT UNSIGNED NOT NULL,
  dialog_key VARCHAR(128) NOT NULL,
  dialog_value VARCHAR(512) NOT NULL,
  INDEX hash_idx (hash_entry, hash_id)
);

CREATE TABLE IF NOT EXISTS acc (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  method VARCHAR(16) NOT NULL DEFAULT '',
  from_tag VARCHAR(128) NOT NULL DEFAULT '',
  to_tag VARCHAR(128) NOT NULL DEFAULT '',
  callid VARCHAR(255) NOT NULL DEFAULT '',
  sip_code VARCHAR(3) NOT NULL DEFAULT '',
  sip_reason VARCHAR(128) NOT NULL DEFAULT '',
  time DATETIME NOT NULL,
  time_hires DECIMAL(13,3) NOT NULL DEFAULT 0,
  src_user VARCHAR(128) NOT NULL DEFAULT '',
  src_domain VARCHAR(128) NOT NULL DEFAULT '',
  src_ip VARCHAR(64) NOT NULL DEFAULT '',
  dst_ouser VARCHAR(128) NOT NULL DEFAULT '',
  dst_user VARCHAR(128) NOT NULL DEFAULT '',
  dst_domain VARCHAR(128) NOT NULL DEFAULT '',
  INDEX callid_idx (callid)
);

CREATE TABLE IF NOT EXISTS missed_calls (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  method VARCHAR(16) NOT NULL DEFAULT '',
  from_tag VARCHAR(128) NOT NULL DEFAULT '',
  to_tag VARCHAR(128) NOT NULL DEFAULT '',
  callid VARCHAR(255) NOT NULL DEFAULT '',
  sip_code VARCHAR(3) NOT NULL DEFAULT '',
  sip_reason VARCHAR(128) NOT NULL DEFAULT '',
  time DATETIME NOT NULL,
  time_hires DECIMAL(13,3) NOT NULL DEFAULT 0,
  src_user VARCHAR(128) NOT NULL DEFAULT '',
  src_domain VARCHAR(128) NOT NULL DEFAULT '',
  src_ip VARCHAR(64) NOT NULL DEFAULT '',
  dst_ouser VARCHAR(128) NOT NULL DEFAULT '',
  dst_user VARCHAR(128) NOT NULL DEFAULT '',
  dst_domain VARCHAR(128) NOT NULL DEFAULT '',
  INDEX callid_idx (callid)
);

-- The versions that the modules ask for when they start; the ids are given, so that both nodes hold equal rows.
INSERT IGNORE INTO version (id, table_name, table_version) VALUES
  (1, 'version', 1), (2, 'subscriber', 7), (3, 'location', 9), (4, 'location_attrs', 1),
  (5, 'dialog', 7), (6, 'dialog_vars', 1), (7, 'acc', 5), (8, 'missed_calls', 4);
