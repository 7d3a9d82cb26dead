-- Questions that the proxy asks for each call, as functions and views of kamailio. Each runs with the rights of ngcp, as
-- the views of 0003 do.

ALTER TABLE kamailio.missed_calls ADD COLUMN IF NOT EXISTS src_leg VARCHAR(255) NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS dst_leg VARCHAR(255) NOT NULL DEFAULT '';

-- What `number` becomes by the rules of a set: the first that matches, by priority, rewrites it. ${caller_cc} and
-- ${caller_ac} stand for the country and area code of whoever sent or gets the call.
CREATE OR REPLACE FUNCTION kamailio.rewritten(number VARCHAR(255), the_set VARCHAR(128), the_direction VARCHAR(8),
    the_field VARCHAR(8), cc VARCHAR(128), ac VARCHAR(128))
  RETURNS VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN COALESCE((
    SELECT REGEXP_REPLACE(number,
      REPLACE(REPLACE(r.match_pattern, '${caller_cc}', COALESCE(cc, '')), '${caller_ac}', COALESCE(ac, '')),
      REPLACE(REPLACE(r.replace_pattern, '${caller_cc}', COALESCE(cc, '')), '${caller_ac}', COALESCE(ac, '')))
    FROM provisioning.voip_rewrite_rules r
    WHERE r.set_id = the_set AND r.direction = the_direction AND r.field = the_field AND r.enabled
      AND number REGEXP REPLACE(REPLACE(r.match_pattern, '${caller_cc}', COALESCE(cc, '')), '${caller_ac}', COALESCE(ac, ''))
    ORDER BY r.priority LIMIT 1), number);

-- Whether a list of the subscriber, of the nearest level that has one, holds `number`; NULL when no level has one.
-- * stands for any characters, ? for one.
CREATE OR REPLACE FUNCTION kamailio.listed(the_uuid CHAR(36), the_attribute VARCHAR(31), number VARCHAR(255))
  RETURNS TINYINT READS SQL DATA
  RETURN (
    SELECT MAX(number LIKE REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(l.value,
      '\\', '\\\\'), '%', '\\%'), '_', '\\_'), '*', '%'), '?', '_'))
    FROM (
      SELECT 0 AS level, p.value FROM provisioning.voip_subscribers s
      JOIN provisioning.voip_usr_preferences p ON p.subscriber_id = s.id
      JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE s.uuid = the_uuid AND k.attribute = the_attribute
      UNION ALL
      SELECT 1, p.value FROM provisioning.voip_subscribers s
      JOIN provisioning.voip_contract_preferences p ON p.contract_id = s.account_id
      JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE s.uuid = the_uuid AND k.attribute = the_attribute
      UNION ALL
      SELECT 2, p.value FROM provisioning.voip_subscribers s
      JOIN provisioning.voip_dom_preferences p ON p.domain_id = s.domain_id
      JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE s.uuid = the_uuid AND k.attribute = the_attribute
    ) l GROUP BY l.level ORDER BY l.level LIMIT 1);

-- Whether the subscriber may call itself `number`: one of its own, or one of allowed_clis.
CREATE OR REPLACE FUNCTION kamailio.may_show(the_uuid CHAR(36), number VARCHAR(255)) RETURNS TINYINT READS SQL DATA
  RETURN EXISTS (
      SELECT 1 FROM provisioning.voip_dbaliases a JOIN provisioning.voip_subscribers s ON s.id = a.subscriber_id
      WHERE s.uuid = the_uuid AND a.username = number AND a.is_e164)
    OR COALESCE(kamailio.listed(the_uuid, 'allowed_clis', number), 0);

-- The subscriber that a name or number belongs to: an own user name first, then an alias, then an E.164 number.
CREATE OR REPLACE FUNCTION kamailio.owner_of(the_user VARCHAR(64), the_domain VARCHAR(64))
  RETURNS CHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN COALESCE(
    (SELECT s.uuid FROM provisioning.voip_subscribers s JOIN provisioning.voip_domains d ON d.id = s.domain_id
      WHERE s.username = the_user AND d.domain = the_domain),
    (SELECT s.uuid FROM provisioning.voip_dbaliases a JOIN provisioning.voip_domains d ON d.id = a.domain_id
      JOIN provisioning.voip_subscribers s ON s.id = a.subscriber_id
      WHERE a.username = the_user AND d.domain = the_domain),
    (SELECT s.uuid FROM provisioning.voip_dbaliases a JOIN provisioning.voip_subscribers s ON s.id = a.subscriber_id
      WHERE a.e164 = TRIM(LEADING '+' FROM the_user)));

-- The preferences of a subscriber that are no lists, in one row; each is that of the nearest level.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.subscriber_settings AS
  SELECT uuid,
    SUBSTRING(MIN(IF(attribute = 'lock', CONCAT(level, value), NULL)), 2) AS lock_level,
    SUBSTRING(MIN(IF(attribute = 'block_in_mode', CONCAT(level, value), NULL)), 2) AS block_in_mode,
    SUBSTRING(MIN(IF(attribute = 'block_in_clir', CONCAT(level, value), NULL)), 2) AS block_in_clir,
    SUBSTRING(MIN(IF(attribute = 'block_out_mode', CONCAT(level, value), NULL)), 2) AS block_out_mode,
    SUBSTRING(MIN(IF(attribute = 'adm_block_in_mode', CONCAT(level, value), NULL)), 2) AS adm_block_in_mode,
    SUBSTRING(MIN(IF(attribute = 'adm_block_in_clir', CONCAT(level, value), NULL)), 2) AS adm_block_in_clir,
    SUBSTRING(MIN(IF(attribute = 'adm_block_out_mode', CONCAT(level, value), NULL)), 2) AS adm_block_out_mode,
    SUBSTRING(MIN(IF(attribute = 'clir', CONCAT(level, value), NULL)), 2) AS clir,
    SUBSTRING(MIN(IF(attribute = 'cli', CONCAT(level, value), NULL)), 2) AS cli,
    COALESCE(SUBSTRING(MIN(IF(attribute = 'cc', CONCAT(level, value), NULL)), 2), '') AS cc,
    COALESCE(SUBSTRING(MIN(IF(attribute = 'ac', CONCAT(level, value), NULL)), 2), '') AS ac,
    SUBSTRING(MIN(IF(attribute = 'rewrite_rule_set', CONCAT(level, value), NULL)), 2) AS rewrite_rule_set,
    SUBSTRING(MIN(IF(attribute = 'max_registrations', CONCAT(level, value), NULL)), 2) AS max_registrations,
    SUBSTRING(MIN(IF(attribute = 'concurrent_max', CONCAT(level, value), NULL)), 2) AS concurrent_max,
    SUBSTRING(MIN(IF(attribute = 'concurrent_max_out', CONCAT(level, value), NULL)), 2) AS concurrent_max_out,
    SUBSTRING(MIN(IF(attribute = 'concurrent_max_in', CONCAT(level, value), NULL)), 2) AS concurrent_max_in,
    SUBSTRING(MIN(IF(attribute = 'concurrent_max_per_account', CONCAT(level, value), NULL)), 2) AS concurrent_max_per_account,
    SUBSTRING(MIN(IF(attribute = 'concurrent_max_out_per_account', CONCAT(level, value), NULL)), 2) AS concurrent_max_out_per_account,
    SUBSTRING(MIN(IF(attribute = 'ringtimeout', CONCAT(level, value), NULL)), 2) AS ringtimeout,
    SUBSTRING(MIN(IF(attribute = 'serial_forking_by_q_value', CONCAT(level, value), NULL)), 2) AS serial_forking_by_q_value,
    SUBSTRING(MIN(IF(attribute = 'use_rtpproxy', CONCAT(level, value), NULL)), 2) AS use_rtpproxy,
    SUBSTRING(MIN(IF(attribute = 'force_to_peer', CONCAT(level, value), NULL)), 2) AS force_to_peer
  FROM kamailio.preferences GROUP BY uuid;

-- As above, of a peer host, by its id in the column uuid.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.peer_settings AS
  SELECT uuid,
    COALESCE(MIN(IF(attribute = 'cc', value, NULL)), '') AS cc,
    COALESCE(MIN(IF(attribute = 'ac', value, NULL)), '') AS ac,
    MIN(IF(attribute = 'rewrite_rule_set', value, NULL)) AS rewrite_rule_set,
    MIN(IF(attribute = 'concurrent_max', value, NULL)) AS concurrent_max,
    MIN(IF(attribute = 'concurrent_max_out', value, NULL)) AS concurrent_max_out,
    MIN(IF(attribute = 'concurrent_max_in', value, NULL)) AS concurrent_max_in,
    MIN(IF(attribute = 'use_rtpproxy', value, NULL)) AS use_rtpproxy,
    MIN(IF(attribute = 'peer_auth_user', value, NULL)) AS peer_auth_user,
    MIN(IF(attribute = 'peer_auth_pass', value, NULL)) AS peer_auth_pass,
    MIN(IF(attribute = 'peer_auth_realm', value, NULL)) AS peer_auth_realm,
    MIN(IF(attribute = 'outbound_from_domain', value, NULL)) AS outbound_from_domain
  FROM kamailio.peer_preferences GROUP BY uuid;
