-- Peers outside of our trust domain (RFC 3325, 2.3).

INSERT IGNORE INTO provisioning.voip_preferences
  (id, attribute, data_type, allowed, is_list, usr_pref, contract_pref, dom_pref, peer_pref, description) VALUES
  (48, 'untrusted', 'boolean', '', 0, 0, 0, 0, 1,
    'the peer does not learn the number of a caller who hides it');
