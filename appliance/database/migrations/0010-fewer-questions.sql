-- What a registration asks, and what need not be asked of each call.

-- One preference of a subscriber that is no list, of the nearest level that has it; NULL when none has.
CREATE OR REPLACE FUNCTION kamailio.setting(the_uuid CHAR(36), the_attribute VARCHAR(31))
  RETURNS VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN COALESCE(
    (SELECT p.value FROM provisioning.voip_subscribers s
      JOIN provisioning.voip_usr_preferences p ON p.subscriber_id = s.id
      JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE s.uuid = the_uuid AND k.attribute = the_attribute LIMIT 1),
    (SELECT p.value FROM provisioning.voip_subscribers s
      JOIN provisioning.voip_contract_preferences p ON p.contract_id = s.account_id
      JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE s.uuid = the_uuid AND k.attribute = the_attribute LIMIT 1),
    (SELECT p.value FROM provisioning.voip_subscribers s
      JOIN provisioning.voip_dom_preferences p ON p.domain_id = s.domain_id
      JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE s.uuid = the_uuid AND k.attribute = the_attribute LIMIT 1));

-- As in 0006, and the names of the lists that there are, as NAME=1 with semicolons between: most subscribers have none, and one that is
-- not there need not be asked.
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
    SUBSTRING(MIN(IF(attribute = 'force_to_peer', CONCAT(level, value), NULL)), 2) AS force_to_peer,
    GROUP_CONCAT(DISTINCT IF(attribute LIKE '%\_list' OR attribute IN ('emergency_numbers', 'allowed_clis'),
      CONCAT(attribute, '=1'), NULL) SEPARATOR ';') AS lists
  FROM kamailio.preferences GROUP BY uuid;
