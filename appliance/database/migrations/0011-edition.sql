-- What the proxy may keep of what it has read: all of it, until there is another edition. Each transaction of provisioning adds
-- one and forgets the oldest. Rows are only added, so those that a lost node had can come back beside others.
CREATE TABLE IF NOT EXISTS kamailio.editions (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  made_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- All that a call asks of a subscriber, in one text: NAME="VALUE" with semicolons between, without what it does not have. Who it
-- is, its credentials, which types of forwards it has, and its preferences; of lists, that they are there (once: a list may be long). Those of the domain come
-- first and its own last, since the last of several counts. lock is called lock_level, as in subscriber_settings.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.parties AS
  SELECT s.uuid, s.username, d.domain, CONCAT_WS(';',
    CONCAT('uuid="', s.uuid, '"'),
    CONCAT('username="', REPLACE(REPLACE(s.username, '\\', ''), '"', ''), '"'),
    CONCAT('domain="', d.domain, '"'),
    CONCAT('status="', s.status, '"'),
    CONCAT('account_id="', s.account_id, '"'),
    CONCAT('account_status="', c.status, '"'),
    (SELECT CONCAT('primary_number="', a.username, '"') FROM provisioning.voip_dbaliases a
      WHERE a.subscriber_id = s.id AND a.is_e164 ORDER BY a.is_primary DESC, a.id LIMIT 1),
    (SELECT CONCAT('ha1="', h.ha1, '"') FROM kamailio.subscriber h
      WHERE h.username = s.username AND h.domain = d.domain AND h.ha1 <> '' LIMIT 1),
    (SELECT CONCAT('forwards="', GROUP_CONCAT(DISTINCT f.type, '=1' SEPARATOR ';'), '"')
      FROM provisioning.voip_cf_mappings f WHERE f.subscriber_id = s.id AND f.enabled),
    (SELECT GROUP_CONCAT(DISTINCT IF(k.attribute = 'lock', 'lock_level', k.attribute), '="',
        IF(k.is_list, '1', REPLACE(REPLACE(p.value, '\\', ''), '"', '')), '"' SEPARATOR ';')
      FROM provisioning.voip_dom_preferences p JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE p.domain_id = s.domain_id AND p.value <> ''),
    (SELECT GROUP_CONCAT(DISTINCT IF(k.attribute = 'lock', 'lock_level', k.attribute), '="',
        IF(k.is_list, '1', REPLACE(REPLACE(p.value, '\\', ''), '"', '')), '"' SEPARATOR ';')
      FROM provisioning.voip_contract_preferences p JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE p.contract_id = s.account_id AND p.value <> ''),
    (SELECT GROUP_CONCAT(DISTINCT IF(k.attribute = 'lock', 'lock_level', k.attribute), '="',
        IF(k.is_list, '1', REPLACE(REPLACE(p.value, '\\', ''), '"', '')), '"' SEPARATOR ';')
      FROM provisioning.voip_usr_preferences p JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
      WHERE p.subscriber_id = s.id AND p.value <> '')
  ) AS party
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_domains d ON d.id = s.domain_id
  JOIN billing.contracts c ON c.id = s.account_id;
