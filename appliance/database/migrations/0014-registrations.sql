-- Registrations with peers: subscribers have accounts there, and the sbc registers their numbers. It reads them through the
-- procedures alone.

UPDATE provisioning.voip_preferences SET usr_pref = 1
  WHERE attribute IN ('peer_auth_user', 'peer_auth_pass', 'peer_auth_realm');

INSERT IGNORE INTO provisioning.voip_preferences
  (id, attribute, data_type, allowed, is_list, usr_pref, contract_pref, dom_pref, peer_pref, description) VALUES
  (70, 'peer_auth_register', 'boolean', '', 0, 1, 0, 0, 0,
    'register the number of the subscriber with the peer host that peer_auth_registrar_server or else peer_auth_realm names'),
  (71, 'peer_auth_registrar_server', 'string', '', 0, 1, 0, 0, 0,
    'the peer host to register with, by its name, host or address, where peer_auth_realm is none of these');

-- As in 0011, but that the proxy does not keep what an account needs: it is nothing to a call.
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
      WHERE p.subscriber_id = s.id AND p.value <> '' AND LEFT(k.attribute, 10) <> 'peer_auth_')
  ) AS party
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_domains d ON d.id = s.domain_id
  JOIN billing.contracts c ON c.id = s.account_id;

DELIMITER //

-- Changes with each transaction of provisioning.
CREATE OR REPLACE PROCEDURE provisioning.edition()
  READS SQL DATA
  SELECT CONCAT(COUNT(*), '-', COALESCE(MAX(id), 0)) AS edition FROM kamailio.editions //

-- One row for each subscriber that wants to be registered, be it possible or not: without a peer host its columns are NULL.
CREATE OR REPLACE PROCEDURE provisioning.peer_accounts()
  READS SQL DATA
  SELECT s.uuid, CONCAT(s.username, '@', d.domain) AS subscriber, w.auth_user, w.auth_pass, w.realm, w.registrar,
    (SELECT a.username FROM provisioning.voip_dbaliases a
      WHERE a.subscriber_id = s.id AND a.is_e164 ORDER BY a.is_primary DESC, a.id LIMIT 1) AS number,
    IF(h.host = '', h.ip, h.host) AS host, h.ip, h.port, h.transport
  FROM (
    SELECT p.subscriber_id,
      MAX(IF(k.attribute = 'peer_auth_register', p.value, NULL)) AS wanted,
      MAX(IF(k.attribute = 'peer_auth_user', p.value, NULL)) AS auth_user,
      MAX(IF(k.attribute = 'peer_auth_pass', p.value, NULL)) AS auth_pass,
      MAX(IF(k.attribute = 'peer_auth_realm', p.value, NULL)) AS realm,
      COALESCE(MAX(IF(k.attribute = 'peer_auth_registrar_server', p.value, NULL)),
        MAX(IF(k.attribute = 'peer_auth_realm', p.value, NULL))) AS registrar
    FROM provisioning.voip_usr_preferences p
    JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
    WHERE k.attribute IN ('peer_auth_register', 'peer_auth_user', 'peer_auth_pass', 'peer_auth_realm', 'peer_auth_registrar_server')
    GROUP BY p.subscriber_id HAVING wanted = '1'
  ) w
  JOIN provisioning.voip_subscribers s ON s.id = w.subscriber_id
  JOIN provisioning.voip_domains d ON d.id = s.domain_id
  JOIN billing.contracts c ON c.id = s.account_id
  LEFT JOIN kamailio.peer_hosts h ON h.id = (
    SELECT i.id FROM kamailio.peer_hosts i WHERE w.registrar IN (i.name, i.host, i.ip) ORDER BY i.id LIMIT 1)
  WHERE s.status <> 'terminated' AND c.status <> 'terminated'
  ORDER BY s.uuid //

DELIMITER ;
