-- Read as root behind every migration, on each node for itself: never in the binary log. It names tables that have to be there.
SET sql_log_bin = 0;

-- The codes of subscribers and their reminders, by a process that the kernel tells by its user: what they change, and what they
-- have to read for that. Nobody's credentials, balance or calls.
CREATE USER IF NOT EXISTS 'ngcp-sbc-apps'@'localhost' IDENTIFIED VIA unix_socket;
GRANT SELECT, INSERT, UPDATE, DELETE ON provisioning.voip_cf_mappings TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT, INSERT, DELETE ON provisioning.voip_usr_preferences TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON provisioning.voip_reminder TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON provisioning.voip_reminder_calls TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT ON provisioning.voip_subscribers TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT ON provisioning.voip_domains TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT ON provisioning.voip_preferences TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT ON provisioning.voip_contract_preferences TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT ON provisioning.voip_dom_preferences TO 'ngcp-sbc-apps'@'localhost';
GRANT SELECT ON kamailio.subscriber_settings TO 'ngcp-sbc-apps'@'localhost';
GRANT EXECUTE ON FUNCTION kamailio.setting TO 'ngcp-sbc-apps'@'localhost';
GRANT EXECUTE ON FUNCTION kamailio.rewritten TO 'ngcp-sbc-apps'@'localhost';
GRANT EXECUTE ON FUNCTION kamailio.listed TO 'ngcp-sbc-apps'@'localhost';
-- The proxy asks anew.
GRANT SELECT, INSERT, DELETE ON kamailio.editions TO 'ngcp-sbc-apps'@'localhost';
