-- What the proxy reads at call time: every change is in force at the next call, on either node, and nothing has to
-- be loaded again. The proxy's account sees the database kamailio alone; the views read the others for it.

ALTER TABLE kamailio.subscriber ADD COLUMN IF NOT EXISTS uuid CHAR(36) NOT NULL DEFAULT '';

CREATE INDEX IF NOT EXISTS uuid_idx ON kamailio.subscriber (uuid);

CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.served_domains AS
  SELECT id, domain FROM provisioning.voip_domains;

-- One row for each subscriber: by (username, domain) or by uuid.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.subscriber_profiles AS
  SELECT s.uuid, s.username, d.domain, s.id AS subscriber_id, s.status, s.account_id, c.external_id AS account,
    c.status AS account_status,
    (SELECT a.username FROM provisioning.voip_dbaliases a
      WHERE a.subscriber_id = s.id AND a.is_e164 ORDER BY a.is_primary DESC, a.id LIMIT 1) AS primary_number
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_domains d ON d.id = s.domain_id
  JOIN billing.contracts c ON c.id = s.account_id;

-- As the module alias_db expects it.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.dbaliases AS
  SELECT a.username AS alias_username, ad.domain AS alias_domain, s.username, d.domain, s.uuid, a.is_primary, a.is_e164
  FROM provisioning.voip_dbaliases a
  JOIN provisioning.voip_domains ad ON ad.id = a.domain_id
  JOIN provisioning.voip_subscribers s ON s.id = a.subscriber_id
  JOIN provisioning.voip_domains d ON d.id = s.domain_id;

-- The four views of preferences have the columns that the module avpops expects; names and values are strings.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.usr_preferences AS
  SELECT s.uuid, s.username, d.domain, k.attribute, 0 AS type, p.value
  FROM provisioning.voip_usr_preferences p
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
  JOIN provisioning.voip_subscribers s ON s.id = p.subscriber_id
  JOIN provisioning.voip_domains d ON d.id = s.domain_id;

-- By the customer's id, in the column uuid.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.contract_preferences AS
  SELECT p.contract_id AS uuid, '' AS username, '' AS domain, k.attribute, 0 AS type, p.value
  FROM provisioning.voip_contract_preferences p
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.dom_preferences AS
  SELECT '' AS uuid, '' AS username, d.domain, k.attribute, 0 AS type, p.value
  FROM provisioning.voip_dom_preferences p
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
  JOIN provisioning.voip_domains d ON d.id = p.domain_id;

-- By the peer host's id, in the column uuid.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.peer_preferences AS
  SELECT p.peer_host_id AS uuid, '' AS username, '' AS domain, k.attribute, 0 AS type, p.value
  FROM provisioning.voip_peer_preferences p
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id;

-- What holds for a subscriber, by uuid, from all levels: the row with the lowest level has it. For a list, all
-- rows of the lowest level. 0 the subscriber's own, 1 the customer's, 2 the domain's.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.preferences AS
  SELECT s.uuid, 0 AS level, k.attribute, p.value
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_usr_preferences p ON p.subscriber_id = s.id
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
  UNION ALL
  SELECT s.uuid, 1 AS level, k.attribute, p.value
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_contract_preferences p ON p.contract_id = s.account_id
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id
  UNION ALL
  SELECT s.uuid, 2 AS level, k.attribute, p.value
  FROM provisioning.voip_subscribers s
  JOIN provisioning.voip_dom_preferences p ON p.domain_id = s.domain_id
  JOIN provisioning.voip_preferences k ON k.id = p.attribute_id;

-- SELECT REGEXP_REPLACE(number, match_pattern, replace_pattern) ... WHERE set_id = ? AND direction = ? AND
-- field = ? AND number REGEXP match_pattern ORDER BY priority LIMIT 1
CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.rewrite_rules AS
  SELECT r.set_id, r.direction, r.field, r.priority, r.match_pattern, r.replace_pattern
  FROM provisioning.voip_rewrite_rules r WHERE r.enabled;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.peer_rules AS
  SELECT r.group_id, g.name AS group_name, g.priority, r.callee_prefix, r.callee_pattern, r.caller_pattern, r.stopper
  FROM provisioning.voip_peer_rules r
  JOIN provisioning.voip_peer_groups g ON g.id = r.group_id
  WHERE r.enabled;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.peer_hosts AS
  SELECT h.id, h.group_id, g.name AS group_name, g.priority, h.name, h.ip, h.host, h.port, h.transport, h.weight, h.via_lb, h.probe
  FROM provisioning.voip_peer_hosts h
  JOIN provisioning.voip_peer_groups g ON g.id = h.group_id
  WHERE h.enabled;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW kamailio.call_forwards AS
  SELECT s.uuid, m.type, m.priority, m.destination, m.timeout
  FROM provisioning.voip_cf_mappings m
  JOIN provisioning.voip_subscribers s ON s.id = m.subscriber_id
  WHERE m.enabled;
