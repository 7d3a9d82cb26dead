-- Who may use the service, and how calls of theirs are treated. Written by ngcp-provision alone, each change in
-- one transaction; the proxy reads it at call time through the views of 0003.
-- Identifiers are compared byte by byte (utf8mb4_bin): SIP user parts differ by their case.

CREATE DATABASE IF NOT EXISTS billing CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE DATABASE IF NOT EXISTS provisioning CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A customer is a contract; external_id is the name that operators give it.
CREATE TABLE IF NOT EXISTS billing.contracts (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  external_id VARCHAR(255) NOT NULL,
  status ENUM('active', 'locked', 'terminated') NOT NULL DEFAULT 'active',
  create_timestamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  modify_timestamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  CONSTRAINT external_id_idx UNIQUE (external_id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS provisioning.voip_domains (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  domain VARCHAR(64) NOT NULL,
  CONSTRAINT domain_idx UNIQUE (domain)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The digest credentials are in kamailio.subscriber, where the proxy looks for them.
CREATE TABLE IF NOT EXISTS provisioning.voip_subscribers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uuid CHAR(36) NOT NULL,
  username VARCHAR(64) NOT NULL,
  domain_id INT UNSIGNED NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  status ENUM('active', 'locked', 'terminated') NOT NULL DEFAULT 'active',
  create_timestamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  modify_timestamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  CONSTRAINT uuid_idx UNIQUE (uuid),
  CONSTRAINT account_idx UNIQUE (username, domain_id),
  INDEX domain_idx (domain_id),
  INDEX contract_idx (account_id),
  CONSTRAINT subscriber_domain FOREIGN KEY (domain_id) REFERENCES provisioning.voip_domains (id),
  CONSTRAINT subscriber_contract FOREIGN KEY (account_id) REFERENCES billing.contracts (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What a subscriber is called by beside the own user name. An E.164 number (digits alone, with the country
-- code) belongs to one subscriber of the whole pair, any other alias to one subscriber of its domain.
CREATE TABLE IF NOT EXISTS provisioning.voip_dbaliases (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username VARCHAR(64) NOT NULL,
  domain_id INT UNSIGNED NOT NULL,
  subscriber_id INT UNSIGNED NOT NULL,
  is_primary TINYINT(1) NOT NULL DEFAULT 0,
  is_e164 TINYINT(1) NOT NULL DEFAULT 0,
  e164 VARCHAR(64) AS (IF(is_e164, username, NULL)) STORED,
  CONSTRAINT alias_idx UNIQUE (username, domain_id),
  CONSTRAINT e164_idx UNIQUE (e164),
  INDEX subscriber_idx (subscriber_id),
  INDEX domain_idx (domain_id),
  CONSTRAINT alias_domain FOREIGN KEY (domain_id) REFERENCES provisioning.voip_domains (id),
  CONSTRAINT alias_subscriber FOREIGN KEY (subscriber_id) REFERENCES provisioning.voip_subscribers (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The typed list of preferences: who can have which, what it may hold, and what it does. Rows come with the
-- migrations, with given ids, so that both nodes hold equal rows.
CREATE TABLE IF NOT EXISTS provisioning.voip_preferences (
  id INT UNSIGNED NOT NULL PRIMARY KEY,
  attribute VARCHAR(31) NOT NULL,
  data_type ENUM('boolean', 'int', 'string', 'enum', 'rewrite_rule_set') NOT NULL,
  -- Allowed words of an enum, separated by commas; lowest and highest of an int as `0,100`.
  allowed VARCHAR(255) NOT NULL DEFAULT '',
  is_list TINYINT(1) NOT NULL DEFAULT 0,
  usr_pref TINYINT(1) NOT NULL DEFAULT 0,
  contract_pref TINYINT(1) NOT NULL DEFAULT 0,
  dom_pref TINYINT(1) NOT NULL DEFAULT 0,
  peer_pref TINYINT(1) NOT NULL DEFAULT 0,
  description VARCHAR(255) NOT NULL,
  CONSTRAINT attribute_idx UNIQUE (attribute)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS provisioning.voip_rewrite_rule_sets (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  description VARCHAR(255) NOT NULL DEFAULT '',
  CONSTRAINT name_idx UNIQUE (name)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- match_pattern and replace_pattern are what REGEXP_REPLACE of MariaDB takes (PCRE, groups as \1).
CREATE TABLE IF NOT EXISTS provisioning.voip_rewrite_rules (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  set_id INT UNSIGNED NOT NULL,
  direction ENUM('in', 'out', 'lnp') NOT NULL,
  field ENUM('caller', 'callee') NOT NULL,
  priority INT UNSIGNED NOT NULL,
  match_pattern VARCHAR(128) NOT NULL,
  replace_pattern VARCHAR(128) NOT NULL,
  description VARCHAR(127) NOT NULL DEFAULT '',
  enabled TINYINT(1) NOT NULL DEFAULT 1,
  CONSTRAINT order_idx UNIQUE (set_id, direction, field, priority),
  CONSTRAINT rule_set FOREIGN KEY (set_id) REFERENCES provisioning.voip_rewrite_rule_sets (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The lowest priority is tried first.
CREATE TABLE IF NOT EXISTS provisioning.voip_peer_groups (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(127) NOT NULL,
  priority TINYINT UNSIGNED NOT NULL DEFAULT 1,
  description VARCHAR(255) NOT NULL DEFAULT '',
  CONSTRAINT name_idx UNIQUE (name)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- host is the name that stands in the Request-URI, where it differs from the address.
CREATE TABLE IF NOT EXISTS provisioning.voip_peer_hosts (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  group_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) NOT NULL,
  ip VARCHAR(64) NOT NULL,
  host VARCHAR(64) NOT NULL DEFAULT '',
  port SMALLINT UNSIGNED NOT NULL DEFAULT 5060,
  transport ENUM('udp', 'tcp', 'tls') NOT NULL DEFAULT 'udp',
  weight TINYINT UNSIGNED NOT NULL DEFAULT 1,
  via_lb TINYINT(1) NOT NULL DEFAULT 1,
  probe TINYINT(1) NOT NULL DEFAULT 0,
  enabled TINYINT(1) NOT NULL DEFAULT 1,
  CONSTRAINT name_idx UNIQUE (name),
  INDEX group_idx (group_id),
  INDEX ip_idx (ip),
  CONSTRAINT host_group FOREIGN KEY (group_id) REFERENCES provisioning.voip_peer_groups (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A call goes to a group when one of its rules holds: the callee begins with callee_prefix, and the patterns
-- that are not empty match the callee's and the caller's user part. The longest prefix wins; a stopper ends the search.
CREATE TABLE IF NOT EXISTS provisioning.voip_peer_rules (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  group_id INT UNSIGNED NOT NULL,
  callee_prefix VARCHAR(64) NOT NULL DEFAULT '',
  callee_pattern VARCHAR(64) NOT NULL DEFAULT '',
  caller_pattern VARCHAR(64) NOT NULL DEFAULT '',
  description VARCHAR(255) NOT NULL DEFAULT '',
  stopper TINYINT(1) NOT NULL DEFAULT 0,
  enabled TINYINT(1) NOT NULL DEFAULT 1,
  CONSTRAINT rule_idx UNIQUE (group_id, callee_prefix, callee_pattern, caller_pattern),
  INDEX prefix_idx (callee_prefix),
  CONSTRAINT rule_group FOREIGN KEY (group_id) REFERENCES provisioning.voip_peer_groups (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS provisioning.voip_usr_preferences (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  subscriber_id INT UNSIGNED NOT NULL,
  attribute_id INT UNSIGNED NOT NULL,
  value VARCHAR(128) NOT NULL,
  CONSTRAINT value_idx UNIQUE (subscriber_id, attribute_id, value),
  INDEX attribute_idx (attribute_id),
  CONSTRAINT usr_preference_owner FOREIGN KEY (subscriber_id) REFERENCES provisioning.voip_subscribers (id) ON DELETE CASCADE,
  CONSTRAINT usr_preference_kind FOREIGN KEY (attribute_id) REFERENCES provisioning.voip_preferences (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS provisioning.voip_contract_preferences (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  contract_id INT UNSIGNED NOT NULL,
  attribute_id INT UNSIGNED NOT NULL,
  value VARCHAR(128) NOT NULL,
  CONSTRAINT value_idx UNIQUE (contract_id, attribute_id, value),
  INDEX attribute_idx (attribute_id),
  CONSTRAINT contract_preference_owner FOREIGN KEY (contract_id) REFERENCES billing.contracts (id) ON DELETE CASCADE,
  CONSTRAINT contract_preference_kind FOREIGN KEY (attribute_id) REFERENCES provisioning.voip_preferences (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS provisioning.voip_dom_preferences (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  domain_id INT UNSIGNED NOT NULL,
  attribute_id INT UNSIGNED NOT NULL,
  value VARCHAR(128) NOT NULL,
  CONSTRAINT value_idx UNIQUE (domain_id, attribute_id, value),
  INDEX attribute_idx (attribute_id),
  CONSTRAINT dom_preference_owner FOREIGN KEY (domain_id) REFERENCES provisioning.voip_domains (id) ON DELETE CASCADE,
  CONSTRAINT dom_preference_kind FOREIGN KEY (attribute_id) REFERENCES provisioning.voip_preferences (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS provisioning.voip_peer_preferences (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  peer_host_id INT UNSIGNED NOT NULL,
  attribute_id INT UNSIGNED NOT NULL,
  value VARCHAR(128) NOT NULL,
  CONSTRAINT value_idx UNIQUE (peer_host_id, attribute_id, value),
  INDEX attribute_idx (attribute_id),
  CONSTRAINT peer_preference_owner FOREIGN KEY (peer_host_id) REFERENCES provisioning.voip_peer_hosts (id) ON DELETE CASCADE,
  CONSTRAINT peer_preference_kind FOREIGN KEY (attribute_id) REFERENCES provisioning.voip_preferences (id)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- cfu: always; cfb: busy; cft: no answer within `timeout` seconds; cfna: not registered or not reachable.
-- destination: a number or user name, a SIP URI, or one of the words voicebox, conference and reminder, whose URIs
-- are in config.yml. Several rows of one type are tried by their priority, the lowest first.
CREATE TABLE IF NOT EXISTS provisioning.voip_cf_mappings (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  subscriber_id INT UNSIGNED NOT NULL,
  type ENUM('cfu', 'cfb', 'cft', 'cfna') NOT NULL,
  priority TINYINT UNSIGNED NOT NULL DEFAULT 1,
  destination VARCHAR(255) NOT NULL,
  timeout SMALLINT UNSIGNED NOT NULL DEFAULT 20,
  enabled TINYINT(1) NOT NULL DEFAULT 1,
  CONSTRAINT order_idx UNIQUE (subscriber_id, type, priority),
  CONSTRAINT forward_subscriber FOREIGN KEY (subscriber_id) REFERENCES provisioning.voip_subscribers (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
