-- With what RTP profile a subscriber or a peer is reached.

INSERT IGNORE INTO provisioning.voip_preferences
  (id, attribute, data_type, allowed, is_list, usr_pref, contract_pref, dom_pref, peer_pref, description) VALUES
  (80, 'transport_protocol', 'enum', 'transparent,RTP/AVP,RTP/SAVP,RTP/AVPF,RTP/SAVPF,UDP/TLS/RTP/SAVP,UDP/TLS/RTP/SAVPF', 0, 1, 1, 1, 1,
    'RTP profile of calls to it: RTP/SAVP is SRTP with keys in SDP; transparent: the one of the caller; without it the one that all its devices take');
