-- What a call detail record says of the parties beside their names: a subscriber's id in the operator's own books, the hosts of peers that
-- gave and took the call, and the subscriber that sent it on.

ALTER TABLE provisioning.voip_subscribers ADD COLUMN IF NOT EXISTS external_id VARCHAR(255) NOT NULL DEFAULT '';

ALTER TABLE accounting.cdr ADD COLUMN IF NOT EXISTS source_peer VARCHAR(64) NOT NULL DEFAULT ''
  COMMENT 'name of the peer host that gave the call',
  ADD COLUMN IF NOT EXISTS destination_peer VARCHAR(64) NOT NULL DEFAULT ''
  COMMENT 'name of the peer host that took the call',
  ADD COLUMN IF NOT EXISTS forwarder_user_id CHAR(36) NOT NULL DEFAULT '0'
  COMMENT 'UUID of the subscriber whose forward the call followed last';
