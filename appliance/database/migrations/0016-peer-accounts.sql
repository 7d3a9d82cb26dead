-- Which account a call goes to a peer host with, as the proxy tells the B2BUA: user, password and, where there is one, realm, each
-- in hexadecimal digits. The subscriber's own account is asked for first: it is one with every host that its
-- peer_auth_registrar_server, or else its peer_auth_realm, names, whether it is registered there or not. Then the host's. ''
-- for none.
CREATE OR REPLACE FUNCTION kamailio.peer_auth(subscriber VARCHAR(36), peer BIGINT UNSIGNED)
  RETURNS VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA
  RETURN COALESCE(
    (SELECT CONCAT_WS(' ', HEX(a.auth_user), HEX(a.auth_pass), HEX(a.realm))
      FROM (
        SELECT MAX(IF(attribute = 'peer_auth_user', value, NULL)) AS auth_user,
          MAX(IF(attribute = 'peer_auth_pass', value, NULL)) AS auth_pass,
          MAX(IF(attribute = 'peer_auth_realm', value, NULL)) AS realm,
          MAX(IF(attribute = 'peer_auth_registrar_server', value, NULL)) AS registrar
        FROM kamailio.usr_preferences
        WHERE uuid = subscriber AND attribute IN ('peer_auth_user', 'peer_auth_pass', 'peer_auth_realm', 'peer_auth_registrar_server')
      ) a
      JOIN kamailio.peer_hosts h ON h.id = peer AND COALESCE(a.registrar, a.realm) IN (h.name, h.host, h.ip)
      WHERE a.auth_user IS NOT NULL AND a.auth_pass IS NOT NULL),
    (SELECT CONCAT_WS(' ', HEX(peer_auth_user), HEX(peer_auth_pass), HEX(peer_auth_realm))
      FROM kamailio.peer_settings
      WHERE uuid = peer AND peer_auth_user IS NOT NULL AND peer_auth_pass IS NOT NULL),
    '');
