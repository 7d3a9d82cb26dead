-- Where the requests of a subscriber may come from.

INSERT IGNORE INTO provisioning.voip_preferences
  (id, attribute, data_type, allowed, is_list, usr_pref, contract_pref, dom_pref, peer_pref, description) VALUES
  (90, 'allowed_ips', 'string', 'network', 1, 1, 1, 1, 0,
    'addresses and networks that the subscriber may call and register from; from elsewhere it is refused');

-- The networks of allowed_ips, of the nearest level that has some, with commas between; NULL when none has.
CREATE OR REPLACE FUNCTION kamailio.allowed_networks(the_uuid CHAR(36))
  RETURNS TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN (
    SELECT GROUP_CONCAT(CONCAT(value, IF(value LIKE '%/%', '', IF(value LIKE '%:%', '/128', '/32'))) ORDER BY value)
    FROM kamailio.preferences WHERE uuid = the_uuid AND attribute = 'allowed_ips'
    GROUP BY level ORDER BY level LIMIT 1);

-- As in 0010, and allowed_ips among the lists.
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
    GROUP_CONCAT(DISTINCT IF(attribute LIKE '%\_list' OR attribute IN ('emergency_numbers', 'allowed_clis', 'allowed_ips'),
      CONCAT(attribute, '=1'), NULL) SEPARATOR ';') AS lists
  FROM kamailio.preferences GROUP BY uuid;
