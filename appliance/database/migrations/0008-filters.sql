-- What passes through the B2BUA to a peer and back, by lists of the domain or of the peer host.

INSERT IGNORE INTO provisioning.voip_preferences
  (id, attribute, data_type, allowed, is_list, usr_pref, contract_pref, dom_pref, peer_pref, description) VALUES
  (44, 'header_allow', 'string', '', 1, 0, 0, 1, 1,
    'headers that pass between caller and peer besides the usual ones'),
  (45, 'header_deny', 'string', '', 1, 0, 0, 1, 1,
    'usual headers that do not pass between caller and peer'),
  (46, 'media_codecs', 'string', '', 1, 0, 0, 1, 1,
    'the only codecs that caller and peer are offered, by their names in RTP; with telephone-event if digits are to pass'),
  (47, 'media_deny', 'enum', 'video,ice,srtp', 1, 0, 0, 1, 1,
    'what caller and peer are not offered: streams of video, candidates of ICE, keys and streams of SRTP');

-- The list of a peer host, or where that has none the one of the subscriber's domain, with commas between; '' for none. What
-- is no token of SIP is left out.
CREATE OR REPLACE FUNCTION kamailio.filter_list(the_attribute VARCHAR(31), subscriber VARCHAR(36), peer BIGINT UNSIGNED)
  RETURNS VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN COALESCE(
    (SELECT GROUP_CONCAT(value ORDER BY value) FROM kamailio.peer_preferences
      WHERE uuid = peer AND attribute = the_attribute AND value REGEXP '^[-A-Za-z0-9_.]+$'),
    (SELECT GROUP_CONCAT(value ORDER BY value) FROM kamailio.preferences
      WHERE uuid = subscriber AND attribute = the_attribute AND value REGEXP '^[-A-Za-z0-9_.]+$'), '');
