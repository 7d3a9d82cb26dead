-- Reminders: calls to the phones of a subscriber at a time of the day, in the time zone of general.timezone in config.yml.
-- recur: once, Monday to Friday, or each day. Whoever writes another time, recur or active writes set_at too: a reminder
-- counts from then on. One that comes once is made inactive when it is over.
CREATE TABLE IF NOT EXISTS provisioning.voip_reminder (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  subscriber_id INT UNSIGNED NOT NULL,
  time TIME NOT NULL,
  recur ENUM('never', 'weekdays', 'always') NOT NULL DEFAULT 'never',
  active TINYINT(1) NOT NULL DEFAULT 1,
  set_at BIGINT UNSIGNED NOT NULL DEFAULT (UNIX_TIMESTAMP()) COMMENT 'Unix seconds',
  CONSTRAINT subscriber_idx UNIQUE (subscriber_id),
  INDEX active_idx (active),
  CONSTRAINT reminder_subscriber FOREIGN KEY (subscriber_id) REFERENCES provisioning.voip_subscribers (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What has become of each that was due: a row is written before the phones are called. Times are Unix seconds, so that no
-- change of the clocks makes two of them one. Not a part of the row above, which provisioning writes.
CREATE TABLE IF NOT EXISTS provisioning.voip_reminder_calls (
  subscriber_id INT UNSIGNED NOT NULL,
  due_at BIGINT UNSIGNED NOT NULL,
  state ENUM('ringing', 'waiting', 'answered', 'unanswered', 'missed') NOT NULL,
  attempts TINYINT UNSIGNED NOT NULL DEFAULT 0,
  next_at BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'when the phones are called again; of waiting alone',
  owner CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'the process that calls',
  PRIMARY KEY (subscriber_id, due_at),
  CONSTRAINT reminded_subscriber FOREIGN KEY (subscriber_id) REFERENCES provisioning.voip_subscribers (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
