-- What the mediator needs to write each call once: the key of the call in its record, and a mark on the start and
-- stop records that are in it.

ALTER TABLE kamailio.acc ADD COLUMN IF NOT EXISTS mediated TINYINT UNSIGNED NOT NULL DEFAULT 0
  COMMENT '0 not yet, 1 in a call detail record, 2 of no call';

CREATE INDEX IF NOT EXISTS mediated_idx ON kamailio.acc (mediated, method, sip_code);

-- An older package, which names no key, writes any number of records without one.
ALTER TABLE accounting.cdr ADD COLUMN IF NOT EXISTS call_key CHAR(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL UNIQUE
  COMMENT 'SHA-256 of Call-ID and of both tags',
  ADD COLUMN IF NOT EXISTS ended_by VARCHAR(16) DEFAULT NULL
  COMMENT 'bye or refusal; no_dialog or max_length: the stop never came and a rule closed the call';
